"""Which files of the repository a piece of Python may read when it runs, found without running it.

These are the modules that it imports, those that they import, and so on. A module also reads the data beside it, as
lib/data/avatars.py reads its pictures, so every file in the folders of these modules that is not Python counts too.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from pathlib import Path


def imported(source: str, package: str = "") -> Iterator[str]:
    """What the import statements of a source name: for `from a import b` both "a" and "a.b", which may be a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield from (module, *(f"{module}.{alias.name}" for alias in node.names))


def files(root: Path, names: Iterable[str]) -> list[Path]:
    """The files below `root` that an import of modules with these names may read; other modules have none there."""
    modules: set[Path] = set()
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        waiting.append(parent)  # `import a.b` runs a/__init__.py too
        path = root / name.replace(".", "/")
        for file, package in ((path.with_name(f"{path.name}.py"), parent), (path / "__init__.py", name)):
            if file.is_file():
                modules.add(file)
                waiting += imported(file.read_text(encoding="utf-8"), package)
    beside = {file for module in modules for file in module.parent.iterdir() if file.is_file() and file.suffix != ".py"}
    return sorted(modules | beside)
