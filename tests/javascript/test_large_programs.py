"""A program that is too large for one function is cut into several, and does in Chromium what it does in JAX."""

import re

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from lib.javascript import statements
from lib.live import to_javascript
from tests.javascript import comparison
from tests.javascript.comparison import PART, Case, compare, driven
from tests.javascript.functions import EXACT, FUNCTIONS, arguments


def drawn(n, x, points):
    """One of three long branches. Each reads numbers from outside and sets some; one has a loop with a choice in it.

    The author's names are those of the functions that the parts get.
    """
    loop = jnp.exp(x) + x
    branch = jnp.floor(10 * x)

    def long(start, points):
        for k in range(12):
            start = start / 2 + jnp.sin(points + k * loop).sum() / (9 + branch)
            points = points / 2 + jnp.cumsum(jnp.cos(points + start))[::-1] / (k + 20)
        return start, points

    def looped(start, points):
        def step(carry, row):
            total, points = long(*carry)
            points = points + jnp.roll(points, 1) * row
            total = lax.cond(total > loop / 9, lambda: total / 2 - branch, lambda: total + row * loop)
            return (total, points), total

        (total, points), totals = lax.scan(step, (start, points), points)
        n, total = lax.while_loop(lambda c: c[0] < 5 + branch, lambda c: (c[0] + 1, c[1] / 2 + c[0]), (0.0, total))
        return long(total + totals.sum() + n, points)

    total, points = lax.switch(n, [long, looped, lambda start, points: long(start + 1, points * loop)], branch, points)
    return total + branch, points, loop


CALLS = [
    (np.int32(n), np.float32(x), np.random.default_rng(seed).uniform(-1, 1, 7).astype(np.float32))
    for seed, (n, x) in enumerate([(0, 0.1), (1, 0.3), (2, 0.6), (1, 0.05), (0, 0.7)])
]


def translated(fn, calls, sliced):
    text = to_javascript(fn, *calls[0], sliced=sliced)
    return Case(fn, calls, driven(text) if sliced else text)


@pytest.mark.parametrize("sliced", [False, True])
def test_a_large_program_is_cut_and_does_the_same(browser, sliced):
    case = translated(drawn, CALLS, sliced)
    parts = PART.findall(case.text)
    assert sum("branch" in part.split("(")[0] for part in parts) == 3
    assert all(len(part) < statements.MAX_CHARACTERS for part in parts)
    assert ("yield* branch" in case.text) == ("yield" in case.text) == sliced
    (result,) = comparison.in_chromium(browser, [case])
    compare(case, result, 1e-5)


@pytest.mark.parametrize("sliced", [False, True])
def test_every_function_does_the_same_when_all_is_cut(browser, monkeypatch, sliced):
    monkeypatch.setattr(statements, "MAX_CHARACTERS", 0)
    monkeypatch.setattr(statements, "MIN_CHARACTERS", 0)
    cases = {name: translated(fn, arguments(name), sliced) for name, (fn, _) in FUNCTIONS.items()}
    assert sum(bool(PART.search(case.text)) for case in cases.values()) > len(cases) / 2
    results = comparison.in_chromium(browser, cases.values())
    for (name, case), result in zip(cases.items(), results, strict=True):
        compare(case, result, 0 if name in EXACT else 1e-5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\[(\w+)\] = (branch\d*\()", r"\2"),  # what a branch sets does not come back
        (r"(= loop\d*\(\w+, )(\w+), (\w+)", r"\1\3, \2"),  # a loop gets two numbers in the wrong order
    ],
)
def test_a_wrong_call_of_a_part_is_found(browser, old, new):
    wrong, found = re.subn(old, new, to_javascript(drawn, *CALLS[0]))
    assert found
    case = Case(drawn, CALLS, wrong)
    (result,) = comparison.in_chromium(browser, [case])
    with pytest.raises(AssertionError):
        compare(case, result, 1e-5)
