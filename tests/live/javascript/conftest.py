"""The browsers of tests/pages, here for functions instead of pages."""

from tests.pages.conftest import browser, firefox

__all__ = ["browser", "firefox"]
