"""What a page loads is little and its own, and no script is written into it; it also reads without scripts."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.book.conftest import PAGES, Visit

LIMIT = 150_000  # bytes of scripts, styles and fonts of a page, compressed; the programs of figures come later

TOKENS = "math :is(mi, mn, mo, mtext, ms)"
# What waits for a guess is shown, as it is where no script hides it.
DRAWN = """() => {
    document.querySelectorAll('.veiled').forEach(part => part.classList.remove('veiled'));
    return [...document.querySelectorAll('h1, h1 ~ p, math, figure svg, figure img')]
        .filter(part => part.checkVisibility() && !part.closest('details') && !part.closest('.onlyprint'))
        .map(part => [part.localName, part.getBoundingClientRect().width]);
}"""


def test_a_page_is_light(visit: Visit) -> None:
    kinds = ("script", "stylesheet", "font")
    loaded = {r.url: len(gzip.compress(r.body())) for r in visit.responses if r.request.resource_type in kinds}
    loaded = {url: size for url, size in loaded.items() if "/_figures/" not in url}
    assert 20_000 < sum(loaded.values()) <= LIMIT, loaded  # below the first, nothing was measured


def test_scripts_are_files(visit: Visit) -> None:
    assert visit.page.locator("script:not([src])").count() == 0
    assert visit.page.locator("[onclick], [onload], [onerror]").count() == 0


def test_the_policy_stops_a_script_in_the_page(browser: Browser, site: str) -> None:
    with browser.new_page() as page:
        visit = Visit(page).go(f"{site}/book/pages/index.html")
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
        assert page.evaluate("window.ran") is None
        assert ["Content Security Policy" in error for error in visit.errors] == [True]


# --- A phone draws the top of a page first --------------------------------------------------------

LAST_SECTION = "getComputedStyle([...document.querySelectorAll('main section section')].at(-1)).contentVisibility"


@pytest.mark.parametrize(
    ("target", "while_it_opens"), [("", "auto"), ("#looking-back", "visible"), ("#:~:text=score", "visible")]
)
def test_what_is_below_waits_only_until_the_top_is_drawn(
    browser: Browser, site: str, target: str, while_it_opens: str
) -> None:
    with browser.new_page(viewport={"width": 390, "height": 844}) as page:
        page.add_init_script(f"addEventListener('DOMContentLoaded', () => window.opening = {LAST_SECTION})")
        Visit(page).go(f"{site}/chapters/2_the_framework.html{target}")
        assert page.evaluate("opening") == while_it_opens
        page.wait_for_function(f"{LAST_SECTION} === 'visible'")


# --- The font of the formulas --------------------------------------------------------------------


def drawn_by_another_font(page: Page) -> Iterator[str]:
    """The characters in formulas that the book's own font lacks."""
    devtools = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        devtools.send(f"{domain}.enable")
    root = devtools.send("DOM.getDocument")["root"]["nodeId"]
    nodes = devtools.send("DOM.querySelectorAll", {"nodeId": root, "selector": TOKENS})["nodeIds"]
    texts = page.evaluate(f"[...document.querySelectorAll('{TOKENS}')].map(token => token.textContent)")
    for node, text in zip(nodes, texts, strict=True):
        fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        yield from (f"{text!r} by {font['familyName']}" for font in fonts if not font["isCustomFont"])


def test_the_font_of_the_formulas_has_every_character(visit: Visit) -> None:
    assert set(drawn_by_another_font(visit.page)) == set()


def test_a_missing_character_would_be_found(browser: Browser, site: str) -> None:
    with browser.new_page() as page:
        Visit(page).go(f"{site}/book/pages/glossary.html")
        page.evaluate("document.querySelector('math mi').textContent = 'Ж'")
        assert len(list(drawn_by_another_font(page))) == 1


# --- Without a script, and without a server ------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_without_scripts(browser: Browser, site: str, name: str) -> None:
    with browser.new_page() as page:
        before = {tuple(part) for part in Visit(page).go(f"{site}/{name}.html").page.evaluate(DRAWN)}
    with browser.new_page(java_script_enabled=False) as page:
        after = {tuple(part) for part in Visit(page).go(f"{site}/{name}.html").page.evaluate(DRAWN)}
        assert page.locator("button:visible").count() == 0, "a button that would do nothing"
    assert before == after
    assert before


def test_a_page_works_as_a_file(browser: Browser, built: Path) -> None:
    errors: list[str] = []
    with browser.new_page() as page:
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto((built / "book" / "pages" / "glossary.html").as_uri(), wait_until="networkidle")
        assert errors == []
        assert list(drawn_by_another_font(page)) == []  # the developer tools themselves may not read a file's styles
        page.keyboard.press("Control+k")
        page.keyboard.type("likelihood")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")  # without excerpts: a file may not read other files
