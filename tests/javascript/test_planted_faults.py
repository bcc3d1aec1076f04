"""The comparison is worth something: it finds a wrong constant, a missing rounding and a buffer that is filled once."""

import re

import pytest

from tests.javascript.comparison import Case, compare, in_chromium
from tests.javascript.functions import EXACT, FUNCTIONS, arguments


def agrees(browser, name, text=""):
    """Raise AssertionError unless the function, or the text that stands in for it, does what JAX does."""
    case = Case(FUNCTIONS[name][0], arguments(name), text)
    (result,) = in_chromium(browser, [case])
    compare(case, result, 0 if name in EXACT else 1e-5)
    return case.text


def replaced(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("random bits", "0x1bd11bda", "0x1bd11bdb"),
        ("uniform", "turned(y, 13)", "turned(y, 14)"),
        ("permutation", "y + key0 + 5", "y + key0 + 4"),
        ("round to even", "Math.fround(Math.abs(x) + 2 ** 52 - 2 ** 52)", "Math.floor(Math.abs(x) + 0.5)"),
        ("integers wrap", "Math.imul(x[i], y[i])", "x[i] * y[i]"),
        ("fori that swaps", "copy.set(", "copy.subarray("),
    ],
)
def test_a_wrong_character_is_found(browser, name, old, new):
    wrong = replaced(agrees(browser, name), old, new)
    with pytest.raises(AssertionError):
        agrees(browser, name, wrong)


def test_a_missing_rounding_is_found(browser):
    name = "comparison after rounding"
    unrounded = replaced(agrees(browser, name), "Math.fround(x);", "x;")
    with pytest.raises(AssertionError):
        agrees(browser, name, unrounded)


def test_a_buffer_that_is_filled_only_once_is_found(browser):
    """What a scatter adds to must be zero at each call; hoisted, it is so at the first call only."""
    text = agrees(browser, "scatter and add")
    fill = re.search(r"\n +scatter_add\.fill\(0\);", text)[0]
    hoisted = replaced(replaced(text, fill, ""), "\n  return function", f"{fill}\n  return function")
    with pytest.raises(AssertionError, match="the second call gave something else"):
        agrees(browser, "scatter and add", hoisted)
