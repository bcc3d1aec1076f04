"""The Burt table: how often each two values occur together.

It has a row and a column for each value of each feature: those of feature 0 come first. Block (i, j) counts the values
of feature i together with those of feature j. A block on the diagonal holds how often each value occurs, on its own
diagonal, and else zeros (M. Greenacre, Correspondence Analysis in Practice, 2017, ch. 18). The table alone does not say
where the values of a feature end, so the sizes go with it.
"""

import math
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lib import checks
from lib.numerics.counting import joint
from lib.numerics.tables import combinations, in_range, once, starts

FEW = 16  # up to so many values a feature, on average, a product of matrices is faster than adding at an address
ROWS = 1024  # in one product: so that what it multiplies stays small


@partial(jax.jit, static_argnums=1)
def burt_table(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "values values"]:
    """How often each two values occur together in codes x. A code that is out of range counts nowhere."""
    if math.prod(sizes) < len(x):  # then each combination, as often as it occurs, stands for many rows
        each = combinations(jnp.arange(math.prod(sizes), dtype=jnp.int32), sizes)
        return _by_adding(each, sizes, jnp.ravel(joint(x, sizes)))
    if sum(sizes) <= FEW * len(sizes):
        return _by_products(x, sizes)
    return _by_adding(x, sizes, jnp.ones(len(x), jnp.int32))


def mutual_information(table: checks.Array, sizes: tuple[int, ...]) -> Float[checks.Array, "features features"]:
    """The mutual information of each two features i < j times the number of rows, in nats; zero elsewhere.

    A table of NumPy is worked on in NumPy, in float64, and a feature at a time, so that little memory is needed.
    """
    first, margin = starts(sizes), table.diagonal()
    if isinstance(table, jax.Array):
        terms = _terms(table, margin[:, None] * (margin / jnp.maximum(margin[: sizes[0]].sum(), 1.0))[None])
        feature = np.repeat(np.arange(len(sizes)), sizes)
        by_row = jax.ops.segment_sum(terms, feature, len(sizes))
        return jnp.triu(jax.ops.segment_sum(by_row.T, feature, len(sizes)).T, 1)
    information, margin = np.zeros((len(sizes), len(sizes))), margin.astype(np.float64)
    share = margin / max(margin[: sizes[0]].sum(), 1.0)
    for i, later in enumerate(first[1:]):
        rows = slice(first[i], later)
        terms = _terms(table[rows, later:].astype(np.float64), np.multiply.outer(margin[rows], share[later:]))
        information[i, i + 1 :] = np.add.reduceat(terms.sum(0), first[i + 1 :] - later)
    return information


def refuse_contradictions(margins: Sequence[checks.Array], table: checks.Array) -> None:
    """Raise a ValueError unless the table is one of some rows, of which `margins` counts the values of each feature.

    The errors call them counts[0] and counts[1]. Of tracers only the shapes are checked.
    """
    for j, margin in enumerate(margins):
        if margin.ndim != 1 or not margin.size:
            raise ValueError(f"counts[0][{j}] must have shape (values,); got shape {margin.shape}")
    sizes = tuple(margin.size for margin in margins)
    if table.shape != (sum(sizes), sum(sizes)):
        raise ValueError(
            f"counts[1] must have shape {(sum(sizes), sum(sizes))}, a row and a column for each value of each feature; "
            f"got shape {table.shape}"
        )
    if any(map(checks.is_traced, (*margins, table))):
        return
    first, margin = starts(sizes), np.concatenate([np.asarray(margin) for margin in margins])
    table = np.asarray(table)
    wrong = np.argwhere(table.diagonal() != margin)
    if wrong.size:
        row = wrong[0, 0]
        raise ValueError(
            f"counts must count the same observations; counts[1][{row}, {row}] is {table[row, row]}, "
            f"{_value(row, first)} is {margin[row]} ({len(wrong)} such values)"
        )
    sums = np.add.reduceat(table, first, axis=1)  # of the row of each value, over the values of each feature
    wrong = np.argwhere(sums != margin[:, None])
    if wrong.size:
        row, j = wrong[0]
        raise ValueError(
            f"counts must count the same observations; counts[1][{row}] has {sums[row, j]} with the values of feature "
            f"{j}, {_value(row, first)} is {margin[row]} ({len(wrong)} such sums)"
        )
    for i, start in enumerate(first):  # a feature at a time: no copy of the table
        rows = slice(start, start + sizes[i])
        wrong = np.argwhere(table[rows] != table[:, rows].T)
        if wrong.size:
            row, column = wrong[0] + (start, 0)
            raise ValueError(
                f"counts[1] must be symmetric; counts[1][{row}, {column}] is {table[row, column]}, "
                f"counts[1][{column}, {row}] is {table[column, row]}"
            )


# --- Private numerics ----------------------------------------------------------------------------


def _by_products(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "values values"]:
    """Σ bᵀ b over blocks of rows, where b has a column for each value: 1 where a row has it, else 0.

    float32 is exact here: no sum over a block is above ROWS.
    """
    feature = np.repeat(np.arange(len(sizes)), sizes)
    value = np.arange(sum(sizes), dtype=np.int32) - starts(sizes)[feature]
    block = min(ROWS, max(1, len(x)))
    filled = jnp.pad(x.astype(jnp.int32), ((0, -len(x) % block), (0, 0)), constant_values=-1)  # which is no value

    def add(table: Array, rows: Int[Array, "block features"]) -> tuple[Array, None]:
        has = (rows[:, feature] == value[None]).astype(jnp.float32)
        return table + (has.T @ has).astype(jnp.int32), None

    empty = jnp.zeros((sum(sizes), sum(sizes)), jnp.int32)
    return jax.lax.scan(add, empty, filled.reshape(-1, block, len(sizes)))[0]


def _by_adding(
    x: Int[Array, "n features"], sizes: tuple[int, ...], times: Int[Array, " n"]
) -> Int[Array, "values values"]:
    """Each row counts so many times. One feature after the other, so that the rows of its values stay in the cache."""
    values = sum(sizes)
    inside = in_range(x, sizes)
    place = jnp.where(inside, x.astype(jnp.int32) + starts(sizes)[None], 0)

    def add(table: Array, feature: tuple[Array, Array]) -> tuple[Array, None]:
        row, is_row = feature
        cell = jnp.where(is_row[:, None] & inside, row[:, None] * values + place, values**2)  # the end is out of bounds
        return table.at[once(cell)].add(times[:, None], mode="drop"), None

    return jax.lax.scan(add, jnp.zeros(values**2, jnp.int32), (place.T, inside.T))[0].reshape(values, values)


def _terms(counts: Float[checks.Array, "*cells"], expected: Float[checks.Array, "*cells"]) -> checks.Array:
    """The terms of Σ n_uv log (n_uv / e_uv) with e_uv = n_u n_v / n: mutual information times n.

    With n_uv = e_uv (1 + δ_uv) it is Σ e_uv ((1 + δ_uv) log (1 + δ_uv) − δ_uv), since Σ e_uv δ_uv is 0. No term of this
    sum is negative. So nothing cancels where the features are nearly independent, and each term is nearly 0.
    """
    where = checks.library_of(counts)
    more = (counts - expected) / where.maximum(expected, 1e-30)
    ratio = 1 + where.where(counts > 0, more, 0.0)
    return expected * (where.where(counts > 0, ratio * where.log1p(ratio - 1), 0.0) - more)


def _value(row: int, first: Int[np.ndarray, " features"]) -> str:
    """The count of the value to which a row of the table belongs, as errors call it."""
    feature = np.searchsorted(first, row, side="right") - 1
    return f"counts[0][{feature}][{row - first[feature]}]"
