"""The histogram: a grid of cells, and a constant density in each of them.

With n_c of N points in the cell c, one of d cells, and V_c its volume,

    p(x) = (n_c + α) / ((N + α d) V_c)   for x in the cell c, and 0 outside of the grid

It is the table of lib/categorical.py, in which the share of each cell is spread evenly over the cell. With α = 0 it is
the maximum of the likelihood among all densities that are constant in the cells (B. Silverman, Density Estimation for
Statistics and Data Analysis, 1986, §2.2).
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.numerics.alias import AliasTable
from lib.numerics.parts import add_up
from lib.numerics.tables import combinations, look_up, once, pick, smooth
from lib.numerics.threefry import uniform


class Histogram(Density):
    """A density that is constant in each cell of a grid, and 0 outside of it.

    `log_probs`, of shape `bins`, holds the log of each cell's share, in nats, and `range` a pair (low, high) for each
    axis, between which its cells have equal widths: `edges[j]` are their edges along the axis j. A cell holds its lower
    edges but not its upper ones; the last cell of an axis holds both. Raises TypeError or ValueError where the shares
    do not sum to one, or the range does not fit.

    >>> model = Histogram.fit([[0.1], [0.2], [0.7]], bins=2, range=[(0, 1)])
    >>> jnp.exp(model.log_prob([[0.3], [0.5], [2.0]]))
    Array([1.3333334, 0.6666666, 0.       ], dtype=float32)
    """

    log_probs: Float[Array | np.ndarray, "*bins"]
    edges: tuple[Float[np.ndarray, " edges"], ...]

    def __init__(self, log_probs: ArrayLike, range: ArrayLike) -> None:
        self.log_probs = checks.log_table("log_probs", log_probs)
        self.edges = edges_of(self.log_probs.shape, range)

    @property
    def bins(self) -> tuple[int, ...]:
        """The number of cells along each axis."""
        return self.log_probs.shape

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (len(self.edges),)

    @staticmethod
    def count(x: ArrayLike, bins: int | Sequence[int], range: ArrayLike) -> Int[checks.Array, "*bins"]:
        """How many of the points x (n, d) are in each cell: `bins` cells of equal width between the pairs of `range`.

        These are the counts of np.histogramdd on the `edges`, which are float32: each point is on the side of an edge
        on which it was given. Counts of parts of the data add up. x may be a file, np.memmap, that is larger than the
        memory. Raises TypeError or ValueError as `fit` does. Under `jit`, where nothing can be refused, a point outside
        of the range counts nowhere.
        """
        edges = edges_of(bins, range)
        points = checks.rows("x", x, len(edges))
        if checks.is_traced(points):
            return _count(edges, _rounded_down(points))
        table = add_up(_count_rounded_down, points, edges)
        # A point outside counts nowhere. Only where something is missing, the data are looked through for it.
        if table.sum() != len(points):
            refuse_outside(points, [(axis[0], axis[-1]) for axis in edges])
        return table

    @classmethod
    def from_counts(cls, counts: ArrayLike, range: ArrayLike, alpha: ArrayLike = 0.0) -> Self:
        """The model of a table of counts on a grid; `alpha` ≥ 0 is the pseudo-count of each cell.

        Works under `jit`, so a new alpha recounts and recompiles nothing. Raises ValueError for a negative count or
        alpha, for a range that has not a pair for each axis, and where nothing was seen and alpha is 0.
        """
        (table,), alpha = checks.smoothed_counts({"counts": counts}, alpha)
        return cls(_smooth(table, alpha), range)

    @classmethod
    def fit(cls, x: ArrayLike, bins: int | Sequence[int], range: ArrayLike, alpha: ArrayLike = 0.0) -> Self:
        """Fit to points x (n, d), with so many bins on each axis, or on all, and a pair (low, high) for each axis.

        Raises TypeError for what are not real numbers, ValueError for no rows, a wrong shape, a point that is not in
        the range, bins so many that float32 cannot tell them apart, and a negative alpha.
        """
        counts = cls.count(x, bins, range)
        if not checks.is_traced(counts) and not counts.any():
            raise ValueError("x must have at least one row; got none")
        return cls.from_counts(counts, range, alpha)

    def _checked(self, x: ArrayLike) -> checks.Array:
        """As numbers are counted: rounded to float32, but not across an edge."""
        return _rounded_down(checks.of_shape(checks.real_numbers("x", x), self.event_shape))

    def _log_prob(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        log_volume, cell, inside = jnp.zeros((), jnp.float32), jnp.zeros((), jnp.int32), jnp.array(True)
        for value, edges in zip(x, self.edges, strict=True):
            bins = len(edges) - 1
            place = jnp.clip(jnp.searchsorted(edges, value, side="right") - 1, 0, bins - 1)
            log_volume = log_volume + jnp.log(jnp.diff(edges))[place]
            cell, inside = cell * bins + place, inside & (edges[0] <= value) & (value <= edges[-1])
        return look_up(jnp.ravel(self.log_probs), cell, inside) - log_volume

    def _log_probs(self, x: Float[Array, "n d"]) -> Float[Array, " n"]:
        places, inside = _places(x, self.edges)
        log_probs = look_up(jnp.ravel(self.log_probs), _cell(places, self.bins), inside)
        for place, edges in zip(places, self.edges, strict=True):
            log_probs = log_probs - once(jnp.log(jnp.diff(edges)))[place]
        return log_probs

    def _sample(self, key: PRNGKeyArray) -> Float[Array, " d"]:
        which, where = jax.random.split(key)
        cell = pick(which, jnp.ravel(self.log_probs))
        return self._within(cell[None], jax.random.uniform(where, (1, len(self.edges)), jnp.float32))[0]

    def _samples(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        which, where = jax.random.split(key)
        cell = once(AliasTable(jnp.ravel(self.log_probs))).draw(which, n)
        return self._within(cell, uniform(where, n * len(self.edges)).reshape(n, len(self.edges)))

    def _within(self, cell: Int[Array, " n"], share: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Points of cells, so far on from the lower edges; never on the upper ones, where the next cells begin."""
        columns = []
        for axis, place, part in zip(self.edges, combinations(cell, self.bins).T, share.T, strict=True):
            low, high = jnp.asarray(axis)[place], jnp.asarray(axis)[place + 1]
            columns.append(jnp.minimum(low + part * (high - low), jnp.nextafter(high, low)))
        return jnp.stack(columns, axis=1)


# --- Private numerics ----------------------------------------------------------------------------


@jax.jit
def _count(edges: tuple[Array, ...], x: Float[Array, "n d"]) -> Int[Array, "*bins"]:
    bins = tuple(len(each) - 1 for each in edges)
    places, inside = _places(x, edges)
    cell = once(jnp.where(inside, _cell(places, bins), math.prod(bins)))
    return jnp.zeros(math.prod(bins), jnp.int32).at[cell].add(1, mode="drop").reshape(bins)


def _count_rounded_down(edges: tuple[Array, ...], x: checks.Array) -> Int[Array, "*bins"]:
    return _count(edges, _rounded_down(x))


def _places(x: Float[Array, "n d"], edges: Sequence[checks.Array]) -> tuple[list[Int[Array, " n"]], Bool[Array, " n"]]:
    """The bin of each point on each axis, and whether the point is on the grid at all.

    Edges in equal steps need no search. The quotient can be off by one bin, for it and the edges are rounded; so the
    edges themselves have the last word.
    """
    places, inside = [], jnp.ones(len(x), bool)
    for value, axis in zip(x.T, map(jnp.asarray, edges), strict=True):
        bins, low, high = len(axis) - 1, axis[0], axis[-1]
        place = jnp.clip((value - low) * (bins / (high - low)), 0, bins - 1).astype(jnp.int32)
        place = jnp.where(value < axis[place], place - 1, jnp.where(value >= axis[place + 1], place + 1, place))
        places.append(jnp.clip(place, 0, bins - 1))
        inside = inside & (low <= value) & (value <= high)
    return places, inside


def _cell(places: Sequence[Int[Array, " n"]], bins: tuple[int, ...]) -> Int[Array, " n"]:
    """The place of a cell in the flat table: the last axis counts fastest."""
    cell = places[0]
    for place, number in zip(places[1:], bins[1:], strict=True):
        cell = cell * number + place
    return cell


def _rounded_down(x: checks.Array) -> checks.Array:
    """Numbers as float32, none above what it was: then each is on the same side of an edge, which is a float32."""
    rounded = checks.float32(x)
    if not checks.has_more_digits(x):
        return rounded
    where = checks.library_of(x)
    with np.errstate(invalid="ignore"):  # the largest float32 of an int64 is no int64
        above = rounded.astype(x.dtype) > x
    return where.where(above, where.nextafter(rounded, where.float32(-np.inf)), rounded)


def _outside(x: checks.Array, low: checks.Array, high: checks.Array) -> checks.Array:
    rounded = _rounded_down(x)
    return ~((low <= rounded) & (rounded <= high))


@jax.jit
def _smooth(counts: Float[Array, "*bins"], alpha: Float[Array, ""]) -> Float[Array, "*bins"]:
    return smooth(jnp.ravel(counts), alpha).reshape(counts.shape)


# --- Checks --------------------------------------------------------------------------------------


def refuse_outside(x: checks.Array, range: Sequence[tuple[Any, Any]]) -> None:
    """Raise a ValueError if a point (n, d) is not between the pair (low, high) of each axis, faces included."""
    low, high = np.asarray(range, np.float32).T[:, None]
    checks.refuse("x", x, _outside, f"in the range from {low[0].tolist()} to {high[0].tolist()}", low, high)


def edges_of(bins: Any, range: ArrayLike, called: str = "bins") -> tuple[np.ndarray, ...]:
    """The edges of `bins` cells of equal width on each axis, or on all, between a pair (low, high) for each axis.

    There must be so few cells that a table can hold them, and so few on an axis that float32 tells their edges apart.
    """
    pairs = checks.real_numbers("range", range)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(f"range must have shape (d, 2), a pair (low, high) for each axis; got shape {pairs.shape}")
    checks.finite("range", pairs)
    try:
        bins = tuple(bins)
    except TypeError:
        bins = (bins,) * len(pairs)
    if len(bins) != len(pairs):
        raise ValueError(f"{called} must be a number for each of the {len(pairs)} pairs of range; got {bins}")
    bins = tuple(checks.whole(called, number, least=1) for number in bins)
    checks.table_size(called, bins)
    edges = []
    for number, (low, high) in zip(bins, np.asarray(pairs, np.float64), strict=True):
        edges.append(np.linspace(low, high, number + 1).astype(np.float32))
        if not (np.diff(edges[-1]) > 0).all() or high - low > np.finfo(np.float32).max:
            raise ValueError(
                f"range must be pairs low < high, which float32 can cut into the {called}; got ({low:.10g}, "
                f"{high:.10g}) for {number} {called}"
            )
        checks.precise("range", np.array([low, high]), high - low)
    return tuple(edges)
