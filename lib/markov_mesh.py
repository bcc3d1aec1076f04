"""A Markov mesh: each pixel depends on two neighbours, the one at its left and the one above it.

    P(x) = Π_rc P(x_rc | x_r,c−1 , x_r−1,c)

A picture is a grid of pixels, and each pixel has one of a few levels. Each place of the grid, row r and column c, has a
table of its own: a row of probabilities for each pair of levels at the left and above. Outside of the picture the level
is 0. The pseudo-count α is added to each value of each row. Where α is 0, a row of which nothing was seen is uniform.

Source: K. Abend, T. Harley & L. Kanal, Classification of binary random patterns, IEEE Trans. Inf. Theory 11, 1965. In
PixelRNN, a pixel depends on all that come before it (A. van den Oord, N. Kalchbrenner & K. Kavukcuoglu, Pixel recurrent
neural networks, ICML 2016); here two of them are few enough to count.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from lib import checks
from lib.density import Density
from lib.numerics.counting import tally
from lib.numerics.summation import pairwise_sum
from lib.numerics.tables import cell_of, look_up, pick, smooth


class MarkovMesh(Density):
    """Pictures of categorical pixels, each depending on the pixel at its left and the one above it.

    `log_probs[r, c, u, v, w]` is log P(x_rc = w | x_r,c−1 = u, x_r−1,c = v), in nats; in the first column only u = 0 is
    used, and in the first row only v = 0. Raises TypeError or ValueError where these are no tables of the same levels,
    and where a row does not sum to one.

    >>> model = MarkovMesh.fit([[[0, 1], [0, 1]], [[1, 1], [1, 1]]], num_levels=2)
    >>> jnp.exp(model.log_prob(jnp.array([[[0, 1], [0, 1]], [[0, 0], [0, 1]]])))
    Array([0.5, 0. ], dtype=float32)
    """

    log_probs: Float[Array, "rows columns left above levels"]

    def __check_init__(self) -> None:
        _refuse_other_shapes("log_probs", self.log_probs)
        checks.log_table("log_probs", self.log_probs, axis=4)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.log_probs.shape[:2]

    @property
    def num_levels(self) -> int:
        """The number of levels of each pixel."""
        return self.log_probs.shape[-1]

    @staticmethod
    def count(x: ArrayLike, num_levels: int) -> Int[checks.Array, "rows columns left above levels"]:
        """How often each level occurs at each place, beside each pair of neighbours, in pictures x (n, rows, columns).

        Counts of parts of the data add up. Raises TypeError or ValueError as `fit` does; but no pictures give zeros.
        """
        x, num_levels = checks.integers("x", x), checks.whole("num_levels", num_levels, least=1)
        if x.ndim != 3 or 0 in x.shape[1:]:
            raise ValueError(
                f"x must have shape (n, rows, columns), a picture for each observation; got shape {x.shape}"
            )
        n, rows, columns = x.shape
        shape, pixels = (rows, columns, num_levels, num_levels, num_levels), rows * columns
        checks.table_size("rows, columns, levels, levels and levels", shape)
        checks.refuse_levels("x", x, num_levels)
        flat = tally(_of_shape((rows, columns)), x.reshape(n, pixels), (num_levels,) * pixels, pixels)
        return flat.reshape(shape)

    @classmethod
    def from_counts(cls, counts: ArrayLike, alpha: ArrayLike = 0.0) -> Self:
        """The model of such a table; `alpha` ≥ 0 is the pseudo-count of each value in each row. Works under `jit`.

        Raises ValueError for a wrong shape, a negative count or alpha, where counts contradict one another, and where
        nothing was seen and alpha is 0.
        """
        (table,), alpha = checks.smoothed_counts({"counts": counts}, alpha)
        _refuse_other_shapes("counts", table)
        if not checks.is_traced(table):
            _refuse_contradictions(np.asarray(counts))
        return cls(_smooth(table, alpha))

    @classmethod
    def fit(cls, x: ArrayLike, num_levels: int, alpha: ArrayLike = 0.0) -> Self:
        """Fit to pictures x (n, rows, columns) of levels from 0 to num_levels − 1; `alpha` ≥ 0 is the pseudo-count.

        Raises TypeError for levels that are not integers, ValueError for no pictures, a wrong shape, a level out of
        range or a negative alpha.
        """
        counts = cls.count(x, num_levels)
        if not checks.is_traced(counts) and not counts.any():
            raise ValueError("x must have at least one row; got none")
        return cls.from_counts(counts, alpha)

    def _checked(self, x: ArrayLike) -> checks.Array:
        return checks.codes_at(x, self.event_shape)

    def _log_prob(self, x: Int[Array, "rows columns"]) -> Float[Array, ""]:
        return pairwise_sum(jnp.ravel(look_up(jnp.ravel(self.log_probs), *_cells(x, self.num_levels))))

    def _sample(self, key: PRNGKeyArray) -> Int[Array, "rows columns"]:
        def row(above: Array, step: tuple[Array, PRNGKeyArray]) -> tuple[Array, Array]:
            tables, keys = step
            levels = jax.lax.scan(pixel, jnp.int32(0), (tables, above, keys))[1]
            return levels, levels

        def pixel(left: Array, step: tuple[Array, Array, PRNGKeyArray]) -> tuple[Array, Array]:
            table, above, key = step
            level = pick(key, table[left, above])
            return level, level

        keys = jax.random.split(key, self.event_shape)
        return jax.lax.scan(row, jnp.zeros(self.event_shape[1], jnp.int32), (self.log_probs, keys))[1]


# --- Private numerics ----------------------------------------------------------------------------


def _cells(
    x: Int[Array, "rows columns"], num_levels: int
) -> tuple[Int[Array, "rows columns"], Bool[Array, "rows columns"]]:
    """Where each pixel stands in the flat table of all places, and whether it is in the table at all."""
    x = x.astype(jnp.int32)
    place = jnp.arange(x.size, dtype=jnp.int32).reshape(x.shape)
    left, above = jnp.pad(x[:, :-1], ((0, 0), (1, 0))), jnp.pad(x[:-1], ((1, 0), (0, 0)))
    return cell_of(jnp.stack([place, left, above, x]), (x.size, num_levels, num_levels, num_levels))


@cache
def _of_shape(shape: tuple[int, int]) -> Callable[..., Array]:
    """What counts flat pictures of this shape: one function for each shape, so that nothing is compiled twice."""
    return partial(_count, shape=shape)


@partial(jax.jit, static_argnames=("sizes", "shape"))
def _count(x: Int[Array, "n pixels"], sizes: tuple[int, ...], shape: tuple[int, int]) -> Int[Array, " cells"]:
    """One picture after the other, so that the places of all their pixels in the table need no memory."""
    cells = len(sizes) * sizes[0] ** 3

    def add(table: Array, picture: Array) -> tuple[Array, None]:
        cell, inside = _cells(picture, sizes[0])
        return table.at[jnp.where(inside, cell, cells)].add(1, mode="drop"), None

    return jax.lax.scan(add, jnp.zeros(cells, jnp.int32), x.reshape(-1, *shape))[0]


@jax.jit
def _smooth(counts: Float[Array, "*rows levels"], alpha: Float[Array, ""]) -> Float[Array, "*rows levels"]:
    return smooth(counts, alpha)


def _refuse_other_shapes(name: str, table: checks.Array) -> None:
    shape = table.shape
    if len(shape) != 5 or 0 in shape or len(set(shape[2:])) > 1:
        raise ValueError(f"{name} must have shape (rows, columns, levels, levels, levels); got shape {shape}")
    checks.table_size(f"{name}.shape", shape)


def _refuse_contradictions(counts: Int[np.ndarray, "rows columns left above levels"]) -> None:
    """Raise a ValueError unless each level of a pixel occurs as often as its right and lower neighbours say."""
    levels = counts.sum((2, 3))
    outside = np.zeros_like(levels)
    outside[..., 0] = levels[0, 0].sum()  # of all pictures the level there is 0
    left = np.concatenate([outside[:, :1], levels[:, :-1]], axis=1), counts.sum((3, 4))
    above = np.concatenate([outside[:1], levels[:-1]]), counts.sum((2, 4))
    for side, (expected, seen) in {"at the left": left, "above": above}.items():
        wrong = np.argwhere(seen != expected)
        if len(wrong):
            r, c, v = wrong[0]
            raise ValueError(
                f"counts must count the same pictures; counts[{r}, {c}] has {seen[r, c, v]} with the level {v} {side}, "
                f"the place there has {expected[r, c, v]} ({len(wrong)} such values)"
            )
