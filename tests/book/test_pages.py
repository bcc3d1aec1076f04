"""What holds on every page of the built book: it is whole, it is alone, and it reads well on a phone."""

import functools
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, expect

from book.extensions import contents, self_contained
from tests.book.conftest import PAGES, ROOT, Visit

ALTERNATIVES = """() =>
    [...document.querySelectorAll(':is(img, svg[role=img]):not([aria-hidden=true])')].map(picture => [
        picture.outerHTML.slice(0, 100),
        picture.alt || picture.getAttribute('aria-label') || picture.querySelector(':scope > title')?.textContent || '',
    ])
"""
RAW_FORMULAS = r"""() =>
    [...document.querySelectorAll('.math, merror')]
        .filter(formula => !formula.querySelector('math') || /\\[([]/.test(formula.textContent))
        .map(formula => formula.outerHTML.slice(0, 100))
"""


# --- In the browser ------------------------------------------------------------------------------


def test_nothing_is_loaded_from_another_host(visit: Visit) -> None:
    assert visit.foreign == []


def test_every_request_succeeds(visit: Visit) -> None:
    assert visit.failed == []


def test_there_are_no_script_errors(visit: Visit) -> None:
    assert visit.errors == []


def test_a_page_says_what_it_is(visit: Visit) -> None:
    assert visit.page.locator("h1:visible").count() == 1
    assert visit.page.title().strip()
    assert visit.page.locator("html").get_attribute("lang") == "en"


def test_every_picture_has_a_text_alternative(visit: Visit) -> None:
    for picture, alternative in visit.page.evaluate(ALTERNATIVES):
        words = alternative.split()
        is_path = len(words) == 1 and Path(words[0]).suffix
        assert words, f"no text alternative: {picture}"
        assert not is_path, f"a path is no text alternative: {picture}"


def test_every_formula_is_drawn(visit: Visit) -> None:
    assert visit.page.evaluate(RAW_FORMULAS) == []


def test_a_phone_does_not_scroll_sideways(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    width, room = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= room


def test_the_front_door_leads_to_the_cover(browser: Browser, site: str) -> None:
    with browser.new_page() as page:
        page.goto(site)
        page.wait_for_url("**/book/pages/index.html")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("entropy", "chapters/0_tools"),
        ("kl_by_quadrature", "book/pages/api"),
        ("樸素貝葉斯", "chapters/3_2_naive_bayes"),
        ("貝葉斯 outfits", "chapters/3_2_naive_bayes"),
        ("第一個生成模型", "chapters/3_0_a_first_generative_model"),
        ("熵", "book/pages/glossary"),
        ("量子力學", None),
    ],
)
def test_the_search_finds_english_and_chinese_terms(browser: Browser, site: str, query: str, found: str | None) -> None:
    with browser.new_page() as page:
        visit = Visit(page).go(f"{site}/search.html?q={query}")
        page.wait_for_function("document.querySelector('.search-summary')?.textContent.match(/found|did not match/)")
        links = page.locator("#search-results li > a").evaluate_all("links => links.map(link => link.pathname)")
        if found:
            assert f"/{found}.html" in links[:3]
            excerpts = page.locator("#search-results li p.context")
            entries = page.locator("#search-results li > span", has_text="in The library").count()  # these have none
            expect(excerpts).to_have_count(len(links) - entries)
            assert max(map(len, excerpts.all_text_contents())) > 200
        else:
            assert links == []
        assert visit.errors == []


def test_a_search_shows_the_word_though_it_looks_for_its_stem(browser: Browser, site: str) -> None:
    with browser.new_page() as page:
        Visit(page).go(f"{site}/search.html?q=entropy")
        excerpts = page.locator("#search-results li p.context")
        expect(excerpts.first).to_be_visible()
        forms = ("entropy", "entropies")
        assert all(any(form in text.lower() for form in forms) for text in excerpts.all_text_contents())


def test_a_request_to_another_host_would_be_caught(browser: Browser) -> None:
    with browser.new_page() as page:
        visit = Visit(page).go("data:text/html,<img src='http://example.invalid/x.png'>")
    assert visit.foreign == ["http://example.invalid/x.png"]
    assert visit.failed == visit.foreign


# --- In the files --------------------------------------------------------------------------------


@functools.cache
def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path: Path) -> set[str]:
    return {str(element.get("id") or element.get("name")) for element in read(path).select("[id], a[name]")}


def test_every_internal_link_resolves(built: Path) -> None:
    broken = []
    for path in sorted(set(built.rglob("*.html")) - set((built / "_static").rglob("*"))):
        for element in read(path).select("[href], [src]"):
            link = str(element.get("href") or element.get("src"))
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target.suffix == ".html" and anchor not in anchors(target)):
                broken.append(f"{path.relative_to(built)}: {link}")
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_the_sidebar_lists_the_whole_article(built: Path, name: str) -> None:
    sidebar = read(built / f"{name}.html").select_one("nav.bd-docs-nav")
    assert sidebar
    entries = contents.load(ROOT)
    assert texts(sidebar, ".reference") == [e.heading for e in entries]
    assert texts(sidebar, "a") == [e.heading for e in entries]
    assert texts(sidebar, "[aria-current=page]") == [e.heading for e in entries if e.file == name]


def texts(element: Tag, selector: str) -> list[str]:
    return [" ".join(found.get_text(" ").split()) for found in element.select(selector)]


# --- The checks of the build itself --------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "<script src='https://example.invalid/x.js'></script>",
        "<link rel='stylesheet' href='//example.invalid/x.css'>",
        "<link rel='preconnect' href='https://example.invalid'>",
        "<img srcset='x.png 1x, http://example.invalid/x.png 2x'>",
        "<svg><image href='https://example.invalid/x.png'/></svg>",
        "<p style='background: url(https://example.invalid/x.png)'>",
        "<style>@font-face {src: url('https://example.invalid/x.woff2')}</style>",
    ],
)
def test_the_build_finds_what_other_hosts_would_serve(html: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<a href='https://example.invalid'>fine</a><link rel='canonical' href='https://example.invalid'>")
    assert self_contained.remote_references(page) == []
    page.write_text(html)
    assert len(self_contained.remote_references(page)) == 1


def test_the_build_finds_faults_in_the_contents() -> None:
    entries = [
        contents.Entry("A", file="a", teaches=["x"]),
        contents.Entry("B", file="b", teaches=["w"]),
        contents.Entry("C", file="c", assumes=["x", "y", "z"], teaches=["z"]),
    ]
    assert list(contents.problems(entries, "root: a")) == [
        "_toc.yml has another order: run `.venv/bin/python -m book.tools.toc`",
        "'C' assumes 'y', which nothing before it teaches",
        "'C' assumes 'z', which nothing before it teaches",
    ]
    assert list(contents.problems(contents.load(ROOT), (ROOT / "_toc.yml").read_text(encoding="utf-8"))) == []


def test_the_build_finds_keys_that_meet() -> None:
    entry = contents.Entry
    entries = [
        entry("A", "a"),
        entry("B", "b", "1"),
        entry("C", "c", key="1"),
        entry("D", "d", key="d-e"),
        entry("F", "f"),
    ]
    assert list(contents.problems(entries, contents.toc(entries))) == [
        "the key '1' belongs to two entries",
        "the key 'd-e' must hold no hyphen, which ends it in a name",
    ]


def test_sections_stand_below_their_chapters() -> None:
    entry = contents.Entry
    entries = [entry("Cover", "i"), entry("A", "a", "1"), entry("B", "b", "1.1")]
    written = contents.toc([*entries, entry("D", "d", "3")])
    assert yaml.safe_load(written) == {
        "format": "jb-book",
        "root": "i",
        "chapters": [{"file": "a", "sections": [{"file": "b"}]}, {"file": "d"}],
    }
