"""Tables of probabilities: where a combination of codes stands in one, and how it is read, smoothed and drawn from."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib.numerics.notches import BITS, LONGEST, in_rows, notches
from lib.numerics.summation import pairwise_sum

# What is worked out for good before it is used: else XLA works out anew, for each row, the part that the row needs.
once = jax.lax.optimization_barrier


def in_range(x: Int[Array, "*n features"], sizes: tuple[int, ...]) -> Bool[Array, "*n features"]:
    """Whether each code is one of its feature's values."""
    x = x.astype(jnp.int32)  # bytes may come, and a size of 256 is not one
    return (x >= 0) & (x < jnp.broadcast_to(jnp.array(sizes, jnp.int32), x.shape))


def is_value(sizes: tuple[int, ...]) -> Bool[np.ndarray, "features values"]:
    """Whether a place is one of its feature's values, where each has as many places as the largest needs."""
    return np.arange(max(sizes))[None] < np.array(sizes)[:, None]


def starts(sizes: tuple[int, ...]) -> Int[np.ndarray, " features"]:
    """The place at which the values of each feature start, where they are written one feature after the other."""
    return np.cumsum((0, *sizes[:-1]), dtype=np.int32)


def cell_of(x: Int[Array, " features"], sizes: tuple[int, ...]) -> tuple[Int[Array, ""], Bool[Array, ""]]:
    """The place of a combination in the flat table, and whether it is in the table at all (else the place is 0)."""
    cell, inside = jnp.zeros((), jnp.int32), jnp.array(True)
    for code, size in zip(x, sizes, strict=True):  # mixed radix: the last feature counts fastest
        code = code.astype(jnp.int32)  # else bytes would be computed with as bytes
        cell, inside = cell * size + code, inside & (code >= 0) & (code < size)
    return jnp.where(inside, cell, 0), inside


def combinations(cell: Int[Array, " n"], sizes: tuple[int, ...]) -> Int[Array, "n features"]:
    """The inverse of `cell_of`."""
    return jnp.stack(jnp.unravel_index(cell, sizes), axis=-1).astype(jnp.int32)


def look_up(table: Float[Array, " cells"], cell: Int[Array, "*n"], inside: Bool[Array, "*n"]) -> Float[Array, "*n"]:
    """log p of cells; −inf out of support. An index is never clamped: the caller says which are inside."""
    return jnp.where(inside, table[cell], -jnp.inf)


def smooth(
    counts: Float[Array, "*rows values"],
    alpha: ArrayLike,
    exists: Bool[Array | np.ndarray, "*rows values"] | None = None,
) -> Float[Array, "*rows values"]:
    """log (n + α) / Σ (n + α) over the last axis; a row that is zero throughout becomes uniform.

    Where a value does not exist, in a row that was filled up, its probability is 0.
    """
    if exists is None:
        exists = jnp.ones(counts.shape, bool)
    weights = jnp.where(exists, counts + alpha, 0.0)
    total = pairwise_sum(weights)[..., None]
    values = exists.sum(-1, keepdims=True, dtype=jnp.float32)
    p = jnp.where(total > 0, weights, 1.0) / jnp.where(total > 0, total, values)
    return jnp.where(exists, jnp.log(jnp.where(exists, p, 1.0)), -jnp.inf)  # else the gradient of log 0 would be NaN


def pick(key: PRNGKeyArray, log_probs: Float[Array, " outcomes"]) -> Int[Array, ""]:
    """One outcome: one notch of the stick is picked (lib/numerics/notches.py); of a long table first a row, then in it.

    An outcome of probability 0 is never drawn.
    """
    if len(log_probs) > LONGEST:
        which, key = jax.random.split(key)
        log_probs, rows = in_rows(log_probs)
        row = pick(which, log_probs)
        return row * rows.shape[1] + pick(key, rows[row])
    notch = jax.random.randint(key, (), 0, 2**BITS, jnp.int32)
    return jnp.searchsorted(notches(log_probs), notch, side="right").astype(jnp.int32)
