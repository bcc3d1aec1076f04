"""Probabilities as whole numbers of equal parts: what a sampler needs, to be exact where floats are not.

A stick of 2³⁰ notches is cut into pieces, one for each outcome, as long as the probabilities. A table that is too long
for one stick is cut into rows: one stick for the choice of a row, and one for each row.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lib.numerics.summation import pairwise_sum

BITS = 30  # of a stick
LONGEST = 2**16  # outcomes on one stick: each has at least 2¹⁴ notches on average
FINE = 14  # bits of a fraction of a notch: LONGEST of them add up within int32
TINY = np.finfo(np.float32).tiny


def notches(log_probs: Float[Array, " outcomes"]) -> Int[Array, " outcomes"]:
    """The notch at which the piece of each of at most LONGEST outcomes ends; the last ends at 2³⁰.

    An outcome of probability 0 has no notch; one of at least 2⁻²⁹ has one or more. What is rounded off one piece goes
    to the next ones. So pieces that lie side by side are together as long as their probability, within four notches and
    the rounding of float32, 10⁻⁶ of it.
    """
    p = jnp.exp(log_probs)
    total = jnp.maximum(pairwise_sum(p), TINY)
    # All pieces are made a little short: float32 cannot make them too long by more than 2¹¹ notches in all.
    exact = p / total * (2.0**BITS - 2.0**11)
    whole = jnp.floor(exact)
    parts = jnp.rint((exact - whole) * 2.0**FINE).astype(jnp.int32)
    ends = jnp.cumsum(whole, dtype=jnp.int32) + (jnp.cumsum(parts, dtype=jnp.int32) >> FINE)
    # What is missing is shared out in proportion.
    missing = ((1 << BITS) - ends[-1]) / jnp.maximum(ends[-1], 1)
    return ends + jnp.rint(ends.astype(jnp.float32) * missing.astype(jnp.float32)).astype(jnp.int32)


def in_rows(log_probs: Float[Array, " outcomes"]) -> tuple[Float[Array, " rows"], Float[Array, "rows columns"]]:
    """A table cut into about as many rows as columns: log P(row), and log P(column | row) up to a constant of the row.

    Up to 2³¹ − 1 outcomes make at most LONGEST rows and columns. The last row is filled up with outcomes of
    probability 0.
    """
    columns = 1 << (len(log_probs) - 1).bit_length() // 2
    rows = jnp.pad(log_probs, (0, -len(log_probs) % columns), constant_values=-jnp.inf).reshape(-1, columns)
    greatest = jnp.max(rows, axis=1)
    greatest = jnp.where(greatest > -jnp.inf, greatest, 0)
    rows = rows - greatest[:, None]
    return greatest + jnp.log(pairwise_sum(jnp.exp(rows))), rows
