"""Views: where in its input an element of the result lies. They cost nothing by themselves."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from lib.javascript import bounds
from lib.javascript.expression import Expr, literal
from lib.javascript.graph import Eqn, Value
from lib.javascript.index import Index, Variable, flat, unflat
from lib.javascript.kernel import Kernel
from lib.javascript.rule import rule

Place = tuple[Index, ...]


def view(primitive: str) -> Callable:
    """A rule by a map from the index in the result to the index in the input."""

    def enter(where: Callable[[Eqn, Place], Place]) -> Callable:
        rule(primitive, cost=0)(lambda kernel, eqn, index: kernel.read(eqn.inputs[0], where(eqn, index)))
        return where

    return enter


@view("broadcast_in_dim")
def _(eqn: Eqn, index: Place) -> Place:
    x, axes, n = eqn.inputs[0], eqn.params["broadcast_dimensions"], len(eqn.params["shape"])
    return (
        tuple(index[axis] if size > 1 else Index() for axis, size in zip(axes, x.shape, strict=False)) + index[n:]
    )  # of keys, the axis that is always there


@view("reshape")
def _(eqn: Eqn, index: Place) -> Place:
    return unflat(flat(index, eqn.output.shape), eqn.inputs[0].shape)


@view("squeeze")
def _(eqn: Eqn, index: Place) -> Place:
    rest, gone = iter(index), eqn.params["dimensions"]
    return tuple(Index() if axis in gone else next(rest) for axis in range(len(eqn.inputs[0].shape)))


@view("expand_dims")
def _(eqn: Eqn, index: Place) -> Place:
    return tuple(i for axis, i in enumerate(index) if axis not in eqn.params["dimensions"])


@view("transpose")
def _(eqn: Eqn, index: Place) -> Place:
    order = eqn.params["permutation"]
    return tuple(index[order.index(axis)] for axis in range(len(order))) + index[len(order) :]


@view("rev")
def _(eqn: Eqn, index: Place) -> Place:
    shape, turned = eqn.output.shape, eqn.params["dimensions"]
    return tuple(shape[axis] - 1 - i if axis in turned else i for axis, i in enumerate(index))


@view("slice")
def _(eqn: Eqn, index: Place) -> Place:
    starts, steps = eqn.params["start_indices"], eqn.params["strides"] or ()
    return tuple(i * (step or 1) + (start or 0) for i, start, step in zip_longest(index, starts, steps))


@view("column")
def _(eqn: Eqn, index: Place) -> Place:
    return *index, Index(constant=eqn.params["column"])


@view("tile")
def _(eqn: Eqn, index: Place) -> Place:
    return tuple(i.divmod(size)[1] for i, size in zip(index, eqn.inputs[0].shape, strict=True))


@view("split")
def _(eqn: Eqn, index: Place) -> Place:
    sizes, axis, n = eqn.params["sizes"], eqn.params["axis"], eqn.params["output"]
    return tuple(i + int(sum(sizes[:n])) if a == axis else i for a, i in enumerate(index))


@view("step of scan")
def _(eqn: Eqn, index: Place) -> Place:
    return eqn.params["at"], *index


@rule("iota", cost=0)
def _(_kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    at, dtype = index[eqn.params["dimension"]], eqn.output.dtype
    return Expr(at.text, dtype, at.depth, cost=int(" " in at.text), index=at if dtype.kind in "iu" else None)


@rule("pad", cost=0)
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    x, padding = eqn.inputs
    inside: list[str] = []
    at: list[Index] = []
    for i, size, (low, _, gap) in zip(index, x.shape, eqn.params["padding_config"], strict=False):
        place = i + -low
        inside += within(place, 0, (size - 1) * (gap + 1), kernel)
        place, between = place.divmod(gap + 1)
        inside += [f"{kernel.place(between)} === 0"] if between.terms else []
        at.append(place)
    at += index[len(at) :]
    element = kernel.read(x, at)
    if not inside:
        return element
    other = kernel.read(padding, ())
    text = f"{' && '.join(inside)} ? {element.rounded} : {other.rounded}"
    return Expr(text, x.dtype, max(i.depth for i in index), 1 + element.cost)


def within(place: Index, low: int, high: int, kernel: Kernel) -> list[str]:
    """The conditions for low ≤ place ≤ high that are not certain."""
    conditions = [f"{kernel.place(place)} >= {low}"] if place.low < low else []
    return conditions + ([f"{kernel.place(place)} <= {high}"] if place.high > high else [])


# --- Places that depend on values ----------------------------------------------------------------


@rule("dynamic_slice", cost=2, again=(0,))
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    x, *starts = eqn.inputs
    begin = [
        as_index(kernel, start, (), size - taken)
        for start, size, taken in zip(starts, x.shape, eqn.params["slice_sizes"], strict=False)
    ]
    return kernel.read(x, [i + start for i, start in zip_longest(index, begin, fillvalue=Index())])


def as_index(kernel: Kernel, value: Value, index: Place, most: int, clamp: bool = True) -> Index:
    """A value as an index from 0 to `most`; XLA clamps one that is too small or too large."""
    low, high = bounds.of(value)
    expr = kernel.read(value, index)
    if expr.index is not None and expr.index.low >= 0 and expr.index.high <= most:
        return expr.index
    if clamp and most == 0:
        return Index()
    if clamp and low < 0:
        expr = kernel.filled("Math.max(x, 0)", [expr], expr.dtype, False, 1)
    if clamp and high > most:
        expr = kernel.filled(f"Math.min(x, {most})", [expr], expr.dtype, False, 1)
    name = kernel.bind(expr, "at")
    return Index(((Variable(name.text, most + 1, expr.depth), 1),))


@rule("gather", cost=3, again=(0,))
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    x, *columns = eqn.inputs
    numbers, mode = eqn.params["dimension_numbers"], eqn.params["mode"].name
    place, starts, inside = window(kernel, numbers, x, columns, index, eqn.params["slice_sizes"], mode)
    element = kernel.read(x, [i + start for i, start in zip(place, starts, strict=True)])
    if not inside:
        return element
    filler = literal(_filler(eqn.params["fill_value"], x.dtype), x.dtype)
    text = f"{' && '.join(inside)} ? {element.rounded} : {filler}"
    depth = max(element.depth, *(start.depth for start in starts))
    return Expr(text, x.dtype, depth, 3 + element.cost)


def window(
    kernel: Kernel, numbers: Any, x: Value, columns: Sequence[Value], index: Place, sizes: tuple[int, ...], mode: str
) -> tuple[list[Index], list[Index], list[str]]:
    """Of a gather: the place in its window, where the window starts, and the conditions for it to be inside."""
    rank = len(numbers.offset_dims) + len(columns[0].shape) if columns else len(index)
    batch = tuple(i for axis, i in enumerate(index[:rank]) if axis not in numbers.offset_dims)
    offsets = iter(index[axis] for axis in numbers.offset_dims)
    batching = numbers.operand_batching_dims
    place = [
        Index() if axis in (*numbers.collapsed_slice_dims, *batching) else next(offsets) for axis in range(len(sizes))
    ]
    starts, inside = [Index()] * len(sizes), []
    for axis, its in zip(batching, numbers.start_indices_batching_dims, strict=True):
        starts[axis] = batch[its]
    for column, axis in zip(columns, numbers.start_index_map, strict=True):
        most, (low, high) = x.shape[axis] - sizes[axis], bounds.of(column)
        starts[axis] = as_index(kernel, column, batch, most, clamp=mode != "FILL_OR_DROP")
        if mode == "FILL_OR_DROP":
            name = starts[axis].text
            inside += [f"{name} >= 0"] * (low < 0) + [f"{name} <= {most}"] * (high > most)
    rest = index[rank:]
    return [*place, *rest], [*starts, *[Index()] * len(rest)], inside


def _filler(value: Any, dtype: np.dtype) -> Any:
    if value is not None:
        return value
    if dtype.kind == "f":
        return np.nan
    return True if dtype.kind == "b" else np.iinfo(dtype).min if dtype.kind == "i" else np.iinfo(dtype).max
