"""check, hint and solution: an exercise answers at once, and tells which misconception gives just this answer."""

import html
import traceback
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lib.medium import for_page
from lib.study import progress
from lib.study.content import find
from lib.study.items import Exercise, call, comparable, same
from lib.study.questions import AskedNumber, slip
from lib.study.questions import Reply as Answer
from lib.study.words import to_html, to_text

# Where it leads only the page knows: book/extensions/study.py adds it.
NOTEBOOK = '<a class="study-notebook" download>Download this notebook</a>'
# Where the book is to be had: book/extensions/study.py puts the address there, if there is one.
BOOK = '<span class="study-book">You need the folder of this book.</span>'

_hints: dict[str, int] = {}  # how many the reader has seen


def check(name: str, answer: Any) -> "Reply | Folded | Given":
    """Say whether an answer to the exercise with this name is right, or which typical mistake gives it.

    A function is tried on several inputs. An answer of `...` is one that is still to come. Raises ValueError where
    there is no such exercise.
    """
    exercise = find(name, Exercise)
    if for_page():
        return Given(exercise) if exercise.wants_number else Folded(exercise)
    words, right = _judge(exercise, answer)
    return Reply(words, right, progress.record("exercises", name) if right else "")


def hint(name: str) -> "Reply":
    """The next hint to the exercise with this name. Raises ValueError where there is no such exercise."""
    exercise = find(name, Exercise)
    seen = _hints.get(name, 0)
    if seen == len(exercise.hints):
        return Reply(f'That was the last hint. `solution("{name}")` shows a solution.')
    _hints[name] = seen + 1
    return Reply(f"**Hint {seen + 1} of {len(exercise.hints)}.** {exercise.hints[seen]}")


def solution(name: str) -> "Reply":
    """A solution of the exercise with this name: code that passes, and what it gives, unless that is a function.

    Raises ValueError where there is no such exercise.
    """
    exercise = find(name, Exercise)
    words = ("**A solution.**", _gives(exercise), "Type it in, and change it.")
    return Reply(" ".join(filter(None, words)), code=exercise.solution)


@dataclass(frozen=True)
class Reply:
    """What a reader is told."""

    words: str
    right: bool = False
    trouble: str = ""
    code: str = ""

    def _repr_html_(self) -> str:
        return f"<p>{to_html(self.words)} {html.escape(self.trouble)}</p>{_code(self.code)}"

    def __repr__(self) -> str:
        return "\n".join(filter(None, (to_text(self.words), self.trouble, self.code)))


@dataclass(frozen=True)
class Folded:
    """An exercise in a page, which has no kernel: its hints and its solution, folded away."""

    exercise: Exercise

    def _repr_html_(self) -> str:
        name = html.escape(self.exercise.name)
        return (
            f'<section class="study" id="study-{name}" data-study="{name}" aria-label="Exercise {name}">'
            f'<p class="study-kind">Exercise {name}<span class="study-done"></span></p>'
            f"<p>Solve it in Jupyter, where <code>check</code> answers at once. {BOOK} Then type "
            f"<code>python3 book lab</code> there. {NOTEBOOK} to work elsewhere; it needs <code>lib</code> of that "
            f"folder.</p>{_help(self.exercise)}</section>"
        )


class Given(AskedNumber):
    """An exercise in a page whose answer is one number: it can be given there, and is judged as `check` judges it."""

    summary, record = "The right answer", "exercises"

    def __init__(self, exercise: Exercise) -> None:
        self.exercise, self.name, self.kind = exercise, exercise.name, f"Exercise {exercise.name}"
        self.text = "Your answer, as a number:"
        self.tolerance = exercise.tolerance
        (right,) = exercise.wanted()
        self.answer = float(right)
        self.replies = [
            Answer(_text(right), "", True, self.answer),
            *(Answer(_text(np.asarray(m.gives)), m.because, False, float(m.gives)) for m in exercise.mistakes),
            Answer("Any other number", "No mistake that we know gives this number. A hint may help.", False),
        ]

    def more(self) -> str:
        return _help(self.exercise)


def _help(exercise: Exercise) -> str:
    """The hints of an exercise and its solution, folded away."""
    hints = "".join(
        f"<details><summary>Hint {i} of {len(exercise.hints)}</summary><p>{to_html(words)}</p></details>"
        for i, words in enumerate(exercise.hints, 1)
    )
    gives = f"<p>{to_html(words)}</p>" if (words := _gives(exercise)) else ""
    return f"{hints}<details><summary>Solution</summary>{gives}{_code(exercise.solution)}</details>"


# --- Judging -------------------------------------------------------------------------------------


def _judge(exercise: Exercise, answer: Any) -> tuple[str, bool]:
    """What to say to an answer, and whether it is right."""
    name = exercise.name
    if answer is Ellipsis:
        return f'Exercise {name} waits for your answer, in place of the dots. `hint("{name}")` helps.', False
    if exercise.wants_function != callable(answer):
        return _wrong_kind(answer), False
    given, wanted = [], exercise.wanted()
    for inputs, want in zip(exercise.places, wanted, strict=True):
        try:
            result = call(answer, inputs)
        except Exception as error:
            return _crash(exercise, answer, inputs, error), False
        if result is Ellipsis:
            return f'Exercise {name} still has dots to replace. `hint("{name}")` helps.', False
        array = _read(result)
        if array is None or not comparable(array, want):
            return f"**Not right.**{_at(answer, inputs)} {_not_numbers(result)}", False
        given.append(array)
    if exercise.agrees(given, exercise.right):
        return "**Right.**", True
    for mistake in exercise.mistakes:
        if exercise.agrees(given, mistake.gives):
            return f"**Not right.** {mistake.because}", False
    return _unknown(exercise, answer, given, wanted), False


def _wrong_kind(answer: Any) -> str:
    if callable(answer):
        return "**Not right.** This is a function, and the exercise asks for what it gives. Call it."
    return (
        f"**Not right.** The exercise asks for a function, and this is {_brief(answer)}. Give its name, without a call."
    )


def _read(result: Any) -> np.ndarray | None:
    """An answer as an array, of floats for fractions, decimals and JAX's own numbers; None where it is no array."""
    if np.ma.is_masked(result):
        return None
    try:
        array = _array(result)
        if array.dtype == object:
            numbers = all(
                isinstance(each, Real | Decimal | jax.Array) and not isinstance(each, bool) for each in array.flat
            )
        else:  # bfloat16 and its like are of a kind that NumPy does not know
            numbers = array.dtype.kind == "V" and jnp.issubdtype(array.dtype, jnp.number)
        return array.astype(float) if numbers else array
    except Exception:  # such as rows of different lengths, or 10 ** 400
        return None


def _array(result: Any) -> np.ndarray:
    try:
        return np.asarray(result)
    except TypeError:  # a list of such numbers
        return np.asarray(jnp.asarray(result))


def _not_numbers(result: Any) -> str:
    if result is None:
        return "This is `None`, which is nothing. Is there a `return`?"
    return f"{_brief(result)} is not what the exercise asks for: numbers."


def _crash(exercise: Exercise, function: Any, inputs: tuple[Any, ...], error: Exception) -> str:
    if isinstance(error, TypeError) and "ellipsis" in str(error):
        return f'Exercise {exercise.name} still has dots to replace. `hint("{exercise.name}")` helps.'
    frames = traceback.extract_tb(error.__traceback__) if _is_python(function) else []
    own = [frame for frame in frames if frame.filename == function.__code__.co_filename]
    line = f" in the line `{own[-1].line}`" if own and own[-1].line else ""
    return f"**Your function stopped.**{_at(function, inputs)} it raised `{type(error).__name__}: {error}`{line}."


def _unknown(exercise: Exercise, answer: Any, given: list[np.ndarray], wanted: list[np.ndarray]) -> str:
    """Words for a wrong answer that no known mistake gives: where it is wrong, and how."""
    for inputs, array, want in zip(exercise.places, given, wanted, strict=True):
        if same(array, want, exercise.tolerance):
            continue
        if array.shape != want.shape:
            how = f"Its shape is `{array.shape}`, and the exercise asks for `{want.shape}`."
        elif array.dtype.kind == "f" and np.isnan(array).any():
            how = "It holds `nan`, which is what 0/0 and ∞ − ∞ give."
        else:
            # A function may not round, and is told nothing of digits.
            agrees = partial(same, wanted=want, tolerance=exercise.tolerance)
            how = "" if inputs else slip(array, want, agrees)
            how = how or f"No mistake that we know gives {_brief(array)}."
        return f'**Not right.**{_at(answer, inputs)} {how} `hint("{exercise.name}")` helps.'
    raise AssertionError("an answer that is right everywhere is right")


def _at(answer: Any, inputs: tuple[Any, ...]) -> str:
    if not callable(answer):
        return ""
    names = answer.__code__.co_varnames[: answer.__code__.co_argcount] if _is_python(answer) else ()
    named = [f"{names[i]} = " if i < len(names) else "" for i in range(len(inputs))]
    return " At " + ", ".join(f"`{name}{_text(each)}`" for name, each in zip(named, inputs, strict=True)) + ":"


def _gives(exercise: Exercise) -> str:
    """What is right, in words, if it is a number or an array of them."""
    return "" if exercise.wants_function else f"It gives {_brief(*exercise.wanted())}."


def _is_python(function: Any) -> bool:
    return hasattr(function, "__code__")


def _brief(value: Any) -> str:
    return f"`{_text(value)}`"


def _text(value: Any) -> str:
    text = " ".join(
        np.array2string(value, formatter={"float_kind": "{:.4g}".format}).split()
        if type(value) is np.ndarray
        else repr(value).split()
    )
    return (text if len(text) <= 120 else text[:117] + "…").replace("`", "'")


def _code(code: str) -> str:
    if not code:
        return ""
    lines = highlight(code.strip(), PythonLexer(), HtmlFormatter(nowrap=True))
    return f'<div class="highlight"><pre>{lines}</pre></div>'
