"""What of a matplotlib figure can move, and what a function must give to move it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text

from lib.data import avatars

Move = Callable[[np.ndarray], object]


class AvatarGrid:
    """Outfits drawn as avatars, in rows of `columns`.

    `codes` (n, 5) are outfits; a row with a negative code leaves its place empty. A function that moves the grid gives
    codes of the same shape.
    """

    def __init__(self, ax: Axes, codes: ArrayLike, columns: int = 10) -> None:
        self.columns = columns
        self.image = ax.imshow(self._picture(np.asarray(codes)), interpolation="none")
        ax.set_axis_off()

    def set_codes(self, codes: np.ndarray) -> None:
        self.image.set_data(self._picture(codes))

    def _picture(self, codes: np.ndarray) -> np.ndarray:
        """One RGBA picture (rows · 32, columns · 32, 4) of all avatars, empty places transparent."""
        rows = -(-len(codes) // self.columns)
        seen = (codes >= 0).all(1)
        tiles = np.zeros((rows * self.columns, 32, 32, 4), np.uint8)
        shown = np.flatnonzero(seen)
        tiles[shown, ..., :3] = avatars.draw(codes[seen])
        tiles[shown, ..., 3] = 255
        return tiles.reshape(rows, self.columns, 32, 32, 4).swapaxes(1, 2).reshape(rows * 32, self.columns * 32, 4)


def binding(artist: Any, fig: Figure) -> tuple[tuple[int, ...], Move]:
    """The shape of array that moves the artist, and the function that moves it.

    | artist                          | what moves it                                       |
    |---------------------------------|-----------------------------------------------------|
    | line, or the list `plot` gives  | heights (points,)                                   |
    | bars                            | heights (bars,)                                     |
    | scatter                         | places (points, 2)                                  |
    | image                           | values (rows, columns) or colours (rows, columns, …) |
    | text                            | a number, put into the text's `{}`                  |
    | AvatarGrid                      | codes (avatars, 5)                                  |

    Raises TypeError for anything else, ValueError for an artist of another figure.
    """
    owner: Any
    shape: tuple[int, ...]
    move: Move
    match artist:
        case [Line2D() as artist] | (Line2D() as artist):
            owner, shape, move = artist, np.shape(artist.get_ydata()), artist.set_ydata
        case BarContainer():
            owner, shape, move = artist[0], (len(artist),), _bars(artist)
        case PathCollection():
            owner, shape, move = artist, np.shape(artist.get_offsets()), artist.set_offsets
        case AxesImage():
            owner, shape, move = artist, np.asarray(artist.get_array()).shape, artist.set_data
        case Text():
            owner, shape, move = artist, (), _text(artist)
        case AvatarGrid():
            rows, width = artist.image.get_size()[0] // 32, artist.columns
            owner, shape, move = artist.image, (rows * width, 5), artist.set_codes
        case _:
            raise TypeError(f"artists must be lines, bars, scatters, images, texts or AvatarGrids; got {artist!r}")
    if owner.figure is not fig:
        raise ValueError(f"artists must belong to fig; {owner} is part of another figure")
    return shape, move


def _bars(bars: BarContainer) -> Move:
    def move(heights: np.ndarray) -> None:
        for bar, height in zip(bars, heights, strict=True):
            bar.set_height(height)

    return move


def _text(text: Text) -> Move:
    template = text.get_text()  # "KL = {:.2f} nats"
    return lambda value: text.set_text(template.format(value.item()))
