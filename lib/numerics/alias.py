"""Many draws from one table of probabilities, in constant time each.

The alias method cuts the table into slots of equal width. A slot holds at most two outcomes: its own up to a
threshold, and one other, its alias, above it. So a draw is one random integer, one look-up and one comparison, however
long the table is. All is done in integers, exactly: an outcome of probability 0 is never drawn.

Sources: A. Walker, ACM Trans. Math. Softw. 3, 1977; M. Vose, IEEE Trans. Softw. Eng. 17, 1991. Filling all slots at
once by two running sums follows L. Hübschle-Schneider & P. Sanders, ACM Trans. Math. Softw. 48, 2022.
"""

from collections.abc import Sequence
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt

from lib.numerics.notches import BITS, LONGEST, in_rows, notches
from lib.numerics.threefry import BLOCK, bits


class AliasTable(eqx.Module):
    """The slots of a table of log-probabilities; their number is the next power of two.

    Probabilities are whole notches of 2⁻³⁰ (lib/numerics/notches.py), so that all sums fit into int32. A table of more
    than LONGEST outcomes is cut into rows: `threshold` and `alias` choose a row, and `rows` has the slots of each row.

    An outcome of probability p, in a row of probability r (1 where there are no rows), is drawn with a probability that
    is off by at most 4 · 2⁻³⁰ (r + p / r), and 10⁻⁶ p by the rounding of float32. Up to 2³¹ − 1 outcomes make at most
    2¹⁶ rows and 2¹⁵ columns. So an outcome that is as likely as the others is right to 4 · 2⁻³⁰ (2¹⁵ + 2¹⁶) < 2⁻¹¹ of
    p; of 10⁷ outcomes, where both are 2¹², to 2⁻¹⁵.
    """

    threshold: Int[Array, " slots"]
    alias: Int[Array, " slots"]
    rows: Self | None

    def __init__(self, log_probs: Float[Array, " outcomes"]) -> None:
        self.rows = None
        if len(log_probs) > LONGEST:
            log_probs, rows = in_rows(log_probs)
            self.rows = jax.lax.map(AliasTable, rows)  # one after the other: temporaries stay in a fast cache
        slots = 1 << (len(log_probs) - 1).bit_length()
        weight = jnp.pad(jnp.diff(notches(log_probs), prepend=0), (0, slots - len(log_probs)))
        width = (1 << BITS) // slots
        # A light outcome leaves a gap in its slot; what a heavy one has beyond its slot fills gaps, the first heavy one
        # the first gaps. Both running sums end at the same total.
        gap = jnp.maximum(width - weight, 0)
        surplus = jnp.maximum(weight - width, 0)
        gaps, given = jnp.cumsum(gap, dtype=jnp.int32), jnp.cumsum(surplus, dtype=jnp.int32)
        # A heavy outcome gives until its surplus is overdrawn, which leaves a gap in its own slot.
        overdrawn = gaps[jnp.clip(jnp.searchsorted(gaps, given, side="left"), 0, slots - 1)] - given
        heavy = surplus > 0
        self.threshold = jnp.where(heavy, width - overdrawn, weight)
        begins = jnp.where(heavy, given, gaps - gap)  # where the gap of a slot begins; who gives on there fills it
        self.alias = jnp.clip(jnp.searchsorted(given, begins, side="right"), 0, slots - 1).astype(jnp.int32)

    def draw(self, key: PRNGKeyArray, n: int) -> Int[Array, " n"]:
        """n outcomes; the first m of them do not depend on n."""
        block = max(1, min(n, BLOCK))
        keys = [key] if self.rows is None else jax.random.split(key)  # for the row, and for the column
        random = [bits(key, -(-n // block) * block).reshape(-1, block) for key in keys]
        return jnp.ravel(jax.lax.map(self._outcomes, random))[:n]

    def _outcomes(self, random: Sequence[UInt[Array, " n"]]) -> Int[Array, " n"]:
        outcome = self._look_up(random[0])
        if self.rows is None:
            return outcome
        columns = self.rows.alias.shape[1]
        return outcome * columns + self.rows._look_up(random[1], outcome.astype(jnp.uint32))

    def _look_up(self, random: UInt[Array, " n"], *row: UInt[Array, " n"]) -> Int[Array, " n"]:
        # Without a sign, dividing by a power of two is a shift, and no index is looked at for being negative.
        slots = self.alias.shape[-1]
        slot, place = jnp.divmod(random >> (32 - BITS), jnp.uint32((1 << BITS) // slots))
        below = place.astype(jnp.int32) < self.threshold[*row, slot]
        return jnp.where(below, slot.astype(jnp.int32), self.alias[*row, slot])
