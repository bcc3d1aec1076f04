"""What there is to study: a mark at the end of each chapter, a link from its exercises to its notebook, and the table
of the page "Your progress".

A chapter counts as read when its end was seen; book/_static/study.js counts, and this tells it what there is to count.
"""

import html
from itertools import starmap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from book.extensions.contents import Entry, link, row
from lib.study.content import everything, key_of
from lib.study.exercises import BOOK, NOTEBOOK
from lib.study.items import Exercise, Number, Prediction, Question


def names_in(entry: Entry) -> dict[str, list[str]]:
    """The names of what a reader can do in a chapter, by the kinds of lib/study/progress.py."""
    questions, exercises = everything(Prediction, Question, Number), everything(Exercise)
    return {
        "pages": [entry.file],
        "questions": [name for name in questions if key_of(name) == entry.key],
        "exercises": [name for name in exercises if key_of(name) == entry.key],
    }


class ProgressTable(SphinxDirective):
    """A row for each chapter; the script of the page fills in how much is done."""

    def run(self) -> list[nodes.Node]:
        table = nodes.table()
        group = nodes.tgroup(cols=4)
        group += [nodes.colspec(colwidth=width) for width in (40, 20, 20, 20)]
        group += nodes.thead(
            "", row(*map(nodes.Text, (_("Chapter"), _("Pages read"), _("Questions answered"), _("Exercises passed"))))
        )
        chapters = [entry for entry in self.config.contents if entry.teaches]
        group += nodes.tbody("", *(row(link(entry), *starmap(count, names_in(entry).items())) for entry in chapters))
        table += group
        return [table]


def count(kind: str, names: list[str]) -> nodes.Node:
    all_ = html.escape(" ".join(names))
    return nodes.raw("", f'<span data-count="{kind}" data-names="{all_}">–</span> of {len(names)}', format="html")


def mark_end(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    if doctree and any(entry.file == page and entry.teaches for entry in app.config.contents):
        context["body"] += f'<div class="study-end" data-page="{page}"></div>'


def link_notebook(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree and context["sourcename"]:
        address = html.escape(context["pathto"](f"_sources/{context['sourcename']}", 1))
        body = context["body"].replace(NOTEBOOK, NOTEBOOK.replace("<a ", f'<a href="{address}" '))
        if repository := app.config.html_theme_options.get("repository_url"):
            words = f'Get the folder of this book from <a href="{html.escape(repository)}">its repository</a>.'
            body = body.replace(BOOK, f'<span class="study-book">{words}</span>')
        context["body"] = body


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("progress-table", ProgressTable)
    app.connect("html-page-context", mark_end)
    app.connect("html-page-context", link_notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
