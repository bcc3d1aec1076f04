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
from itertools import accumulate
from typing import Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import CHUNK
from lib.discrete import SMALL, Discrete, in_chunks, in_range, joint_counts, pick, smooth, stack


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


def _margins(x: Int[checks.Array, "n features"], sizes: tuple[int, ...]) -> tuple[Int[Array, " values"], ...]:
    if math.prod(sizes) <= SMALL:  # one pass over the data, then sums over a small table
        return _margins_of_joint(in_chunks(joint_counts, x, sizes))
    return _split(in_chunks(_margins_in_a_row, x, sizes, rows=max(1, CHUNK // len(sizes))), sizes)


@jax.jit
def _margins_of_joint(table: Int[Array, "*sizes"]) -> tuple[Int[Array, " values"], ...]:
    axes = range(table.ndim)
    return tuple(table.sum([other for other in axes if other != axis]) for axis in axes)


@partial(jax.jit, static_argnums=1)
def _margins_in_a_row(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, " all_values"]:
    """The tables of all features, one after another."""
    inside = jnp.all(in_range(x, sizes), axis=1, keepdims=True)
    place = jnp.where(inside, x.astype(jnp.int32) + _starts(sizes), sum(sizes))
    place = jax.lax.optimization_barrier(jnp.ravel(place))
    return jnp.zeros(sum(sizes), jnp.int32).at[place].add(1, mode="drop")


def _starts(sizes: tuple[int, ...]) -> Int[Array, "1 features"]:
    """Where each feature's table starts if all stand in a row."""
    return jnp.array([[0, *accumulate(sizes[:-1])]], jnp.int32)


@partial(jax.jit, static_argnums=1)
def _split(tables: Int[Array, " all_values"], sizes: tuple[int, ...]) -> tuple[Int[Array, " values"], ...]:
    return tuple(jnp.split(tables, list(accumulate(sizes[:-1]))))


@jax.jit
def _smooth(counts: tuple[Array, ...], alpha: Array) -> tuple[Array, ...]:
    return tuple(smooth(table, alpha) for table in counts)
