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
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.numerics.alias import AliasTable
from lib.numerics.tables import cell_of, combinations, look_up, once

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

    def _checked(self, x: ArrayLike) -> checks.Array:
        return checks.codes_at(x, self.event_shape)

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
        decode = once(combinations(jnp.arange(math.prod(self.sizes), dtype=jnp.int32), self.sizes))
        return decode[once(AliasTable(once(self._table()))).draw(key, n)]

    def _table(self) -> Float[Array, " cells"]:
        return jax.vmap(self._log_prob)(combinations(jnp.arange(math.prod(self.sizes), dtype=jnp.int32), self.sizes))


@jax.jit
def _log_table(model: Discrete) -> Array:
    return model._table().reshape(model.sizes)
