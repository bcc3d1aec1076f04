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

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.discrete import SMALL, Discrete, in_range, joint_counts, pick, smooth, stack


class NaiveBayes(Discrete):
    """Independent categorical features.

    `log_probs` holds a table for each feature: `log_probs[j][v]` is log θ_j(v), in nats.

    >>> model = NaiveBayes.fit([[0, 1], [0, 1], [1, 0], [0, 0]], sizes=(2, 2))
    >>> jnp.exp(model.log_prob(jnp.array([[0, 1], [1, 1]])))
    Array([0.375, 0.125], dtype=float32)
    """

    log_probs: tuple[Float[Array, " values"], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(table) for table in self.log_probs)

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> tuple[Int[Array, " values"], ...]:
        """How often each value of each feature occurs in codes x (n, features): a table for each feature."""
        sizes = checks.sizes(sizes)
        return _margins(checks.codes("x", x, sizes), sizes)

    @classmethod
    def from_counts(cls, counts: Sequence[ArrayLike], alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts for each feature; `alpha` ≥ 0 is the pseudo-count of each value.

        Works under `jit`. Raises ValueError for a negative count or alpha, for tables of different totals, and where
        nothing was seen and alpha is 0.
        """
        tables = [checks.counts(f"counts[{j}]", table) for j, table in enumerate(counts)]
        alpha = checks.pseudo_count("alpha", alpha)
        checks.same_total("counts", tables)
        checks.something_seen(tables[0], alpha)
        return cls(_smooth(tuple(tables), alpha))

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        each = stack(self.log_probs)[jnp.arange(len(x)), jnp.where(inside, x, 0)]
        return jnp.sum(jnp.where(inside, each, -jnp.inf))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        return jax.vmap(pick)(jax.random.split(key, len(self.sizes)), stack(self.log_probs))


# --- Private numerics ----------------------------------------------------------------------------


@partial(jax.jit, static_argnums=1)
def _margins(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> tuple[Int[Array, " values"], ...]:
    if math.prod(sizes) <= SMALL:  # one pass over the data, then sums over a small table
        table = joint_counts(x, sizes)
        axes = range(len(sizes))
        return tuple(table.sum([other for other in axes if other != axis]) for axis in axes)
    inside = jnp.all(in_range(x, sizes), axis=1)
    values = max(sizes)

    def one_feature(codes: Int[Array, " n"]) -> Int[Array, " values"]:
        return jnp.zeros(values, jnp.int32).at[codes].add(inside.astype(jnp.int32))

    # Features one after another: each needs its column in one piece, so transpose for good before the loop.
    tables = jax.lax.map(one_feature, jax.lax.optimization_barrier(jnp.where(inside[:, None], x, 0).T))
    return tuple(table[:size] for table, size in zip(tables, sizes, strict=True))


@jax.jit
def _smooth(counts: tuple[Array, ...], alpha: Array) -> tuple[Array, ...]:
    return tuple(smooth(table, alpha) for table in counts)
