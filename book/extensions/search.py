"""The search finds Chinese terms too, which have no spaces between their words.

A run of Chinese characters counts as all its pieces of one and of two characters. What a reader looks for is cut into
pieces of two, so a page is found where all of them stand; a single character is looked for as it is. English words
are what they are in Sphinx.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.util.typing import ExtensionMetadata

WORD = re.compile(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+")

JS_SPLITTER = r"""
function splitQuery(query) {
  const words = query.match(/[\u4e00-\u9fff]+|(?:(?![\u4e00-\u9fff])[\p{Letter}\p{Number}_])+/gu) ?? [];
  return words.flatMap((word) =>
    /^[\u4e00-\u9fff]{3}/.test(word) ? [...word].slice(1).map((_, i) => word.slice(i, i + 2)) : word);
}
"""


class Search(SearchEnglish):
    js_splitter_code = JS_SPLITTER

    def split(self, input: str) -> list[str]:
        return [piece for word in WORD.findall(input) for piece in pieces(word)]


def pieces(word: str) -> list[str]:
    """The word, or all one- and two-character pieces of one in Chinese."""
    if not "\u4e00" <= word[0] <= "\u9fff":
        return [word]
    return [*word, *(word[i : i + 2] for i in range(len(word) - 1))]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_search_language(Search)  # in place of the English one, whose name it has
    return {"parallel_read_safe": True, "parallel_write_safe": True}
