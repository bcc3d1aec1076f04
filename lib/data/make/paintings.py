"""Paints 100,000 pictures of the law, and writes what is measured on them to `measured.npz`, which is committed.

    python -m lib.data.make.paintings

takes some minutes on two cores. It is to be run again after a change of the law, the brush or the features; else
tests/data/test_paintings.py fails. Notes and painters are not stored: the law draws them again from the same key.
"""

import ast
import hashlib
import os
import time
from typing import Any

import numpy as np

from lib.data import paintings
from lib.data.paintings import measurements

AT_ONCE = 2000  # pictures in the memory


def main() -> None:
    notes, _, keys = measurements.drawn()
    stored, start = [], time.monotonic()
    for first in range(0, measurements.PICTURES, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        pictures = paintings.paint_all(keys[some], notes[some])
        stored.append(np.rint(measurements.LEVELS * np.float64(paintings.features(pictures))).astype(np.uint16))
        done, seconds = first + AT_ONCE, time.monotonic() - start
        left = seconds / done * (measurements.PICTURES - done)
        print(f"\r{done:7,} of {measurements.PICTURES:,} pictures, {left:4.0f} s left", end="", flush=True)
    unfinished = measurements.FILE.with_suffix(".tmp.npz")  # renamed at the end, so that what is stopped loses nothing
    np.savez_compressed(unfinished, features=np.concatenate(stored), code=code())
    os.replace(unfinished, measurements.FILE)
    print(f"\n{measurements.FILE}: {measurements.FILE.stat().st_size} bytes")


def code() -> str:
    """A hash of the code that draws, paints and measures, but for its comments and docstrings."""
    folder = measurements.FILE.parent
    paths = [folder / f"{name}.py" for name in ("brush", "notes", "pixels")] + sorted(folder.glob("motifs/*.py"))
    total = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                del node.body[0]
        total.update(repr(_plain(tree)).encode())
    return total.hexdigest()[:16]


def _plain(node: Any) -> Any:
    """A tree of code in plain tuples: as ast.dump, but the same for every version of Python."""
    if isinstance(node, ast.AST):
        filled = [(field, _plain(value)) for field, value in ast.iter_fields(node) if value not in (None, [])]
        return type(node).__name__, filled
    return list(map(_plain, node)) if isinstance(node, list) else node


if __name__ == "__main__":
    main()
