"""The world: points on land, from a known law. The map is that of Natural Earth (see make/world.py).

A point is its longitude, from −180° in the west to 180°, and its latitude, from −90° in the south to 90°. The law is
uniform on the land *of the sphere*: equal areas of land are equally likely. In longitude and latitude it is not
uniform, since a square degree at the latitude φ covers cos φ · (π/180)² of the unit sphere's 4π steradians.

The map has cells of half a degree, and a cell is land as a whole or not at all.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from contourpy import contour_generator
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, PRNGKeyArray
from PIL import Image

from lib import checks
from lib.numerics.alias import AliasTable

MAP = Path(__file__).with_name("world.png")
ROWS, COLUMNS = 360, 720
CELL = 0.5  # degrees along the side of a cell


# --- The map -------------------------------------------------------------------------------------


@functools.cache
def land_mask() -> Bool[np.ndarray, "360 720"]:
    """Which cells of the map are land, read-only. Row 0 is the northernmost, column 0 starts at −180°."""
    with Image.open(MAP) as image:
        return _read_only(np.array(image))


def is_land(x: ArrayLike) -> Bool[Array, "*batch"]:
    """Whether each of the points (*batch, 2) is on land. What is off the map, or NaN, is not. Works under `jit`.

    Raises TypeError for what are no real numbers, ValueError for a wrong shape.

    >>> is_land([[13.4, 52.5], [-30.0, 40.0]])  # Berlin, and a place in the Atlantic
    Array([ True, False], dtype=bool)
    """
    return _is_land(checks.points_at(x, (2,)))


# --- The law -------------------------------------------------------------------------------------


def sample(key: PRNGKeyArray, n: int) -> Float[Array, "n 2"]:
    """n independent points on land, uniform on the sphere. The first m of n draws are the m draws.

    Raises TypeError for a key that is not of jax.random.key or a fractional n, ValueError for n below 0.
    """
    return _sample(checks.key(key), checks.whole("n", n))


def log_prob(x: ArrayLike) -> Float[Array, "*batch"]:
    """The log density of the law at points (*batch, 2), in nats per steradian: −inf off the land, NaN for NaN.

    On land it is −log of the land's area, which is 0.289 of 4π. Raises as `is_land` does.
    """
    return _log_prob(checks.points_at(x, (2,)))


def log_area(x: ArrayLike) -> Float[Array, "*batch"]:
    """The log of the steradians that a square degree covers at points (*batch, 2): log(cos φ · (π/180)²).

    Add it to a log density per steradian to get one per square degree. It is −inf at the poles and off the map, and
    NaN for NaN. Raises as `is_land` does.
    """
    return _log_area(checks.points_at(x, (2,)))


# --- The map as numbers to sum over, and as a drawing ----------------------------------------------


class Grid(NamedTuple):
    """The map cut into cells of equal sides in degrees; row 0 is the northernmost."""

    points: Float[np.ndarray, "rows columns 2"]  # the centres of the cells
    log_area: Float[np.ndarray, "rows columns"]  # log of each cell's steradians
    land: Float[np.ndarray, "rows columns"]  # the share of each cell's area that is land


@functools.cache
def grid(columns: int = COLUMNS) -> Grid:
    """The map in cells of 360 / `columns` degrees: half as many rows as columns, float32, read-only.

    With all 720 columns a cell is land or not; with fewer, it unites cells of the map, and is land in part. Raises
    ValueError where the cells of the map do not fit into such cells, TypeError for a fractional number.

    >>> points, log_area, land = grid(90)
    >>> points.shape, log_area.shape, land.shape
    ((45, 90, 2), (45, 90), (45, 90))
    """
    columns = checks.whole("columns", columns, least=1)
    together, rest = divmod(COLUMNS, columns)
    if rest or ROWS % together:
        raise ValueError(f"columns must be {COLUMNS} / k for a divisor k of {ROWS}, such as 90 or 120; got {columns}")
    rows, side = ROWS // together, CELL * together
    longitude, latitude = side * (np.arange(columns) + 0.5) - 180, 90 - side * (np.arange(rows) + 0.5)
    area, fine_area = _areas(rows)[:, None], _areas(ROWS)[:, None]
    land_area = (fine_area * land_mask()).reshape(rows, together, columns, together).sum((1, 3))
    return Grid(
        _read_only(np.stack(np.meshgrid(longitude, latitude), axis=-1).astype(np.float32)),
        _read_only(np.tile(np.log(area), columns).astype(np.float32)),
        _read_only((land_area / area).astype(np.float32)),
    )


@functools.cache
def coastline() -> list[Float[np.ndarray, "k 2"]]:
    """The outlines of the land, to be drawn: closed rings in longitude and latitude, float32, read-only.

    Land lies to the left of each, also of seas within land, so that all rings together fill as one path. They follow
    the map to 0.6°, about a pixel where the world is 690 pixels wide; what is smaller than that has no outline.

    >>> len(coastline()), sum(map(len, coastline()))
    (81, 1293)
    """
    sides = [np.arange(-0.5, many + 1) * CELL for many in (COLUMNS, ROWS)]
    sea_around = np.pad(land_mask().astype(np.float32), 1)  # so that rings are closed at the ends of the map
    lines = contour_generator(sides[0] - 180, 90 - sides[1], sea_around).lines(0.5)
    rings = [_simplified(np.asarray(line), 0.6) for line in lines]
    return [_read_only(ring.astype(np.float32)) for ring in rings if len(ring) > 3]


def project(x: ArrayLike) -> Float[Array, "*batch 2"]:
    """Points (*batch, 2) on a flat map that keeps areas, the Equal Earth projection: x to the east, y to the north.

    The unit sphere's 4π steradians become as much of the plane, so that what looks twice as large is twice as large.
    Works under `jit`. Source: B. Šavrič, T. Patterson & B. Jenny, Int. J. Geogr. Inf. Sci. 33, 2019. Raises as
    `is_land` does.
    """
    return _project(checks.points_at(x, (2,)))


# --- Private numerics ----------------------------------------------------------------------------


@jax.jit
def _is_land(x: Array) -> Array:
    inside = _on_map(x)
    cell = jnp.floor(jnp.where(inside[..., None], x, 0) / CELL).astype(jnp.int32)  # exact: no rounding into the next
    column = jnp.minimum(COLUMNS // 2 + cell[..., 0], COLUMNS - 1)  # both ends of the map belong to it
    row = jnp.maximum(ROWS // 2 - 1 - cell[..., 1], 0)
    return inside & jnp.asarray(land_mask())[row, column]


@jax.jit
def _log_prob(x: Array) -> Array:
    nan = jnp.isnan(x).any(-1)
    return jnp.where(nan, jnp.nan, jnp.where(_is_land(x), -np.log(_land_areas().sum()).astype(np.float32), -jnp.inf))


@jax.jit
def _log_area(x: Array) -> Array:
    nan = jnp.isnan(x).any(-1)
    # cos φ as the sine of the distance to the pole, which keeps its digits near the pole.
    from_pole = jnp.deg2rad(90 - jnp.abs(x[..., 1]))
    inside = _on_map(x) & (from_pole > 0)
    log_area = jnp.log(jnp.sin(jnp.where(inside, from_pole, 1))) + 2 * np.log(np.pi / 180).astype(np.float32)
    return jnp.where(nan, jnp.nan, jnp.where(inside, log_area, -jnp.inf))


def _on_map(x: Array) -> Array:
    return (jnp.abs(x[..., 0]) <= 180) & (jnp.abs(x[..., 1]) <= 90)


@jax.jit(static_argnums=1)
def _sample(key: PRNGKeyArray, n: int) -> Array:
    """First the row, by its area of land; then a place along the land of the row; then the latitude within the row.

    A table of rows, not of cells: so a row's probability is right to 2⁻²⁸, and all cells of a row are alike.
    """
    rows, places, latitudes = jax.random.split(key, 3)
    mask, edges = land_mask(), 90 - CELL * np.arange(ROWS + 1)
    many = mask.sum(1)  # cells of land in each row
    with np.errstate(divide="ignore"):
        log_probs = np.log(_land_areas() / _land_areas().sum())
    row = AliasTable(_float32(log_probs)).draw(rows, n)

    # Along the row, its cells of land counted from the west.
    along = jax.random.uniform(places, (n,), jnp.float32) * _float32(many)[row]
    nth = jnp.floor(along)
    first = jnp.asarray(np.cumsum(many) - many, jnp.int32)[row]
    west = _float32(np.nonzero(mask)[1] * CELL - 180)[first + nth.astype(jnp.int32)]
    longitude = west + (along - nth) * CELL

    # Within the angle θ from a pole lie 4π sin²(θ / 2) of the sphere: uniform between the two edges of the row.
    squares = _float32(np.sin(np.deg2rad(90 - np.abs(edges)) / 2) ** 2)
    square = squares[row] + jax.random.uniform(latitudes, (n,), jnp.float32) * (squares[row + 1] - squares[row])
    from_pole = jnp.rad2deg(2 * jnp.arcsin(jnp.sqrt(square)))
    latitude = jnp.where(row < ROWS // 2, 90 - from_pole, from_pole - 90)

    corner = jnp.stack([west, _float32(edges)[row + 1]], axis=-1)
    just_inside = CELL - 2.0**-16  # rounding shall not carry a point out of its cell
    return jnp.clip(jnp.stack([longitude, latitude], axis=-1), corner, corner + just_inside)


@jax.jit
def _project(x: Array) -> Array:
    longitude, latitude = jnp.deg2rad(x[..., 0]), jnp.deg2rad(x[..., 1])
    t = jnp.arcsin(np.sqrt(3).astype(np.float32) / 2 * jnp.sin(latitude))
    y = t * (1.340264 - 0.081106 * t**2 + 0.000893 * t**6 + 0.003796 * t**8)
    dy = 1.340264 - 3 * 0.081106 * t**2 + 7 * 0.000893 * t**6 + 9 * 0.003796 * t**8
    return jnp.stack([2 / 3 * np.sqrt(3).astype(np.float32) * longitude * jnp.cos(t) / dy, y], axis=-1)


def _simplified(line: np.ndarray, tolerance: float) -> np.ndarray:
    """Some of the points of a line (k, 2), whose straight connections pass all the others within the tolerance.

    Source: D. Douglas & T. Peucker, Cartographica 10, 1973.
    """
    start, end = line[0], line[-1]
    away = line - start
    if (start != end).any():
        direction = (end - start) / np.hypot(*(end - start))
        distance = np.abs(away @ np.array([-direction[1], direction[0]]))
    else:
        distance = np.hypot(*away.T)
    farthest = distance.argmax()
    if distance[farthest] <= tolerance:
        return line[[0, -1]]
    parts = line[: farthest + 1], line[farthest:]
    return np.concatenate([_simplified(parts[0], tolerance)[:-1], _simplified(parts[1], tolerance)])


def _areas(rows: int) -> Float[np.ndarray, " rows"]:
    """The steradians of a cell in each row of a map with twice as many columns as rows."""
    edges = np.sin(np.linspace(np.pi / 2, -np.pi / 2, rows + 1))
    return np.pi / rows * (edges[:-1] - edges[1:])


def _land_areas() -> Float[np.ndarray, " 360"]:
    """The steradians of land in each row of the map."""
    return _areas(ROWS) * land_mask().sum(1)


def _float32(array: np.ndarray) -> Array:
    return jnp.asarray(array, jnp.float32)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
