"""The built book, served on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect
from sphinx_external_toc.parsing import parse_toc_yaml

from book.serving import HTML, served

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(parse_toc_yaml(ROOT / "_toc.yml"))
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
# What axe looks for, at which colours and width: only colours differ in the dark, and they are the same on a phone.
LOOKS = {
    "light, wide": ("light", WIDE, {}),
    "dark, wide": ("dark", WIDE, {"runOnly": ["color-contrast"]}),
    "light, narrow": ("light", NARROW, {"rules": {"color-contrast": {"enabled": False}}}),
}


def serious(page: Page, look: str, part: str) -> list[str]:
    """What axe finds serious or critical in a part of a page (a CSS selector), at one of LOOKS."""
    scheme, viewport, options = LOOKS[look]
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour on its way to another
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    return [
        f"{violation['id']}: {node['html'][:150]}"
        for violation in Axe().run(page, part, {"resultTypes": ["violations"], **options}).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def is_foreign(url: str) -> bool:
    """Whether a request leaves this machine."""
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1"


@dataclass
class Visit:
    """A page in the browser, and what happened while it loaded."""

    page: Page
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route(is_foreign, lambda route: route.abort())  # it is noted, but does not leave
        self.page.on("request", self.on_request)
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", self.on_response)
        self.page.on("console", self.on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def on_request(self, request: Request) -> None:
        if is_foreign(request.url):
            self.foreign.append(request.url)

    def on_response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 400:
            self.failed.append(response.url)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def go(self, url: str) -> "Visit":
        self.page.goto(url, wait_until="networkidle")
        # On a busy machine the fonts are asked for later. With scripts off no promise is kept, so it is asked again.
        while self.page.evaluate("[document.documentElement.offsetHeight, document.fonts.status][1]") != "loaded":
            self.page.wait_for_timeout(50)
        return self


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built book."""
    if not (HTML / "index.html").exists():
        pytest.fail("the book is not built: run `python3 book build` first")
    return HTML


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[str]:
    """The address of the built book."""
    with served(built) as address:
        yield address


@pytest.fixture(scope="module", params=[*PAGES, "search"])
def visit(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Each page of the book in turn, loaded once for all tests of it."""
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        yield Visit(page).go(f"{site}/{request.param}.html")
