"""Where numbers stand in the SVG of a figure.

`place = a · value + b` on a linear axis, a · log10(value) + b on a logarithmic one. The script of the page computes the
same from the same three numbers.
"""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.image import AxesImage

POINTS = 72  # an SVG of matplotlib has so many units to the inch
MAX_PLACE = 1e6  # points: no place is farther from the corner of the figure
DECADES_BELOW = 1000  # a logarithmic axis puts the numbers up to 0 so many decades below 1, as matplotlib does

# [a, b, axis]: the axis is 0 if it is linear. It is logarithmic if it is 1 or 2: with 1, a number up to 0 has no place;
# with 2, its place is far below 1 (matplotlib's nonpositive="mask" and "clip").
Scale = list[float]


def check_axes(ax: Axes) -> None:
    """Raise ValueError where axes are not rectilinear, or one of them is neither linear nor logarithmic."""
    if ax.name != "rectilinear":
        raise ValueError(f"axes must be rectilinear; got {ax.name!r}")
    for name in ax.get_xscale(), ax.get_yscale():
        if name not in ("linear", "log"):
            raise ValueError(f"axes must be linear or logarithmic; got {name!r}")


def scales(ax: Axes) -> tuple[Scale, Scale]:
    """How numbers on the x axis and on the y axis become places, once the figure is laid out."""
    check_axes(ax)

    def scale(axis: Axis, dimension: int) -> Scale:
        name, ends = axis.get_scale(), np.array(axis.get_view_interval(), np.float64)
        at = corners(ax)
        at[:, dimension] = ends
        places = svg_places(ax, at)[:, dimension]
        numbers = np.log10(ends) if name == "log" else ends
        a = (places[1] - places[0]) / (numbers[1] - numbers[0])
        kind = 0 if name == "linear" else 2 if np.isfinite(axis.get_transform().transform(0.0)) else 1
        return [float(a), float(places[0] - a * numbers[0]), kind]

    return scale(ax.xaxis, 0), scale(ax.yaxis, 1)


def corners(ax: Axes) -> np.ndarray:
    """The lower left and the upper right corner of the axes, in data coordinates (2, 2)."""
    return np.array([ax.get_xlim(), ax.get_ylim()]).T


def svg_places(ax: Axes, points: np.ndarray) -> np.ndarray:
    """Points in data coordinates (n, 2), as places in the SVG."""
    fig = ax.get_figure(root=True)
    assert fig
    places = ax.transData.transform(points) * POINTS / fig.dpi
    return np.stack([places[:, 0], fig.get_figheight() * POINTS - places[:, 1]], axis=1)


class Box(NamedTuple):
    """Where an image stands: the outer corner of its first pixel, and its size, negative where it runs left or up."""

    x: float
    y: float
    width: float
    height: float


def box_of(image: AxesImage) -> Box:
    left, right, bottom, top = image.get_extent()
    first, last = (top, bottom) if image.origin == "upper" else (bottom, top)
    (x0, y0), (x1, y1) = svg_places(image.axes, np.array([[left, first], [right, last]])).tolist()
    return Box(x0, y0, x1 - x0, y1 - y0)


def place(scale: Scale, values: np.ndarray) -> np.ndarray:
    """Values of any shape as places, float64; infinite or NaN where a value has none."""
    a, b, axis = scale
    numbers = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        if axis:
            below = -DECADES_BELOW if axis == 2 else np.nan
            numbers = np.where(numbers <= 0, below, np.log10(numbers))
        return a * numbers + b


def rounded(places: np.ndarray) -> list[float]:
    """Places (n,) with two decimals, none farther out than MAX_PLACE."""
    return [float(f"{place:.2f}") for place in np.clip(places, -MAX_PLACE, MAX_PLACE)]
