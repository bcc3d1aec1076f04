"""No page makes a request to another host: nobody learns who reads what, and the book works without a network.

What would be loaded from elsewhere is switched off in `_config.yml`. Here every built page and style sheet is searched
for what is left; each find is a Sphinx warning. Links that a reader may click are fine.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
REMOTE_IN_CSS = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s;]*)""", re.IGNORECASE)
LOADING = {"src", "srcset", "data", "poster", "background", "href", "xlink:href"}
CLICKED = {"a", "area", "base"}
NOT_FETCHED = {"alternate", "author", "canonical", "license"}  # the values of rel that tell, and load nothing


class References(HTMLParser):
    """Collects the addresses on other hosts that a browser would load by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.in_style = tag == "style"
        self.remote += REMOTE_IN_CSS.findall(attributes.get("style", ""))
        if tag in CLICKED or (tag == "link" and set(attributes.get("rel", "").split()) <= NOT_FETCHED):
            return
        for name in LOADING & attributes.keys():
            candidates = attributes[name].split(",") if name == "srcset" else [attributes[name]]
            self.remote += [address.strip() for address in candidates if REMOTE.match(address)]

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.remote += REMOTE_IN_CSS.findall(data)

    def handle_endtag(self, tag: str) -> None:
        self.in_style = self.in_style and tag != "style"


def remote_references(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        return REMOTE_IN_CSS.findall(text)
    parser = References()
    parser.feed(text)
    parser.close()
    return parser.remote


def check(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    for path in sorted(path for path in app.outdir.rglob("*") if path.suffix in (".html", ".css")):
        for address in remote_references(path):
            logger.warning("%s loads %s from another host", path.relative_to(app.outdir).as_posix(), address)


def setup(app: Sphinx) -> ExtensionMetadata:
    # Late, when other extensions have finished their files.
    app.connect("build-finished", check, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
