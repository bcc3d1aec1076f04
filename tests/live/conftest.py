"""One live figure on a page of its own, in Chromium: what a page does with it, without building the book."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from book.extensions.live import FIGURE, LIVE
from lib.live import explore
from lib.medium import VARIABLE

STATIC = Path(__file__).parents[2] / "book" / "_static"


@pytest.fixture
def live_page(browser, tmp_path, monkeypatch):
    """Opens a page with a text that shows what `fn` gives; the page's errors are in `page.errors`."""
    pages = []

    def opened(fn, sliders, drag=None, address="", touch=False):
        fig, ax = plt.subplots()
        ax.set(xlim=(0, 10), ylim=(0, 10))
        drag = {ax: drag} if drag else None
        monkeypatch.setenv(VARIABLE, "1")
        live = explore(fig, fn, ax.text(5, 5, "{:.2f}"), alt="a number", drag=drag, **sliders)
        monkeypatch.delenv(VARIABLE)
        match = LIVE.fullmatch(FIGURE.fullmatch(live._repr_mimebundle_()["text/html"])[2])
        (tmp_path / "figure.js").write_text(match["program"], encoding="utf-8")
        (tmp_path / "page.html").write_text(
            f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{(STATIC / "live.css").as_uri()}">'
            f'<body style="height: 4000px"><figure class="live" id="figure-1" data-program="figure.js">'
            f'{match["content"]}</figure><script src="{(STATIC / "live.js").as_uri()}"></script>',
            encoding="utf-8",
        )
        page = browser.new_page(viewport={"width": 390, "height": 800}, has_touch=touch)
        pages.append(page)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri() + address)
        page.locator(".controls:enabled").wait_for()
        return page

    yield opened
    for page in pages:
        page.close()
