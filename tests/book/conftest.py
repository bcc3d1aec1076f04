"""The built book, served on this machine."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response
from sphinx_external_toc.parsing import parse_toc_yaml

from book.serving import HTML, served

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(parse_toc_yaml(ROOT / "_toc.yml"))


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
