"""Calls that are not inlined: one equation does the same, and the page has a formula or a helper for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jax.extend.core import JaxprEqn

from lib.live.javascript import bounds
from lib.live.javascript.graph import Value, seen

Primitive = tuple[str, dict[str, Any]]  # its name and its parameters


def primitive_of(eqn: JaxprEqn, *inputs: Value) -> Primitive | None:
    """What does the same as a call of a jitted function, if anything does for inputs such as these."""
    called = eqn.params["jaxpr"].jaxpr.debug_info
    rule = CALLS.get(f"{Path(called.func_filename or '').stem}.{called.func_name}")
    return rule(eqn, *inputs) if rule else None


def _divided(primitive: str) -> Callable[..., Primitive | None]:
    """Of numbers that are not negative: what JAX does for the others is left out."""

    def rule(_: JaxprEqn, x: Value, y: Value) -> Primitive | None:
        whole = x.dtype == y.dtype and x.dtype.kind != "f"
        return (primitive, {}) if whole and bounds.of(x)[0] >= 0 and bounds.of(y)[0] > 0 else None

    return rule


def _bits(eqn: JaxprEqn, key: Value) -> Primitive | None:
    """Of one key."""
    return ("random_bits", {"shape": seen(eqn.outvars[0].aval, "")[0]}) if len(key.shape) == 1 else None


def _pairwise_sum(_: JaxprEqn, x: Value) -> Primitive | None:
    """Of one row: what is added up in a batch is not seen from here."""
    return ("pairwise_sum", {}) if len(x.shape) == 1 else None


def _searchsorted(eqn: JaxprEqn, row: Value, x: Value) -> Primitive | None:
    """Of whole numbers, which have no NaN and one zero, in one row."""
    if row.dtype.kind not in "iu" or max(len(row.shape), len(x.shape)) > 1:
        return None
    return "searchsorted", {"side": "left" if "le_to" in str(eqn.params["jaxpr"]) else "right"}


CALLS: dict[str, Callable[..., Primitive | None]] = {  # by file and function
    "ufuncs.floor_divide": _divided("div"),
    "ufuncs.remainder": _divided("rem"),
    "hijax._searchsorted_scan_impl": _searchsorted,
    "threefry.bits": _bits,
    "summation.pairwise_sum": _pairwise_sum,
}
