"""Where a notebook runs: in Jupyter, or in the build of the book, whose pages have no kernel."""

import os

VARIABLE = "BOOK_PAGES"  # the build of the book sets it


def for_page() -> bool:
    """Whether the book is being built, so that what is displayed is for a page."""
    return bool(os.environ.get(VARIABLE))
