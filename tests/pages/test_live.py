"""The live figures of the built book: what the page draws is what JAX gives, and everyone can use the controls."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks import live

FIGURES = live.figures() if live.EXPECTED.exists() else []
PLAY = live.Figure("chapters/3_1_the_simplest_model", 1)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        yield page


@pytest.fixture
def play(page: Page, site: str) -> Page:
    """The page with the first figure of chapter 3.1, at its start."""
    page.goto("about:blank")
    page.goto(f"{site}/{PLAY.page}.html")
    live.come_near(page, PLAY)
    return page


def test_there_are_live_figures() -> None:
    assert len(FIGURES) >= 8
    assert PLAY.name in {figure.name for figure in FIGURES}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name.split("/")[-1])
def test_a_figure_draws_what_jax_gives(page: Page, site: str, figure: live.Figure) -> None:
    page.goto(f"{site}/{figure.page}.html")
    live.come_near(page, figure)
    assert live.disagreement(figure, page) <= figure.expected["tolerance"]
    names = {name for check in figure.expected["checks"] for name in check["at"]}
    controls = page.locator(f"#figure-{figure.number} [name]").evaluate_all("all => all.map(one => one.name)")
    assert names == set(controls) != set()


def test_the_numbers_under_the_figures_are_from_the_stored_run() -> None:
    stored = {row["figure"]: row for row in json.loads(live.RESULTS.read_text(encoding="utf-8"))["rows"]}
    assert set(stored) == {figure.name for figure in FIGURES}, "run benchmarks/live.py"
    for figure in FIGURES:
        assert stored[figure.name]["settings"] == len(figure.expected["checks"]), "run benchmarks/live.py"
        assert stored[figure.name]["disagreement"] <= figure.expected["tolerance"]


# --- Faults that the comparison must find --------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (r"\g<0>.map(({ length }) => new Int32Array(length))", r"\brun\(\.\.\.settings\(\).*?\)\)"),
        ("Math.log2(value)", r"Math\.log10\(value\)"),
        ("to[1]", r"\bto\b(?=, value)"),
    ],
)
def test_a_fault_in_the_script_is_found(browser: Browser, site: str, wrong: str, right: str) -> None:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        script = (Path(__file__).parents[2] / "book" / "_static" / "live.js").read_text(encoding="utf-8")
        faulty, faults = re.subn(right, wrong, script)
        if not faults:
            pytest.skip("no such place")
        page.route("**/live.js*", lambda route: route.fulfill(body=faulty, content_type="text/javascript"))
        page.goto(f"{site}/{PLAY.page}.html")
        live.come_near(page, PLAY)
        with pytest.raises(AssertionError):
            live.disagreement(PLAY, page)
