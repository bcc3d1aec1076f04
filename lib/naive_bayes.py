"""Naive Bayes: every feature is chosen on its own.

If the features are independent of one another, the probability of a combination is a product of margins,

    P(x) = Π_j θ_j(x_j),    θ_j(v) = (n_jv + α) / (N + α d_j)

with n_jv the number of observations whose feature j has the value v, and d_j the number of values of feature j. There
is no class here, as there is in the classifier of the same name: this is that classifier's model of one class
(K. Murphy, Probabilistic Machine Learning, 2022, §9.3).
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.discrete import SMALL, Discrete
from lib.numerics.counting import margins, tally
from lib.numerics.tables import in_range, once, pick, smooth, stack


class NaiveBayes(Discrete):
    """Independent categorical features.

    `log_probs` holds a table for each feature: `log_probs[j][v]` is log θ_j(v), in nats. Raises TypeError or ValueError
    where a table has not one axis or does not sum to one, and where there is none.

    >>> model = NaiveBayes.fit([[0, 1], [0, 1], [1, 0], [0, 0]], sizes=(2, 2))
    >>> jnp.exp(model.log_prob(jnp.array([[0, 1], [1, 1]])))
    Array([0.375, 0.125], dtype=float32)
    """

    log_probs: tuple[Float[Array, " values"], ...]

    def __check_init__(self) -> None:
        if not self.log_probs:
            raise ValueError("log_probs must hold a table for each feature; got none")
        for j, table in enumerate(self.log_probs):
            if checks.log_table(f"log_probs[{j}]", table).ndim != 1:
                raise ValueError(f"log_probs[{j}] must have shape (values,); got shape {table.shape}")

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(table) for table in self.log_probs)

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> tuple[Int[checks.Array, " values"], ...]:
        """How often each value of each feature occurs in codes x (n, features): a table for each feature.

        Raises TypeError or ValueError as `fit` does; but no rows give zeros.
        """
        sizes = checks.sizes(sizes)
        tables = tally(margins, checks.codes("x", x, sizes), sizes, len(sizes))
        return tuple(table[:size] for table, size in zip(tables, sizes, strict=True))

    @classmethod
    def from_counts(cls, counts: Sequence[ArrayLike], alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts for each feature; `alpha` ≥ 0 is the pseudo-count of each value.

        Works under `jit`. Raises ValueError for a negative count or alpha, for tables of different totals, and where
        nothing was seen and alpha is 0.
        """
        tables, alpha = checks.smoothed_counts({f"counts[{j}]": table for j, table in enumerate(counts)}, alpha)
        return cls(_smooth(tuple(tables), alpha))

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        each = stack(self.log_probs)[jnp.arange(len(x)), jnp.where(inside, x, 0)]
        return jnp.sum(jnp.where(inside, each, -jnp.inf))

    def _for_rows(self) -> Any:
        return self if math.prod(self.sizes) <= SMALL else _Stacked(_with_end(self.log_probs))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        return jax.vmap(pick)(jax.random.split(key, len(self.sizes)), stack(self.log_probs))


# --- Private numerics ----------------------------------------------------------------------------


class _Stacked(eqx.Module):
    """The log densities of naive Bayes where there are too many combinations for a table of them."""

    tables: Float[Array, "features values_and_1"]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.tables),)

    def _log_probs(self, x: Int[Array, "n features"]) -> Float[Array, " n"]:
        """The sum over the features, one after the other, so that the table of each stays in the fastest cache."""

        def add(total: Array, feature: tuple[Array, Array]) -> tuple[Array, None]:
            table, codes = feature
            # A code below 0 is a huge one without its sign, and no index is beyond the last, where log 0 stands.
            return total + table[jnp.minimum(codes.astype(jnp.uint32), len(table) - 1)], None

        return jax.lax.scan(add, jnp.zeros(len(x), jnp.float32), (self.tables, once(x.T)))[0]


@jax.jit
def _smooth(counts: tuple[Array, ...], alpha: Array) -> tuple[Array, ...]:
    return tuple(smooth(table, alpha) for table in counts)


@jax.jit
def _with_end(log_probs: tuple[Array, ...]) -> Float[Array, "features values_and_1"]:
    return jnp.pad(stack(log_probs), ((0, 0), (0, 1)), constant_values=-jnp.inf)
