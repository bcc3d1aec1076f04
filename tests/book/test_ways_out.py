"""The ways out of a page: to paper, to Colab and Binder, to a search engine and to a preview."""

import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image
from playwright.sync_api import Browser
from sphinx.application import Sphinx

from book.tools import colab, cover, pdf
from lib.data import outfits
from tests.book.conftest import PAGES, ROOT

SITE = "https://example.org/book/"
REPOSITORY = "https://github.com/somebody/a-book"


def build(folder: Path, **settings: object) -> Path:
    """Build a book of one notebook with our templates and these settings; the folder of its pages."""
    cells = [nbformat.v4.new_markdown_cell("# A title\n\nThe first *paragraph*.\n\nAnother.", id="a")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "index.ipynb")
    app = Sphinx(
        folder,
        None,
        folder / "html",
        folder / "doctrees",
        "html",
        {
            "html_title": "A book",
            "extensions": ["myst_nb", "sphinx_book_theme", "book.extensions.address"],
            "html_theme": "sphinx_book_theme",
            "templates_path": [str(ROOT / "book" / "_templates")],
            "html_context.contents": [],
            **settings,
        },
        status=None,
        warningiserror=True,
    )
    app.build()
    return folder / "html"


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


# --- With an address, and without ----------------------------------------------------------------


@pytest.fixture(scope="module")
def addressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(
        tmp_path_factory.mktemp("addressed"),
        html_baseurl=SITE,
        **{"html_theme_options.repository_url": REPOSITORY, "html_theme_options.repository_branch": "main"},
    )


def test_with_an_address_there_are_a_site_map_and_a_preview(addressed: Path) -> None:
    places = ElementTree.parse(addressed / "sitemap.xml").iterfind(".//{*}url/{*}loc")
    assert [place.text for place in places] == [f"{SITE}index.html"]
    page = read(addressed / "index.html")
    tags = {str(tag["property"]): tag["content"] for tag in page.select("meta[property]")}
    assert tags == {
        "og:site_name": "A book",
        "og:title": "A title",
        "og:type": "article",
        "og:description": "The first paragraph.",
        "og:url": f"{SITE}index.html",
        "og:image": f"{SITE}social.png",
    }
    with Image.open(addressed / "social.png") as picture:
        assert picture.size == (1200, 630)


def test_with_an_address_the_sidebar_offers_the_whole_book(addressed: Path) -> None:
    """As files of the site: the workflow that publishes it puts them there."""
    links = [str(link["href"]) for link in read(addressed / "index.html").select(".copies a")]
    assert links == [f"{SITE}book.pdf", f"{SITE}book.zip"]
    workflow = (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    assert "mv _build/book.pdf _build/book.zip _build/html/" in workflow


def test_with_a_repository_notebooks_open_in_colab_and_binder(addressed: Path) -> None:
    buttons = [str(link["href"]) for link in read(addressed / "index.html").select(".article-header-buttons a[title]")]
    assert buttons[1:] == [
        "https://colab.research.google.com/github/somebody/a-book/blob/colab/index.ipynb",
        "https://mybinder.org/v2/gh/somebody/a-book/main?urlpath=lab/tree/index.ipynb",
    ]


def test_without_an_address_there_is_nothing_that_needs_one(built: Path) -> None:
    """Ours has none yet; where it gets one, this test and the two lines of _config.yml change together."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert settings["html"]["baseurl"] == settings["repository"]["url"] == ""
    assert not (built / "sitemap.xml").exists()
    for name in PAGES:
        page = read(built / f"{name}.html")
        assert not page.select("[property='og:image'], [href*='colab'], [href*='mybinder'], .copies")
        assert page.select_one("[property='og:title']")
        assert page.select_one("meta[name=description]")["content"], name  # type: ignore[index]


def test_the_copies_for_colab_install_the_package_first() -> None:
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        source = nbformat.read(path, as_version=4)
        copy = colab.copy(nbformat.read(path, as_version=4), REPOSITORY, "main")
        nbformat.validate(copy)
        assert copy.cells[0].source.endswith(f"%pip install --quiet git+{REPOSITORY}@main")
        assert copy.cells[1:] == source.cells


# --- On paper ------------------------------------------------------------------------------------


def test_the_book_as_one_page_is_whole(built: Path) -> None:
    names = pdf.order(ROOT)
    assert sorted(names) == PAGES
    book = pdf.whole(built, names)
    assert [article["id"] for article in book.select("article.bd-article")] == names
    ids = {str(element["id"]) for element in book.select("[id]")}
    links = {str(link["href"]) for link in book.select("article a[href]")}
    assert set(references(book.select("article")[0])) <= ids
    assert len(book.select("use")) == sum(len(read(built / f"{name}.html").select("article use")) for name in names)
    assert {link for link in links if not link.startswith(("#", "https://", "http://"))} == set()
    assert not book.select("script, button, details:not([open])")


REFERENCES = """<!DOCTYPE html><html><body><article class="bd-article"><h1 id="title">A <b id="b">title</b></h1>
<svg width="90" height="40"><defs><path id="m" d="M0 0h8v8z"/><clipPath id="c"><path d="M0 0h90v40H0z"/></clipPath>
<linearGradient id="g"><stop offset="0"/></linearGradient></defs>
<g clip-path="url(#c)"><use xlink:href="#m" x="3" y="5"/><use href="#m" x="30" y="5"/></g>
<path d="M50 0h9v9z" style="fill: url('#g'); clip-path: url(#c)"/></svg>
<label for="n" id="l">n</label><input id="n" aria-labelledby="title l" list="d"><datalist id="d"></datalist>
<table><tr><th id="h">x</th><td headers="h b">1</td></tr></table>
<p title="url(#m)">Not url(#m) nor #m. <a href="#title">Up</a> <a href="two.html#m" class="url">Over</a> <a href="https://a.b/#m">Out</a>
</p></article></body></html>"""


def references(book: BeautifulSoup) -> list[str]:
    """The ids to which the attributes of a document refer."""
    found = []
    for element in book.find_all(True):
        for name, value in element.attrs.items():
            text = value if isinstance(value, str) else " ".join(value)
            found += [] if name == "title" else re.findall(r"url\([\"']?#(.*?)[\"']?\)", text)
            found += [text[1:]] * (name in ("href", "xlink:href") and text.startswith("#"))
            found += text.split() * (name in ("for", "headers", "list", "aria-labelledby"))
    return found


def test_on_paper_every_reference_leads_to_its_own_page(tmp_path: Path, browser: Browser) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.html").write_text(REFERENCES, encoding="utf-8")
    book = pdf.whole(tmp_path, ["one", "two"])
    ids = [str(element["id"]) for element in book.select("[id]")]
    assert len(ids) == len(set(ids)) == 20
    own = ("b", "c", "c", "d", "g", "h", "l", "m", "m", "n", "title", "title")
    assert sorted(references(book)) == sorted(["two:m"] * 2 + [f"{name}:{to}" for name in ("one", "two") for to in own])
    assert "Not url(#m) nor #m." in book.text
    assert len(book.select("p[title='url(#m)']")) == 2
    assert {link["href"] for link in book.select("a[href^=https]")} == {"https://a.b/#m"}
    with browser.new_page() as page:
        page.set_content(str(book))
        boxes = page.locator("use").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert boxes == [8] * 4  # a mark whose reference leads nowhere has no width


# --- The cover -----------------------------------------------------------------------------------


def test_the_cover_is_calm_at_its_ends_and_chance_in_its_middle() -> None:
    picture = cover.picture()
    assert picture.size == (640, 160)
    assert picture.getchannel("A").getextrema() == (0, 255)
    same = (np.asarray(picture)[:, :320, :3] == cover.mosaic(outfits.fifty)).all(2).mean(0)
    assert same[:32].min() > 0.9  # a little dust falls here too
    assert same[288:].max() < 0.7


def test_the_cover_has_a_night() -> None:
    night = cover.night()
    assert night.size == (1024, 448)
    red, green, blue = np.asarray(night).mean((0, 1))
    assert min(green, blue) > red + 30
    assert len(cover.jpeg()) < 120_000
