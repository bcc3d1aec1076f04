"""What a reader has done: a small file beside the book, which stays on the reader's machine.

The browser keeps the same for the pages, in the same form (book/_static/study.js), so that the page "Your progress" can
import this file: `{"version": 1, "pages": […], "questions": […], "exercises": […]}`, a list of names each. It keeps
the reader's guesses beside them.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

VERSION = 1
KINDS = ("pages", "questions", "exercises")
PLACE = "BOOK_PROGRESS"  # an environment variable that names another file

Progress = dict[str, list[str]]


def path() -> Path:
    """`progress.json` at the root of the book, unless the environment names another file.

    Where `lib` is installed without the book, as in Colab, it is in the folder in which the notebook runs.
    """
    root = Path(__file__).parents[2]
    return Path(os.environ.get(PLACE) or (root if (root / "chapters").is_dir() else Path.cwd()) / "progress.json")


def load() -> Progress:
    """What is stored; nothing, where there is no file. Raises ValueError where the file cannot be understood."""
    try:
        text = path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return {kind: [] for kind in KINDS}
    try:
        found = json.loads(text)
        version = found["version"]
    except (ValueError, TypeError, KeyError):
        version = None
    if type(version) is int and version > VERSION:
        raise ValueError(f"{path().name} comes from a newer version of the book")
    if version != VERSION or not all(_are_names(found.get(kind)) for kind in KINDS):
        raise ValueError(f"{path().name} is damaged")
    return {kind: found[kind] for kind in KINDS}


def record(kind: str, name: str) -> str:
    """Store that something was done. What went wrong, in words, or nothing: a reader's work never stops here."""
    try:
        progress = load()
        if name not in progress[kind]:
            progress[kind].append(name)
            _write(json.dumps({"version": VERSION, **progress}, indent=1))
    except ValueError as error:
        return f"Your progress was not stored: {error}. The file is left as it is; move it away to start a new one."
    except OSError as error:
        return f"Your progress was not stored: {error.strerror} ({path()})."
    return ""


def _are_names(names: Any) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _write(text: str) -> None:
    """All of the file or nothing of it: written beside it first, and then put in its place."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path().parent, delete=False) as file:
        file.write(text)
    try:
        os.replace(file.name, path())
    except OSError:
        os.unlink(file.name)
        raise
