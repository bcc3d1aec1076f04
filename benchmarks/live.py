"""Do the live figures of the built book agree with JAX, and how soon does a moved slider show?

    python3 book build
    .venv/bin/python benchmarks/live.py

It opens each live figure in Chromium and moves each of its sliders from the keyboard. At some settings, and after some
steps of a play, it compares what the page draws with what JAX gave there when the book was built; then it measures the
time from the key to the painted page. The results, benchmarks/live.json, stand under the figures and on
book/pages/javascript.md, once it is built.
"""

import base64
import functools
import gzip
import io
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from benchmarks import timing
from book.browser import chromium
from book.serving import HTML, served
from lib.data import avatars, outfits

RESULTS = Path(__file__).with_suffix(".json")
EXPECTED = HTML.parent / "live"  # book/extensions/live.py writes it
MOVES = 60
SHOW_ALL = "try { localStorage.setItem('show-all-results', 'true'); } catch {}"  # no figure waits for a guess
FRAME = 1 / 60  # seconds
NUMBER, DECIMALS = re.compile(r"-?\d+(?:\.\d+)?"), re.compile(r"\.(\d+)")

# The results of a figure, what its artists draw, and the avatars that it shows.
READ = """figure => [
    figure.results.map(values => Array.from(values, value => isFinite(value) ? value : String(value))),
    figure.results.map((_, i) => [...figure.querySelectorAll(`[data-artist="${i}"]`)].map(part =>
        part.localName === 'text' ? part.textContent
            : part.getAttribute('d') ?? part.getAttribute('href') ?? part.getAttribute('transform'))),
    [...figure.querySelectorAll('svg svg')].map(tile => tile.getAttribute('viewBox')),
]"""
PAINTED = """() => new Promise(done =>
    setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0, true)))))"""
SHOWN = f"figure => figure.results && ({PAINTED})()"  # once long work is done, too
# The time from a key to the painted results: a message that is sent within a frame comes when that frame is painted.
WATCH = """figure => {
    figure.delays = [];
    const watch = ({timeStamp}) => {
        const frame = () => {
            if (!figure.results) return void requestAnimationFrame(frame); // long work goes on in the next frame
            const {port1, port2} = new MessageChannel();
            port1.onmessage = () => figure.delays.push(performance.now() - timeStamp);
            port2.postMessage(0);
        };
        requestAnimationFrame(frame);
    };
    for (const type of ['input', 'click']) figure.querySelector('.controls').addEventListener(type, watch, true);
}"""


@dataclass
class Figure:
    """A live figure of the built book, by its page and its number there."""

    page: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.page}#figure-{self.number}"

    @functools.cached_property
    def expected(self) -> dict[str, Any]:
        """What JAX gave at some settings, and by how much the page may differ."""
        return json.loads((EXPECTED / self.page / f"{self.number}.json").read_text(encoding="utf-8"))


def figures() -> list[Figure]:
    files = sorted(EXPECTED.rglob("*.json"))
    return [Figure(file.parent.relative_to(EXPECTED).as_posix(), int(file.stem)) for file in files]


# --- At the keyboard -----------------------------------------------------------------------------


def come_near(page: Page, figure: Figure) -> None:
    """Scroll to the figure, and wait until its sliders can be moved."""
    page.locator(f"#figure-{figure.number}").scroll_into_view_if_needed()
    page.locator(f"#figure-{figure.number} fieldset:enabled").wait_for()


def wait_until_painted(page: Page, figure: Figure) -> None:
    """Wait until the page shows the results of the settings at which the sliders stand."""
    page.wait_for_function(SHOWN, arg=page.query_selector(f"#figure-{figure.number}"))


def walk(page: Page, figure: Figure) -> Iterator[tuple[dict[str, Any], list, list, list]]:
    """Move each slider to where JAX was asked, the others at their start: what is expected, and what the page shows."""
    shown = page.locator(f"#figure-{figure.number}")
    for check in figure.expected["checks"]:
        shown.locator("button[type=reset]").press("Enter")
        for name, place in check["at"].items():
            _move(page, shown.locator(f"[name='{name}']"), place)
        wait_until_painted(page, figure)
        yield check, *shown.evaluate(READ)


def _move(page: Page, control: Locator, place: int) -> None:
    """Move a control to its place, counted from 0: by one key from the place before, and to an end by its own key.

    The place of a button is how often it is pressed: for so many samples, or so many steps of a play.
    """
    control.focus()
    match control.evaluate("control => control.type"):
        case "range":
            if place in (0, int(control.get_attribute("max") or 0)):
                page.keyboard.press("End" if place else "Home")
            else:
                control.evaluate("(control, place) => { control.value = place; }", place - 1)
                page.keyboard.press("ArrowRight")
            assert control.input_value() == str(place), f"it stands at {control.input_value()}, not at {place}"
        case "select-one":
            if place == 0:
                page.keyboard.press("Home")
            else:
                control.evaluate("(control, place) => { control.selectedIndex = place; }", place - 1)
                page.keyboard.press("ArrowDown")
            assert control.evaluate("control => control.selectedIndex") == place
        case "checkbox" if control.is_checked() != bool(place):
            page.keyboard.press("Space")
        case "button" | "submit":
            for _ in range(place):
                page.keyboard.press("Enter")


# --- Does it agree? ------------------------------------------------------------------------------


def disagreement(figure: Figure, page: Page) -> float:
    """The largest difference between what the page computes and what JAX gave, in units of each result's scale.

    Raises AssertionError where a whole number or a code differs, or where something is drawn in another place.
    """
    worst = 0.0
    for check, results, drawn, tiles in walk(page, figure):
        for i, (ours, theirs) in enumerate(zip(results, check["results"], strict=True)):
            where = f"{figure.name}, at {check['at'] or 'its start'}, artist {i}"
            worst = max(worst, _difference(np.array(ours, float), np.array(theirs, float), where))
            if check["drawn"][i] is None:
                assert tiles == _tiles(np.array(ours, int)), f"{where} shows other avatars"
            else:
                for one, other in zip(drawn[i], check["drawn"][i], strict=True):
                    assert _same(one, other), f"{where}: the page draws\n{one}\nand JAX\n{other}"
    return worst


def _difference(ours: np.ndarray, theirs: np.ndarray, where: str) -> float:
    finite = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[~finite], theirs[~finite], where)
    scale = np.abs(theirs[finite]).max(initial=0) or 1
    return float(np.abs(ours[finite] - theirs[finite]).max(initial=0) / scale)


def _tiles(codes: np.ndarray) -> list[str]:
    """The windows on the sheet of avatars that show these outfits."""
    codes = codes.reshape(-1, len(outfits.sizes))
    seen = (codes >= 0).all(1)
    sizes = [outfits.sizes[j] for j in avatars.ORDER]
    rows, columns = np.divmod(
        np.ravel_multi_index(tuple(np.maximum(codes, 0).T[j] for j in avatars.ORDER), sizes), avatars.COLUMNS
    )
    side = avatars.SIDE
    return [
        f"{column * side} {row * side} {side} {side}" if shown else "0 0 0 0"
        for row, column, shown in zip(rows, columns, seen, strict=True)
    ]


def _same(ours: str, theirs: str) -> bool:
    """Whether two attributes say the same: places up to their last digit, pixels up to a level, which is 2 of 255."""
    if theirs.startswith("data:image/png"):
        one, other = _pixels(ours), _pixels(theirs)
        return one.shape == other.shape and bool(np.abs(one - other).max() <= 2)
    decimals, same_decimals = ([len(digits) for digits in DECIMALS.findall(of)] for of in (theirs, ours))
    is_path = theirs.startswith(("M", "translate"))  # where 203.0 is 203
    if NUMBER.sub("#", ours) != NUMBER.sub("#", theirs) or not (is_path or decimals == same_decimals):
        return False
    digit = 10.0 ** -max(decimals, default=0)
    numbers = zip(NUMBER.findall(ours), NUMBER.findall(theirs), strict=True)
    return all(abs(float(one) - float(other)) < 1.5 * digit for one, other in numbers)


def _pixels(address: str) -> np.ndarray:
    """RGBA with the colours as strong as they are painted: those of a pixel that is all but clear are nobody's."""
    rgba = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGBA"), int)
    return np.concatenate([np.rint(rgba[..., :3] * (rgba[..., 3:] / 255)), rgba[..., 3:]], axis=-1)


# --- How soon? -----------------------------------------------------------------------------------


def delays(figure: Figure, page: Page) -> list[float]:
    """Seconds from a key to the painted page, of many moves of each slider, choice and button."""
    shown = page.locator(f"#figure-{figure.number}")
    shown.evaluate(WATCH)
    moment = random.Random(0)
    for control in shown.locator("[name]:is(input[type=range], select, button)").all():
        control.focus()
        keys = ["Enter"] if control.evaluate("control => control.type") == "button" else ["ArrowRight", "ArrowLeft"]
        for i in range(MOVES):
            # A reader's key comes at any moment of a frame. Ours would come just after one, and wait for a whole one.
            time.sleep(moment.uniform(0, FRAME))
            page.keyboard.press(keys[i % len(keys)])
            wait_until_painted(page, figure)
    return [milliseconds / 1e3 for milliseconds in shown.evaluate("figure => figure.delays")]


def weight(figure: Figure, page: Page) -> int:
    """Bytes of the figure's program, compressed."""
    file = page.locator(f"#figure-{figure.number}").get_attribute("data-program") or ""
    return len(gzip.compress((HTML / figure.page).parent.joinpath(file).read_bytes()))


def measure(figure: Figure, page: Page) -> dict[str, Any]:
    come_near(page, figure)
    worst = disagreement(figure, page)
    median, p95 = map(float, np.percentile(delays(figure, page), [50, 95]))
    row = {
        "figure": figure.name,
        "settings": len(figure.expected["checks"]),
        "disagreement": worst,
        "median_s": median,
        "p95_s": p95,
        "program_bytes": weight(figure, page),
    }
    print(", ".join(f"{key} {value:.3g}" if isinstance(value, float) else str(value) for key, value in row.items()))
    return row


@contextmanager
def open_book() -> Iterator[Callable[[str], Page]]:
    """A function that opens a page of the built book in Chromium."""
    with served() as site, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(SHOW_ALL)

        def go(name: str) -> Page:
            page.goto(f"{site}/{name}.html", wait_until="networkidle")
            return page

        yield go


def main() -> None:
    with open_book() as go:
        rows = [measure(figure, go(figure.page)) for figure in figures()]
    timing.write(RESULTS, {"machine": timing.facts(), "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
