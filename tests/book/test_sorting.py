"""A table that one can sort, on a page of its own with the book's script and style: by the keyboard, on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pydata_sphinx_theme
import pytest
import sphinx_book_theme
from playwright.sync_api import Browser, Page, expect

from lib.live import Missing, Value, table
from lib.medium import VARIABLE
from tests.book.conftest import LOOKS, NARROW, ROOT, WIDE, serious
from tests.book.firefox import Firefox

HEADER = ["model", "validity", "log-likelihood", "time", "exact?", "TV", "coverage", "precision", "new", "KL", "draws"]
REST = [0.123, 0.95, 0.91, 0.5, 1.25, 10_000]
ROWS = [
    ["Joint table", 0.81, Value(-3.2, "≥ −3.2"), Value(1.9, "1.9 s"), "yes", *REST],
    ["GAN", 0.97, Missing("a GAN has no formula for its density"), Value(12, "12 s"), "no", *REST],
    ["Naive Bayes", 0.23, Value(-4.5, "−4.5"), Value(0.4, "0.4 s"), "yes", *REST],
    ["Memoriser", 1.0, Value(float("-inf"), "−∞"), Missing("it learns nothing"), "yes", *REST],
    [
        "Diffusion, with guidance and 50 steps",
        0.97,
        Value(-3.3, "≥ −3.3"),
        Value(100, "100 s"),
        Missing("a bound"),
        *REST,
    ],
]
THEMES = [Path(module.__file__ or "").parent / "theme" for module in (pydata_sphinx_theme, sphinx_book_theme)]
SHEETS = [
    *(THEMES[0] / "pydata_sphinx_theme/static/styles" / f"{name}.css" for name in ("theme", "pydata-sphinx-theme")),
    THEMES[1] / "sphinx_book_theme/static/styles/sphinx-book-theme.css",
    ROOT / "book/_static/book.css",
]
# As the theme does it, colours are those of the reader's system.
COLOURS = """
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const choose = () => document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
    dark.addEventListener("change", choose);
    choose();
"""
NAMES = "[...document.querySelectorAll('tbody tr')].map(row => row.cells[0].textContent.split(',')[0])"
AUTHORS = ["Joint table", "GAN", "Naive Bayes", "Memoriser", "Diffusion"]


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the page is."""
    monkeypatch.setenv(VARIABLE, "1")
    links = "".join(f'<link rel="stylesheet" href="{sheet.as_uri()}">' for sheet in SHEETS)
    file = tmp_path / "page.html"
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A table</title>{links}<script>{COLOURS}</script>'
        f'<meta name="viewport" content="width=device-width"><main class="bd-main"><div class="bd-content">'
        f'<div class="bd-article-container"><article class="bd-article"><h1>A table</h1><div class="cell">'
        f'<div class="cell_output"><div class="output text_html">{table(HEADER, ROWS, sortable=True).data}</div></div>'
        f'</div></article></div></div></main><script src="{(ROOT / "book/_static/book.js").as_uri()}"></script>',
        encoding="utf-8",
    )
    return file.as_uri()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_page(viewport=WIDE) as page:
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        yield page
        assert errors == []


def press(page: Page, name: str) -> None:
    """Go to the head of a column by the keyboard alone, and press it."""
    button = page.get_by_role("button", name=name, exact=True)
    page.evaluate("document.activeElement.blur()")
    page.locator("h1").click()  # whence Tab goes on
    for _ in range(len(HEADER) + 1):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


def sorting(page: Page) -> dict[str, str]:
    """The columns that are said to be sorted, and how."""
    heads = page.locator("th[aria-sort]")
    return dict(heads.evaluate_all("heads => heads.map(head => [head.textContent, head.ariaSort])"))


@pytest.mark.parametrize(
    ("column", "first", "once", "twice"),
    [
        (
            "validity",
            "descending",
            ["Memoriser", "GAN", "Diffusion", "Joint table", "Naive Bayes"],
            ["Naive Bayes", "Joint table", "GAN", "Diffusion", "Memoriser"],  # GAN and Diffusion as the author has them
        ),
        (
            "log-likelihood",
            "descending",
            ["Joint table", "Diffusion", "Naive Bayes", "Memoriser", "GAN"],
            ["Memoriser", "Naive Bayes", "Diffusion", "Joint table", "GAN"],  # which has none
        ),
        (
            "time",
            "descending",
            ["Diffusion", "GAN", "Joint table", "Naive Bayes", "Memoriser"],
            ["Naive Bayes", "Joint table", "GAN", "Diffusion", "Memoriser"],
        ),
        (
            "exact?",
            "ascending",
            ["GAN", "Joint table", "Naive Bayes", "Memoriser", "Diffusion"],
            ["Joint table", "Naive Bayes", "Memoriser", "GAN", "Diffusion"],
        ),
        ("model", "ascending", sorted(AUTHORS), sorted(AUTHORS, reverse=True)),
    ],
)
def test_a_column_sorts_one_way_then_the_other_then_not(
    page: Page, column: str, first: str, once: list[str], twice: list[str]
) -> None:
    status = page.get_by_role("status")
    assert page.evaluate(NAMES) == AUTHORS
    press(page, column)
    assert page.evaluate(NAMES) == once
    assert sorting(page) == {column: first}
    expect(status).to_have_text(f"Sorted by {column}, {first}.")
    second = "ascending" if first == "descending" else "descending"
    page.keyboard.press("Enter")
    assert page.evaluate(NAMES) == twice
    assert sorting(page) == {column: second}
    expect(status).to_have_text(f"Sorted by {column}, {second}.")
    page.keyboard.press("Space")
    assert page.evaluate(NAMES) == AUTHORS
    assert sorting(page) == {}
    expect(status).to_have_text("In the first order again.")


def test_one_column_at_a_time_is_sorted(page: Page) -> None:
    press(page, "validity")
    press(page, "exact?")
    assert sorting(page) == {"exact?": "ascending"}
    press(page, "validity")
    assert sorting(page) == {"validity": "descending"}


def test_an_arrow_shows_the_order_in_forced_colours_too(page: Page) -> None:
    arrow = "head => getComputedStyle(head.querySelector('button'), '::after').content[1]"
    head = page.locator("th", has_text="validity")
    for forced in ("none", "active"):
        page.emulate_media(forced_colors=forced)
        seen = []
        for _ in range(3):
            seen.append(head.evaluate(arrow))
            press(page, "validity")
        assert seen == ["⇅", "↓", "↑"]


def test_a_reason_stands_below_and_the_cell_leads_to_it(page: Page) -> None:
    link = page.get_by_role("link", name="–a")
    expect(link).to_have_accessible_description("a a GAN has no formula for its density")
    link.press("Enter")
    expect(page.locator(":target")).to_have_text("a a GAN has no formula for its density")
    expect(page.locator(":target")).to_be_in_viewport()


def test_on_a_phone_the_names_stay_and_hide_nothing_that_has_the_focus(page: Page) -> None:
    page.set_viewport_size(NARROW)
    box, name = page.locator(".sortable"), page.locator("tbody th").first
    left = name.evaluate("name => name.getBoundingClientRect().left")
    box.evaluate("box => box.scrollTo({left: 1e6, behavior: 'instant'})")
    assert box.evaluate("box => box.scrollLeft") > 200
    assert name.evaluate("name => name.getBoundingClientRect().left") == left
    assert name.evaluate("name => getComputedStyle(name).backgroundColor") == page.evaluate(
        "getComputedStyle(document.body).backgroundColor"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    heads = page.locator("thead button")
    sizes = heads.evaluate_all("all => all.map(one => one.getBoundingClientRect()).map(r => [r.width, r.height])")
    assert min(map(min, sizes)) >= 24
    edge = name.evaluate("name => name.getBoundingClientRect().right")
    heads.last.focus()
    for _ in HEADER[2:]:
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= edge


def test_without_scripts_nothing_dead_is_shown(browser: Browser, address: str) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        page.goto(address)
        expect(page.locator("thead th")).to_have_text(HEADER)
        expect(page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious(page: Page, look: str) -> None:
    press(page, "validity")
    page.get_by_role("link", name="–a").press("Enter")  # its note is marked
    assert serious(page, look, "html") == []


def test_firefox_sorts_too(firefox: Firefox, address: str) -> None:
    firefox.open(address)
    assert firefox.evaluate("document.querySelectorAll('thead button')[1].click()") is None
    assert firefox.evaluate(NAMES) == ["Memoriser", "GAN", "Diffusion", "Joint table", "Naive Bayes"]
    assert firefox.evaluate("document.querySelector('[aria-sort]').getAttribute('aria-sort')") == "descending"
    assert firefox.evaluate("document.querySelector('[role=status]').textContent") == "Sorted by validity, descending."
    arrow = "getComputedStyle(document.querySelector('[aria-sort] button'), '::after').content[1]"
    assert firefox.evaluate(arrow) == "↓"
