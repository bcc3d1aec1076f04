"""Each primitive does at the ends of its numbers what it does in JAX.

A result must be of the same class as JAX's (nan, which infinity, which zero), and finite numbers agree within 10⁻⁵;
whole numbers and truth values are equal. All calls are made in one page.
"""

import jax
import numpy as np
import pytest

from tests.javascript.comparison import Case, decoded, in_chromium
from tests.javascript.special_values import CASES


@pytest.fixture(scope="module")
def cases():
    return {name: Case(*case) for name, case in CASES.items()}


@pytest.fixture(scope="module")
def results(cases, browser):
    return dict(zip(cases, in_chromium(browser, cases.values()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_is_of_the_same_class_as_in_jax(name, cases, results):
    assert differences(cases[name], results[name]) == {}


# What was wrong once, planted again: no flushing, operands taken for integers, sums that do not overflow, …
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pairs of floats", "? 0 * x :", "? x :"),
        ("pairs of floats", "% flush(", "% ("),
        ("log of softmax", "? 0 * x :", "? x :"),
        ("powers: float32", "x === 1 ||", "false ||"),
        ("powers: float32", "Math.abs(y) === Infinity", "false"),
        ("powers: int8", "args_0[i] ** args_1[i]", "Math.trunc(args_0[i]) ** args_1[i]"),
        ("powers: int32", "** Math.fround(", "** ("),
        ("float32 and bool", "args_1[i] ? args_0[i] : 0", "args_1[i] * args_0[i]"),
        ("pairs of int32", ">>> 0 < 32", "< 32"),
        ("pairs of uint8", "<< 24 >> 24", "<< 0 >> 0"),
        ("functions of int8", "& 255", "& 65535"),
        ("lgamma", "|| x === Infinity", ""),
        ("long sums", "* 2 ** 896", "* 2 ** 0"),
        ("long sums", "sum2 += flush(", "sum2 += ("),
        ("a product that overflows", "* 2 ** 896", "* 2 ** 0"),
        ("rows of 5 float32", "sum = flush(sum + ", "sum = (sum + "),
        ("long products", "prod = flush(prod * ", "prod = (prod * "),
        ("sums of what is too small", "sum = flush(sum + ", "sum = Math.fround(sum + "),
    ],
)
def test_a_planted_fault_is_found(browser, cases, name, old, new):
    case = cases[name]
    assert old in case.text
    text = case.text.replace(old, new)
    if old == "* 2 ** 896":
        text = text.replace("2 ** -896", "2 ** 0")
    wrong = Case(case.fn, case.calls, text)
    (result,) = in_chromium(browser, [wrong])
    assert differences(case, result)


def differences(case, results):
    """Of each result that differs: how many numbers, and the first of them with what JAX gives."""
    (result,), (expected,) = results, case.expected
    assert not isinstance(result, str), result
    found = {}
    labels = sorted(jax.eval_shape(case.fn, *case.calls[0]))
    for label, got, want in zip(labels, decoded(result, expected), expected, strict=True):
        wrong = np.argwhere(~same(got, want))
        if len(wrong):
            found[label] = len(wrong), [(tuple(map(int, at)), got[tuple(at)], want[tuple(at)]) for at in wrong[:5]]
    return found


def same(got, want):
    if want.dtype.kind != "f":
        return got == want
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.isfinite(got) & np.isfinite(want) & (np.abs(np.float64(got) - want) <= 1e-5 * np.abs(want))
    return (np.isnan(got) & np.isnan(want)) | (((got == want) | near) & (np.signbit(got) == np.signbit(want)))
