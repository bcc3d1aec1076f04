"""A figure or a table as HTML that fits the page: in the page's ink and font, and with a text alternative."""

import hashlib
import html
import io
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure

from lib.live.artists import Bound

# The colour of text and axes in lib/book.mplstyle. It stands for the page's own ink, dark or light.
INK = "#1b1b1b"

_SLOT = "\ue000"  # before and after the number of a place where an artist will write; a character that no figure has
_NAMESPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}


def show(fig: Figure, *, alt: str) -> HTML:
    """Display a matplotlib figure, once. `alt` says what one should see in it, for readers who do not see it.

    Raises ValueError where `alt` is empty.
    """
    plt.close(fig)  # else Jupyter shows it a second time
    return HTML(f'<figure class="plot">{Picture(fig, alt).draw()}</figure>')


def table(header: Iterable[object], rows: Iterable[Iterable[object]]) -> HTML:
    """Display a table; numbers are set flush right."""
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return HTML(f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>')


class Picture:
    """A figure as an inline SVG element, drawn by matplotlib once; what artists move is filled in by `draw`."""

    def __init__(self, fig: Figure, alt: str, artists: Sequence[Bound] = ()) -> None:
        if not alt.strip():
            raise ValueError("alt must say what the figure shows; got an empty text")
        self._artists = artists
        self._pieces = _page_svg(fig, alt, artists).split(
            _SLOT
        )  # text, number of a slot, text, number of a slot, …, text

    def draw(self, values: Sequence[np.ndarray] = ()) -> str:
        """The SVG, with an array of values for each artist."""
        written = [
            html.escape(of) for artist, value in zip(self._artists, values, strict=True) for of in artist.draw(value)
        ]
        return "".join(written[int(piece)] if i % 2 else piece for i, piece in enumerate(self._pieces))


# --- Private parts -------------------------------------------------------------------------------


def _page_svg(fig: Figure, alt: str, artists: Sequence[Bound]) -> str:
    for i, artist in enumerate(artists):
        artist.name(f"artist-{i}")
    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "book"}):
        fig.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = _with_slots(file.getvalue(), artists) if artists else file.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)  # inline, it would apply to the whole page
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)  # the page's own font
    body = re.sub(r"(?<=[ \"\n])-?\d+\.\d{3,}(?=[ \"\n])", lambda number: f"{float(number[0]):.2f}", body)
    body = body.replace(INK, "currentColor")
    # Most ids serve nobody, and matplotlib gives equal images one and the same: keep what the figure refers to.
    used = set(re.findall(r"(?:\"#|url\(#)([^\")]+)", body))
    body = re.sub(r" id=\"([^\"]+)\"", lambda own: own[0] if own[1] in used else "", body)
    # Several figures stand on one page: their ids must not meet.
    prefix = f"f{hashlib.sha256((alt + body).encode()).hexdigest()[:8]}-"
    body = re.sub(r"(\bid=\"|\"#|url\(#)", rf"\1{prefix}", body)
    width, height = fig.get_size_inches() * 72  # points, as in the picture
    return (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="width: {width * 4 / 3:g}px; max-width: 100%; aspect-ratio: {width:g} / {height:g}; '
        f'stroke-linejoin: round" '
        f'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{body}</svg>'
    )


def _with_slots(svg: str, artists: Sequence[Bound]) -> str:
    """The SVG with a slot for each attribute that an artist will write."""
    for prefix, uri in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(svg)
    named: dict[str | None, list[ElementTree.Element]] = {}
    for element in root.iter():
        named.setdefault(element.get("id"), []).append(element)
    slots = 0
    for i, artist in enumerate(artists):
        for element in artist.elements(named.get(f"artist-{i}", [])):
            element.set("data-artist", str(i))
            if artist.attribute == "text":
                element.text = f"{_SLOT}{slots}{_SLOT}"
            else:
                element.set(artist.attribute, f"{_SLOT}{slots}{_SLOT}")
            slots += 1
    return ElementTree.tostring(root, encoding="unicode")


def _cell(value: object) -> str:
    return (
        f'<td class="number">{value}</td>' if isinstance(value, int | float) else f"<td>{html.escape(str(value))}</td>"
    )
