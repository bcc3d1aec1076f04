"""A name for the state of some files, so that work is done again when, and only when, one of them has changed."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

DERIVED = {"__pycache__", ".ipynb_checkpoints"}


def digest(root: Path, *names: str) -> str:
    """A hash of this Python and of the files and folders `names` below `root`: of all paths and all contents."""
    total = hashlib.sha256(sys.version.encode())
    for name in names:
        for path in (root / name, *sorted((root / name).rglob("*"))):
            if path.is_file() and not DERIVED & set(path.parts):
                content = path.read_bytes()
                total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:16]


def digest_of(text: str) -> str:
    """A hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
