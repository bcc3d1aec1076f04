"""Exercises: what is right, what the typical mistakes give, hints, and a solution that itself passes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lib.study.question import Mistake
from lib.study.words import written


@dataclass(frozen=True)
class Exercise:
    """What `check` knows of an exercise.

    `right` is a value, or a function of the `inputs` on which a reader's function is tried. A mistake gives a value or
    a function too, exactly that which the mistake leads to. `solution` is code that defines `answer`.
    """

    name: str
    right: Any
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    solution: str
    inputs: tuple[tuple[Any, ...], ...] = ()

    def __post_init__(self) -> None:
        written(f"the solution of {self.name}", self.solution)
        for words in (*self.hints, *(mistake.because for mistake in self.mistakes)):
            written(f"a hint or a message of {self.name}", words)
        if callable(self.right) != bool(self.inputs):
            raise ValueError(f"{self.name} must have inputs if it asks for a function, and only then")

    @property
    def wants_function(self) -> bool:
        return callable(self.right)

    @property
    def tolerance(self) -> float:
        """Relative: values may be rounded to three digits, functions may not round."""
        return 1e-5 if self.wants_function else 5e-3

    @property
    def places(self) -> tuple[tuple[Any, ...], ...]:
        """Where an answer is tried: at each input, or once."""
        return self.inputs or ((),)

    def wanted(self) -> list[np.ndarray]:
        """What is right at each of the places."""
        return [np.asarray(call(self.right, inputs)) for inputs in self.places]

    def agrees(self, given: list[np.ndarray], by: Any) -> bool:
        """Whether these results are what `by` gives, a value or a function, at all places."""
        return all(
            same(array, np.asarray(call(by, inputs)), self.tolerance)
            for array, inputs in zip(given, self.places, strict=True)
        )


def call(answer: Any, inputs: tuple[Any, ...]) -> Any:
    """A value, or what a function gives; it gets copies of the inputs, which it may spoil."""
    if not callable(answer):
        return answer
    return answer(*(np.array(each) if isinstance(each, np.ndarray) else each for each in inputs))


def comparable(array: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether both are real numbers, or of one other kind."""
    return array.dtype.kind == wanted.dtype.kind or (array.dtype.kind in "iuf" and wanted.dtype.kind in "iuf")


def same(array: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays of numbers have one shape and agree; nothing agrees with nan."""
    if array.shape != wanted.shape:
        return False
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)  # what is tiny beside the rest counts as 0
    return bool(np.allclose(array, wanted, rtol=tolerance, atol=1e-7 * size))
