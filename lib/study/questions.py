"""Questions: a choice or a number. The chapter computes what is right; what is wrong names its misconception."""

import html
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import ipywidgets as widgets
import numpy as np

from lib.study.content import find
from lib.study.form import Form, radio_buttons, radios
from lib.study.items import Number, Question
from lib.study.words import LINK, to_html


def question(name: str, *, answer: Any) -> "Asked":
    """Ask the question with this name (lib/study/content); `answer` is what the chapter computed.

    Raises ValueError where no choice or several are right, where a wrong answer has no explanation with a link to what
    mends it, and where a mistake gives the right number or that of another mistake.
    """
    found: Question | Number = find(name, Question, Number)
    return AskedChoice(found, answer) if isinstance(found, Question) else AskedNumber(found, answer)


@dataclass(frozen=True)
class Reply:
    label: str
    because: str
    right: bool
    value: float = math.nan  # the number that is answered so; nan for any other

    def words(self) -> str:
        return f"<strong>{'Right.' if self.right else 'Not right.'}</strong> {to_html(self.because)}"


class Asked(Form):
    """A question with its replies."""

    button, summary = "Check", "Every answer, explained"
    replies: list[Reply]

    def __init__(self, asked: Question | Number) -> None:
        self.name, self.text = asked.name, asked.text
        self.kind = "Looking back" if asked.recall else "Question"

    def explained(self) -> None:
        """Raise ValueError where a wrong answer does not lead to the paragraph that mends it."""
        for reply in self.replies:
            if not reply.right and not LINK.search(reply.because):
                raise ValueError(f"the explanation of {reply.label!r} in {self.name} must link to what mends it")

    def answers(self) -> str:
        return "<ul>" + "".join(map(self._answer, self.replies)) + "</ul>"

    def _answer(self, reply: Reply) -> str:
        value = "" if math.isnan(reply.value) else f' data-value="{reply.value!r}"'
        right = " data-right" * reply.right
        return f'<li{right}{value}>{to_html(reply.label)}: <span class="reply">{reply.words()}</span></li>'


class AskedChoice(Asked):
    def __init__(self, asked: Question, answer: Any) -> None:
        super().__init__(asked)
        self.replies = [
            Reply(choice.label or str(choice.value), choice.because, bool(choice.value == answer))
            for choice in asked.choices
        ]
        right = sum(reply.right for reply in self.replies)
        if right != 1:
            raise ValueError(f"{asked.name} must have one right choice; {right} of them are {answer!r}")
        self.explained()

    def control(self) -> str:
        return radios([reply.label for reply in self.replies])

    def widget(self) -> widgets.Widget:
        return radio_buttons([reply.label for reply in self.replies])

    def given(self, widget: widgets.Widget) -> tuple[str, bool]:
        if widget.index is None:
            return "Choose an answer first.", False
        reply = self.replies[widget.index]
        return reply.words(), reply.right


class AskedNumber(Asked):
    def __init__(self, asked: Number, answer: Any) -> None:
        super().__init__(asked)
        self.answer, self.tolerance = float(answer), asked.tolerance
        if not math.isfinite(self.answer):
            raise ValueError(f"the answer of {asked.name} must be finite; got {answer}")
        mistakes = [Reply(_shown(m.gives), m.because, False, float(m.gives)) for m in asked.mistakes]
        for i, reply in enumerate(mistakes):
            if close(reply.value, self.answer, 2 * self.tolerance):
                raise ValueError(f"a mistake in {asked.name} gives the right number, {reply.label}")
            if any(close(reply.value, before.value, 2 * self.tolerance) for before in mistakes[:i]):
                raise ValueError(f"two mistakes in {asked.name} give one number, {reply.label}")
        self.replies = [
            Reply(_shown(self.answer), asked.right, True, self.answer),
            *mistakes,
            Reply("Any other number", asked.otherwise, False),
        ]
        self.explained()

    def attributes(self) -> dict[str, Any]:
        return {"tolerance": self.tolerance}

    def control(self) -> str:
        return '<label>Your answer: <input type="text" name="number" required></label>'

    def widget(self) -> widgets.Widget:
        return widgets.Text(placeholder="a number", description="Answer:")

    def given(self, widget: widgets.Widget) -> tuple[str, bool]:
        number = read_number(widget.value)
        if number is None:
            return html.escape(UNREAD), False
        for reply in self.replies:
            if close(number, reply.value, self.tolerance):
                return reply.words(), reply.right
        agrees = partial(close, b=self.answer, tolerance=self.tolerance)
        because = slip(number, self.answer, agrees, "three digits" if self.tolerance else "all digits")
        return Reply("", because or self.replies[-1].because, False).words(), False


# --- Numbers as readers write them; book/_static/study.js reads and answers them in the same way -

UNREAD = "Give a number, such as 0.25, 1/4 or 25 %."

# What other scripts and keyboards write for a character.
_ALIKE = {"-": "‐‑‒–—―−負负", "/": "⁄∕÷", ".": "。٫點点", ",": "٬", "'": "’", "%": "٪", "×": "x*·⋅"}
_ALIKE |= {str(digit): written for digit, written in enumerate(("〇零", *"一二三四五六七八九"))}
_PLAIN = str.maketrans({other: plain for plain, others in _ALIKE.items() for other in others})
_RAISED, _FRACTION = re.compile("[⁺⁻⁰¹²³⁴-⁹]+"), re.compile("[¼-¾⅐-⅞↉]")
_POWER = re.compile(r"(?:(\d)×|(?<![\d.e]))10(?:\^|××)([-+]?\d+)")
_THOUSANDS = re.compile(r"(^|[-+/])[1-9]\d{0,2}([ ',])\d{3}(?:\2\d{3})*(?!\d|\2)")
_NUMBER = re.compile(r"([-+]?)(?:(\d+) (?=\d+/))?((?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?:/(\d+\.?\d*))?(%?)", re.I)


def read_number(text: str) -> float | None:
    """The number that a reader wrote; None where it is none.

    Digits and signs are those of any script. A comma, a space or an apostrophe parts thousands where it can; elsewhere
    a comma is a decimal comma, and a space stands before a fraction.

    >>> [read_number(text) for text in ("0.25", "1/4", "25 %", "20,160", "−1e3", "0,5", "?")]
    [0.25, 0.25, 0.25, 20160.0, -1000.0, 0.5, None]
    >>> [read_number(text) for text in ("０．２５", "٢٥٪", "1½", "2·10⁻³", "1 000")]
    [0.25, 0.25, 1.5, 0.002, 1000.0]
    """
    text = _RAISED.sub(r"^\g<0> ", text)
    text = _FRACTION.sub(r" \g<0> ", text)
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    text = "".join(str(unicodedata.decimal(c, c)) for c in text if unicodedata.category(c) != "Cf")
    text = re.sub(r"\s+", " ", text.strip())
    text = re.sub(r"(?<!\d) | (?!\d)", "", text)
    text = _THOUSANDS.sub(lambda number: re.sub("[ ',]", "", number[0]), text).replace(",", ".")
    text = _POWER.sub(lambda number: f"{number[1] or 1}e{number[2]}", text)
    match = _NUMBER.fullmatch(text)
    if not match or (match[4] and not float(match[4])):
        return None
    size = float(match[2] or 0) + float(match[3]) / float(match[4] or 1)
    return (-size if match[1] == "-" else size) / (100 if match[5] else 1)


def close(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * (abs(b) or 1)


def slip(given: Any, right: Any, agrees: Callable[[Any], bool], digits: str = "three digits") -> str:
    """What to say to a number, or to an array, that is right but for a factor of 100 or its last digits; else nothing.

    `agrees` says whether a number is right, and `digits` how many of them that takes.
    """
    if np.any(right) and agrees(given / 100):
        return "This is the answer times 100. Did you give a percentage where a share is asked for?"
    if np.any(right) and agrees(given * 100):
        return "This is the answer divided by 100. Did you give a share where a percentage is asked for?"
    return f"You are near: give {digits}." if _has_two_digits(given, right) else ""


def _has_two_digits(given: Any, right: Any) -> bool:
    """Whether each number is as near to the right one as rounding to two digits leaves it."""
    with np.errstate(all="ignore"):  # log 0, and ∞ − ∞
        unit = 10 ** (np.floor(np.log10(np.abs(right))) - 1)  # of the second digit
        near = np.abs(np.subtract(given, right)) <= unit / 2 * (1 + 1e-9)
    return bool(np.all(near & np.isfinite(right)))


def _shown(number: Any) -> str:
    return f"{float(number):.4g}" if abs(number) < 1000 else f"{float(number):.0f}"
