"""Many draws from one table of probabilities, in constant time each.

The alias method cuts the table into slots of equal width. A slot holds at most two outcomes: its own up to a
threshold, and one other, its alias, above it. So a draw is one random integer, one look-up and one comparison, however
long the table is. All is done in integers, exactly: an outcome of probability 0 is never drawn.

Sources: A. Walker, ACM Trans. Math. Softw. 3, 1977; M. Vose, IEEE Trans. Softw. Eng. 17, 1991. Filling all slots at
once by two running sums follows L. Hübschle-Schneider & P. Sanders, ACM Trans. Math. Softw. 48, 2022.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt

from lib.numerics.threefry import BLOCK, bits

BITS = 30  # probabilities are rounded to multiples of 2⁻³⁰, so that all sums fit into int32


class AliasTable(eqx.Module):
    """The slots of a table of log-probabilities; their number is the next power of two."""

    threshold: Int[Array, " slots"]
    alias: Int[Array, " slots"]

    def __init__(self, log_probs: Float[Array, " outcomes"]) -> None:
        slots = 1 << (len(log_probs) - 1).bit_length()
        weight = _integer_weights(jnp.pad(log_probs, (0, slots - len(log_probs)), constant_values=-jnp.inf))
        width = (1 << BITS) // slots
        # A light outcome leaves a gap in its slot; what a heavy one has beyond its slot fills gaps, the first heavy one
        # the first gaps. Both running sums end at the same total.
        gap = jnp.maximum(width - weight, 0)
        surplus = jnp.maximum(weight - width, 0)
        gaps, given = jnp.cumsum(gap), jnp.cumsum(surplus)
        # A heavy outcome gives until its surplus is overdrawn, which leaves a gap in its own slot.
        overdrawn = gaps[jnp.clip(jnp.searchsorted(gaps, given, side="left"), 0, slots - 1)] - given
        heavy = surplus > 0
        self.threshold = jnp.where(heavy, width - overdrawn, weight)
        begins = jnp.where(heavy, given, gaps - gap)  # where the gap of a slot begins; who gives on there fills it
        self.alias = jnp.clip(jnp.searchsorted(given, begins, side="right"), 0, slots - 1)

    def draw(self, key: PRNGKeyArray, n: int) -> Int[Array, " n"]:
        """n outcomes; the first m of them do not depend on n."""
        block = max(1, min(n, BLOCK))
        random = bits(key, -(-n // block) * block).reshape(-1, block)
        return jnp.ravel(jax.lax.map(self._outcomes, random))[:n]

    def _outcomes(self, random: UInt[Array, " n"]) -> Int[Array, " n"]:
        # Without a sign, dividing by a power of two is a shift, and no index is looked at for being negative.
        slot, place = jnp.divmod(random >> (32 - BITS), jnp.uint32((1 << BITS) // len(self.alias)))
        below = place.astype(jnp.int32) < self.threshold[slot]
        return jnp.where(below, slot.astype(jnp.int32), self.alias[slot])


def _integer_weights(log_probs: Float[Array, " slots"]) -> Int[Array, " slots"]:
    """Probabilities in units of 2⁻³⁰. They add up exactly: the largest takes what rounding left over."""
    weight = jnp.rint(jnp.exp(log_probs) * 2.0**BITS).astype(jnp.int32)
    return weight.at[jnp.argmax(weight)].add((1 << BITS) - weight.sum())
