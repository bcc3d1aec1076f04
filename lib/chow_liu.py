"""A Chow–Liu tree: each feature may depend on one other.

    P(x) = P(x_0) Π_j P(x_j | x_parent(j))

Among all trees, the likelihood of the data is largest for the one whose edges have the largest sum of mutual
informations: a maximum spanning tree (C. Chow & C. Liu, IEEE Trans. Inf. Theory 14, 1968). Feature 0 is the root. The
tree is found from the unsmoothed counts; then the pseudo-count α is added to each value of each conditional row.
"""

import math
from collections.abc import Sequence
from functools import partial
from itertools import combinations as pairs_of
from typing import Self

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.discrete import SMALL, Discrete
from lib.numerics.counting import joint, tally
from lib.numerics.tables import in_range, pick, smooth, stack


class ChowLiuTree(Discrete):
    """Categorical features, each depending on at most one other.

    `log_probs[j][u, v]` is log P(x_j = v | x_parents[j] = u), in nats; of the root, feature 0, only the row 0 is used.
    `order` lists the features so that parents come first.

    >>> model = ChowLiuTree.fit([[0, 0, 0], [0, 1, 1], [1, 1, 1], [1, 0, 0]], sizes=(2, 2, 2))
    >>> model.parents
    Array([0, 0, 1], dtype=int32)
    """

    log_probs: tuple[Float[Array, "rows values"], ...]
    parents: Int[Array, " features"]
    order: Int[Array, " features"]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(table.shape[1] for table in self.log_probs)

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> tuple[tuple[checks.Array, ...], ...]:
        """The tables of each feature, and of each pair of features i < j, of codes x (n, features).

        Raises TypeError or ValueError as `fit` does; but no rows give zeros.
        """
        sizes = checks.sizes(sizes)
        groups = _groups(len(sizes))
        flat = tally(_in_a_row, checks.codes("x", x, sizes), sizes, len(groups))
        tables, start = [], 0
        for group in groups:
            shape = [sizes[j] for j in group]
            tables.append(flat[start : start + math.prod(shape)].reshape(shape))
            start += math.prod(shape)
        return tuple(tables[: len(sizes)]), tuple(tables[len(sizes) :])

    @classmethod
    def from_counts(cls, counts: tuple[Sequence[ArrayLike], Sequence[ArrayLike]], alpha: ArrayLike = 0.0) -> Self:
        """The model of such tables; `alpha` ≥ 0 is the pseudo-count of each value in each row. Works under `jit`.

        Raises ValueError for a negative count or alpha, for tables of different totals, and where nothing was seen
        and alpha is 0.
        """
        names = {f"counts[{i}][{j}]": table for i, tables in enumerate(counts) for j, table in enumerate(tables)}
        tables, alpha = checks.smoothed_counts(names, alpha)
        return cls(*_fit(tuple(tables[: len(counts[0])]), tuple(tables[len(counts[0]) :]), alpha))

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        codes = jnp.where(inside, x, 0)
        each = stack(self.log_probs)[jnp.arange(len(x)), self._rows(codes), codes]
        return jnp.sum(jnp.where(inside, each, -jnp.inf))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        tables = stack(self.log_probs)

        def choose(x: Array, step: tuple[Array, PRNGKeyArray]) -> tuple[Array, None]:
            j, key = step
            return x.at[j].set(pick(key, tables[j, self._rows(x)[j]])), None

        keys = jax.random.split(key, len(self.sizes))
        return jax.lax.scan(choose, jnp.zeros(len(self.sizes), jnp.int32), (self.order, keys))[0]

    def _rows(self, codes: Int[Array, " features"]) -> Int[Array, " features"]:
        """The row of each feature's table: the code of its parent, and 0 for the root."""
        return codes[self.parents].at[0].set(0)


# --- Private numerics ----------------------------------------------------------------------------


def _groups(features: int) -> list[tuple[int, ...]]:
    """The features of each table: each on its own, then all pairs."""
    return [(j,) for j in range(features)] + list(pairs_of(range(features), 2))


@partial(jax.jit, static_argnums=1)
def _in_a_row(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, " all_cells"]:
    """The table of each group of features, one after another."""
    groups, features = _groups(len(sizes)), range(len(sizes))
    if math.prod(sizes) <= SMALL:  # one pass over the data, then sums over a small table
        table = joint(x, sizes)
        tables = [table.sum([j for j in features if j not in group]) for group in groups]
    else:
        tables = [joint(x[:, jnp.array(group)], tuple(sizes[j] for j in group)) for group in groups]
    return jnp.concatenate([jnp.ravel(table) for table in tables])


@jax.jit
def _fit(margins: tuple[Array, ...], pairs: tuple[Array, ...], alpha: Array) -> tuple[tuple[Array, ...], Array, Array]:
    features, rows = len(margins), max(len(table) for table in margins)
    information = jnp.zeros((features, features))
    # given[j][i] is the table of feature j, a row for each value of feature i; as its own parent, feature j is a root.
    given = [[jnp.zeros((rows, len(table))).at[0].set(table)] * features for table in margins]
    for (i, j), table in zip(pairs_of(range(features), 2), pairs, strict=True):
        information = information.at[[i, j], [j, i]].set(_mutual_information(table))
        given[j][i] = jnp.pad(table, ((0, rows - len(margins[i])), (0, 0)))
        given[i][j] = jnp.pad(table.T, ((0, rows - len(margins[j])), (0, 0)))
    parents, order = _maximum_spanning_tree(information)
    chosen = [jnp.stack(tables)[parent] for tables, parent in zip(given, parents, strict=True)]
    return tuple(smooth(table, alpha) for table in chosen), parents, order


def _mutual_information(counts: Float[Array, "rows columns"]) -> Float[Array, ""]:
    """Σ n_uv log (n_uv n / (n_u n_v)): mutual information times n, which is as good for comparing."""
    expected = jnp.outer(counts.sum(1), counts.sum(0) / jnp.maximum(counts.sum(), 1.0))
    ratio = jnp.where(counts > 0, counts / jnp.where(counts > 0, expected, 1.0), 1.0)
    return jnp.sum(counts * jnp.log(ratio))


def _maximum_spanning_tree(weights: Float[Array, "n n"]) -> tuple[Int[Array, " n"], Int[Array, " n"]]:
    """Prim's algorithm from node 0: the parent of each node, and the nodes in the order in which they joined."""

    def join(state: tuple[Array, Array, Array], _: None) -> tuple[tuple[Array, Array, Array], Array]:
        parents, best, outside = state
        new = jnp.argmax(jnp.where(outside, best, -jnp.inf)).astype(jnp.int32)
        outside = outside.at[new].set(False)
        better = outside & (weights[new] > best)
        return (jnp.where(better, new, parents), jnp.where(better, weights[new], best), outside), new

    n = len(weights)
    start = (jnp.zeros(n, jnp.int32), weights[0].at[0].set(jnp.inf), jnp.ones(n, bool))
    (parents, _, _), order = jax.lax.scan(join, start, length=n)
    return parents, order
