"""Where a page first uses a name of `lib`, it leads to the name's entry in the page "The library".

Below a cell that imports names stands a line of links to them, and to what of them the page uses. In the prose, the
first `code` that is such a name is a link. A name without an entry is a Sphinx warning.
"""

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pydoc import locate

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.typing import ExtensionMetadata

from book.extensions.api import PACKAGES, definer, public_name

NAME = re.compile(r"(\w+)(?:\.(\w+))?(?:\(.*\))?")  # perhaps with one of its members, perhaps called
NOT_IN = (nodes.title, nodes.reference, addnodes.pending_xref, addnodes.desc)


def link_first_uses(app: Sphinx, doctree: nodes.document) -> None:
    cells = [cell for cell in doctree.findall(nodes.container) if "cell_input" in cell["classes"]]
    codes = [ast.parse(cell.astext()) for cell in cells]
    members = sorted({member for code in codes for member in used_members(code)})
    meant = distinctive()
    for cell, code in zip(cells, codes, strict=True):
        names = dict(imported(code))
        meant = meant | names
        if names:
            cell += line(app.env.docname, names, members)
    linked = set()
    for literal in list(doctree.findall(nodes.literal)):
        match = NAME.fullmatch(literal.astext())
        full = full_name(meant.get(match[1], ""), match[2]) if match else ""
        if full and full not in linked and not any(isinstance(above, NOT_IN) for above in ancestors(literal)):
            linked.add(full)
            literal.replace_self(link(app.env.docname, full, literal.deepcopy()))


def imported(code: ast.AST) -> Iterator[tuple[str, str]]:
    """The names of `lib` that a cell imports, in full. Not those of the compiler, which has a page of its own."""
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and re.match(r"lib\b(?!\.javascript)", node.module or ""):
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


def used_members(code: ast.AST) -> Iterator[tuple[str, str]]:
    """Each `name.member` of a cell."""
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


@functools.cache
def distinctive() -> dict[str, str]:
    """The public names with a capital or an underscore: they are no words, so they are meant wherever they stand."""
    public = {name: getattr(package, name) for package in map(import_module, PACKAGES) for name in package.__all__}
    methods = {
        name: f"{public_name(definer(cls, name))}.{name}"
        for cls in filter(inspect.isclass, public.values())
        for name in vars(cls)
        if not name.startswith("_") and inspect.isroutine(getattr(cls, name))
    }
    found = methods | {name: public_name(thing) for name, thing in public.items() if not inspect.ismodule(thing)}
    return {name: full for name, full in found.items() if "_" in name or not name.islower()}


def full_name(full: str, member: str | None) -> str:
    """The full name of a thing, or of its member at the class that defines it; empty if it has no such member."""
    if not full or not member:
        return full
    thing = locate(full)
    if not hasattr(thing, member):
        return ""
    return f"{public_name(definer(thing, member)) if inspect.isclass(thing) else full}.{member}"


def line(page: str, names: dict[str, str], members: list[tuple[str, str]]) -> nodes.paragraph:
    """Links to names, and in brackets to those of their members that the page uses."""
    paragraph = nodes.paragraph("", _("In the library:"), classes=["library"])
    for i, (name, full) in enumerate(names.items()):
        paragraph += [nodes.Text(", " if i else " "), link(page, full, nodes.literal("", name))]
        entries = [(member, full_name(full, member)) for of, member in members if of == name]
        found = [(member, entry) for member, entry in entries if entry]  # else a variable of the page has that name
        for j, (member, entry) in enumerate(found):
            paragraph += [nodes.Text(", " if j else " ("), link(page, entry, nodes.literal("", member))]
        if found:
            paragraph += nodes.Text(")")
    return paragraph


def link(page: str, full: str, text: nodes.Node) -> nodes.Node:
    return addnodes.pending_xref(
        "", text, refdomain="py", reftype="obj", reftarget=full, refdoc=page, refexplicit=True, refwarn=True
    )


def ancestors(node: nodes.Node) -> Iterator[nodes.Node]:
    while node := node.parent:
        yield node


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("doctree-read", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
