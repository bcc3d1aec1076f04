"""A page loads little: the theme's icons are cut to those that the book shows, and what no page loads is deleted.

The theme's font has a picture for each of 1400 icons; the book shows about twenty of them. Theirs stands in the style
sheet itself: in a frame without an origin (`<iframe sandbox>`) a browser takes no font from a server.
"""

import base64
import io
import logging
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.extensions.style_sheet import SHEET

FONT = "_static/vendor/fontawesome/webfonts/fa-solid-900.ttf"

FONT_RULE = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")
OUR_FONT_RULE = '@font-face{font-family:"Font Awesome 6 Free";font-weight:900;src:url("data:font/woff;base64,%s")}'
CHARACTER = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")  # an icon in a style sheet, escaped or plain
ADDRESS = re.compile(r"""(?:url\(|@import )["']?([^"')]+)""")


def cut_icons(html: Path) -> None:
    """Leave the icons that the style sheet shows: book.extensions.style_sheet left in it those that a page names."""
    style = FONT_RULE.sub("", (html / SHEET).read_text(encoding="utf-8"))
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else it tells each step
    options = subset.Options(flavor="woff", layout_features=[])
    icons = subset.load_font(html / FONT, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(
        unicodes=[int(escaped, 16) if escaped else ord(plain) for escaped, plain in CHARACTER.findall(style)]
    )
    subsetter.subset(icons)
    font = io.BytesIO()
    subset.save_font(icons, font, options)
    style += OUR_FONT_RULE % base64.b64encode(font.getvalue()).decode()
    (html / SHEET).write_text(style, encoding="utf-8")


def used(html: Path) -> set[Path]:
    """The pages, and all files that they load or link to, directly or through a style sheet."""
    found: set[Path] = set()
    ahead = [path for path in html.rglob("*.html") if html / "_static" not in path.parents]
    while ahead:
        path = ahead.pop()
        if path not in found and path.is_file():
            found.add(path)
            ahead += [(path.parent / unquote(urlsplit(address).path)).resolve() for address in addresses(path)]
    return found


def addresses(path: Path) -> list[str]:
    found = []
    if path.suffix == ".css":
        found = ADDRESS.findall(path.read_text(encoding="utf-8"))
    if path.suffix == ".html":
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        found = [str(element.get("src") or element.get("href")) for element in page.select("[src], [href]")]
    return [address for address in found if not urlsplit(address).scheme]


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    html = Path(app.outdir).resolve()
    cut_icons(html)
    keep = used(html)
    for path in (html / "_static").rglob("*"):
        if path.is_file() and path not in keep and "LICENSE" not in path.name:
            path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    # When the style sheets are one, and before book.extensions.self_contained reads them.
    app.connect("build-finished", finish, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
