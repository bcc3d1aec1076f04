"""What of a matplotlib figure can move: lines, polygons, bars, scatters, images, texts and avatars.

A figure is drawn by matplotlib once, as SVG. A bound artist knows which elements of it move, and by which attribute;
`draw` turns an array into the values of that attribute. The script of the page, book/_static/live.js, does the same
from the artist's `spec`: numbers become places by `place = a · value + b`, or a · log10(value) + b on a log axis.
"""

import abc
import base64
import functools
import io
import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm, Normalize, to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text
from PIL import Image

from lib.live.places import LIMITS, box_of, place, rounded, scales

KINDS: dict[type, type["Bound"]] = {}  # what moves each kind of artist; a file of another kind adds its own


class Bound(abc.ABC):
    """An artist that a function moves."""

    tag, attribute = "path", "d"  # of the elements that move

    def __init_subclass__(cls, of: type) -> None:
        KINDS[of] = cls

    def __init__(self, artist: Any, owner: Any) -> None:
        self.artist, self.owner = artist, owner

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The shape of the arrays that move it."""

    @abc.abstractmethod
    def move(self, values: np.ndarray) -> None:
        """Move matplotlib's own artist."""

    @abc.abstractmethod
    def draw(self, values: np.ndarray) -> list[str]:
        """The attribute of each of its elements."""

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
        """Give its elements a name, by which they are found in the SVG."""
        self.owner.set_gid(gid)

    def elements(self, found: list[Element]) -> list[Element]:
        """Those that move, in the elements with its name."""
        return [part for group in found for part in group.iter() if part.tag.endswith(f"}}{self.tag}")]


class BoundLine(Bound, of=Line2D):
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
        return {"kind": "line", "x": rounded(place(x, np.asarray(self.artist.get_xdata(orig=False)))), "y": y}


class BoundPolygon(Bound, of=Polygon):
    """A closed polygon. Where one of its corners has no place it is not drawn."""

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
    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.artist),)

    def move(self, values: np.ndarray) -> None:
        for bar, height in zip(self.artist, values, strict=True):
            bar.set_height(height)

    def draw(self, values: np.ndarray) -> list[str]:
        spec = self.spec
        tops = rounded(place(spec["y"], spec["base"] + np.float64(values)))
        return [
            "" if not np.isfinite(top) else f"M{left} {bottom}V{top}H{right}V{bottom}z"
            for left, right, bottom, top in zip(spec["left"], spec["right"], spec["bottom"], tops, strict=True)
        ]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist[0].axes)
        low, high = LIMITS
        base = np.array([bar.get_y() for bar in self.artist])
        # On a log axis a bar stands on the bottom of the axes, which is -inf.
        bottom = np.clip(np.nan_to_num(place(y, base), nan=high, posinf=high, neginf=low), low, high)
        edges = np.array([[bar.get_x(), bar.get_x() + bar.get_width()] for bar in self.artist])
        left, right = (rounded(place(x, edge)) for edge in edges.T)
        return {"kind": "bars", "left": left, "right": right, "base": base.tolist(), "bottom": rounded(bottom), "y": y}

    def name(self, gid: str) -> None:
        for bar in self.artist:
            bar.set_gid(gid)


class BoundScatter(Bound, of=PathCollection):
    """Round points of one size and colour. They are one path, of strokes of no length with round ends."""

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_offsets())

    def move(self, values: np.ndarray) -> None:
        self.artist.set_offsets(values)

    def draw(self, values: np.ndarray) -> list[str]:
        path = "".join(f"M{x} {y}h0" for x, y in filter(None, _places(self.spec, values)))
        return [path] * self.spec["paths"]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        x, y = scales(self.artist.axes)
        return {"kind": "points", "x": x, "y": y, "paths": len(self._strokes())}

    def _strokes(self) -> list[tuple[str, float]]:
        """Colour and width of each path: the edge, if there is one, below the face."""
        size, face, edge = (np.unique(of, axis=0) for of in (
            self.artist.get_sizes(), self.artist.get_facecolors(), self.artist.get_edgecolors()
        ))  # fmt: skip
        round_ = all(len(path.vertices) == 26 for path in self.artist.get_paths())  # matplotlib's circle
        if not (round_ and len(size) == len(face) == 1 and len(edge) <= 1):
            raise ValueError("artists must have round points of one size and one colour, if they are scatters")
        width, border = float(np.sqrt(size[0])), float(self.artist.get_linewidths()[0])
        if not len(edge) or np.array_equal(face, edge):
            return [(to_hex(face[0]), width + border)]
        return [(to_hex(edge[0]), width + border), (to_hex(face[0]), width - border)]

    def elements(self, found: list[Element]) -> list[Element]:
        (group,) = found
        clip = next((child.get("clip-path") for child in group.iter() if child.get("clip-path")), None)
        for child in list(group):
            group.remove(child)
        if clip:
            group.set("clip-path", clip)
        return [
            SubElement(group, "path", {"style": f"stroke: {colour}; stroke-width: {width:g}; stroke-linecap: round"})
            for colour, width in self._strokes()
        ]


class BoundImage(Bound, of=AxesImage):
    attribute = "href"

    def __init__(self, artist: AxesImage, owner: AxesImage) -> None:
        super().__init__(artist, owner)
        low, high = np.array([artist.norm.vmin, artist.norm.vmax], np.float64)
        if len(self.shape) == 2 and not low < high:
            raise ValueError("artists must have vmin below vmax, if they are images: they say what the colours mean")

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.artist.get_array())

    def move(self, values: np.ndarray) -> None:
        self.artist.set_data(values)

    def draw(self, values: np.ndarray) -> list[str]:
        spec = self.spec
        if "table" in spec:
            table = np.frombuffer(base64.b64decode(spec["table"]), np.uint8).reshape(256, 4)
            with np.errstate(divide="ignore", invalid="ignore"):
                level = place(spec["levels"], values) * 256
            pixels = table[np.clip(np.nan_to_num(level), 0, 255).astype(int)]
            pixels[np.isnan(level)] = 0
        else:
            pixels = values if values.dtype == np.uint8 else np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
        return [png(pixels[::-1] if spec["flip"] else pixels)]

    @functools.cached_property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = {"kind": "image", "size": self.shape[:2], "flip": box_of(self.artist).flip}
        if len(self.shape) == 2:
            norm, cmap = self.artist.norm, self.artist.get_cmap()
            if type(norm) not in (Normalize, LogNorm):
                raise ValueError(f"artists must have Normalize or LogNorm, if they are images; got {norm!r}")
            ends = np.array([norm.vmin, norm.vmax], np.float64)
            low, high = np.log10(ends) if isinstance(norm, LogNorm) else ends
            spec["levels"] = [1 / (high - low), -low / (high - low), int(isinstance(norm, LogNorm))]
            spec["table"] = base64.b64encode(cmap(np.arange(256), bytes=True).tobytes()).decode()
        return spec

    def elements(self, found: list[Element]) -> list[Element]:
        (image,) = found
        image.attrib.pop("transform", None)
        x, y, width, height, _ = box_of(self.artist)
        numbers = {"x": x, "y": y, "width": width, "height": height}
        image.attrib.update({name: f"{value:.2f}" for name, value in numbers.items()} | {"preserveAspectRatio": "none"})
        image.attrib.pop("{http://www.w3.org/1999/xlink}href", None)
        return [image]


class BoundText(Bound, of=Text):
    """A text with one number in it, such as "KL = {:.2f} nats"."""

    tag, attribute = "text", "text"
    FIELD = re.compile(r"\{(?::(,)?(?:\.(\d)(f|%)|d)?)?\}")

    def __init__(self, artist: Text, owner: Text) -> None:
        super().__init__(artist, owner)
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
        number = f"{value:{self.comma or ''}.{self.decimals or 0}f}".replace("-", "−").replace("inf", "∞")
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
    | bars                            | heights (bars,)                                      |
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
    owner = artist[0] if isinstance(artist, BarContainer) else getattr(artist, "image", artist)
    if owner.figure is not fig:
        raise ValueError(f"artists must belong to fig; {owner} is part of another figure")
    if isinstance(artist, Line2D) and artist.get_marker() not in ("", "None", None, " "):
        raise ValueError("artists must have no markers, if they are lines: draw the points as a scatter")
    return kind(artist, owner)


# --- Private parts -------------------------------------------------------------------------------


def png(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


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
