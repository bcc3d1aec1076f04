"""The formulas in Firefox, whose drawing of MathML is another than Chromium's: all there, in our font, in one piece."""

from collections.abc import Iterator

import pytest
from docutils import nodes
from playwright.sync_api import Browser

from book.extensions import mathml
from tests.book.conftest import PAGES, Visit
from tests.book.firefox import Firefox

# What is folded or waits for a guess is opened, and its first formula makes the browser load the font.
SIZES = """(async () => {
    document.querySelectorAll('details').forEach(details => details.open = true);
    document.querySelectorAll('.veiled').forEach(part => part.classList.remove('veiled'));
    const boxes = () => [...document.querySelectorAll('math')].map(formula => formula.getBoundingClientRect());
    boxes();
    await document.fonts.ready;
    const texts = [...document.querySelectorAll('math')].map(formula => formula.textContent);
    return boxes().map(({width, height}, i) => [texts[i], width, height]);
})()"""
# A character that our font lacks is drawn by the font that stands behind it, and has the width that it has there.
DRAWN_BY_ANOTHER_FONT = """(() => {
    const tokens = [...document.querySelectorAll('math :is(mi, mn, mo, mtext, ms)')];
    const style = document.head.appendChild(document.createElement('style'));
    const widths = ['monospace', 'serif'].map(behind => {
        style.textContent = `math {font-family: BookMath, ${behind}}`;
        return tokens.map(token => token.getBoundingClientRect().width);
    });
    style.remove();
    return tokens.filter((_, i) => Math.abs(widths[0][i] - widths[1][i]) > 0.2).map(token => token.textContent);
})()"""
NUMBERS = """[...document.querySelectorAll('.eqno')].map(number => {
    const box = number.getBoundingClientRect();
    const formula = number.parentElement.querySelector('math').getBoundingClientRect();
    return {
        text: number.firstChild.textContent,
        id: number.parentElement.id,
        beside: box.width > 0 && box.left > formula.right,
    };
})"""
REFERENCES = """[...document.querySelectorAll('a[href*="#equation-"].internal')].map(
    reference => [reference.hash.slice(1), reference.textContent])"""


@pytest.fixture(scope="module", params=PAGES)
def page(firefox: Firefox, site: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Each page of the book in turn, opened in Firefox."""
    firefox.viewport(1280, 900)
    firefox.open(f"{site}/{request.param}.html")
    yield request.param
    firefox.open("about:blank")


def test_formulas_are_whole_in_firefox(firefox: Firefox, browser: Browser, site: str, page: str) -> None:
    """Each has about the size that it has in Chromium; a line that wraps, or a sign that does not grow, changes it."""
    with browser.new_page(viewport={"width": 1280, "height": 900}) as chromium:
        expected = Visit(chromium).go(f"{site}/{page}.html").page.evaluate(SIZES)
    drawn = firefox.evaluate(SIZES)
    assert [text for text, *_ in drawn] == [text for text, *_ in expected]
    for (text, width, height), (_, width_there, height_there) in zip(drawn, expected, strict=True):
        assert height > 0, text
        assert width == pytest.approx(width_there, rel=0.2, abs=6), text  # matrices are narrower
        # Firefox gives an inline formula the height of its line.
        assert height < 1.35 * height_there + 8, text


def test_formulas_have_our_font_in_firefox(firefox: Firefox, page: str) -> None:
    assert firefox.evaluate(DRAWN_BY_ANOTHER_FONT) == []
    assert page


def test_equations_have_their_numbers_in_firefox(firefox: Firefox, page: str) -> None:
    numbers = firefox.evaluate(NUMBERS)
    assert [number["text"] for number in numbers] == [f"({i + 1})" for i in range(len(numbers))]
    assert all(number["beside"] for number in numbers), numbers
    named = {number["id"]: number["text"] for number in numbers}
    assert all(named[target] == text for target, text in firefox.evaluate(REFERENCES)), page


def test_equations_are_numbered_and_referred_to(firefox: Firefox, site: str) -> None:
    """Without this, the test above could find nothing on any page, and pass."""
    firefox.open(f"{site}/chapters/0_tools.html")
    assert len(firefox.evaluate(NUMBERS)) > 3
    assert firefox.evaluate(REFERENCES)


def test_a_missing_character_would_be_found_in_firefox(firefox: Firefox, site: str) -> None:
    firefox.open(f"{site}/book/pages/glossary.html")
    firefox.evaluate("document.fonts.ready.then(() => document.querySelector('math mi').textContent = 'Ж')")
    assert firefox.evaluate(DRAWN_BY_ANOTHER_FONT) == ["Ж"]


@pytest.mark.parametrize("latex", [r"\overline{x}", r"\boxed{x}", r"\frac{x}"])
def test_the_build_finds_what_browsers_would_draw_wrongly(latex: str, caplog: pytest.LogCaptureFixture) -> None:
    mathml.convert(nodes.math(), r"\bar{x}", displaystyle=False)
    assert not caplog.records
    mathml.convert(nodes.math(), latex, displaystyle=False)
    assert [latex in record.getMessage() for record in caplog.records] == [True]
