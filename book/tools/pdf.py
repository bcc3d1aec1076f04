"""The whole book as one PDF: the built pages, put together in the order of reading and printed by Chromium.

`python3 book pdf` runs this. Links between pages become links within the document; what is folded is opened.
"""

import re
from copy import copy
from pathlib import Path, PurePosixPath
from posixpath import join, normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from sphinx_external_toc.parsing import parse_toc_yaml

from book.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
TARGET = ROOT / "_build" / "book.pdf"
# Attributes that refer to ids: by a link, by words that are ids, and by url(#id).
LINKS = ("href", "xlink:href")
WORDS = (
    *("for", "form", "headers", "list", "aria-activedescendant", "aria-controls", "aria-describedby", "aria-details"),
    *("aria-errormessage", "aria-flowto", "aria-labelledby", "aria-owns"),
)
PAINTS = ("style", "clip-path", "mask", "filter", "fill", "stroke", "marker-start", "marker-mid", "marker-end")
URL = re.compile(r"""url\((["']?)#(.*?)\1\)""")
NUMBER = '<p style="font-size: 9px; width: 100%; text-align: center"><span class="pageNumber"></span></p>'


def whole(html: Path, names: list[str]) -> BeautifulSoup:
    """One page with the articles of all; it is the first of them, with those of the others below its own."""
    pages = {name: BeautifulSoup((html / f"{name}.html").read_text(encoding="utf-8"), "html.parser") for name in names}
    articles = {name: article(page, name, names) for name, page in pages.items()}
    book = pages[names[0]]
    first = articles[names[0]]
    for name in names[1:]:
        first.append(articles[name])
    for script in book.select("script"):
        script.decompose()
    book.body.clear()  # type: ignore[union-attr]
    book.body.append(first)  # type: ignore[union-attr]
    book.html["data-theme"] = "light"  # type: ignore[index]
    return book


def article(page: BeautifulSoup, name: str, names: list[str]) -> Tag:
    """The article of a page. Its ids and the references to them begin with its name: other pages have the same ids."""
    found = page.select_one("article.bd-article")
    if not found:
        raise ValueError(f"{name}.html has no article")
    found = copy(found)
    for element in found.select("[id]"):
        element["id"] = _id(name, str(element["id"]))
    found["id"] = name
    for element in found.find_all(True):
        for attribute, value in element.attrs.items():
            element[attribute] = _referring(attribute, value, name, names)  # type: ignore[assignment]
    for element in found.select("details"):
        element["open"] = ""
    for element in found.select("a.headerlink, button, script"):
        element.decompose()
    for element in found.select("a[download]"):  # there is nothing to download from paper
        del element["href"]
    return found


def link(href: str, name: str, names: list[str]) -> str:
    """Where a link of the page leads within the book; one that leads elsewhere stays."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    folder = str(PurePosixPath(name).parent)
    target = normpath(join(folder, unquote(parts.path))).removesuffix(".html") if parts.path else name
    if target not in names:
        return href
    return "#" + (_id(target, unquote(parts.fragment)) if parts.fragment else target)


def _referring(attribute: str, value: str | list[str], name: str, names: list[str]) -> str | list[str]:
    """The value of an attribute, with the ids and links in it as they are in the book."""
    text = value if isinstance(value, str) else " ".join(value)
    if attribute in LINKS:
        return link(text, name, names)
    if attribute in WORDS:
        return " ".join(_id(name, word) for word in text.split())
    if attribute in PAINTS:
        return URL.sub(lambda url: f"url(#{_id(name, url[2])})", text)
    return value


def _id(name: str, anchor: str) -> str:
    return f"{name}:{anchor}"


def order(root: Path) -> list[str]:
    """The names of all pages in the order of reading."""
    toc = parse_toc_yaml(root / "_toc.yml")

    def below(name: str) -> list[str]:
        children = [str(child) for tree in toc[name].subtrees for child in tree.items]
        return [name, *(page for child in children for page in below(child))]

    return below(toc.root.docname)


def main() -> None:
    names = order(ROOT)
    # Beside the first page, so that its links to styles and pictures hold.
    page = HTML / f"{names[0]}.print.html"
    page.write_text(str(whole(HTML, names)), encoding="utf-8")
    try:
        with chromium() as browser:
            tab = browser.new_page(color_scheme="light")
            tab.goto(page.as_uri(), wait_until="networkidle")
            tab.pdf(
                path=TARGET,
                format="A4",
                margin={"top": "20mm", "bottom": "20mm", "left": "22mm", "right": "22mm"},
                display_header_footer=True,
                header_template="<p></p>",
                footer_template=NUMBER,
                print_background=True,
                outline=True,
                tagged=True,
            )
    finally:
        page.unlink()
    print(f"Written: {TARGET} ({TARGET.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
