"""The live figures of the built book: what the page draws is what JAX gives, and everyone can use the controls."""

import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks import live
from tests.book.conftest import LOOKS, Visit, serious

FIGURES = live.figures()
PLAY = live.Figure("chapters/3_1_the_simplest_model", 3)
STORED = live.Figure("chapters/3_2_naive_bayes", 4)  # as frames


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.add_init_script(live.SHOW_ALL)
        yield page


@pytest.fixture
def play(page: Page, site: str) -> Page:
    """The page with the figure of chapter 3.1 that draws people, at its start."""
    page.goto(f"{site}/{PLAY.page}.html")
    live.come_near(page, PLAY)
    return page


def test_there_are_live_figures() -> None:
    assert len(FIGURES) >= 9
    assert {PLAY.name, STORED.name} < {figure.name for figure in FIGURES}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name.split("/")[-1])
def test_a_figure_draws_what_jax_gives(page: Page, site: str, figure: live.Figure) -> None:
    visit = Visit(page).go(f"{site}/{figure.page}.html")
    live.come_near(page, figure)
    assert live.disagreement(figure, page) <= figure.expected["tolerance"]
    names = {name for check in figure.expected["checks"] for name in check["at"]}
    controls = page.locator(f"#figure-{figure.number} [name]").evaluate_all("all => all.map(one => one.name)")
    assert names == set(controls) != set()
    assert visit.foreign == visit.failed == visit.errors == []  # also: no violation of the page's policy


def test_the_numbers_under_the_figures_are_of_these_figures() -> None:
    stored = {row["figure"]: row for row in json.loads(live.RESULTS.read_text(encoding="utf-8"))["rows"]}
    assert set(stored) == {figure.name for figure in FIGURES}, "run benchmarks/live.py"
    for figure in FIGURES:
        assert stored[figure.name]["settings"] == len(figure.expected["checks"]), "run benchmarks/live.py"
        assert stored[figure.name]["disagreement"] <= figure.expected["tolerance"]


# --- Faults that the comparison must find --------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "file", "right", "wrong"),
    [
        (PLAY, "**/live.js*", r"Math\.log10\(value\)", "Math.log2(value)"),
        (PLAY, "**/live.js*", r"\.toFixed\(decimals\)", ".toFixed(decimals + 1)"),
        (PLAY, "**/live.js*", r"\* sizes\[j\] \+ outfit\[j\]", "* sizes[j] + outfit[0]"),
        (PLAY, "**/live.js*", r"Uint32Array\.of\(0, seed\)", "Uint32Array.of(seed, 0)"),
        (STORED, "**/_figures/*.js", r'("data":")....', r"\1/wAA"),
    ],
    ids=["scale", "digits", "avatars", "key", "a corrupted frame"],
)
def test_a_fault_is_found(page: Page, site: str, figure: live.Figure, file: str, right: str, wrong: str) -> None:
    faults = []

    def spoil(route: Route) -> None:
        text, number = re.subn(right, wrong, route.fetch().text())
        faults.append(number)
        route.fulfill(body=text, content_type="text/javascript")

    page.route(file, spoil)
    page.goto(f"{site}/{figure.page}.html")
    live.come_near(page, figure)
    with pytest.raises(AssertionError):
        assert live.disagreement(figure, page) <= figure.expected["tolerance"]
    assert any(faults)


# --- For everyone --------------------------------------------------------------------------------


def test_nothing_runs_before_the_reader_comes_near(page: Page, site: str) -> None:
    visit = Visit(page).go(f"{site}/{PLAY.page}.html")
    assert not any("/_figures/" in response.url for response in visit.responses)
    assert page.locator("figure.live fieldset:enabled").count() == 0
    live.come_near(page, PLAY)
    expect(page.locator("#figure-3 fieldset")).to_be_enabled()


# Where each picture stands on the page, in pixels: left, top, right and bottom.
BOXES = """all => all.map(one => one.getBoundingClientRect()).map(({left, top, right, bottom}) =>
    [left + scrollX, top + scrollY, right + scrollX, bottom + scrollY])"""


def test_a_screenshot_of_the_whole_page_shows_every_figure(page: Page, site: str) -> None:
    Visit(page).go(f"{site}/{PLAY.page}.html")
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L")
    boxes = page.locator(".plot > svg").evaluate_all(BOXES)
    assert len(boxes) > 4
    assert [i for i, box in enumerate(boxes) if np.ptp(np.asarray(shot.crop(tuple(box)))) < 100] == []


def test_what_is_off_the_screen_is_skipped_while_a_figure_moves(play: Page) -> None:
    picture = play.locator(".plot > svg").last
    expect(picture).to_have_css("content-visibility", "visible")
    play.locator("#figure-3 [name=alpha]").press("ArrowRight")
    expect(picture).to_have_css("content-visibility", "auto")
    expect(picture).to_have_css("content-visibility", "visible")


def test_the_controls_say_where_they_stand(play: Page) -> None:
    slider = play.locator("#figure-3 [name=alpha]")
    expect(slider).to_have_attribute("aria-valuetext", "1")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "1.12")
    expect(play.locator("#figure-3 .setting").first).to_have_text("1.12")
    expect(play.locator("#figure-3 [role=status]")).to_have_text("97.8 % of draws are new")
    assert "Now: α 1.12, draws 30" in (play.locator("#figure-3 svg").first.get_attribute("aria-label") or "")
    play.locator("#figure-3 button[type=reset]").press("Enter")
    expect(slider).to_have_attribute("aria-valuetext", "1")


def test_the_address_leads_to_the_setting(play: Page, site: str) -> None:
    play.locator("#figure-3 [name=n]").press("Home")
    play.locator("#figure-3").get_by_role("button", name="Sample again").press("Enter")
    play.wait_for_url("**#figure-3?alpha=1&n=1&key=32")
    address, shown = play.url, play.locator("#figure-3 svg svg").evaluate_all("all => all.map(one => one.outerHTML)")
    play.goto("about:blank")
    play.goto(address)
    expect(play.locator("#figure-3")).to_be_in_viewport()
    expect(play.locator("#figure-3 [name=n]")).to_have_value("0")
    expect(play.locator("#figure-3 svg svg")).to_have_count(30)
    assert play.locator("#figure-3 svg svg").evaluate_all("all => all.map(one => one.outerHTML)") == shown
    play.locator("#figure-3 button[type=reset]").press("Enter")
    play.wait_for_url(f"{site}/{PLAY.page}.html")


@pytest.mark.parametrize("wrong", ["?alpha=oil&n=", "?alpha=1e99&n=-5&key=-1", "?", "", "?alpha=%E0%A4%A"])
def test_an_address_that_makes_no_sense_does_no_harm(page: Page, site: str, wrong: str) -> None:
    visit = Visit(page).go(f"{site}/{PLAY.page}.html#figure-3{wrong}")
    live.come_near(page, PLAY)
    assert visit.errors == []


def test_a_program_that_does_not_load_leaves_the_picture_and_a_word(page: Page, site: str) -> None:
    page.route("**/_figures/*.js", lambda route: route.abort())
    page.goto(f"{site}/{PLAY.page}.html")
    page.locator("#figure-3").scroll_into_view_if_needed()
    expect(page.locator("#figure-3 [role=alert]")).to_contain_text("could not be loaded, so the picture stands still")
    expect(page.locator("#figure-3 svg").first).to_be_visible()
    expect(page.locator("#figure-3 [name=alpha]")).to_be_disabled()


RUN = r"(?s)\nrun: (.*)\n\}\);"  # the last part of a figure's program


def come_near_another(page: Page, site: str, part: str, other: str) -> None:
    """Come near the figure when one part of its program, found by a regular expression, is another."""

    def replace(route: Route) -> None:
        text, number = re.subn(part, other, route.fetch().text())
        assert number == 1
        route.fulfill(body=text, content_type="text/javascript")

    page.route("**/_figures/*.js", replace)
    page.goto(f"{site}/{PLAY.page}.html")
    live.come_near(page, PLAY)


def test_a_setting_that_fails_says_so_until_one_works(page: Page, site: str) -> None:
    once = r"""
run: (run => function* (...settings) {
    if (!window.failed) { window.failed = true; throw new Error('broken'); }
    return yield* run(...settings);
})(\1)
});"""

    come_near_another(page, site, RUN, once)
    page.locator("#figure-3 [name=alpha]").press("ArrowRight")
    expect(page.locator("#figure-3 [role=alert]")).to_have_text("This setting failed: broken")
    page.locator("#figure-3 [name=alpha]").press("ArrowRight")
    expect(page.locator("#figure-3 [role=alert]")).to_have_count(0)


def test_long_work_lets_the_page_go_on_and_begins_anew_for_a_newer_setting(page: Page, site: str) -> None:
    slow = r"""
run: (run => function* (...settings) {
    window.started = (window.started ?? 0) + 1;
    for (let i = 0; i < 40; i++) { const start = performance.now(); while (performance.now() - start < 5); yield; }
    window.finished = (window.finished ?? 0) + 1;
    return yield* run(...settings);
})(\1)
});"""

    come_near_another(page, site, RUN, slow)
    page.evaluate(
        "() => { window.frames_ = 0; (function count() { window.frames_++; requestAnimationFrame(count); })(); }"
    )
    page.locator("#figure-3 [name=alpha]").evaluate("""slider => {
        const move = (to) => { slider.value = to; slider.dispatchEvent(new Event('input', {bubbles: true})); };
        move(79);
        const again = () => window.started ? move(81) : requestAnimationFrame(again);
        again();
    }""")
    expect(page.locator("#figure-3 [role=status]")).to_have_text("97.8 % of draws are new")
    assert page.evaluate("[window.started, window.finished]") == [2, 2]
    assert page.evaluate("window.frames_") > 10


def test_two_sliders_follow_the_pointer(page: Page, site: str) -> None:
    # From the left to the right of a square alpha goes through its exponents, and from its bottom to its top n through
    # 1 to 30.
    square = {"area": [50, 150, 150, 50], "axes": [[100 / 6, 350 / 3, 1], [-100 / 29, 150 + 100 / 29, 0]]}
    drags = json.dumps([square | {"names": ["alpha", "n"]}])
    come_near_another(page, site, r"\ndrags: \[\],", f"\ndrags: {drags},")
    box = page.locator("#figure-3 .drag").bounding_box()
    assert box
    alpha, n = (page.locator(f"#figure-3 [name={name}]") for name in ("alpha", "n"))
    page.mouse.move(math.ceil(box["x"]), math.floor(box["y"] + box["height"]) - 1)  # whole pixels are what is hit
    expect(n).to_have_attribute("aria-valuetext", "30")  # nothing follows before the pointer is pressed
    page.mouse.down()
    expect(alpha).to_have_attribute("aria-valuetext", "0.0001")
    expect(n).to_have_attribute("aria-valuetext", "1")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(alpha).to_have_attribute("aria-valuetext", "0.1")
    page.mouse.move(box["x"] + 2 * box["width"], box["y"] - 50)  # beyond the square they stay at their ends
    expect(alpha).to_have_attribute("aria-valuetext", "100")
    page.mouse.up()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    expect(alpha).to_have_attribute("aria-valuetext", "100")
    assert page.evaluate("getSelection().toString()") == ""  # dragging marks no text


def test_the_function_can_be_read(play: Page) -> None:
    play.locator("#figure-3 summary").click()
    expect(play.locator("#figure-3 details.code")).to_contain_text("def play(alpha, n, key):")
    expect(play.locator("#figure-3 .javascript")).to_contain_text("function")


def test_figures_move_in_a_page_that_is_a_file(page: Page, built: Path) -> None:
    page.goto(f"{(built / PLAY.page).as_uri()}.html")
    live.come_near(page, PLAY)
    page.locator("#figure-3 [name=alpha]").press("ArrowRight")
    expect(page.locator("#figure-3 [role=status]")).to_have_text("97.8 % of draws are new")
    expect(page.locator("#figure-3 svg svg")).to_have_count(30)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_in_figures_that_have_moved(play: Page, look: str) -> None:
    play.locator("#figure-3 [name=alpha]").press("ArrowRight")
    play.locator("#figure-3 summary").click()
    assert serious(play, look, "#figure-3") == []
