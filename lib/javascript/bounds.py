"""Between which whole numbers a value lies, as far as the equations say. What is certain needs no code in the page.

An index that is known to be inside needs no clamp, one that is not negative does not count from the end, and a
comparison that is decided is a constant.
"""

from collections.abc import Callable, Sequence

import numpy as np

from lib.javascript.graph import Const, Eqn, Value, Var

Bounds = tuple[int, int]

# The result is made of elements of these inputs.
MADE_OF = {
    **dict.fromkeys(
        "reshape squeeze expand_dims transpose rev slice broadcast_in_dim split tile column copy".split(), 1
    ),
    **dict.fromkeys("dynamic_slice reduce_max reduce_min cummax cummin".split(), 1),
    **dict.fromkeys("concatenate stack pad dynamic_update_slice".split(), None),
}


def of(value: Value) -> Bounds:
    """The bounds of a value of integers or truths."""
    if isinstance(value, Var):
        return value.bounds or limits(value.dtype)
    return (int(value.value.min()), int(value.value.max())) if value.value.size else limits(value.dtype)


def limits(dtype: np.dtype) -> Bounds:
    return (0, 1) if dtype.kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


def fit(known: Bounds, dtype: np.dtype) -> bool:
    """Whether all numbers between the bounds are some of the type's."""
    low, high = limits(dtype)
    return low <= known[0] and known[1] <= high


def result(eqn: Eqn, n: int = 0) -> Bounds | None:
    """The bounds of an equation's result."""
    output = eqn.outputs[n]
    if output.dtype.kind == "f":
        return None
    known = [of(value) for value in eqn.inputs if value.dtype.kind != "f"]
    found = _found(eqn, known)
    return found if found and fit(found, output.dtype) else limits(output.dtype)


def _found(eqn: Eqn, known: Sequence[Bounds]) -> Bounds | None:
    name = eqn.primitive
    if name == "iota":
        return 0, max(0, eqn.params["shape"][eqn.params["dimension"]] - 1)
    if name in ("argmax", "argmin"):
        return 0, max(0, eqn.inputs[0].shape[eqn.params["axes"][0]] - 1)
    if name == "searchsorted":
        return 0, eqn.inputs[0].shape[0]
    if len(known) < len(eqn.inputs) or not known:
        return None
    if name in MADE_OF:
        return _union(known[: MADE_OF[name]])
    if name == "gather" and eqn.params["mode"].name != "FILL_OR_DROP":
        return known[0]
    if name == "select_n":
        return _union(known[1:])
    return FORMULAS[name](*known) if name in FORMULAS else None


def _union(known: Sequence[Bounds]) -> Bounds:
    return min(low for low, _ in known), max(high for _, high in known)


def _product(x: Bounds, y: Bounds) -> Bounds:
    corners = [a * b for a in x for b in y]
    return min(corners), max(corners)


def _quotient(x: Bounds, y: Bounds) -> Bounds | None:
    return (x[0] // y[1], x[1] // y[0]) if x[0] >= 0 and y[0] > 0 else None


def _remainder(x: Bounds, y: Bounds) -> Bounds | None:
    if y[0] <= 0:
        return None
    return (0, min(x[1], y[1] - 1)) if x[0] >= 0 else (1 - y[1], y[1] - 1)


def _compared(certain: bool, impossible: bool) -> Bounds:
    return (1, 1) if certain else (0, 0) if impossible else (0, 1)


FORMULAS: dict[str, Callable[..., Bounds | None]] = {
    "add": lambda x, y: (x[0] + y[0], x[1] + y[1]),
    "sub": lambda x, y: (x[0] - y[1], x[1] - y[0]),
    "mul": _product,
    "neg": lambda x: (-x[1], -x[0]),
    "div": _quotient,
    "rem": _remainder,
    "max": lambda x, y: (max(x[0], y[0]), max(x[1], y[1])),
    "min": lambda x, y: (min(x[0], y[0]), min(x[1], y[1])),
    "clamp": lambda low, x, high: (min(max(x[0], low[0]), high[0]), max(low[1], min(x[1], high[1]))),
    "sign": lambda x: (int(np.sign(x[0])), int(np.sign(x[1]))),
    "convert_element_type": lambda x: x,
    "shift_right_logical": lambda x, n: (x[0] >> n[1], x[1] >> n[0]) if x[0] >= 0 and 0 <= n[0] <= n[1] < 32 else None,
    "lt": lambda x, y: _compared(x[1] < y[0], x[0] >= y[1]),
    "le": lambda x, y: _compared(x[1] <= y[0], x[0] > y[1]),
    "gt": lambda x, y: _compared(x[0] > y[1], x[1] <= y[0]),
    "ge": lambda x, y: _compared(x[0] >= y[1], x[1] < y[0]),
    "eq": lambda x, y: _compared(x == y and x[0] == x[1], x[1] < y[0] or y[1] < x[0]),
    "ne": lambda x, y: _compared(x[1] < y[0] or y[1] < x[0], x == y and x[0] == x[1]),
}


def constant(output: Var) -> Const | None:
    """The constant that a value is, where its bounds leave it no choice."""
    if output.bounds and output.bounds[0] == output.bounds[1] and output.dtype.kind != "f":
        return Const(np.broadcast_to(np.asarray(output.bounds[0], output.dtype), output.shape))
    return None
