"""The entries of the page "The library", which Sphinx's autodoc makes of the docstrings of `lib`.

A signature is that of the source, without the modules of types. A docstring is plain English with `code` in single
backticks, *emphasis*, indented blocks and doctests, and autodoc wants reStructuredText. What a docstring names of its
own class or package becomes a link, and what a function raises becomes a paragraph of its own.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pydoc import locate
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from lib import Sampler

# What these name in __all__ is public under that name.
PACKAGES = ("lib", "lib.training", "lib.scores", "lib.live", "lib.study")

MARKUP = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|(?P<error>\b\w+Error\b)"
    r"|(?<![\w*])(?P<stars>\*{1,2})\w(?:[^*`]*\w)?(?P=stars)(?![\w*])"  # emphasis is the same in both
    r"|(?P<mark>[\\*_`|])"
)
ERRORS = re.compile(r"(?:^|(?<=[.:)])\s+)Raises\s")
MODULE_OF_TYPE = re.compile(r"\b(?:checks|jax|np)\.|(?<=')\s+")  # and the blank of jaxtyping's " n"


# --- Signatures ----------------------------------------------------------------------------------


def sign(
    _app: Sphinx, what: str, _name: str, thing: Any, _options: Any, _signature: str | None, _returns: str | None
) -> tuple[str, str] | None:
    """Arguments and result as they are written; a class without a constructor of its own has its fields."""
    if what == "class":
        if inspect.isabstract(thing):
            return "", ""
        init = next((part for part in definition(thing).body if getattr(part, "name", "") == "__init__"), None)
        return f"({arguments(init) if init else ', '.join(f'{name}: {kind}' for name, kind, _ in fields(thing))})", ""
    if what in ("function", "method"):
        function = definition(thing)
        return f"({arguments(function)})", written(function.returns)
    return None


def definition(thing: Any) -> Any:
    """The syntax tree of a class or a function."""
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]


def arguments(function: ast.FunctionDef) -> str:
    if function.args.args and function.args.args[0].arg in ("self", "cls"):
        del function.args.args[0]
    return written(function.args)


def fields(cls: type) -> Iterator[tuple[str, str, str]]:
    """Name, type and comment of each field of a class."""
    lines = textwrap.dedent(inspect.getsource(cls)).splitlines()
    for part in definition(cls).body:
        if isinstance(part, ast.AnnAssign):
            yield written(part.target), written(part.annotation), lines[part.lineno - 1].partition("  # ")[2]


def written(node: ast.AST | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):  # a type that is defined further down
        return node.value
    return MODULE_OF_TYPE.sub("", ast.unparse(node)) if node else ""


# --- Docstrings ----------------------------------------------------------------------------------


def translate(_app: Sphinx, what: str, name: str, thing: Any, _options: Any, lines: list[str]) -> None:
    """Rewrite the lines of a docstring as reStructuredText; those of a class also tell its fields and its bases."""
    found: list[str] = []
    for block in "\n".join(lines).strip("\n").split("\n\n"):
        if block.startswith("    ") and "\n" not in block:
            found += [".. code-block:: text", "   :class: formula", "", f"   {block.strip()}", ""]
        elif block.startswith("    "):
            found += ["::", "", *block.split("\n"), ""]
        elif block.startswith(">>>"):
            found += [*block.split("\n"), ""]
        else:
            found += [*ERRORS.sub("\n\n**Raises** ", prose(block, name, thing)).split("\n"), ""]
    if what == "class":
        for field, kind, comment in fields(thing):
            found += [f".. py:attribute:: {field}", f"   :type: {kind}", "", f"   {comment}", ""]
        found += inherited(thing)
    lines[:] = found


def prose(text: str, name: str, thing: Any) -> str:
    def marked(match: re.Match[str]) -> str:
        if word := match["code"] or match["error"]:
            target = meaning(word, name, thing)
            return rf"\ :py:obj:`{word} <{target}>`\ " if target else rf"\ ``{word}``\ "
        return f"\\{match[0]}" if match["mark"] else match[0]

    return MARKUP.sub(marked, text)


def meaning(word: str, name: str, thing: Any) -> str:
    """The full name of the function or class that a word in the docstring of a thing stands for; empty if of none."""
    owner: Any = thing if inspect.isclass(thing) or inspect.ismodule(thing) else locate(name.rpartition(".")[0])
    if word.startswith("_"):
        return ""
    if inspect.isclass(owner) and inspect.isroutine(getattr(owner, word, None)):
        target = f"{public_name(definer(owner, word))}.{word}"
    else:
        module = owner.__name__ if inspect.ismodule(owner) else owner.__module__
        scopes = [vars(sys.modules[scope]) for scope in (module, module.rpartition(".")[0]) if scope]
        found = next((scope[word] for scope in scopes if word in scope), None)
        target = public_name(found) if inspect.isroutine(found) or inspect.isclass(found) else ""
    return target if target.startswith("lib.") and target != name else ""


def definer(cls: type, name: str) -> type:
    """The class that says what this method does; one that overrides it without a word does the same."""
    return next((base for base in cls.__mro__ if getattr(vars(base).get(name), "__doc__", None)), cls)


def public_name(thing: Any) -> str:
    """The name under which a reader imports a class or a function."""
    name = thing.__name__
    found = (package for package in PACKAGES if vars(import_module(package)).get(name) is thing)
    return f"{next(found, thing.__module__)}.{name}"


def inherited(cls: type) -> list[str]:
    """One paragraph: which methods a model has from which of its bases."""
    said = []
    for base in cls.__mro__[1:]:
        if issubclass(base, Sampler):
            methods = [
                f":py:obj:`{name} <{public_name(base)}.{name}>`"
                for name, value in vars(base).items()
                if not name.startswith("_") and callable(getattr(base, name)) and definer(cls, name) is base
                if not getattr(value, "__isabstractmethod__", False)
            ]
            if methods:
                said.append(f"{', '.join(methods)} of :py:obj:`{base.__name__} <{public_name(base)}>`")
    return [f"Inherited: {'; '.join(said)}.", ""] if said else []


def show_all_contents(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """The contents at the side of the page show the names too."""
    if 'class="py ' in context.get("body", ""):
        context["theme_show_toc_level"] = 3


def setup(app: Sphinx) -> ExtensionMetadata:
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-signature", sign)
    app.connect("autodoc-process-docstring", translate)
    app.connect("html-page-context", show_all_contents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
