"""A Chow–Liu tree: each feature may depend on one other.

    P(x) = P(x_0) Π_j P(x_j | x_parent(j))

Among all trees, the likelihood of the data is largest for the one whose edges have the largest sum of mutual
informations: a maximum spanning tree (C. Chow & C. Liu, IEEE Trans. Inf. Theory 14, 1968). Feature 0 is the root. The
tree is found from the unsmoothed counts; then the pseudo-count α is added to each value of each conditional row.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations as pairs_of
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, PRNGKeyArray

from lib import checks
from lib.discrete import SMALL, Discrete
from lib.numerics.counting import joint, tally
from lib.numerics.tables import in_range, pick, smooth, stack


class ChowLiuTree(Discrete):
    """Categorical features, each depending on at most one other.

    `log_probs[j][u, v]` is log P(x_j = v | x_parents[j] = u), in nats; of the root, feature 0, only the row 0 is used.
    `order` lists the features so that parents come first. Raises TypeError or ValueError where these are no tree, and
    where a row that is used does not sum to one.

    >>> model = ChowLiuTree.fit([[0, 0, 0], [0, 1, 1], [1, 1, 1], [1, 0, 0]], sizes=(2, 2, 2))
    >>> model.parents
    Array([0, 0, 1], dtype=int32)
    """

    log_probs: tuple[Float[Array, "rows values"], ...]
    parents: Int[Array, " features"]
    order: Int[Array, " features"]

    def __check_init__(self) -> None:
        if not self.log_probs or any(table.ndim != 2 for table in self.log_probs):
            shapes = [table.shape for table in self.log_probs]
            raise ValueError(f"log_probs must hold a table (rows, values) for each feature; got shapes {shapes}")
        parents, order = checks.integers("parents", self.parents), checks.integers("order", self.order)
        if not parents.shape == order.shape == (len(self.sizes),):
            raise ValueError(
                f"parents and order must have shape ({len(self.sizes)},); got {parents.shape}, {order.shape}"
            )
        if checks.is_traced(parents) or checks.is_traced(order):
            return
        if sorted(order.tolist()) != list(range(len(order))) or order[0] != 0:
            raise ValueError(f"order must list all {len(order)} features, 0 first; got {order.tolist()}")
        for place, j in enumerate(order.tolist()):
            if j > 0 and parents[j] not in order[:place]:
                raise ValueError(f"parents must come before their features in order; parents[{j}] is {parents[j]}")
            rows = self.sizes[parents[j]] if j > 0 else 1
            if len(self.log_probs[j]) < rows:
                raise ValueError(
                    f"log_probs[{j}] must have a row for each of the {rows} values of its parent; got "
                    f"{len(self.log_probs[j])}"
                )
            checks.log_table(f"log_probs[{j}]", self.log_probs[j][:rows], axis=1)

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
        for group in groups:
            checks.table_size(f"the sizes of the features {group}", tuple(sizes[j] for j in group))
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

        Raises ValueError for a negative count or alpha, for tables that contradict one another or are not those of each
        feature and pair of features, and where nothing was seen and alpha is 0.
        """
        features = len(counts[0])
        names = {f"counts[{i}][{j}]": table for i, tables in enumerate(counts) for j, table in enumerate(tables)}
        tables, alpha = checks.smoothed_counts(names, alpha)
        _refuse_contradictions(names, tables, features)
        pairs = tables[features:]
        if not any(map(checks.is_traced, pairs)):
            pairs = [np.asarray(table, np.float64) for table in counts[1]]
        information = jnp.float32([_mutual_information(pair) for pair in pairs])
        return cls(*_fit(tuple(tables[:features]), tuple(tables[features:]), information, alpha))

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
        tables = [table.sum([j for j in features if j not in group], dtype=jnp.int32) for group in groups]
    else:
        tables = [joint(x[:, jnp.array(group)], tuple(sizes[j] for j in group)) for group in groups]
    return jnp.concatenate([jnp.ravel(table) for table in tables])


@jax.jit
def _fit(
    margins: tuple[Array, ...], pairs: tuple[Array, ...], information: Float[Array, " pairs"], alpha: Array
) -> tuple[tuple[Array, ...], Array, Array]:
    features, rows = len(margins), max(len(table) for table in margins)
    upper = jnp.zeros((features, features), jnp.float32).at[np.triu_indices(features, 1)].set(information)
    # given[j][i] is the table of feature j, a row for each value of feature i; as its own parent, feature j is a root.
    given = [[jnp.zeros((rows, len(table)), jnp.float32).at[0].set(table)] * features for table in margins]
    for (i, j), table in zip(pairs_of(range(features), 2), pairs, strict=True):
        given[j][i] = jnp.pad(table, ((0, rows - len(margins[i])), (0, 0)))
        given[i][j] = jnp.pad(table.T, ((0, rows - len(margins[j])), (0, 0)))
    parents, order = _maximum_spanning_tree(upper + upper.T)
    chosen = [jnp.stack(tables)[parent] for tables, parent in zip(given, parents, strict=True)]
    return tuple(smooth(table, alpha) for table in chosen), parents, order


def _mutual_information(counts: Float[checks.Array, "rows columns"]) -> Float[checks.Array, ""]:
    """Σ n_uv log (n_uv / e_uv) with e_uv = n_u n_v / n: mutual information times n, which is as good for comparing.

    With n_uv = e_uv (1 + δ_uv) it is Σ e_uv ((1 + δ_uv) log (1 + δ_uv) − δ_uv), since Σ e_uv δ_uv is 0. No term of this
    sum is negative. So nothing cancels where the features are nearly independent, and each term is nearly 0. Counts of
    NumPy are worked on in NumPy, so that they may be of float64.
    """
    where = checks.library_of(counts)
    expected = where.outer(counts.sum(1), counts.sum(0) / where.maximum(counts.sum(), 1.0))
    more = (counts - expected) / where.maximum(expected, 1e-30)
    ratio = 1 + where.where(counts > 0, more, 0.0)
    return where.sum(expected * (where.where(counts > 0, ratio * where.log1p(ratio - 1), 0.0) - more))


def _refuse_contradictions(names: Mapping[str, ArrayLike], tables: Sequence[checks.Array], features: int) -> None:
    """Raise a ValueError unless there is a table of each feature and of each pair, and all agree on the features."""
    groups = _groups(features)
    if not features or len(tables) != len(groups):
        raise ValueError(
            f"counts must be two tuples of tables, of each feature and of each pair; got {features} and "
            f"{len(tables) - features} tables"
        )
    sizes = [table.size for table in tables[:features]]
    for name, table, group in zip(names, tables, groups, strict=True):
        shape = tuple(sizes[j] for j in group)
        if table.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, for the features {group}; got shape {table.shape}")
    if any(map(checks.is_traced, tables)):
        return
    exact = [np.asarray(table) for table in names.values()]
    for name, table, group in zip(names, exact, groups, strict=True):
        for axis, j in enumerate(group):
            margin = table.sum(tuple(other for other in range(table.ndim) if other != axis))
            wrong = np.flatnonzero(margin != exact[j])
            if wrong.size:
                v = wrong[0]
                raise ValueError(
                    f"counts must count the same observations; {name} has {margin[v]} with the value {v} of feature "
                    f"{j}, counts[0][{j}] has {exact[j][v]} ({len(wrong)} such values)"
                )


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
