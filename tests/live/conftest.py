"""One live figure on a page of its own, in Chromium: what a page does with it, without building the book."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from book.extensions.live import FIGURE, LIVE
from lib.live import explore
from lib.medium import VARIABLE

STATIC = Path(__file__).parents[2] / "book" / "_static"


@pytest.fixture(scope="module")
def live_file(tmp_path_factory):
    """Writes a page with a text, or other artists, that shows what `fn` gives: its address, and what is expected."""

    def written(fn, sliders, drag=None, artists=lambda ax: ax.text(5, 5, "{:.2f}")):
        folder = tmp_path_factory.mktemp("page")
        fig, ax = plt.subplots()
        ax.set(xlim=(0, 10), ylim=(0, 10))
        drag = {ax: drag} if drag else None
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, "1")
            live = explore(fig, fn, artists(ax), alt="a number", drag=drag, **sliders)
        match = LIVE.fullmatch(FIGURE.fullmatch(live._repr_mimebundle_()["text/html"])[2])
        (folder / "figure.js").write_text(match["program"], encoding="utf-8")
        (folder / "page.html").write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>A figure</title>'
            f'<link rel="stylesheet" href="{(STATIC / "live.css").as_uri()}">'
            f'<body style="height: 4000px"><figure class="live" id="figure-1" data-program="figure.js">'
            f'{match["content"]}</figure><script src="{(STATIC / "live.js").as_uri()}"></script>',
            encoding="utf-8",
        )
        return (folder / "page.html").as_uri(), json.loads(match["expected"])

    return written


@pytest.fixture
def open_page(browser):
    """Opens such a page in Chromium; its errors are in `page.errors`."""
    pages = []

    def opened(address, touch=False):
        page = browser.new_page(viewport={"width": 390, "height": 800}, has_touch=touch)
        pages.append(page)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(address)
        page.locator(".controls:enabled").wait_for()
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def live_page(open_page, live_file):
    """Writes such a page and opens it."""

    def opened(fn, sliders, address="", touch=False, **settings):
        file, _ = live_file(fn, sliders, **settings)
        return open_page(file + address, touch)

    return opened
