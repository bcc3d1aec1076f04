"""The contents of the whole article, also of what is not written yet: `book/contents.yml`.

The sidebar (book/_templates/sbt-sidebar-nav.html) lists all of it. The directive `contents-table` shows what each
chapter assumes and teaches, and each chapter shows its title in the article. Jupyter Book reads the order of the pages
from `_toc.yml`, which book/tools/toc.py makes of this list. Where that file is another, or a chapter assumes what no
chapter before it teaches, is a Sphinx warning.
"""

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

FILE = "book/contents.yml"


@dataclass(frozen=True)
class Entry:
    """A chapter or another page of the book."""

    title: str
    file: str
    number: str = ""
    chinese: str = ""
    assumes: Sequence[str] = ()
    teaches: Sequence[str] = ()
    minutes: Sequence[int] = ()  # to read it, and with the exercises
    key: str = ""  # begins the names of what there is to study in it; a numbered one has its number

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or self.number)

    @property
    def heading(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def level(self) -> int:
        """1 for a chapter, 2 for a section of a chapter (its number has a dot)."""
        return self.number.count(".") + 1


def load(root: Path) -> list[Entry]:
    return [Entry(**entry) for entry in yaml.safe_load((root / FILE).read_text(encoding="utf-8"))]


def toc(entries: Iterable[Entry]) -> str:
    """The text of `_toc.yml`: sections below their chapters."""
    first, *chapters = nested(entries)
    lines = [
        "# book/tools/toc.py made it of book/contents.yml.",
        "format: jb-book",
        f"root: {first[0].file}",
        "chapters:",
    ]
    for chapter, sections in chapters:
        lines.append(f"  - file: {chapter.file}")
        lines += ["    sections:"] * bool(sections) + [f"      - file: {section.file}" for section in sections]
    return "\n".join(lines) + "\n"


def problems(entries: Sequence[Entry], written: str) -> Iterable[str]:
    """What is wrong with the contents; `written` is what stands in `_toc.yml`."""
    if written != toc(entries):
        yield "_toc.yml has another order: run `.venv/bin/python -m book.tools.toc`"
    keys = [entry.key for entry in entries if entry.key]
    yield from (f"the key {key!r} belongs to two entries" for key in sorted({k for k in keys if keys.count(k) > 1}))
    yield from (f"the key {key!r} must hold no hyphen, which ends it in a name" for key in keys if "-" in key)
    for i, entry in enumerate(entries):
        taught = {concept for before in entries[:i] for concept in before.teaches}
        yield from (
            f"{entry.title!r} assumes {concept!r}, which nothing before it teaches"
            for concept in entry.assumes
            if concept not in taught
        )


def nested(entries: Iterable[Entry]) -> list[tuple[Entry, list[Entry]]]:
    """Each chapter with its sections, as the sidebar shows them."""
    chapters: list[tuple[Entry, list[Entry]]] = []
    for entry in entries:
        if entry.level == 1:
            chapters.append((entry, []))
        else:
            chapters[-1][1].append(entry)
    return chapters


class ContentsTable(SphinxDirective):
    """A table of the chapters: the question of each, how long it takes and, folded, what it assumes and teaches."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(self.env.srcdir / FILE))
        table = nodes.table(classes=["contents-table"])
        group = nodes.tgroup(cols=3)
        group += [nodes.colspec(colwidth=width) for width in (35, 50, 15)]
        group += nodes.thead("", row(*map(nodes.Text, (_("Chapter"), _("Question"), _("Minutes, with exercises")))))
        group += nodes.tbody(
            "",
            *(
                row(self.title(entry), self.question(entry), nodes.Text(", ".join(map(str, entry.minutes))))
                for entry in self.config.contents
                if entry.teaches
            ),
        )
        table += group
        return [table]

    def question(self, entry: Entry) -> nodes.Node:
        """The question with which the chapter opens, and what it assumes and teaches."""
        notebook = self.env.srcdir / f"{entry.file}.ipynb"
        opening = "".join(json.loads(notebook.read_text("utf-8"))["cells"][0]["source"])
        question = re.search(r"^\*\*(.+?)\*\*", opening, re.MULTILINE)
        facts = ((_("Assumes"), entry.assumes), (_("Teaches"), entry.teaches))
        listed = "".join(f"<p>{name}: {html.escape(', '.join(them))}</p>" for name, them in facts if them)
        folded = f"<details><summary>{_('What it teaches')}</summary>{listed}</details>"
        return nodes.inline("", question[1] if question else "", nodes.raw("", folded, format="html"))

    def title(self, entry: Entry) -> nodes.Node:
        """Number and title, as a link; below it the article's own title."""
        cell = nodes.inline("", "", link(entry))
        if entry.chinese:
            cell += nodes.raw("", f'<br><span class="chinese" lang="zh-Hant">{entry.chinese}</span>', format="html")
        return cell


def link(entry: Entry) -> nodes.Node:
    """A link to a chapter."""
    label = nodes.inline("", entry.heading)
    return addnodes.pending_xref(
        "", label, refdomain="std", reftype="doc", reftarget=f"/{entry.file}", refexplicit=True
    )


def add_chinese_title(app: Sphinx, doctree: nodes.document) -> None:
    """Put the article's own title below that of its chapter: readers of the article, and the search, look for it."""
    entry = next((entry for entry in app.config.contents if entry.file == app.env.docname), None)
    if entry and entry.chinese:
        html = f'<p class="chinese" lang="zh-Hant">{entry.chinese}</p>'
        title = next(doctree.findall(nodes.title))
        title.parent.insert(1, nodes.raw("", html, format="html"))


def row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def read(app: Sphinx, config: Config) -> None:
    entries = load(app.srcdir)
    for problem in problems(entries, (app.srcdir / "_toc.yml").read_text(encoding="utf-8")):
        logger.warning("%s: %s", FILE, problem)
    config.contents = entries
    config.html_context["contents"] = nested(entries)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("contents", [], "env", list)
    app.add_directive("contents-table", ContentsTable)
    app.connect("config-inited", read)
    app.connect("doctree-read", add_chinese_title)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
