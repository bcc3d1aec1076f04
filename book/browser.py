"""The browsers on this machine: where they are, and a Chromium that page tests, benchmarks and the PDF drive.

`python3 book` reads this file too, before anything is installed: the standard library alone stands at its top.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# What each browser is called, and where it is on macOS and Windows; first its package on Debian.
BROWSERS = {
    "CHROMIUM": (
        *("chromium", "chromium-browser", "google-chrome", "chrome", "msedge"),
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ),
    "FIREFOX": (
        *("firefox-esr", "firefox"),
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        r"C:\Program Files\Mozilla Firefox\firefox.exe",
    ),
}
# Chromium itself must not talk to anybody either, and it must start in a container.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find(browser: str) -> str:
    """The path that a variable of the browser's name holds, or where the browser is found; empty if nowhere."""
    names = (os.environ.get(browser) or "", *BROWSERS[browser])
    return next(filter(None, map(shutil.which, names)), "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium. A process can have but one at a time: Playwright does not start twice.

    Raises RuntimeError where there is none on this machine.
    """
    from playwright.sync_api import sync_playwright

    path = find("CHROMIUM")
    if not path:
        raise RuntimeError("no Chromium was found: install one, or set CHROMIUM to its path")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser:
        yield browser
