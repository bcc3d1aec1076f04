"""A notebook runs again when one of its cells has changed, or a file that it reads.

myst-nb keeps the outputs of a notebook as long as its own cells are the same. But the outputs also depend on the files
of the repository that the cells import (book/imports.py), on the words in lib/study/content, whose files are found by
name when a cell runs, and on the locked packages. So each notebook has folders for its caches, named after the state of
these files. The last three are kept: to undo a change, or to go to another branch and back, runs nothing again.
"""

import importlib
import os
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from book.digest import digest
from book.imports import files, imported
from lib.study import content

KEPT = 3


def read_by(root: Path, code: str) -> list[Path]:
    """The files below `root` that a notebook with this code reads."""
    return files(root, [*imported(code), *words(code)])


def words(code: str) -> Iterator[str]:
    """The modules of lib/study/content that hold an item which the code names."""
    for module in pkgutil.iter_modules(content.__path__, f"{content.__name__}."):
        if any(f'"{item.name}"' in code for item in importlib.import_module(module.name).ITEMS):
            yield module.name


def choose_folder(app: Sphinx, page: str, source: list[str]) -> None:
    env: Any = app.env  # to which myst-nb adds its settings
    reader = create_nb_reader(env.doc2path(page), env.myst_config, env.mystnb_config, source[0])
    if not reader:  # a page without cells
        return
    cells = reader.read(source[0]).cells
    read = read_by(Path(app.srcdir), "\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    names = [file.relative_to(app.srcdir).as_posix() for file in read]
    caches = app.outdir.parent / ".jupyter_cache" / page
    current = caches / digest(Path(app.srcdir), "requirements.txt", *names)
    current.mkdir(parents=True, exist_ok=True)
    os.utime(current)
    for old in sorted(caches.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)[:-KEPT]:
        shutil.rmtree(old)
    env.mystnb_config = env.mystnb_config.copy(execution_cache_path=str(current))


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("source-read", choose_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
