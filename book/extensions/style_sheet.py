"""All style sheets become one, with only the rules that some page can use: a phone draws its first word when it has
fetched and read all of them.

So it is with each script in the head that does not wait for the page; book/_templates/layout.html makes them wait.
"""

import hashlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata
from tinycss2.ast import Node

SHEET = "_static/styles/all.css"

LINK = re.compile(r'<link rel="stylesheet"[^>]* href="([^"?]+)[^"]*"[^>]*>\s*')
IMPORT = re.compile(r"""@import (?:url\()?["']?([^"')]+)["']?\)?;""")
ADDRESS = re.compile(r"""\burl\(["']?(?!data:|%23|#)([^"')]+)["']?\)""")
NAME = re.compile(r"[\w-]+")
HOLDS_RULES = {"media", "supports", "layer", "container"}


def joined(sheet: Path, target: Path) -> str:
    """The text of a sheet with that of its imports in their places, its addresses seen from the target."""

    def moved(match: re.Match[str]) -> str:
        return f'url("{Path(os.path.relpath(sheet.parent / match[1], target.parent)).as_posix()}")'

    parts = IMPORT.split(sheet.read_text(encoding="utf-8"))  # text, address, text, address, …, text
    parts[::2] = [ADDRESS.sub(moved, text) for text in parts[::2]]
    parts[1::2] = [joined(sheet.parent / address, target) for address in parts[1::2]]
    return "".join(parts)


def needed(rules: Iterable[Node], names: set[str]) -> Iterator[str]:
    """The text of the rules but for selectors with a class or an id that is not among the names. Licences stay."""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [selector for selector in split(rule.prelude) if asked_for(selector) <= names]
            if selectors:
                prelude = ",".join(tinycss2.serialize(selector).strip() for selector in selectors)
                yield f"{prelude}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in HOLDS_RULES and rule.content:
            inner = "".join(needed(tinycss2.parse_rule_list(rule.content), names))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        elif rule.type == "at-rule" or (rule.type == "comment" and rule.value.startswith("!")):
            yield rule.serialize()


def split(prelude: list[Node]) -> list[list[Node]]:
    """The selectors of a rule, which stand between commas."""
    selectors: list[list[Node]] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def asked_for(selector: list[Node]) -> set[str]:
    """The classes and ids of a selector; those in brackets, such as :not(.x), may be absent."""
    classes = {after.value for dot, after in itertools.pairwise(selector) if dot == "."}
    return classes | {token.value for token in selector if token.type == "hash"}


def join_all(html: Path) -> None:
    """Write the one sheet, in the order in which pages have their sheets, and let every page load it alone."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(html.rglob("*.html"))}
    sheets = {(path.parent / name).resolve(): None for path, page in pages.items() for name in LINK.findall(page)}
    scripts = (path.read_text(encoding="utf-8") for path in (html / "_static").rglob("*.js"))
    names = {name for text in (*pages.values(), *scripts) for name in NAME.findall(text)}
    target = html / SHEET
    rules = tinycss2.parse_stylesheet("\n".join(joined(sheet, target) for sheet in sheets), skip_whitespace=True)
    target.write_text("\n".join(needed(rules, names)), encoding="utf-8")
    version = hashlib.sha256(target.read_bytes()).hexdigest()[:8]
    for path, page in pages.items():
        if LINK.search(page):
            name = Path(os.path.relpath(target, path.parent)).as_posix()
            first, *others = LINK.split(page)[::2]
            link = f'<link rel="stylesheet" href="{name}?v={version}">\n'
            path.write_text(first + link + "".join(others), encoding="utf-8")


def finish(app: Sphinx, exception: Exception | None) -> None:
    if not exception and app.builder.format == "html":
        join_all(Path(app.outdir).resolve())


def setup(app: Sphinx) -> ExtensionMetadata:
    # When the theme has written its last files, and before book.extensions.light deletes what no page loads.
    app.connect("build-finished", finish, priority=790)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
