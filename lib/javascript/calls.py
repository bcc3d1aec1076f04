"""Calls that are not inlined: one equation does the same, and the page has a formula or a helper for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from jax.extend.core import JaxprEqn

from lib.javascript import bounds
from lib.javascript.graph import Value, page_type

Primitive = tuple[str, dict[str, Any]]  # its name and its parameters
ROOTS = (Path(jax.__file__).parents[1], Path(__file__).parents[2])  # the folders in which jax and lib lie


def primitive_of(eqn: JaxprEqn, *inputs: Value) -> Primitive | None:
    """What does the same as a call of a jitted function, if anything does for inputs such as these."""
    called = eqn.params["jaxpr"].jaxpr.debug_info
    file = Path(called.func_filename or "")
    names = (file.relative_to(root).with_suffix("").as_posix() for root in ROOTS if file.is_relative_to(root))
    rule = WHOLE.get(f"{next(names, '')}.{called.func_name}")
    return rule(eqn, *inputs) if rule else None


def _divided(primitive: str) -> Callable[..., Primitive | None]:
    """Of numbers that are not negative, one by one or all by one: what JAX does for the others is left out."""

    def rule(_: JaxprEqn, x: Value, y: Value) -> Primitive | None:
        whole = x.dtype == y.dtype and x.dtype.kind != "f"
        paired = len(x.shape) == len(y.shape) or () in (x.shape, y.shape)
        return (primitive, {}) if whole and paired and bounds.of(x)[0] >= 0 and bounds.of(y)[0] > 0 else None

    return rule


def _bits(eqn: JaxprEqn, key: Value) -> Primitive | None:
    """Of one key."""
    return ("random_bits", {"shape": page_type(eqn.outvars[0].aval, "")[0]}) if len(key.shape) == 1 else None


def _pairwise_sum(_: JaxprEqn, x: Value) -> Primitive | None:
    """Of one row: what is added up in a batch is not seen from here."""
    return ("pairwise_sum", {}) if len(x.shape) == 1 else None


def _searchsorted(eqn: JaxprEqn, row: Value, x: Value) -> Primitive | None:
    """Of whole numbers, which have no NaN and one zero, in one row."""
    if row.dtype.kind not in "iu" or max(len(row.shape), len(x.shape)) > 1:
        return None
    return "searchsorted", {"side": "left" if "le_to" in str(eqn.params["jaxpr"]) else "right"}


WHOLE: dict[str, Callable[..., Primitive | None]] = {  # by file and function
    "jax/_src/numpy/ufuncs.floor_divide": _divided("div"),
    "jax/_src/numpy/ufuncs.remainder": _divided("rem"),
    "jax/_src/numpy/hijax._searchsorted_scan_impl": _searchsorted,
    "lib/numerics/threefry.bits": _bits,
    "lib/numerics/summation.pairwise_sum": _pairwise_sum,
}
