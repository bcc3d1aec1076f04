"""A sum that a chapter's text works out comes to what the text says.

Of each formula in dollars the parts between equals signs that hold numbers alone are computed. Numbers that stand in
running words are not found here.
"""

import math
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

CHAPTERS = Path(__file__).parents[2] / "chapters"
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+)\$", re.DOTALL)
PLAIN = re.compile(r"-?\d+(?:\.(\d+))?")
# What TeX writes otherwise than Python, in this order; `number` has turned the fractions before.
SPELLINGS = [
    (r"\\[dt]?frac(\d)(\d)", r"(\1/\2)"),
    (r"\\(?:,|;|!|quad|qquad|left|right)", " "),
    (r"\{,\}", ""),
    (r"\\cdot|\\times", "*"),
    (r"\\pi", " pi "),
    (r"\\log", " log "),
    (r"\^\{([^{}]*)\}", r"**(\1)"),
    (r"\^(\d)", r"**\1"),
    (r"log\s+(\d+(?:\.\d+)?)", r"log(\1)"),
    (r"(?<=[\d)])\s*(?=[(]|pi|log)", "*"),
    (r"%", "/100"),
]


def number(tex: str) -> float | None:
    """What the formula comes to; None if there is more in it than numbers."""
    while (short := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", tex)) != tex:
        tex = short
    for pattern, python in SPELLINGS:
        tex = re.sub(pattern, python, tex)
    tex = tex.strip(" .,;\n")
    if not tex or re.sub(r"log|pi|[\d.\s()+*/-]", "", tex):
        return None
    try:
        return eval(tex, {"__builtins__": {}}, {"log": math.log, "pi": math.pi})
    except (SyntaxError, TypeError):  # a part of a formula, as the left half of a pair
        return None


def sums(text: str) -> Iterator[tuple[str, str]]:
    """Each `left = right` of numbers alone, where the right is one number."""
    for display, inline in FORMULA.findall(text):
        for left, right in pairwise((display or inline).split("=")):
            right = right.strip(" .,;\n")
            if PLAIN.fullmatch(right) and number(left) is not None:
                yield left, right


def comes_to(left: str, right: str) -> bool:
    """Rounded to the digits that the right side has."""
    decimals = len(PLAIN.fullmatch(right)[1] or "")
    half = 10.0**-decimals / 2 if decimals else 0
    return abs(number(left) - float(right)) <= half + 1e-9


@pytest.mark.parametrize("path", sorted(CHAPTERS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_sums_of_a_chapter_are_right(path):
    text = "\n\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
    assert [f"{left} = {right}" for left, right in sums(text) if not comes_to(left, right)] == []


def test_a_wrong_sum_is_found():
    right = r"It is $0.06 / 0.34 = 0.18$, or $$ -\log 0.9 = 0.105 , $$ and $\frac{0.4 \cdot 2}{(1 + 1)} = 0.4$."
    wrong = right.replace("0.18", "0.20").replace("0.105", "0.15").replace("= 0.4$", "= 0.8$")
    assert len(list(sums(right))) == 3
    assert all(comes_to(*each) for each in sums(right))
    assert not any(comes_to(*each) for each in sums(wrong))
