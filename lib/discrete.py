"""Laws over combinations of categorical features: what the joint table, naive Bayes and trees have in common.

An observation is a row of codes; feature j has the values 0 to sizes[j] − 1. All such models are fitted from counts.
Those say what the data say and add up over parts of the data; what the slider says, the pseudo-count α, comes after.
"""

import abc
import math
from collections.abc import Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.alias import AliasTable
from lib.density import Density
from lib.summation import pairwise_sum

# Up to this many combinations, the table of all of them is cheaper than the formula for each of many points.
SMALL = 2**16


class Discrete(Density):
    """A law over combinations of categorical features."""

    @property
    @abc.abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """The number of values of each feature."""

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.sizes),)

    @staticmethod
    def _checked(x: ArrayLike, shape: tuple[int, ...]) -> checks.Array:
        return checks.codes_at(x, shape)

    @staticmethod
    @abc.abstractmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> Any:
        """What the model needs to know of codes x (n, features): a pytree of integer tables, of the model's own.

        x may be a file, np.memmap, that is larger than the memory: it is counted part by part. The tables are int64 of
        NumPy, or int32 under `jit`. Raises TypeError or ValueError where the dtype, the shape or a code is wrong.
        """

    @classmethod
    @abc.abstractmethod
    def from_counts(cls, counts: Any, alpha: ArrayLike = 0.0) -> Self:
        """The model of some counts. Works under `jit`, so a new alpha recounts and recompiles nothing."""

    @classmethod
    def fit(cls, x: ArrayLike, sizes: Sequence[int], alpha: ArrayLike = 0.0) -> Self:
        """Fit to codes x (n, features); `alpha` ≥ 0 is the pseudo-count.

        Raises TypeError for codes that are not integers, ValueError for no rows, a wrong shape, a code out of range
        or a negative alpha.
        """
        counts = cls.count(x, sizes)
        table = jax.tree.leaves(counts)[0]
        if not checks.is_traced(table) and not table.any():
            raise ValueError("x must have at least one row; got none")
        return cls.from_counts(counts, alpha)

    def log_table(self) -> Float[Array, "*sizes"]:
        """The log-probability of every combination, in nats. Raises ValueError where there are 2³¹ or more."""
        checks.table_size("sizes", self.sizes)
        return _log_table(self)

    def _log_probs(self, x: Int[Array, "n features"]) -> Float[Array, " n"]:
        if math.prod(self.sizes) > min(SMALL, len(x)):
            return super()._log_probs(x)
        return look_up(once(self._table()), *jax.vmap(cell_of, in_axes=(0, None))(x, self.sizes))

    def _samples(self, key: PRNGKeyArray, n: int) -> Int[Array, "n features"]:
        if math.prod(self.sizes) > SMALL:
            return super()._samples(key, n)
        decode = once(combinations(jnp.arange(math.prod(self.sizes)), self.sizes))
        return decode[once(AliasTable(once(self._table()))).draw(key, n)]

    def _table(self) -> Float[Array, " cells"]:
        return jax.vmap(self._log_prob)(combinations(jnp.arange(math.prod(self.sizes)), self.sizes))


# What is worked out for good before it is used: else XLA works out anew, for each row, the part that the row needs.
once = jax.lax.optimization_barrier


@jax.jit
def _log_table(model: Discrete) -> Array:
    return model._table().reshape(model.sizes)


# --- Tables of probabilities ---------------------------------------------------------------------


def in_range(x: Int[Array, "*n features"], sizes: tuple[int, ...]) -> Bool[Array, "*n features"]:
    """Whether each code is one of its feature's values."""
    x = x.astype(jnp.int32)  # bytes may come, and a size of 256 is not one
    return (x >= 0) & (x < jnp.broadcast_to(jnp.array(sizes), x.shape))


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


def smooth(counts: Float[Array, "*rows values"], alpha: ArrayLike) -> Float[Array, "*rows values"]:
    """log (n + α) / Σ (n + α) over the last axis; a row that is zero throughout becomes uniform."""
    weights = counts + alpha
    total = pairwise_sum(weights)[..., None]
    return jnp.log(jnp.where(total > 0, weights, 1.0) / jnp.where(total > 0, total, counts.shape[-1]))


def stack(tables: Sequence[Float[Array, "*rows _"]]) -> Float[Array, "tables *rows values"]:
    """Tables of log-probabilities whose last axes differ in length, in one array; what is added has probability 0."""
    values = max(table.shape[-1] for table in tables)

    def widened(table: Array) -> Array:
        missing = [(0, 0)] * (table.ndim - 1) + [(0, values - table.shape[-1])]
        return jnp.pad(table, missing, constant_values=-jnp.inf)

    return jnp.stack([widened(table) for table in tables])


def pick(key: PRNGKeyArray, log_probs: Float[Array, " outcomes"]) -> Int[Array, ""]:
    """One outcome: cut a stick of about 2³⁰ notches into pieces as long as the probabilities, and pick one notch.

    Whole notches make it exact where floats are not: an outcome of probability 0 has no notch and is never drawn.
    """
    ends = jnp.cumsum(jnp.rint(jnp.exp(log_probs) * 2.0**30).astype(jnp.int32))
    return jnp.searchsorted(ends, jax.random.randint(key, (), 0, ends[-1]), side="right").astype(jnp.int32)
