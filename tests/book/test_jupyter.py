"""A live figure in JupyterLab: a real server, a real kernel, and a slider that is moved from the keyboard."""

from playwright.sync_api import Browser, expect

from benchmarks import jupyter


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
