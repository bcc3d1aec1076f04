"""How long a chapter takes: estimated from its words, its open code, its figures and what it asks.

The rates are those of a trial: a second-year student, to whom English is a second language, read five chapters alone,
which took 65, 120, 30, 70 and 75 minutes, and 95, 170, 45, 95 and 105 with the exercises.
"""

from collections.abc import Iterable
from pathlib import Path

import nbformat

WORDS_A_MINUTE = 60
MINUTES_A_LINE = 0.15  # of code that is not folded
MINUTES_A_FIGURE = 2
MINUTES_A_QUESTION = 2
MINUTES_AN_EXERCISE = 6
STEP = 5  # minutes: nobody reads by the minute
FOLDED = {"hide-input", "remove-input"}


def is_open(cell: nbformat.NotebookNode) -> bool:
    """Whether a page shows the code of this cell without a click."""
    return not FOLDED & set(cell.metadata.get("tags", ()))


def words(cells: Iterable[nbformat.NotebookNode]) -> int:
    """Of the prose."""
    return sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")


def minutes(notebook: Path) -> tuple[int, int]:
    """The minutes to read a chapter, and to read it and do its exercises."""
    cells = nbformat.read(notebook, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = sum(len(cell.source.splitlines()) for cell in code if is_open(cell))

    def calls(*names: str) -> int:
        return sum(f"{name}(" in cell.source for name in names for cell in code)

    reading = words(cells) / WORDS_A_MINUTE + MINUTES_A_LINE * lines + MINUTES_A_FIGURE * calls("show", "explore")
    doing = MINUTES_A_QUESTION * calls("question", "predict") + MINUTES_AN_EXERCISE * calls("check")
    return STEP * round(reading / STEP), STEP * round((reading + doing) / STEP)
