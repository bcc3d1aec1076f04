"""How far a training has come: one line that is rewritten, in a terminal or in Jupyter, and nothing elsewhere.

A page of the book shows no bar, as it would stand still there; and neither does a log file, which cannot be rewritten.
"""

import html
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, Self

from lib.medium import for_page

REDRAWN = 0.1  # seconds apart, at least
WIDTH = 10  # characters, so that the line fits a terminal of 80


class ProgressBar:
    """A context in which `update` says how many of `num_steps` steps are done, and what the loss is."""

    def __init__(self, num_steps: int) -> None:
        self._num_steps = num_steps
        self._draw = _screen()
        self._first: tuple[int, float] | None = None  # a step and its time, after all is compiled
        self._next = 0.0
        self._line = ""

    def __enter__(self) -> Self:
        return self

    def update(self, step: int, loss: float) -> None:
        now = time.monotonic()
        self._first = self._first or (step, now)
        if self._draw and (now >= self._next or step == self._num_steps):
            self._next = now + REDRAWN
            self._line = line(step, self._num_steps, loss, step - self._first[0], now - self._first[1])
            self._draw(step / self._num_steps, self._line)

    def __exit__(self, *_: object) -> None:
        if self._line and self._draw is _in_terminal:
            print(file=sys.stderr)


def line(step: int, num_steps: int, loss: float, steps: int, seconds: float) -> str:
    """What the bar says after `step` steps; the last `steps` of them took so many seconds."""
    said = f"step {step} of {num_steps}, loss {loss:.4g}"
    if steps and seconds:
        left = round((num_steps - step) * seconds / steps)
        said += f", {steps / seconds:.0f} steps/s, {left // 60}:{left % 60:02} left"
    return said


Draw = Callable[[float, str], None]  # takes the share that is done, and the line


def _screen() -> Draw | None:
    """Where the bar can be drawn, if anywhere."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython and ipython.get_ipython()
    if for_page():
        return None
    if hasattr(shell, "kernel"):
        return _in_jupyter()
    return _in_terminal if sys.stderr.isatty() else None


def _in_terminal(share: float, line: str) -> None:
    done = round(share * WIDTH)
    columns = shutil.get_terminal_size().columns - 1  # a longer line would fill two, and only one is rewritten
    text = f"[{'#' * done}{'-' * (WIDTH - done)}] {line}"
    print("\r" + text[:columns].ljust(columns), end="", file=sys.stderr, flush=True)


def _in_jupyter() -> Draw:
    from IPython.display import display  # here, as it takes a while to import, and few trainings need it

    shown: list[Any] = []

    def draw(share: float, line: str) -> None:
        bar = f'<progress value="{share:.3f}" aria-label="Training"></progress> {html.escape(line)}'
        bundle = {"text/plain": line, "text/html": bar}
        if shown:
            shown[0].update(bundle, raw=True)
        else:
            shown.append(display(bundle, display_id=True, raw=True))

    return draw
