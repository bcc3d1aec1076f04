"""The book can be read by everyone: with a keyboard, a screen reader, a phone, in the dark, and without motion."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.book.conftest import LOOKS, NARROW, WIDE, Visit, serious

CHAPTER = "chapters/3_1_the_simplest_model"

# The part of the page that shows that something has the focus: the field of a search stands in a form that does.
FOCUS = """() => {
    const focused = document.activeElement;
    const shown = [focused, focused.closest('form') ?? focused].map(element => getComputedStyle(element));
    return {
        name: focused.outerHTML.slice(0, 100),
        visible: shown.some(style => style.outlineStyle !== 'none' || style.boxShadow !== 'none'),
        main: !!focused.closest('main'),
        box: focused.getBoundingClientRect().toJSON(),
    };
}"""
MOVING = """() =>
    [...document.querySelectorAll('*')].filter(element => {
        const style = getComputedStyle(element);
        return [style.transitionDuration, style.animationDuration].join().split(',').some(time => parseFloat(time) > 0);
    }).map(element => element.outerHTML.slice(0, 100))
"""
BOXES = """() =>
    [...document.querySelectorAll('div.math, div.table, .plot, pre, .pst-scrollable-table-container')]
        .filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth)
        .map(box => ({focusable: box.tabIndex === 0, fades: getComputedStyle(box).maskImage !== 'none'}))
"""


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious(visit: Visit, look: str) -> None:
    """In the whole of one page, and in what the others have of their own: around it all pages are the same."""
    whole = visit.page.url.endswith(f"{CHAPTER}.html")
    assert serious(visit.page, look, "html" if whole else "main") == []


@pytest.mark.parametrize(
    ("look", "found"),
    [
        ("light, wide", {"button-name", "color-contrast"}),
        ("dark, wide", {"color-contrast"}),
        ("light, narrow", {"button-name"}),
    ],
)
def test_axe_finds_a_planted_fault(browser: Browser, site: str, look: str, found: set[str]) -> None:
    with browser.new_page() as page:
        Visit(page).go(f"{site}/book/pages/glossary.html")
        page.evaluate("""() => {
            Object.assign(document.querySelector('main p').style, {color: '#888', background: '#999'});
            document.querySelector('main article').append(document.createElement('button'));
        }""")
        assert {fault.partition(":")[0] for fault in serious(page, look, "main")} == found


# --- With a keyboard -----------------------------------------------------------------------------


@pytest.fixture
def chapter(browser: Browser, site: str) -> Iterator[Page]:
    with browser.new_page(viewport=WIDE) as page:
        yield Visit(page).go(f"{site}/{CHAPTER}.html").page


def test_the_first_stop_skips_to_the_text(chapter: Page) -> None:
    chapter.keyboard.press("Tab")
    assert chapter.evaluate("document.activeElement.textContent") == "Skip to main content"
    expect(chapter.locator(":focus")).to_be_in_viewport()
    chapter.keyboard.press("Enter")
    chapter.keyboard.press("Tab")
    assert chapter.evaluate(FOCUS)["main"]


def test_the_focus_can_always_be_seen(chapter: Page) -> None:
    for _ in range(60):
        chapter.keyboard.press("Tab")
        focus = chapter.evaluate(FOCUS)
        assert focus["visible"], focus["name"]
        assert focus["box"]["width"] > 0, focus["name"]


def test_search_opens_with_a_key(chapter: Page) -> None:
    chapter.keyboard.press("Control+k")
    chapter.keyboard.press("Escape")
    expect(chapter.locator("#pst-search-dialog")).not_to_be_visible()
    chapter.keyboard.press("Control+k")
    chapter.keyboard.type("entropy")
    chapter.keyboard.press("Enter")
    chapter.wait_for_url("**/search.html?q=entropy*")
    expect(chapter.locator("#search-results li a").first).to_be_visible()


def test_the_colours_can_be_chosen_and_stay(chapter: Page) -> None:
    html, button = chapter.locator("html"), chapter.locator(".theme-switch-button")
    for _ in range(2):
        button.focus()
        chapter.keyboard.press("Enter")
        mode = html.get_attribute("data-mode")
        assert mode in ("light", "dark")
        expect(html).to_have_attribute("data-theme", mode)
        chapter.reload()
        expect(html).to_have_attribute("data-theme", mode)


@pytest.mark.parametrize(("button", "holds"), [("primary", "nav.bd-docs-nav"), ("secondary", "#pst-page-toc-nav")])
def test_the_menus_of_a_phone_open_and_close(chapter: Page, button: str, holds: str) -> None:
    chapter.set_viewport_size(NARROW)
    expect(chapter.locator(holds)).not_to_be_visible()
    chapter.locator(f".{button}-toggle").focus()
    chapter.keyboard.press("Enter")
    expect(chapter.locator(f"dialog[open] {holds} a").first).to_be_in_viewport()
    chapter.keyboard.press("Escape")
    expect(chapter.locator(holds)).not_to_be_visible()


def test_the_sidebar_can_be_put_away(chapter: Page) -> None:
    sidebar = chapter.locator("nav.bd-docs-nav")
    for seen in (False, True):
        chapter.locator(".primary-toggle").focus()
        chapter.keyboard.press("Enter")
        expect(sidebar).to_be_visible(visible=seen)


def test_what_is_folded_opens(chapter: Page) -> None:
    summary = chapter.locator("main summary:visible").first
    summary.focus()
    chapter.keyboard.press("Enter")
    assert summary.evaluate("summary => summary.parentElement.open")


def test_the_contents_mark_what_is_read(chapter: Page) -> None:
    chapter.locator("#laplace-smoothing h2").evaluate("heading => heading.scrollIntoView({behavior: 'instant'})")
    expect(chapter.locator("#pst-page-toc-nav [aria-current]")).to_have_text("Laplace smoothing")


def test_the_contents_of_a_long_page_follow_its_reader(browser: Browser, site: str) -> None:
    with browser.new_page(viewport=WIDE) as page:
        Visit(page).go(f"{site}/book/pages/api.html")
        page.evaluate("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
        expect(page.locator("#pst-page-toc-nav [aria-current]")).to_be_in_viewport()


# --- On a phone, and without motion --------------------------------------------------------------


def test_figures_stay_legible_on_a_phone(chapter: Page) -> None:
    sizes = "figures => figures.map(svg => [svg.getBoundingClientRect().width, parseFloat(svg.style.width)])"
    chapter.set_viewport_size(NARROW)
    chapter.get_by_role("button", name="Show all results").press("Enter")
    widths = chapter.locator(".plot > svg").evaluate_all(sizes)
    assert widths
    assert all(shown >= min(natural, 480) - 1 for shown, natural in widths)


def test_wide_content_scrolls_in_its_box(visit: Visit) -> None:
    visit.page.set_viewport_size(NARROW)
    boxes = visit.page.evaluate(BOXES)
    assert all(box["focusable"] and box["fades"] for box in boxes), boxes


def test_nothing_moves_for_those_who_ask(browser: Browser, site: str) -> None:
    with browser.new_page(reduced_motion="reduce") as page:
        Visit(page).go(f"{site}/{CHAPTER}.html")
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        assert page.evaluate(MOVING) == []
