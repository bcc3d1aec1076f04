"""What of a matplotlib figure can move: lines, polygons, bars, scatters, images, texts and avatars.

matplotlib draws a figure once, as SVG. A bound artist knows which SVG elements move, and which of their attributes;
`draw` turns an array into the values of that attribute. The script of the page, book/_static/live.js, does the same
from the artist's `spec`: numbers become places by `place = a · value + b`, or a · log10(value) + b on a log axis
(places.py). Elements keep the look that matplotlib gave them. tests/live/test_drawings.py compares what is drawn with
matplotlib's own PNG.
"""

import abc
import base64
import functools
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm, Normalize, to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Transform
from PIL import Image

from lib.live.places import POINTS, box_of, check_axes, place, rounded, scales, svg_places

DOT = np.asarray(Path.unit_circle().vertices) / 2  # the corners of a scatter's "o"
KINDS: dict[type, type["Bound"]] = {}  # what moves each kind of artist; a file of another kind adds its own


class Bound(abc.ABC):
    """An artist that a function moves. What matplotlib can draw and this cannot move is refused by its name."""

    kind: str  # the plural, in words
    tag, attribute = "path", "d"  # of the elements that move
    is_picture = False  # whether its numbers are the colours of pixels

    def __init_subclass__(cls, of: type) -> None:
        KINDS[of] = cls

    def __init__(self, artist: Any, owners: list[Artist]) -> None:
        """`owners` are the artists of matplotlib that are drawn: the bars of a container, or the artist alone."""
        self.artist, self.owners = artist, owners
        for owner in owners:
            for words, fault in self.faults(owner):
                if fault:
                    got = "" if fault is True else f"; got {fault!r}"
                    raise ValueError(f"artists must have {words}, if they are {self.kind}{got}")

    def faults(self, owner: Any) -> Iterator[tuple[str, Any]]:
        """What a drawn artist must have, in words, and what it has instead: True, or what is named in the error."""
        yield "no path effects", owner.get_path_effects()
        yield "no sketch parameters", owner.get_sketch_params()
        yield "no agg_filter", owner.get_agg_filter()
        yield "no rasterization", owner.get_rasterized()

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of the arrays that move it."""

    @abc.abstractmethod
    def move(self, values: np.ndarray) -> None:
        """Move matplotlib's own artist."""

    @abc.abstractmethod
    def draw(self, values: np.ndarray) -> list[str]:
        """The attribute of each of its elements, `parts` of them."""

    @property
    def parts(self) -> int:
        """The number of its elements."""
        return 1

    @property
    @abc.abstractmethod
    def spec(self) -> dict[str, Any]:
        """What the script of the page must know to do as `draw` does."""

    @property
    def logarithmic(self) -> bool:
        """Whether its numbers are shown on a logarithmic axis."""
        return bool(self.spec.get("y", [0, 0, 0])[2])

    def check(self, dtype: np.dtype) -> None:  # noqa: B027 (most can show any number)
        """Raise ValueError where the artist cannot show numbers of this dtype."""

    def name(self, gid: str) -> None:
        """Set the SVG id (matplotlib's gid), before the figure is drawn."""
        for owner in self.owners:
            owner.set_gid(gid)

    def elements(self, found: list[Element]) -> list[Element]:
        """Those that move, of the SVG elements with its id."""
        return [part for group in found for part in group.iter() if part.tag.endswith(f"}}{self.tag}")]


class BoundLine(Bound, of=Line2D):
    kind = "lines"

    def faults(self, owner: Line2D) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield from _faults_in_axes(owner, owner.get_transform())
        yield "no markers (points are a scatter's)", owner.get_marker() not in ("", "None", None, " ")
        yield "drawstyle 'default'", owner.get_drawstyle() != "default" and owner.get_drawstyle()
        yield "no gapcolor", owner.get_gapcolor()

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_ydata())

    def move(self, values: np.ndarray) -> None:
        self.artist.set_ydata(values)

    def draw(self, values: np.ndarray) -> list[str]:
        spec = self.spec
        return ["".join(_polyline(spec["x"], place(spec["y"], values)))]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist.axes)
        return {"kind": "line", "x": rounded(place(x, _filled(self.artist.get_xdata(orig=False)))), "y": y}


class BoundPolygon(Bound, of=Polygon):
    """A closed polygon. Where one of its corners has no place it is not drawn."""

    kind = "polygons"

    def faults(self, owner: Polygon) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield from _faults_in_axes(owner, Artist.get_transform(owner))
        yield "closed=True", not owner.get_closed()

    @functools.cached_property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_xy()[:-1])  # the first corner stands at the end once more

    def move(self, values: np.ndarray) -> None:
        self.artist.set_xy(values)

    def draw(self, values: np.ndarray) -> list[str]:
        corners = _places(self.spec, values)
        return ["" if None in corners else f"M{'L'.join(f'{x} {y}' for x, y in filter(None, corners))}z"]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist.axes)
        return {"kind": "polygon", "x": x, "y": y}


class BoundBars(Bound, of=BarContainer):
    """Bars, which grow from where they stand: `bar` upwards, `barh` to the right."""

    kind = "bars"

    def faults(self, owner: Rectangle) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield from _faults_in_axes(owner, Artist.get_transform(owner))
        yield "angle 0", owner.get_angle()

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.artist),)

    @property
    def parts(self) -> int:
        return len(self.artist)

    @property
    def logarithmic(self) -> bool:
        return bool(self.spec["scale"][2])

    @property
    def _horizontal(self) -> bool:
        return self.artist.orientation == "horizontal"

    def move(self, values: np.ndarray) -> None:
        for bar, length in zip(self.artist, values, strict=True):
            (bar.set_width if self._horizontal else bar.set_height)(length)

    def draw(self, values: np.ndarray) -> list[str]:
        spec = self.spec
        tips = rounded(place(spec["scale"], spec["base"] + np.float64(values)))
        path = "M{foot} {one}H{tip}V{other}H{foot}z" if self._horizontal else "M{one} {foot}V{tip}H{other}V{foot}z"
        return [
            path.format(one=one, other=other, foot=foot, tip=tip) if np.isfinite(tip) else ""
            for one, other, foot, tip in zip(*spec["sides"], spec["foot"], tips, strict=True)
        ]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist[0].axes)
        sizes = [(bar.get_x(), bar.get_y(), bar.get_width(), bar.get_height()) for bar in self.artist]
        left, bottom, width, height = np.array(sizes).T
        base, scale = (left, x) if self._horizontal else (bottom, y)
        sides = (y, bottom, height) if self._horizontal else (x, left, width)
        return {
            "kind": "bars",
            "sides": [rounded(place(sides[0], sides[1])), rounded(place(sides[0], sides[1] + sides[2]))],
            "base": base.tolist(),  # where each bar stands, in data
            "foot": rounded(place(scale, base)),  # and as a place
            "scale": scale,
            "horizontal": self._horizontal,
        }


class BoundScatter(Bound, of=PathCollection):
    """Points. Opaque dots of one size and colour are drawn as one path: strokes of length 0 with round ends.

    Any others are drawn by matplotlib's own marks, an element for each, which are moved one by one.
    """

    kind = "scatters"

    def faults(self, owner: PathCollection) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield from _faults_in_axes(owner, owner.get_offset_transform())

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_offsets())

    @property
    def parts(self) -> int:
        return 1 if self._stroke else self.shape[0]

    def move(self, values: np.ndarray) -> None:
        self.artist.set_offsets(values)

    @property
    def attribute(self) -> str:  # type: ignore[override]
        return "d" if self._stroke else "transform"

    def draw(self, values: np.ndarray) -> list[str]:
        places = _places(self.spec, values)
        if self._stroke:
            return ["".join(f"M{x} {y}h0" for x, y in filter(None, places))]
        return [f"translate({at[0]} {at[1]})" if at else "scale(0)" for at in places]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist.axes)
        return {"kind": "points" if self._stroke else "marks", "x": x, "y": y}

    @functools.cached_property
    def _stroke(self) -> tuple[str, float] | None:
        """Colour and width (points) of the strokes; None where the points are no opaque dots of one size and colour."""
        artist = self.artist
        looks = artist.get_sizes(), artist.get_facecolor(), artist.get_linewidths()
        size, face, border = (np.unique(look, axis=0) for look in looks)
        edge, paths = np.unique(artist.get_edgecolor(), axis=0), artist.get_paths()
        plain = artist.get_array() is None and not artist.get_hatch() and artist.get_linestyle() == [(0, None)]
        dots = len(paths) == 1 and np.array_equal(paths[0].vertices, DOT)
        if not (plain and dots and len(size) == len(face) == len(border) == 1 and face[0, 3] == 1):
            return None
        if len(edge) and not np.array_equal(edge, face):
            return None
        return to_hex(face[0]), float(np.sqrt(size[0]) + border[0] * len(edge))

    def name(self, gid: str) -> None:
        super().name(gid)
        if not self._stroke:  # matplotlib draws each mark in the middle of the axes, from where it will be moved
            ax = self.artist.axes
            self._middle = ax.transData.inverted().transform(ax.transAxes.transform([[0.5, 0.5]]))
            self._offsets = self.artist.get_offsets()
            self.artist.set_offsets(np.repeat(self._middle, len(self._offsets), axis=0))

    def elements(self, found: list[Element]) -> list[Element]:
        if not self._stroke:
            self.artist.set_offsets(self._offsets)
        return [element for group in found for element in self._elements(group)]

    def _elements(self, group: Element) -> list[Element]:
        clip = next((child.get("clip-path") for child in group.iter() if child.get("clip-path")), None)
        hidden = {part for defs in group.findall("{*}defs") for part in defs.iter()}
        marks = [part for part in group.iter() if part not in hidden and part.tag.endswith(("}path", "}use"))]
        for child in list(group):
            if self._stroke or child not in hidden:
                group.remove(child)
        if clip:  # on the group, since it would move with a mark
            group.set("clip-path", clip)
        if self._stroke:
            colour, width = self._stroke
            style = f"stroke: {colour}; stroke-width: {width:g}; stroke-linecap: round"
            return [SubElement(group, "path", {"style": style})]
        ((x, y),) = svg_places(self.artist.axes, self._middle)
        moved = [SubElement(group, "g") for _ in marks]
        for parent, mark in zip(moved, marks, strict=True):
            mark.attrib.pop("clip-path", None)
            mark.set("transform", f"translate({-x:.6g} {-y:.6g})")
            parent.append(mark)
        return moved


class BoundImage(Bound, of=AxesImage):
    """An image, drawn pixel by pixel. Numbers take their colours from the image's cmap and norm.

    A picture, of colours, may be smooth between its pixels: interpolation "bilinear".
    """

    kind = "images"
    attribute = "href"
    SHARP = "interpolation 'none' or 'nearest' (or 'bilinear' for a picture of colours)"

    def faults(self, owner: Any) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield from _faults_in_axes(owner, Artist.get_transform(owner))
        yield "the type AxesImage", type(owner) is not AxesImage and type(owner).__name__
        yield "linear axes", "log" in (owner.axes.get_xscale(), owner.axes.get_yscale())
        yield "one alpha", np.ndim(owner.get_alpha()) > 0 and np.shape(owner.get_alpha())
        method = owner.get_interpolation()
        yield self.SHARP, not (_is_smooth(owner) or method in ("none", "nearest", "auto", "antialiased")) and method
        if np.ndim(owner.get_array()) == 2:
            norm = owner.norm
            low, high = np.array([norm.vmin, norm.vmax], np.float64)
            yield "Normalize or LogNorm", type(norm) not in (Normalize, LogNorm) and norm
            yield "vmin below vmax (they say what the colours mean)", not low < high
            yield "vmin above 0 on a LogNorm", isinstance(norm, LogNorm) and not low > 0

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_array())

    @property
    def is_picture(self) -> bool:  # type: ignore[override]
        return len(self.shape) == 3

    def check(self, dtype: np.dtype) -> None:
        if self.is_picture and dtype.kind == "b":
            raise ValueError("an image of colours must be given numbers, from 0 to 1 or whole ones up to 255; got bool")

    def move(self, values: np.ndarray) -> None:
        self.artist.set_data(values)

    def draw(self, values: np.ndarray) -> list[str]:
        if len(self.shape) == 2:
            return [png(self._colours(values))]
        numbers = np.float64(values) * (1 if values.dtype.kind in "iu" else 255)
        seen = np.isfinite(numbers).all(-1)
        pixels = np.rint(np.clip(np.where(seen[..., None], numbers, 0), 0, 255)).astype(np.uint8)
        if not seen.all():  # what has no colour is clear
            alpha = pixels[..., 3] if pixels.shape[-1] == 4 else np.uint8(255)
            pixels = np.dstack([pixels[..., :3], np.where(seen, alpha, 0)])
        return [png(pixels)]

    def _colours(self, values: np.ndarray) -> np.ndarray:
        """Numbers (rows, columns) as colours (rows, columns, 4), uint8."""
        table = np.frombuffer(base64.b64decode(self.spec["table"]), np.uint8).reshape(-1, 4)
        n, (low, high, logarithmic) = len(table) - 3, self.spec["ends"]
        level = (place([1, 0, logarithmic], values) - low) / (high - low) * n
        slack = 1e-6 * n  # an end as float32 may lie a little beyond the end
        which = [~np.isfinite(level), level < -slack, level > n + slack]
        place_of = np.select(which, [n + 2, n, n + 1], np.clip(np.nan_to_num(level), 0, n - 1)).astype(int)
        return table[place_of]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"kind": "image", "size": self.shape[:2]}
        if len(self.shape) == 2:
            norm, cmap = self.artist.norm, self.artist.get_cmap()
            ends = np.array([norm.vmin, norm.vmax], np.float64)
            logarithmic = isinstance(norm, LogNorm)
            spec["ends"] = [*(np.log10(ends) if logarithmic else ends).tolist(), int(logarithmic)]
            # The colours, then those of what lies below, of what lies above, and of what is no number.
            below, above = (0, cmap.N - 1) if norm.clip else (-1, cmap.N)
            codes = np.ma.array([*range(cmap.N), below, above, 0], mask=[False] * (cmap.N + 2) + [True])
            spec["table"] = base64.b64encode(cmap(codes, bytes=True).tobytes()).decode()
        return spec

    def elements(self, found: list[Element]) -> list[Element]:
        (rows, columns), (x, y, width, height) = np.shape(self.artist.get_array())[:2], box_of(self.artist)
        matrix = f"matrix({width / columns:.8g} 0 0 {height / rows:.8g} {x:.8g} {y:.8g})"
        alpha = self.artist.get_alpha()
        dots = min(abs(width) / columns, abs(height) / rows) / POINTS * self.artist.get_figure(root=True).dpi
        if self.artist.get_interpolation() in ("auto", "antialiased") and dots <= 3:
            raise ValueError(f"artists must have {self.SHARP}, if they are images of pixels of at most 3 dots")
        for image in found:
            for name in ("x", "y", "opacity", "{http://www.w3.org/1999/xlink}href"):
                image.attrib.pop(name, None)
            image.attrib.update(width=str(columns), height=str(rows), transform=matrix, preserveAspectRatio="none")
            if not _is_smooth(self.artist):
                image.set("style", "image-rendering:crisp-edges;image-rendering:pixelated")
            if alpha is not None:
                image.set("opacity", f"{alpha:g}")
        return found


class BoundText(Bound, of=Text):
    """A text with one number in it, such as "KL = {:.2f} nats"."""

    kind = "texts"
    tag, attribute = "text", "text"
    FIELD = re.compile(r"\{(?::(,)?(?:\.(\d)(f|%)|d)?)?\}")

    def faults(self, owner: Text) -> Iterator[tuple[str, Any]]:
        yield from super().faults(owner)
        yield "no usetex", owner.get_usetex()
        yield "no bbox", owner.get_bbox_patch()
        yield "no wrap", owner.get_wrap()
        yield "no arrow", isinstance(owner, Annotation) and owner.arrow_patch
        yield "rotation_mode 'anchor'", owner.get_rotation() != 0 and owner.get_rotation_mode() != "anchor"

    def __init__(self, artist: Text, owners: list[Artist]) -> None:
        super().__init__(artist, owners)
        self.template = artist.get_text()
        fields = list(self.FIELD.finditer(self.template))
        if len(fields) != 1 or re.search(r"[$\n]", self.template) or self.template.count("{") > 1:
            raise ValueError(
                "artists must hold one number such as {:.2f}, {:.1%}, {:,} or {}, and no formula or second line, "
                f"if they are texts; got {self.template!r}"
            )
        self.before, self.after = self.template[: fields[0].start()], self.template[fields[0].end() :]
        self.comma, self.decimals, self.percent = fields[0][1], fields[0][2], fields[0][3] == "%"

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    def check(self, dtype: np.dtype) -> None:
        if self.decimals is None and not np.issubdtype(dtype, np.integer):
            raise ValueError(f"{self.template!r} must say how many decimals, as in {{:.2f}}, to show a {dtype}")

    def move(self, values: np.ndarray) -> None:
        self.artist.set_text(self.draw(values)[0])

    def draw(self, values: np.ndarray) -> list[str]:
        value = values.item() * (100 if self.percent else 1)
        number = f"{value:z{self.comma or ''}.{self.decimals or 0}f}"  # z: a zero has no sign
        number = number.replace("-", "−").replace("inf", "∞")
        return [f"{self.before}{number}{'%' * self.percent}{self.after}"]

    @property
    def spec(self) -> dict[str, Any]:
        return {
            "kind": "text",
            "before": self.before,
            "after": "%" * self.percent + self.after,
            "decimals": int(self.decimals or 0),
            "scale": 100 if self.percent else 1,
            "comma": bool(self.comma),
        }


def bind(artist: Any, fig: Figure) -> Bound:
    """What moves the artist:

    | artist                          | what moves it                                        |
    |---------------------------------|------------------------------------------------------|
    | line, or the list `plot` gives  | heights (points,)                                    |
    | polygon                         | places (corners, 2)                                  |
    | bars                            | lengths (bars,), from where each bar stands          |
    | scatter                         | places (points, 2)                                   |
    | image                           | values (rows, columns) or colours (rows, columns, …) |
    | text                            | a number, put into the text's `{:.2f}`               |
    | AvatarGrid                      | codes (avatars, 5)                                   |

    Raises TypeError for anything else, ValueError for an artist of another figure and for one that cannot be moved.
    """
    if type(artist) is list and len(artist) == 1:
        (artist,) = artist
    kind = next((bound for of, bound in KINDS.items() if isinstance(artist, of)), None)
    if kind is None:
        raise TypeError(
            f"artists must be lines, polygons, bars, scatters, images, texts or AvatarGrids; got {artist!r}"
        )
    owners = list(artist) if isinstance(artist, BarContainer) else [getattr(artist, "image", artist)]
    if not owners:
        raise ValueError("artists must hold at least one bar, if they are bars")
    if owners[0].get_figure(root=True) is not fig:
        raise ValueError(f"artists must belong to fig; {owners[0]} is part of another figure")
    return kind(artist, owners)


# --- Private parts -------------------------------------------------------------------------------


def _faults_in_axes(owner: Any, transform: Transform) -> Iterator[tuple[str, Any]]:
    """What an artist must have to be placed by numbers of its axes."""
    yield "axes", owner.axes is None
    check_axes(owner.axes)
    yield "no axes with a rasterization_zorder", owner.axes.get_rasterization_zorder()
    yield "the data's transform", transform is not owner.axes.transData


def _is_smooth(image: AxesImage) -> bool:
    """Whether it is a picture, of colours, that is smooth between its pixels."""
    array = image.get_array()
    return array is not None and array.ndim == 3 and image.get_interpolation() == "bilinear"


def png(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _filled(numbers: Any) -> np.ndarray:
    """Numbers as float64, NaN where they are masked."""
    return np.ma.filled(np.ma.asarray(numbers).astype(np.float64), np.nan)


def _places(spec: dict[str, Any], values: np.ndarray) -> list[tuple[float, float] | None]:
    """Where points (n, 2) stand in the SVG; None for one that has no place."""
    x, y = place(spec["x"], values[:, 0]), place(spec["y"], values[:, 1])
    places = zip(rounded(x), rounded(y), strict=True)
    return [at if finite else None for at, finite in zip(places, np.isfinite(x + y), strict=True)]


def _polyline(xs: list[float], ys: np.ndarray) -> list[str]:
    """A path through the points; where a point has no place the line has a gap."""
    pieces, drawing = [], False
    for x, y, raw in zip(xs, rounded(ys), ys, strict=True):
        if not (np.isfinite(x) and np.isfinite(raw)):
            drawing = False
            continue
        pieces.append(f"{'L' if drawing else 'M'}{x} {y}")
        drawing = True
    return pieces
