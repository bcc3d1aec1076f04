"""Outfits as avatars in a figure, and how they move."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from lib.data import avatars, outfits
from lib.live.artists import BoundImage, png
from lib.live.places import box_of, rounded


class AvatarGrid:
    """Outfits drawn as avatars, in rows of `columns`.

    `codes` (n, 5) are outfits; a row with a negative code leaves its place empty. A function that moves the grid gives
    codes of the same shape.
    """

    def __init__(self, ax: Axes, codes: ArrayLike, columns: int = 10) -> None:
        codes = np.asarray(codes)
        self.columns, self.shape = columns, codes.shape
        self.image = ax.imshow(self.picture(codes), origin="upper", interpolation="none")
        ax.set_axis_off()

    def picture(self, codes: np.ndarray) -> np.ndarray:
        """One RGBA picture (rows · 32, columns · 32, 4) of all avatars, empty places transparent."""
        rows = -(-len(codes) // self.columns)
        seen = (codes >= 0).all(1)
        tiles = np.zeros((rows * self.columns, 32, 32, 4), np.uint8)
        shown = np.flatnonzero(seen)
        tiles[shown, ..., :3] = avatars.draw(codes[seen])
        tiles[shown, ..., 3] = 255
        return tiles.reshape(rows, self.columns, 32, 32, 4).swapaxes(1, 2).reshape(rows * 32, self.columns * 32, 4)


class BoundAvatars(BoundImage, of=AvatarGrid):
    """In Jupyter one picture; in the page tiles of the sheet of all avatars, which the page loads once."""

    kind = "AvatarGrids"

    def __init__(self, artist: AvatarGrid, owners: list[Artist]) -> None:
        super().__init__(artist.image, owners)
        self.grid = artist

    def faults(self, owner: AxesImage) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield "axes that are not inverted", owner.axes.xaxis_inverted() or not owner.axes.yaxis_inverted()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.grid.shape

    def check(self, dtype: np.dtype) -> None:
        if not np.issubdtype(dtype, np.integer):
            raise ValueError(f"an AvatarGrid must be moved by integer codes; got {dtype}")

    def move(self, values: np.ndarray) -> None:
        self.artist.set_data(self.grid.picture(values))

    def draw(self, values: np.ndarray) -> list[str]:
        return [png(self.grid.picture(values))]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y, width, height = box_of(self.artist)
        rows = -(-self.shape[0] // self.grid.columns)
        return {
            "kind": "avatars",
            "columns": self.grid.columns,
            "corner": rounded(np.array([x, y])),
            "tile": rounded(np.array([width / self.grid.columns, height / rows])),
            "side": avatars.SIDE,
            "sheet": [avatars.COLUMNS, len(avatars.pictures()) // avatars.COLUMNS],
            "sizes": outfits.sizes,
            "order": avatars.ORDER,
        }
