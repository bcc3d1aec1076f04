"""Functions compiled to JavaScript do in Chromium and in Firefox what they do in JAX, however often they are called."""

import re

import pytest

from lib.live import to_javascript
from tests.javascript import comparison
from tests.javascript.comparison import PART, Case, compare, driven
from tests.javascript.functions import EXACT, FUNCTIONS, arguments


@pytest.fixture(scope="module")
def cases():
    return {name: Case(fn, arguments(name)) for name, (fn, _) in FUNCTIONS.items()}


@pytest.fixture(scope="module")
def in_chromium(cases, browser):
    return dict(zip(cases, comparison.in_chromium(browser, cases.values()), strict=True))


@pytest.fixture(scope="module")
def in_firefox(cases, firefox):
    return dict(zip(cases, comparison.results(firefox.evaluate, cases.values()), strict=True))


def tolerance(name):
    return 0 if name in EXACT else 1e-5


@pytest.mark.parametrize("name", FUNCTIONS)
def test_agrees_in_chromium(name, cases, in_chromium):
    compare(cases[name], in_chromium[name], tolerance(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_agrees_in_firefox(name, cases, in_firefox):
    compare(cases[name], in_firefox[name], tolerance(name))


def test_a_sliced_function_gives_the_same(browser):
    """Driven to its end, step by step."""
    sliced = {}
    for name in ("scan in scan", "while", "cond in a loop", "fori that swaps", "matrix times matrix"):
        fn, calls = FUNCTIONS[name][0], arguments(name)
        sliced[name] = Case(fn, calls, driven(to_javascript(fn, *calls[0], sliced=True)))
    results = comparison.in_chromium(browser, sliced.values())
    for (name, case), result in zip(sliced.items(), results, strict=True):
        compare(case, result, tolerance(name))


def test_a_small_program_is_one_function(cases):
    for case in cases.values():
        assert not PART.search(case.text)


def test_a_strict_policy_lets_it_run(cases):
    for case in cases.values():
        assert not re.search(r"\beval\b|\bFunction\b|\bimport\b|<script", case.text)
