"""The driver of Firefox obeys: what the other tests ask of it, it does."""

import pytest

from tests.book.firefox import Firefox


def test_it_opens_a_page_and_evaluates(firefox: Firefox, site: str) -> None:
    firefox.open(f"{site}/book/pages/glossary.html")
    assert firefox.evaluate("document.querySelector('h1').firstChild.textContent") == "Glossary"
    assert firefox.evaluate("document.fonts.ready.then(() => [1, 'a', null, {b: 2.5}])") == [1, "a", None, {"b": 2.5}]
    assert firefox.evaluate("undefined") is None


def test_the_viewport_is_what_the_page_gets(firefox: Firefox) -> None:
    for width, height in ((390, 800), (1280, 900)):
        firefox.viewport(width, height)
        assert firefox.evaluate("[innerWidth, innerHeight]") == [width, height]
    assert firefox.screenshot().startswith(b"\x89PNG")


def test_what_fails_in_the_page_fails_here(firefox: Firefox) -> None:
    with pytest.raises(RuntimeError, match="nothing is not defined"):
        firefox.evaluate("nothing.at.all")


def test_nothing_else_can_be_reached(firefox: Firefox) -> None:
    with pytest.raises(RuntimeError, match="PROXY_CONNECTION_REFUSED"):
        firefox.open("http://192.0.2.1/")


def test_without_a_firefox_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("FIREFOX", "")
    with pytest.raises(RuntimeError, match="install one, or set FIREFOX"):
        Firefox()
