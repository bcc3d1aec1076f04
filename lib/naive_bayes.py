"""Naive Bayes: every feature is chosen on its own.

If the features are independent of one another, the probability of a combination is a product of margins,

    P(x) = Π_j θ_j(x_j),    θ_j(v) = (n_jv + α) / (N + α d_j)

with n_jv the number of observations whose feature j has the value v, and d_j the number of values of feature j. There
is no class here, as there is in the classifier of the same name: this is that classifier's model of one class
(K. Murphy, Probabilistic Machine Learning, 2022, §9.3).
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.counted import Counted
from lib.discrete import SMALL
from lib.numerics.counting import margins, tally
from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import in_range, is_value, once, pick, smooth, starts

PARTIAL = 32  # features in one partial sum


class NaiveBayes(Counted):
    """Independent categorical features.

    `log_probs[j, v]` is log θ_j(v), in nats. Feature j has `num_values[j]` values, but each row has as many places
    as the longest needs: a place that is no value of feature j has probability 0. Raises TypeError or ValueError where
    this is not so, and where a row does not sum to one.

    >>> model = NaiveBayes.fit([[0, 1], [0, 1], [1, 0], [0, 0]], sizes=(2, 2))
    >>> jnp.exp(model.log_prob(jnp.array([[0, 1], [1, 1]])))
    Array([0.375, 0.125], dtype=float32)
    """

    log_probs: Float[Array, "features values"]
    num_values: tuple[int, ...] = eqx.field(static=True, converter=checks.sizes)

    def __check_init__(self) -> None:
        features, values = len(self.sizes), max(self.sizes)
        if self.log_probs.shape != (features, values):
            raise ValueError(
                f"log_probs must have shape {(features, values)}, a row for each feature; got shape "
                f"{self.log_probs.shape}"
            )
        checks.log_rows("log_probs", self.log_probs, self.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.num_values

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> tuple[Int[checks.Array, " values"], ...]:
        """How often each value of each feature occurs in codes x (n, features): a table for each feature.

        Raises TypeError or ValueError as `fit` does, and ValueError where `log_probs` of the model would have 2³¹ cells
        or more; but no rows give zeros.
        """
        sizes = checks.sizes(sizes)
        _refuse_too_large(sizes)
        tables = tally(margins, checks.codes("x", x, sizes), sizes, len(sizes))
        return tuple(table[:size] for table, size in zip(tables, sizes, strict=True))

    @classmethod
    def from_counts(cls, counts: Sequence[ArrayLike], alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts for each feature; `alpha` ≥ 0 is the pseudo-count of each value.

        Works under `jit`. Raises ValueError for a negative count or alpha, for tables of a wrong shape or of different
        totals, and where nothing was seen and alpha is 0.
        """
        if not len(counts):
            raise ValueError("counts must be a table for each feature; got none")
        tables, alpha = checks.smoothed_counts({f"counts[{j}]": table for j, table in enumerate(counts)}, alpha)
        for j, table in enumerate(tables):
            if table.ndim != 1 or not table.size:
                raise ValueError(f"counts[{j}] must have shape (values,); got shape {table.shape}")
        sizes = tuple(table.size for table in tables)
        _refuse_too_large(sizes)
        join = jnp.concatenate if any(isinstance(table, jax.Array) for table in tables) else np.concatenate
        return cls(_smooth(join(tables), sizes, alpha), sizes)

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        each = self.log_probs[jnp.arange(len(x)), jnp.where(inside, x, 0)]
        return jnp.sum(jnp.where(inside, each, -jnp.inf))

    def _log_probs(self, x: Int[Array, "n features"]) -> Float[Array, " n"]:
        """The sum over the features, one after the other, so that the row of each stays in the fastest cache.

        It is made of partial sums, which are then added in pairs: one sum of thousands would lose its last digits.
        """
        if math.prod(self.sizes) <= SMALL:
            return super()._log_probs(x)

        def add(sums: Array, feature: tuple[Array, Array, checks.Array]) -> tuple[Array, None]:
            row, codes, place = feature
            codes, last = codes.astype(jnp.uint32), len(row) - 1  # without its sign, a code below 0 is a huge one
            return sums.at[place].add(jnp.where(codes <= last, row[jnp.minimum(codes, last)], -jnp.inf)), None

        places = np.arange(len(self.sizes)) // PARTIAL
        none = jnp.zeros((places[-1] + 1, len(x)), self.log_probs.dtype)
        return pairwise_sum(jax.lax.scan(add, none, (self.log_probs, once(x.T), places))[0].T)

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        return jax.vmap(pick)(jax.random.split(key, len(self.sizes)), self.log_probs)


# --- Private numerics ----------------------------------------------------------------------------


def _refuse_too_large(sizes: tuple[int, ...]) -> None:
    """Raise a ValueError where the rows of all features, each as long as the longest, have 2³¹ places or more."""
    shape = len(sizes), max(sizes)
    checks.table_size(f"features and values of the largest feature, {shape},", shape)


@partial(jax.jit, static_argnums=1)
def _smooth(
    counts: Float[Array, " values_of_all"], sizes: tuple[int, ...], alpha: Array
) -> Float[Array, "features values"]:
    """The logarithms of the smoothed shares, in a row for each feature; `counts` are those of one after the other."""
    value = np.arange(max(sizes), dtype=np.int32)[None]
    place = np.where(is_value(sizes), starts(sizes)[:, None] + value, 0)
    return smooth(counts[place], alpha, is_value(sizes))
