"""What an author writes for readers to do: guesses, questions and exercises, each with its words.

These are records and nothing else: who reads them (study/content) needs no widgets. questions.py, predictions.py and
exercises.py show them.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lib.study.words import written


@dataclass(frozen=True)
class Choice:
    """One of the answers to choose from: right where its `value` equals the answer that the chapter computed."""

    value: Any
    because: str
    label: str = ""


@dataclass(frozen=True)
class Mistake:
    """What a typical mistake gives, a value or a function, and the misconception behind it."""

    gives: Any
    because: str


@dataclass(frozen=True)
class Question:
    """A choice among answers. `recall` marks a question about an earlier chapter."""

    name: str
    text: str
    choices: tuple[Choice, ...]
    recall: bool = False

    def __post_init__(self) -> None:
        written(f"the text of {self.name}", self.text)
        for choice in self.choices:
            written(f"the explanation of {choice.value!r} in {self.name}", choice.because)


@dataclass(frozen=True)
class Number:
    """A number to give, right within `tolerance` (a share of it; around 0 the tolerance itself).

    `right` explains it; `otherwise` answers a number that no mistake gives.
    """

    name: str
    text: str
    right: str
    mistakes: tuple[Mistake, ...]
    otherwise: str
    tolerance: float = 0.02  # two digits are enough
    recall: bool = False

    def __post_init__(self) -> None:
        for what in ("text", "right", "otherwise"):
            written(f"the {what} of {self.name}", getattr(self, what))
        for mistake in self.mistakes:
            written(f"the explanation of {mistake.gives!r} in {self.name}", mistake.because)


@dataclass(frozen=True)
class Scale:
    """A slider for a guess, from `low` to `high`; `unit` follows the number."""

    low: float
    high: float
    step: float = 1
    unit: str = ""

    @property
    def decimals(self) -> int:
        return max(0, math.ceil(-math.log10(self.step)))

    def words(self, number: float) -> str:
        """A guess or a result, which may have one decimal more.

        >>> Scale(0, 100, 1, " %").words(97.624), Scale(0, 10).words(3)
        ('97.6 %', '3')
        """
        text = f"{number:.{self.decimals + 1}f}"
        return text.rstrip("0").rstrip(".") + self.unit


@dataclass(frozen=True)
class Prediction:
    """Something to guess: one of some results, each with its label, or a number on a `Scale`. `because` explains it."""

    name: str
    text: str
    guess: dict[Any, str] | Scale
    because: str

    def __post_init__(self) -> None:
        written(f"the text of {self.name}", self.text)
        written(f"the explanation of {self.name}", self.because)


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
    def wants_number(self) -> bool:
        return not self.wants_function and np.ndim(self.right) == 0

    @property
    def tolerance(self) -> float:
        """Relative: values may be rounded to three digits, functions may not round, and what is counted is exact."""
        if isinstance(self.right, int):
            return 0.0
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
