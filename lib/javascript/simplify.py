"""Simplify: what an equation need not work out, because it is known, or there already, or never asked for."""

from collections.abc import Sequence
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.extend.core import JaxprEqn
from jax.random import wrap_key_data

from lib.javascript import bounds
from lib.javascript.graph import Const, Eqn, Value, constant, is_key, page_type

# A constant that is larger, and larger than what it comes from, is computed when the page starts.
MAX_BYTES_IN_PLACE = 1024


def unchanged(name: str, params: dict[str, Any], inputs: Sequence[Value], shape: tuple[int, ...]) -> Value | None:
    """The input that an equation gives back as it is: x · 1, a choice that is known, …"""
    if name == "convert_element_type" and inputs[0].dtype == params["new_dtype"]:
        return inputs[0]
    if name == "reduce_precision" and (params["exponent_bits"], params["mantissa_bits"]) == (8, 23):
        return inputs[0]
    if name == "integer_pow" and params["y"] == 1:
        return inputs[0]
    if name in ("reshape", "broadcast_in_dim", "squeeze") and len(inputs) == 1:
        return inputs[0] if inputs[0].shape == shape else None
    if name == "select_n" and isinstance(inputs[0], Const) and inputs[0].is_uniform:
        return _if_whole(inputs[1 + int(inputs[0].number)], inputs[1])
    neutral = {"mul": 1, "div": 1, "sub": 0}.get(name)
    if neutral is not None and _is(inputs[1], neutral):
        return _if_whole(inputs[0], inputs[1])
    if name in ("max", "min", "rem") and inputs[0].dtype.kind in "iu":
        return _decided(name, inputs)
    if name in ("and", "or") and inputs[0].dtype.kind == "b":
        for value, other in (inputs, inputs[::-1]):
            if _is(other, name == "and"):
                return _if_whole(value, other)
    if name == "mul" and _is(inputs[0], 1):
        return _if_whole(inputs[1], inputs[0])
    if name == "add" and inputs[0].dtype.kind != "f":  # −0 + 0 is another float than −0
        if _is(inputs[0], 0):
            return _if_whole(inputs[1], inputs[0])
        if _is(inputs[1], 0):
            return _if_whole(inputs[0], inputs[1])
    return None


def _decided(name: str, inputs: Sequence[Value]) -> Value | None:
    """Of two whole numbers, the one that is larger or smaller by its bounds, or too small to be divided."""
    for value, other in (inputs,) if name == "rem" else (inputs, inputs[::-1]):
        (low, high), (its_low, its_high) = bounds.of(value), bounds.of(other)
        if {"max": low >= its_high, "min": high <= its_low, "rem": 0 <= low <= high < its_low}[name]:
            return _if_whole(value, other)
    return None


def _is(value: Value, number: int) -> bool:
    return isinstance(value, Const) and value.is_uniform and bool(value.number == number)


def _if_whole(value: Value, other: Value) -> Value | None:
    """The value, unless the other one gives the result its shape."""
    narrower = len(other.shape) in (0, len(value.shape)) and all(
        size in (1, its) for size, its in zip(other.shape, value.shape, strict=False)
    )
    return value if narrower else None


def folded(eqn: JaxprEqn, inputs: Sequence[Value]) -> list[Const] | None:
    """The results of an equation that has constants only, where they are small or repeat one number."""
    consts = [value for value in inputs if isinstance(value, Const)]
    if not consts or len(consts) < len(inputs):  # iota has no input: its formula is shorter than its values
        return None
    if eqn.primitive.name == "broadcast_in_dim" and consts[0].is_uniform and not is_key(eqn.invars[0].aval):
        return [Const(np.broadcast_to(consts[0].number, eqn.params["shape"]))]
    sizes = [prod(page_type(v.aval, "a constant")[0]) * 4 for v in eqn.outvars]
    if sum(sizes) > max(MAX_BYTES_IN_PLACE, *(x.value.nbytes for x in consts)):
        return None
    return evaluated(eqn, consts)


def evaluated(eqn: JaxprEqn, consts: Sequence[Const]) -> list[Const]:
    """The results of an equation."""
    keyed = [is_key(v.aval) for v in eqn.invars]
    values = [wrap_key_data(jnp.asarray(x.value)) if key else x.value for x, key in zip(consts, keyed, strict=True)]
    results = eqn.primitive.bind(*values, **eqn.params)
    return [constant(x) for x in (results if eqn.primitive.multiple_results else [results])]


def identity(value: Value) -> Any:
    """Equal for values that are known to be equal."""
    if isinstance(value, Const) and value.is_uniform:
        return value.shape, value.dtype, value.number.tobytes()
    if isinstance(value, Const) and value.value.nbytes <= MAX_BYTES_IN_PLACE:
        return value.shape, value.dtype, value.value.tobytes()
    return id(value)


def needed(eqns: Sequence[Eqn], outputs: Sequence[Value]) -> list[Eqn]:
    """The equations that the outputs depend on."""
    wanted, kept = set(outputs), []
    for eqn in reversed(eqns):
        if not wanted.isdisjoint(eqn.outputs):
            kept.append(eqn)
            wanted.update(eqn.reads)
    return kept[::-1]
