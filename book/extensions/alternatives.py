"""Every picture of a page says in words what one should see in it, for those who do not see it.

`show` and `explore` of lib.live refuse a figure without such a text. Here every built page is searched for pictures
that came another way, from Markdown, HTML or a cell's own display; each without a text is a Sphinx warning.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

PICTURES = (
    ":is(img, svg, canvas, video, object, embed, [role=img]):not([aria-hidden=true] *, [aria-hidden=true], svg *)"
)


def alternative(picture: Tag) -> str:
    """The words that stand for the picture; docutils gives a picture without any its path, which does not count."""
    title = picture.select_one(":scope > title")
    text = str(picture.get("alt") or picture.get("aria-label") or (title.get_text() if title else "")).strip()
    return "" if len(text.split()) == 1 and PurePosixPath(text).suffix else text


def without_alternative(html: str) -> Iterator[str]:
    for picture in BeautifulSoup(html, "html.parser").select(PICTURES):
        if not alternative(picture):
            yield str(picture)[:100]


def check(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    for name in sorted(app.env.found_docs):
        page = app.outdir / app.builder.get_target_uri(name)
        for picture in without_alternative(page.read_text(encoding="utf-8")):
            logger.warning("no text alternative for %s", picture, location=name)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
