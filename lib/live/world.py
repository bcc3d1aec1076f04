"""The map of the world, for figures to be drawn on."""

import numpy as np
from jax.typing import ArrayLike
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lib.data import world
from lib.live.show import INK

_ORANGE = LinearSegmentedColormap.from_list("orange", ["#D55E0000", "#D55E00"])


def draw_map(ax: Axes) -> None:
    """Draw the coasts into axes of longitude and latitude, in degrees, in the page's ink; land is a little darker."""
    coasts = Path.make_compound_path(*(Path(ring, closed=True) for ring in world.coastline()))
    ax.add_patch(PathPatch(coasts, facecolor=(INK, 0.1), edgecolor=INK, linewidth=0.6))
    ax.set(xlim=(-180, 180), ylim=(-90, 90), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(True)


def draw_density(ax: Axes, values: ArrayLike) -> AxesImage:
    """Draw the map, and below its coasts values (rows, columns), row 0 in the north: clear at 0, full orange from 2 on.

    2, so that a density divided by the one that the truth has on land is at half strength where the two agree.
    """
    draw_map(ax)
    return ax.imshow(
        np.asarray(values),
        extent=(-180, 180, -90, 90),
        origin="upper",
        interpolation="none",
        cmap=_ORANGE,
        vmin=0,
        vmax=2,
    )
