"""A name for the state of some files, so that work is done again when, and only when, one of them has changed."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

# Of sources. Editors, file managers, Python and version control leave files with other endings beside them.
ENDINGS = {".py", ".ipynb", ".md", ".txt", ".bib", ".yml", ".json", ".html", ".css", ".js", ".mplstyle"}
ENDINGS |= {".svg", ".png", ".webp", ".npz", ".woff2"}


def digest(root: Path, *names: str) -> str:
    """A hash of this Python and of the sources in the files and folders `names` below `root`: of paths and contents."""
    total = hashlib.sha256(sys.version.encode())
    for name in names:
        for path in (root / name, *sorted((root / name).rglob("*"))):
            relative = path.relative_to(root)
            if is_source(relative) and path.is_file():
                content = path.read_bytes()
                total.update(os.fsencode(f"{relative.as_posix()}\0{len(content)}\0") + content)
    return total.hexdigest()[:16]


def is_source(path: Path) -> bool:
    """Whether a path below the root names a source: its ending is one of theirs, and no part of it is hidden."""
    return path.suffix in ENDINGS and not any(part.startswith(".") for part in path.parts)


def digest_of(text: str) -> str:
    """A hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_done(stamp: Path, state: bytes) -> bool:
    """Whether a stamp says that some work was done in this state."""
    return stamp.is_file() and stamp.read_bytes() == state
