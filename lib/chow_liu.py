"""A Chow–Liu tree: each feature may depend on one other.

    P(x) = P(x_0) Π_j P(x_j | x_parent(j))

Among all trees, the likelihood of the data is largest for the one whose edges have the largest sum of mutual
informations: a maximum spanning tree (C. Chow & C. Liu, IEEE Trans. Inf. Theory 14, 1968). Feature 0 is the root. The
tree is found from the unsmoothed counts; then the pseudo-count α is added to each value of each conditional row.
"""

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
from lib.numerics.burt import burt_table, mutual_information, refuse_contradictions
from lib.numerics.counting import tally
from lib.numerics.notches import BITS, notches
from lib.numerics.tables import in_range, is_value, once, smooth, starts


class ChowLiuTree(Counted):
    """Categorical features, each depending on at most one other.

    `log_probs[j, u, v]` is log P(x_j = v | x_parents[j] = u), in nats; of the root, feature 0, only the row 0 is used.
    Feature j has `num_values[j]` values, but each table has as many rows and columns as the largest needs: a column
    that is no value of feature j has probability 0, and a row that is no value of its parent is not used. `order` lists
    the features so that parents come first. Raises TypeError or ValueError where these are no tree, and where a row
    does not sum to one.

    Where several trees are equally good, rounding decides which of them is found, and float64 and float32 under `jit`
    may decide differently. Where alpha is 0, the data are equally likely under each of them.

    >>> model = ChowLiuTree.fit([[0, 0, 0], [0, 1, 1], [1, 1, 1], [1, 0, 0]], sizes=(2, 2, 2))
    >>> model.parents
    Array([0, 0, 1], dtype=int32)
    """

    log_probs: Float[Array, "features rows values"]
    parents: Int[Array, " features"]
    order: Int[Array, " features"]
    num_values: tuple[int, ...] = eqx.field(static=True, converter=checks.sizes)

    def __check_init__(self) -> None:
        features, values = len(self.sizes), max(self.sizes)
        if self.log_probs.shape != (features, values, values):
            raise ValueError(
                f"log_probs must have shape {(features, values, values)}, for each feature a table (value of its "
                f"parent, value); got shape {self.log_probs.shape}"
            )
        parents, order = checks.integers("parents", self.parents), checks.integers("order", self.order)
        if not parents.shape == order.shape == (features,):
            raise ValueError(f"parents and order must have shape ({features},); got {parents.shape}, {order.shape}")
        if not (checks.is_traced(parents) or checks.is_traced(order)):
            _refuse_no_tree(np.asarray(parents), np.asarray(order))
        checks.log_rows("log_probs", self.log_probs, self.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.num_values

    @staticmethod
    def count(x: ArrayLike, sizes: Sequence[int]) -> tuple[tuple[checks.Array, ...], checks.Array]:
        """How often each value of each feature occurs in codes x (n, features), and the Burt table of all of them.

        This table has a row and a column for each value of each feature: it says how often both occur together
        (lib/numerics/burt.py). Raises TypeError or ValueError as `fit` does, and ValueError where this table, or
        `log_probs` of the model, would have 2³¹ cells or more; but no rows give zeros.
        """
        sizes = checks.sizes(sizes)
        checks.table_size("the number of values of all features, squared,", (sum(sizes), sum(sizes)))
        _refuse_too_large(sizes)
        table = tally(burt_table, checks.codes("x", x, sizes), sizes, len(sizes) ** 2)
        margins = table.diagonal()
        return tuple(margins[start : start + size] for start, size in zip(starts(sizes), sizes, strict=True)), table

    @classmethod
    def from_counts(cls, counts: tuple[Sequence[ArrayLike], ArrayLike], alpha: ArrayLike = 0.0) -> Self:
        """The model of such tables; `alpha` ≥ 0 is the pseudo-count of each value in each row. Works under `jit`.

        Raises ValueError for a negative count or alpha, for tables that contradict one another or have the wrong shape,
        and where nothing was seen and alpha is 0.
        """
        if len(counts) != 2 or not len(counts[0]):
            raise ValueError("counts must be a table for each feature, and the Burt table of all of them")
        margins = {f"counts[0][{j}]": checks.array(f"counts[0][{j}]", n) for j, n in enumerate(counts[0])}
        _, alpha = checks.smoothed_counts(margins, alpha)
        exact = checks.array("counts[1]", counts[1])
        table = checks.counts("counts[1]", exact)
        refuse_contradictions(list(margins.values()), exact)
        sizes = tuple(margin.size for margin in margins.values())
        _refuse_too_large(sizes)
        if checks.is_traced(table):
            parents, order = _maximum_spanning_tree(mutual_information(table, sizes))
        else:
            table = np.asarray(exact)  # so that mutual information is of float64
            with jax.ensure_compile_time_eval():  # the tree is found now, also where alpha is traced
                parents, order = _maximum_spanning_tree(jnp.float32(mutual_information(table, sizes)))
        return cls(_smooth(_given_parents(table, parents, sizes), sizes, alpha), parents, order, sizes)

    def _log_prob(self, x: Int[Array, " features"]) -> Float[Array, ""]:
        inside = in_range(x, self.sizes)
        codes = jnp.where(inside, x, 0)
        rows = codes[self.parents].at[0].set(0)
        each = self.log_probs[jnp.arange(len(x)), rows, codes]
        return jnp.sum(jnp.where(inside, each, -jnp.inf))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, " features"]:
        ends = once(jax.vmap(jax.vmap(notches))(self.log_probs))  # of all rows, once for all draws

        def choose(x: Array, step: tuple[Array, Array]) -> tuple[Array, None]:
            j, notch = step
            row = jnp.where(j > 0, x[self.parents[j]], 0)
            return x.at[j].set(jnp.sum(ends[j, row] <= notch, dtype=jnp.int32)), None

        drawn = jax.random.randint(key, self.order.shape, 0, 2**BITS, jnp.int32)
        return jax.lax.scan(choose, jnp.zeros(len(self.sizes), jnp.int32), (self.order, drawn))[0]


# --- Private numerics ----------------------------------------------------------------------------


def _refuse_too_large(sizes: tuple[int, ...]) -> None:
    """Raise a ValueError where the tables of all features, each as large as the largest, have 2³¹ cells or more."""
    shape = len(sizes), max(sizes), max(sizes)
    checks.table_size(f"features, values and values of the largest feature, {shape},", shape)


def _refuse_no_tree(parents: np.ndarray, order: np.ndarray) -> None:
    """Raise a ValueError unless `order` lists all features, 0 first, and each other one after its parent."""
    features = np.arange(len(order))
    if order[0] != 0 or (np.sort(order) != features).any():
        raise ValueError(f"order must list all {len(order)} features, 0 first; got {order.tolist()}")
    place = np.argsort(order)
    exists = (parents >= 0) & (parents < len(parents))
    wrong = np.flatnonzero(~exists | (place[np.where(exists, parents, 0)] >= place))
    wrong = wrong[wrong > 0]  # the root has no parent
    if wrong.size:
        raise ValueError(
            f"parents must come before their features in order; parents[{wrong[0]}] is {parents[wrong[0]]} "
            f"({len(wrong)} such values)"
        )


def _given_parents(
    table: checks.Array, parents: Array, sizes: tuple[int, ...]
) -> Float[checks.Array, "features rows values"]:
    """The counts of each feature in the Burt table, a row for each value of its parent; zeros fill the rest up."""
    where = checks.library_of(table)
    first, size = where.asarray(starts(sizes)), where.asarray(sizes, np.int32)
    code = where.arange(max(sizes), dtype=np.int32)[None]

    def places(features: checks.Array) -> tuple[checks.Array, checks.Array]:
        inside = code < size[features][:, None]
        return where.where(inside, first[features][:, None] + code, 0), inside

    (rows, is_row), (columns, is_column) = places(where.asarray(parents)), places(where.arange(len(sizes)))
    counts = table[rows[:, :, None], columns[:, None, :]]
    return where.where(is_row[:, :, None] & is_column[:, None, :], counts, 0).astype(np.float32)


@partial(jax.jit, static_argnums=1)
def _smooth(
    counts: Float[Array, "features rows values"], sizes: tuple[int, ...], alpha: Array
) -> Float[Array, "features rows values"]:
    root = counts[0].sum(0)  # which is its own parent: its counts are on the diagonal
    counts = counts.at[0].set(0).at[0, 0].set(root)
    return smooth(counts, alpha, jnp.broadcast_to(is_value(sizes)[:, None], counts.shape))


@jax.jit
def _maximum_spanning_tree(weights: Float[Array, "n n"]) -> tuple[Int[Array, " n"], Int[Array, " n"]]:
    """Prim's algorithm from node 0: the parent of each node, and the nodes in the order in which they joined.

    weights[i, j] is that of the edge of i < j; the rest is 0.
    """
    weights = weights + weights.T

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
