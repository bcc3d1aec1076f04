"""Functions in a browser against JAX: many at once, so that a browser is asked few times."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from playwright.sync_api import Browser

from lib.javascript import to_javascript
from lib.javascript.program import ARRAYS

# A function that a loop or a branch of a large program got.
PART = re.compile(r"^  function\*? (?:branch|loop)\d*\(.*?^  }$", re.M | re.S)


@dataclass
class Case:
    """A function and the arguments of several calls; the text is what stands in for it in the page."""

    fn: Callable
    calls: Sequence[tuple[Any, ...]]
    text: str = ""

    def __post_init__(self) -> None:
        self.text = self.text or to_javascript(self.fn, *self.calls[0])

    @cached_property
    def expected(self) -> list[list[np.ndarray]]:
        fn = jax.jit(self.fn)
        return [[seen(leaf) for leaf in jax.tree.leaves(fn(*call))] for call in self.calls]


def driven(sliced):
    """A function that drives a sliced one to its end."""
    return (
        "((start) => (...args) => { let run = start(...args), step; while (!(step = run.next()).done); "
        f"return step.value; }})({sliced})"
    )


def seen(leaf: Any) -> np.ndarray:
    """A leaf as the page has it."""
    is_key = isinstance(leaf, jax.Array) and jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def in_chromium(browser: Browser, cases: Iterable[Case]) -> list[Any]:
    """What the functions give in a new page."""
    with browser.new_page() as page:
        return results(page.evaluate, cases)


def results(evaluate: Callable[[str], str], cases: Iterable[Case]) -> list[Any]:
    """What the functions give where `evaluate` runs a script: of each the results of its calls, or an error's words."""
    return json.loads(evaluate(_script([*cases])))


def _script(cases: Sequence[Case]) -> str:
    """A script that calls each function with all its arguments, in turn, and gives what came back as JSON.

    The calls are made in two orders, and all must give the same: what one call leaves behind must not change another.
    """
    functions = ",\n".join(case.text for case in cases)
    calls = [[[_encoded(seen(leaf)) for leaf in jax.tree.leaves(call)] for call in case.calls] for case in cases]
    return f"""(() => {{
"use strict";
const functions = [{functions}];
const array = ([kind, text]) => new globalThis[kind](Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const text = (a) => [a.constructor.name, btoa(String.fromCharCode(...new Uint8Array(a.buffer)))];
return JSON.stringify({json.dumps(calls)}.map((calls, n) => {{
  try {{
    const call = (args) => functions[n](...args.map(array));
    const same = (a, b) => a.every((x, i) => x.every((value, j) => Object.is(value, b[i][j])));
    const first = calls.map(call);
    const second = [...calls].reverse().map(call).reverse();
    return first.map((a, i) => same(a, second[i]) ? a.map(text) : "the second call gave something else");
  }} catch (error) {{
    return [String(error)];
  }}
}}));
}})()"""


def _encoded(x: np.ndarray) -> tuple[str, str]:
    return ARRAYS[x.dtype.name], base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()


def decoded(result: Sequence[tuple[str, str]], like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What came back, as arrays of these shapes."""
    assert [kind for kind, _ in result] == [ARRAYS[x.dtype.name] for x in like]
    return [
        np.frombuffer(base64.b64decode(text), np.dtype(x.dtype)).reshape(x.shape)
        for (_, text), x in zip(result, like, strict=True)
    ]


def compare(case: Case, given: Sequence[Any], tolerance: float) -> float:
    """The largest difference of floats, relative to the number or, if that is larger, to the median of all.

    Raises AssertionError where it is above the tolerance, or anything else differs.
    """
    worst = 0.0
    expected = case.expected
    assert len(given) == len(expected), given
    for result, wanted in zip(given, expected, strict=True):
        assert not isinstance(result, str), result
        for got, want in zip(decoded(result, wanted), wanted, strict=True):
            if want.dtype.kind != "f" or not tolerance:
                np.testing.assert_array_equal(got, want)
                continue
            np.testing.assert_array_equal(np.isfinite(got), np.isfinite(want))
            finite = np.isfinite(want)
            np.testing.assert_array_equal(got[~finite], want[~finite])
            if finite.any():
                scale = np.maximum(np.abs(want[finite]), max(np.median(np.abs(want[finite])), 1e-30))
                worst = max(worst, float((np.abs(np.float64(got[finite]) - want[finite]) / scale).max()))
    assert worst <= tolerance, f"differs by {worst:.2g} of the scale"
    return worst
