"""A figure or a table as HTML that fits the page: in the page's ink and font, and with a text alternative."""

import base64
import hashlib
import html
import io
import itertools
import numbers
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, SupportsFloat
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import jax
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

from lib.live.artists import Bound
from lib.medium import for_page

# The colour of text and axes in lib/book.mplstyle. It stands for the page's own ink, dark or light.
INK = "#1b1b1b"

# In which figures are drawn, whatever a reader's matplotlibrc says: matplotlib's defaults, then lib/book.mplstyle.
STYLE = ["default", "lib.book"]

PAINTED = 1024  # an image of more colours, and of more than a sixteenth of its pixels, is no chart and no avatars
QUALITY = 80  # of a picture as WebP, up to 100

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that no XML may hold
_SLOT = "\0"  # before and after the number of a place where an artist will write; no XML holds it
_COORDINATES = ("d", "x", "y", "width", "height")


def drawing(**settings: object) -> AbstractContextManager[None]:
    """A context in which matplotlib draws in the book's style and with these settings, such as svg_fonttype="none"."""
    return plt.style.context([*STYLE, {key.replace("_", ".", 1): of for key, of in settings.items()}])


def show(fig: Figure, *, alt: str, caption: str = "") -> HTML:
    """Display a matplotlib figure, once. `alt` says what one should see in it, for readers who do not see it.

    `caption` stands below the figure, behind its number in a page. Texts and patches that have an address
    (`set_url("#maximum-likelihood")`) are links in a page; those with the same address are one link.

    Raises ValueError where `alt` is empty.
    """
    plt.close(fig)  # else Jupyter shows it a second time
    return HTML(f'<figure class="plot">{Picture(fig, alt).draw()}{captioned(caption)}</figure>')


def captioned(caption: str) -> str:
    """The caption of a figure. A page puts the number of the figure before it (book/extensions/live.py)."""
    return f"<figcaption>{html.escape(caption)}</figcaption>"


class Link(NamedTuple):
    """Words in a table that lead to a heading, such as Link("yes", "#maximum-likelihood"), or to another page.

    Links are for pages: a notebook shows the words alone.
    """

    words: str
    to: str


class Value(NamedTuple):
    """A number in a table as one should read it, such as Value(-3.2, "≥ −3.2") or Value(1.9, "1.9 s")."""

    number: SupportsFloat
    words: str


class Missing(NamedTuple):
    """A number that a table cannot have, and why: Missing("a GAN has no formula for its density").

    The cell shows the words and a letter, and a note below the table says why. Equal reasons share a note.
    """

    reason: str
    words: str = "–"


def table(header: Iterable[object], rows: Iterable[Iterable[object]], *, sortable: bool = False) -> HTML:
    """Display a table. Numbers, of Python, NumPy or JAX, are set flush right; a cell may be a Link, Value or Missing.

    The first cell of each row of a sortable table is the name of the row: it stays in sight while the others scroll
    sideways. In a page a reader can sort such a table by each column (book/_static/book.js). A notebook has no such
    script, and no links: there it stays in the order of the author.

    Raises ValueError where a Missing gives no reason.
    """
    names, cells = list(header), [list(row) for row in rows]
    notes = _notes(f"{names}{cells}", [cell for row in cells for cell in row if isinstance(cell, Missing)])
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in names)
    body = "".join(
        f"<tr>{''.join(_cell(cell, notes, sortable and not i) for i, cell in enumerate(row))}</tr>" for row in cells
    )
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return HTML(f'<div class="table{" sortable" * sortable}">{whole}</div>{_below(notes)}')


class Picture:
    """A figure as an inline SVG element, drawn by matplotlib once; what artists move is filled in by `draw`."""

    def __init__(self, fig: Figure, alt: str, artists: Sequence[Bound] = ()) -> None:
        if not alt.strip():
            raise ValueError("alt must say what the figure shows; got an empty text")
        self._artists = artists
        self._pieces = _page_svg(fig, alt, artists).split(_SLOT)  # text, number of a slot, text, …, text

    def draw(self, values: Sequence[np.ndarray] = ()) -> str:
        """The SVG, with an array of values for each artist."""
        written = [
            html.escape(of) for artist, value in zip(self._artists, values, strict=True) for of in artist.draw(value)
        ]
        return "".join(written[int(piece)] if i % 2 else piece for i, piece in enumerate(self._pieces))


# --- Private parts -------------------------------------------------------------------------------


def _page_svg(fig: Figure, alt: str, artists: Sequence[Bound]) -> str:
    """The SVG element, with a slot for each attribute that an artist will write. Texts are as matplotlib wrote them."""
    for i, artist in enumerate(artists):
        artist.name(f"artist-{i}")
    file = io.StringIO()
    with drawing(svg_fonttype="none", svg_hashsalt="book", image_composite_image=False):
        fig.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    if strange := _NO_XML.search(alt + file.getvalue()):
        raise ValueError(f"a page can hold no {strange[0]!r}, which stands in alt or in a text of the figure")
    root = ElementTree.fromstring(file.getvalue())
    _add_slots(root, artists)
    _make_light(root)
    links = _join_links(root)
    # Several figures stand on one page: their ids must not meet.
    _fit(root, f"f{hashlib.sha256((alt + file.getvalue()).encode()).hexdigest()[:8]}-")
    for prefix, uri in ("", _SVG), ("xlink", _XLINK):
        ElementTree.register_namespace(prefix, uri)
    text = ElementTree.tostring(root, encoding="unicode")
    body = text[text.index(">") + 1 : text.rindex("</svg>")]
    width, height = fig.get_size_inches() * 72  # points, as in the picture
    role = "group" if links else "img"  # what stands in an img is told to nobody
    return (
        f'<svg role="{role}" aria-label="{html.escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="width: {width * 4 / 3:g}px; max-width: 100%; aspect-ratio: {width:g} / {height:g}; '
        f'stroke-linejoin: round" xmlns="{_SVG}" xmlns:xlink="{_XLINK}">{body}</svg>'
    )


def _add_slots(root: Element, artists: Sequence[Bound]) -> None:
    named: dict[str | None, list[Element]] = {}
    for element in root.iter():
        named.setdefault(element.get("id"), []).append(element)
    slots = 0
    for i, artist in enumerate(artists):
        elements = artist.elements(named.get(f"artist-{i}", []))
        if len(elements) != artist.parts:
            found = f"{len(elements)} elements, where {artist.parts} would move"
            raise ValueError(f"artist {i}, {artist.artist}, cannot be moved: matplotlib draws it by {found}")
        for element in elements:
            element.set("data-artist", str(i))
            if artist.attribute == "text":
                element.text = f"{_SLOT}{slots}{_SLOT}"
            else:
                element.set(artist.attribute, f"{_SLOT}{slots}{_SLOT}")
            slots += 1


def _make_light(root: Element) -> None:
    """Store paintings that stand still as WebP, smooth between their pixels: a fifth of the bytes."""
    still = (image for image in root.iter(f"{{{_SVG}}}image") if not image.get("data-artist"))
    for image in still:
        encoded = (image.get(f"{{{_XLINK}}}href") or "").partition("base64,")[2]
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as file:
            picture = file.convert("RGBA")
        many = max(PAINTED, picture.width * picture.height // 16)
        if picture.getcolors(many) is None and picture.getchannel("A").getextrema() == (255, 255):
            webp = io.BytesIO()
            picture.convert("RGB").save(webp, "WEBP", quality=QUALITY, method=6)
            image.attrib.pop("style", None)  # matplotlib asks for sharp pixels
            image.set(f"{{{_XLINK}}}href", f"data:image/webp;base64,{base64.b64encode(webp.getvalue()).decode()}")


def _join_links(root: Element) -> int:
    """The number of links: one for each address, though matplotlib writes one for each artist. A notebook has none."""
    joined: dict[str | None, Element] = {}
    for parent in list(root.iter()):
        for link in parent.findall(f"{{{_SVG}}}a"):
            whole = joined.setdefault(link.get(f"{{{_XLINK}}}href"), link)
            if whole is not link:
                whole.extend(link)
                parent.remove(link)
    for link in joined.values():
        address = link.get(f"{{{_XLINK}}}href", "")
        link.attrib.clear()  # matplotlib would open another window
        if for_page():
            link.set("href", address)
        else:
            link.tag = f"{{{_SVG}}}g"
    return len(joined) if for_page() else 0


def _fit(root: Element, prefix: str) -> None:
    """Give the picture the page's ink and font, ids of its own, and coordinates of two decimals."""
    everywhere = list(root.iter())
    for parent in everywhere:
        for style in parent.findall(f"{{{_SVG}}}style"):  # inline, it would apply to the whole page
            parent.remove(style)
    # Most ids serve nobody, and matplotlib gives equal images one and the same: keep what the figure refers to.
    attributes = [f"{name}={value}" for element in everywhere for name, value in element.attrib.items()]
    used = {own for attribute in attributes for own in re.findall(r"(?:href=|url\()#([^)]+)", attribute)}
    for element in everywhere:
        if element.attrib.get("id") not in used:
            element.attrib.pop("id", None)
        for name, value in element.attrib.items():
            if name == "id":
                value = prefix + value
            elif name.endswith("href") and not element.tag.endswith("}a"):  # a link leaves the figure
                value = re.sub("^#", f"#{prefix}", value)
            elif name == "style":
                value = re.sub(r"font-family: [^;]*;? ?", "", value).replace(INK, "currentColor")
            elif name in _COORDINATES:
                value = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", value)
            element.set(name, value.replace("url(#", f"url(#{prefix}"))


def _notes(content: str, missing: Sequence[Missing]) -> dict[str, tuple[str, str]]:
    """For each reason the id of its note, which no other table has, and its letter: a, b, …, z, aa, bb, …"""
    if any(not cell.reason.strip() for cell in missing):
        raise ValueError("reason must say why there is no value; got an empty text")
    table = f"t{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    letters = (letter * times for times in itertools.count(1) for letter in string.ascii_lowercase)
    return {
        reason: (f"{table}-{letter}", letter)
        for reason, letter in zip(dict.fromkeys(cell.reason for cell in missing), letters, strict=False)
    }


def _below(notes: Mapping[str, tuple[str, str]]) -> str:
    items = (f'<li id="{note}"><sup>{letter}</sup> {html.escape(why)}</li>' for why, (note, letter) in notes.items())
    return f'<ul class="notes">{"".join(items)}</ul>' if notes else ""


def _cell(value: object, notes: Mapping[str, tuple[str, str]], names_row: bool) -> str:
    attributes, words = "", html.escape(value.words if isinstance(value, Link | Value | Missing) else str(value))
    match value:
        case Link() if for_page():
            words = f'<a href="{html.escape(value.to)}">{words}</a>'
        case Value():
            attributes = f' class="number" data-value="{float(value.number)}"'
        case Missing():
            note, letter = notes[value.reason]
            attributes, words = ' class="missing"', f"{words}<sup>{letter}</sup>"
            if for_page():
                words = f'<a href="#{note}" aria-describedby="{note}">{words}</a>'
        case numbers.Number() | np.ndarray(ndim=0) | jax.Array(ndim=0) if not isinstance(value, bool):
            attributes = ' class="number"'
    return f'<th scope="row"{attributes}>{words}</th>' if names_row else f"<td{attributes}>{words}</td>"
