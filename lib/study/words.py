"""Words with a little markup, as HTML: `code`, *emphasis*, **strength** and [links](#to-a-heading)."""

import html
import re

from lib.medium import for_page

LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_MARKS = ((r"`([^`]+)`", "code"), (r"\*\*([^*]+)\*\*", "strong"), (r"\*([^*]+)\*", "em"))


def to_html(words: str) -> str:
    """The words as HTML. Links are for pages; in a notebook a link is the name of a heading, without an address.

    >>> to_html("Not `1 < 2`: see [Maximum likelihood](#maximum-likelihood).")
    'Not <code>1 &lt; 2</code>: see <em>Maximum likelihood</em>.'
    """
    text = html.escape(words, quote=False)
    for mark, tag in _MARKS:
        text = re.sub(mark, rf"<{tag}>\1</{tag}>", text)
    return LINK.sub(_link if for_page() else r"<em>\1</em>", text)


def to_text(words: str) -> str:
    """The words without markup, for a terminal."""
    return re.sub(r"[*`]", "", LINK.sub(r"\1", words))


def written(name: str, words: str) -> str:
    """The words; ValueError where there are none."""
    if not words.strip():
        raise ValueError(f"{name} must not be empty")
    return words


def _link(match: re.Match[str]) -> str:
    address = match[2].replace(".ipynb", ".html")
    return f'<a href="{html.escape(address)}">{match[1]}</a>'
