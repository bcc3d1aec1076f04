"""A live figure in JupyterLab: a real server, a real kernel, and controls that are used from the keyboard."""

import re

from playwright.sync_api import Browser, expect

from benchmarks import jupyter
from tests.book.conftest import ROOT


def test_a_slider_moves_the_figure(browser: Browser) -> None:
    with jupyter.in_jupyter(browser, jupyter.figure()) as page:
        picture = page.locator(jupyter.PICTURE).first
        expect(picture).to_contain_text("97.6 % of draws are new")
        words = page.locator(".jp-OutputArea .widget-readout").first
        expect(words).to_have_text("1")
        avatars = picture.locator("image").get_attribute("href")
        page.keyboard.press("ArrowRight")  # from alpha = 1 to 10^0.05
        expect(picture).to_contain_text("97.8 % of draws are new", timeout=60_000)
        expect(words).to_have_text("1.12")  # as in the page
        assert picture.locator("image").get_attribute("href") != avatars
        page.keyboard.press("ArrowLeft")
        expect(picture).to_contain_text("97.6 % of draws are new", timeout=60_000)
        assert picture.locator("image").get_attribute("href") == avatars


COUNTER = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import matplotlib.pyplot as plt, numpy as np
from lib.live import IntSlider, Play, explore

fig, ax = plt.subplots()
explore(
    fig, lambda state, by: state, ax.text(0, 0, "count {{}}"), alt="a number",
    state=Play(np.int32(0), lambda state, by: state + by), by=IntSlider(value=1, min=0, max=5),
)
"""


def test_a_play_steps_while_the_kernel_answers(browser: Browser) -> None:
    with jupyter.in_jupyter(browser, COUNTER) as page:
        shown = page.locator(".jp-OutputArea").first

        def press(name: str) -> None:
            shown.get_by_role("button", name=name, exact=True).press("Enter")

        press("Play")
        expect(shown).to_contain_text(re.compile(r"count [1-9]\d"))
        page.locator(jupyter.SLIDER).first.press("End")  # answered between two steps
        expect(page.locator(".widget-readout")).to_have_text("5")
        press("Pause")
        expect(shown.get_by_role("button", name="Play", exact=True)).to_be_visible()
        press("Reset")
        expect(shown).to_contain_text("step 0")
        press("One step")
        expect(shown).to_contain_text("step 1")
        expect(shown).to_contain_text("count 1")
