"""The map of the world, for figures to be drawn on."""

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lib.data import world
from lib.live.show import INK


def draw_map(ax: Axes) -> None:
    """Draw the coasts into axes of longitude and latitude, in degrees, in the page's ink; land is a little darker."""
    coasts = Path.make_compound_path(*(Path(ring, closed=True) for ring in world.coastline()))
    ax.add_patch(PathPatch(coasts, facecolor=(INK, 0.1), edgecolor=INK, linewidth=0.6))
    ax.set(xlim=(-180, 180), ylim=(-90, 90), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
