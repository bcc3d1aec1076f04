"""Calls that are not inlined: one equation does the same, and the page has a formula or a helper for it."""

import inspect
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax._src.numpy import hijax
from jax.extend.core import JaxprEqn

from lib.javascript import bounds
from lib.javascript.graph import Value, page_type
from lib.numerics import summation, threefry

Primitive = tuple[str, dict[str, Any]]  # its name and its parameters


def primitive_of(eqn: JaxprEqn, *inputs: Value) -> Primitive | None:
    """What does the same as a call of a jitted function, if anything does for inputs such as these."""
    called = eqn.params["jaxpr"].jaxpr.debug_info
    rule = WHOLE.get((called.func_filename, called.func_lineno))
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
    # Of zeros, the place of 0 is before all of them or behind.
    zeros = (np.zeros(value.shape, value.dtype) for value in (row, x))
    places = eqn.primitive.bind(*zeros, **eqn.params)
    return "searchsorted", {"side": "right" if np.any(places[0]) else "left"}


def _source(function: Callable) -> tuple[str, int]:
    """The file and the line where a function is written, by which a call of it is known."""
    code = inspect.unwrap(function).__code__
    return code.co_filename, code.co_firstlineno


WHOLE: dict[tuple[str, int], Callable[..., Primitive | None]] = {
    _source(jnp.floor_divide): _divided("div"),
    _source(jnp.remainder): _divided("rem"),
    _source(hijax._searchsorted_scan_impl): _searchsorted,
    _source(threefry.bits): _bits,
    _source(summation.pairwise_sum): _pairwise_sum,
}
