"""The contents of the whole article, also of what is not written yet: `book/contents.yml`.

The sidebar (book/_templates/sbt-sidebar-nav.html) lists all of it. The directive `contents-table` shows what each
chapter assumes and teaches, and each chapter shows its title in the article. Where the file and `_toc.yml` disagree, or
a chapter assumes what no chapter before it teaches, is a Sphinx warning.
"""

from collections.abc import Collection, Iterable, Sequence
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
    """A chapter or another page of the article; without a file, one that is still to be written."""

    title: str
    number: str = ""
    chinese: str = ""
    file: str = ""
    assumes: Sequence[str] = ()
    teaches: Sequence[str] = ()
    minutes: int = 0

    @property
    def heading(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def level(self) -> int:
        """1 for a chapter, 2 for a section of a chapter (its number has a dot)."""
        return self.number.count(".") + 1


def load(root: Path) -> list[Entry]:
    return [Entry(**entry) for entry in yaml.safe_load((root / FILE).read_text(encoding="utf-8"))]


def problems(entries: Sequence[Entry], toc: Collection[str]) -> Iterable[str]:
    """What is wrong with the contents; `toc` holds the names of the pages that are built."""
    files = {entry.file for entry in entries if entry.file}
    yield from (f"{file} is not in _toc.yml" for file in sorted(files - set(toc)))
    yield from (f"{file} is in _toc.yml, but not here" for file in sorted(set(toc) - files))
    for i, entry in enumerate(entries):
        # A reader of a written chapter can only have learnt from chapters that are written too.
        taught = {concept for before in entries[:i] if before.file or not entry.file for concept in before.teaches}
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
    """A table of the chapters: what each assumes, what it teaches, and how long it takes."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(self.env.srcdir / FILE))
        table = nodes.table(classes=["contents-table"])
        group = nodes.tgroup(cols=4)
        group += [nodes.colspec(colwidth=width) for width in (30, 30, 30, 10)]
        group += nodes.thead("", row(*map(nodes.Text, (_("Chapter"), _("Assumes"), _("Teaches"), _("Minutes")))))
        group += nodes.tbody(
            "",
            *(
                row(
                    self.title(entry),
                    nodes.Text(", ".join(entry.assumes)),
                    nodes.Text(", ".join(entry.teaches)),
                    nodes.Text(str(entry.minutes or "")),
                )
                for entry in self.config.contents
                if entry.teaches
            ),
        )
        table += group
        return [table]

    def title(self, entry: Entry) -> nodes.Node:
        """Number and title, as a link if the chapter is written; below it the article's own title."""
        label = nodes.inline("", entry.heading)
        if entry.file:
            label = addnodes.pending_xref(
                "", label, refdomain="std", reftype="doc", reftarget=f"/{entry.file}", refexplicit=True
            )
        cell = nodes.inline("", "", label)
        if not entry.file:
            cell += [nodes.Text(" "), nodes.inline("", _("coming"), classes=["coming"])]
        if entry.chinese:
            cell += nodes.raw("", f'<br><span class="chinese" lang="zh-Hant">{entry.chinese}</span>', format="html")
        return cell


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
    for problem in problems(entries, set(config.external_site_map)):
        logger.warning("%s: %s", FILE, problem)
    config.contents = entries
    config.html_context["contents"] = nested(entries)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("contents", [], "env", list)
    app.add_directive("contents-table", ContentsTable)
    # After sphinx_external_toc has read _toc.yml (priority 900).
    app.connect("config-inited", read, priority=950)
    app.connect("doctree-read", add_chinese_title)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
