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

Scale = list[float]  # [a, b, 1 if the axis is logarithmic, else 0]
LIMITS = (-1e4, 1e4)  # no place lies farther out


def scales(ax: Axes) -> tuple[Scale, Scale]:
    """How numbers on the x axis and on the y axis become places."""

    def scale(axis: Axis, dimension: int) -> Scale:
        name, ends = axis.get_scale(), np.array(axis.get_view_interval(), np.float64)
        if name not in ("linear", "log"):
            raise ValueError(f"axes must be linear or logarithmic; got {name!r}")
        at = corners(ax)
        at[:, dimension] = ends
        places = svg_places(ax, at)[:, dimension]
        numbers = np.log10(ends) if name == "log" else ends
        a = (places[1] - places[0]) / (numbers[1] - numbers[0])
        return [float(a), float(places[0] - a * numbers[0]), int(name == "log")]

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
    """Where an image stands; `flip` if its first row is at the bottom."""

    x: float
    y: float
    width: float
    height: float
    flip: bool


def box_of(image: AxesImage) -> Box:
    left, right, bottom, top = image.get_extent()
    (x0, y0), (x1, y1) = svg_places(image.axes, np.array([[left, bottom], [right, top]])).tolist()
    first = y1 if image.origin == "upper" else y0  # the place of the edge of the first row
    return Box(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0), first > min(y0, y1))


def place(scale: Scale, values: np.ndarray) -> np.ndarray:
    a, b, logarithmic = scale
    numbers = np.asarray(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return a * (np.log10(numbers) if logarithmic else numbers) + b


def rounded(places: np.ndarray) -> list[float]:
    return [float(f"{place:.2f}") for place in np.clip(places, *LIMITS)]
