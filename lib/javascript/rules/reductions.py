"""From many elements to one: sums, largest values, running sums, products of matrices. Floats are summed in float64."""

from collections.abc import Callable
from math import prod

import numpy as np

from lib.javascript.expression import Expr
from lib.javascript.graph import Eqn
from lib.javascript.index import Index, flat
from lib.javascript.kernel import Kernel, Scalar
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule

Place = tuple[Index, ...]

# So many columns of a product are worked out together: a sum that waits for nothing but itself leaves a processor idle.
TOGETHER = 4

# How a total begins, and how it goes on with the next element x.
STEPS = {
    "sum": ("0", "{total} += {x}"),
    "prod": ("1", "{total} *= {x}"),
    "max": ("-Infinity", "{total} = Math.max({total}, {x})"),
    "min": ("Infinity", "{total} = Math.min({total}, {x})"),
    "logsumexp": ("-Infinity", "{total} = logAddExp({total}, {x})"),
    "xor": ("0", "{total} ^= {x}"),
}
OF_INTEGERS = {
    "prod": ("1", "{total} = Math.imul({total}, {x})"),  # float64 does not hold the whole product
    "and": ("-1", "{total} &= {x}"),
    "or": ("0", "{total} |= {x}"),
}
OF_TRUTHS = dict.fromkeys(("and", "min"), ("true", "{total} &&= {x}"))
OF_TRUTHS |= dict.fromkeys(("or", "max"), ("false", "{total} ||= {x}"))


def _step(name: str, dtype: np.dtype) -> tuple[str, str]:
    special = {"b": OF_TRUTHS, "f": {}}.get(dtype.kind, OF_INTEGERS)
    return special.get(name) or STEPS[name]


@rule(*(f"reduce_{name}" for name in "sum prod max min and or xor".split()), loops=True)
def reduction(page: Lowering, eqn: Eqn) -> None:
    name = eqn.primitive.removeprefix("reduce_")
    start, step = _step(name, eqn.output.dtype)

    def inner(kernel: Kernel, index: Place, total: str) -> None:
        x = kernel.read(eqn.inputs[0], index)
        kernel.do(step.format(total=total, x=x.text if name == "sum" else x.rounded) + ";")

    _reduce(page, eqn, {name: start}, inner, rounds=name not in ("max", "min"))


@rule("argmax", "argmin", loops=True)
def extreme(page: Lowering, eqn: Eqn) -> None:
    """The first of the largest; a NaN is larger, and smaller, than all others."""
    sign, start = (">", "-Infinity") if eqn.primitive == "argmax" else ("<", "Infinity")
    (axis,), is_float = eqn.params["axes"], eqn.inputs[0].dtype.kind == "f"

    def inner(kernel: Kernel, index: Place, at: str, best: str) -> None:
        x = kernel.bind(kernel.read(eqn.inputs[0], index), "x").text
        better = f"{x} {sign} {best}" + (f" || ({x} !== {x} && {best} === {best})" if is_float else "")
        kernel.do(f"if ({better}) [{best}, {at}] = [{x}, {kernel.place(index[axis])}];")

    _reduce(page, eqn, {eqn.primitive: "0", "best": start}, inner, rounds=False)


def _reduce(page: Lowering, eqn: Eqn, starts: dict[str, str], inner: Callable[..., None], rounds: bool) -> None:
    """Loops over what is kept, and in each over what is not. The first of the variables is the result."""
    shape, axes, target = eqn.inputs[0].shape, eqn.params["axes"], page.place(eqn.output)
    first, *others = starts

    def build(kernel: Kernel) -> None:
        kept = kernel.loop([size for axis, size in enumerate(shape) if axis not in axes])
        depth = kernel.depth
        result = target.name if isinstance(target, Scalar) else page.name(first)
        names = [result, *map(page.name, others)]
        for name, start in zip(names, starts.values(), strict=True):
            kernel.do(f"let {name} = {start};")
        outer, gone = iter(kept), dict(zip(axes, kernel.loop([shape[axis] for axis in axes]), strict=True))
        inner(kernel, tuple(gone[axis] if axis in gone else next(outer) for axis in range(len(shape))), *names)
        stored = kernel.store(target, kept, Expr(result, eqn.output.dtype, rounds=rounds))
        if stored != f"{result} = {result};":
            kernel.after(depth, stored)

    page.loops(build, eqn)


@rule("pairwise_sum", loops=True, whole=(0,))
def pairwise_sum(page: Lowering, eqn: Eqn) -> None:
    row, target = page.buffer(eqn.inputs[0]), page.place(eqn.output)
    page.write(f"const {target.name} = pairwiseSum({row.name});")


@rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp", loops=True)
def running(page: Lowering, eqn: Eqn) -> None:
    name, x = eqn.primitive.removeprefix("cum"), eqn.inputs[0]
    start, step = _step(name, x.dtype)
    axis, n = eqn.params["axis"], x.shape[eqn.params["axis"]]
    target = page.place(eqn.output)

    def build(kernel: Kernel) -> None:
        other = kernel.loop([1 if a == axis else size for a, size in enumerate(x.shape)])
        total = page.name("total")
        kernel.do(f"let {total} = {start};")
        (i,) = kernel.loop([n])
        index = tuple((n - 1 - i if eqn.params["reverse"] else i) if a == axis else o for a, o in enumerate(other))
        element = kernel.read(x, index)
        kernel.do(step.format(total=total, x=element.text if name == "sum" else element.rounded) + ";")
        kernel.do(kernel.store(target, index, Expr(total, x.dtype, rounds=True)))

    page.loops(build, eqn)


@rule("dot_general", loops=True, again=(0, 1))
def product(page: Lowering, eqn: Eqn) -> None:
    """Rows times columns, or, where the columns lie scattered in memory, rows added up into rows."""
    left, right = eqn.inputs
    (summed, summed_right), (batch, batch_right) = eqn.params["dimension_numbers"]
    free = [a for a in range(len(left.shape)) if a not in (*summed, *batch)]
    free_right = [a for a in range(len(right.shape)) if a not in (*summed_right, *batch_right)]
    height, length, columns = (
        [x.shape[a] for a in axes] for x, axes in ((left, (*batch, *free)), (left, summed), (right, free_right))
    )
    target, dtype = page.place(eqn.output), eqn.output.dtype

    def row(kernel: Kernel, rows: Place, k: Place) -> Expr:
        return kernel.read(left, _placed((*batch, *free), rows, summed, k))

    def term(kernel: Kernel, a: Expr, rows: Place, i: Place, k: Place) -> str:
        b = kernel.read(right, _placed((*batch_right, *free_right), (*rows[: len(batch)], *i), summed_right, k))
        return kernel.filled("x * y" if dtype.kind == "f" else "Math.imul(x, y)", [a, b], dtype, False, 1).text

    def rows_times_columns(kernel: Kernel) -> None:
        rows = kernel.loop(height)
        if columns and columns[-1] % TOGETHER == 0:
            *others, last = kernel.loop([*columns[:-1], columns[-1] // TOGETHER])
            places = [(*others, last * TOGETHER + j) for j in range(TOGETHER)]
        else:
            places = [kernel.loop(columns)]
        depth = kernel.depth
        totals = [target.name] if isinstance(target, Scalar) else [page.name("total") for _ in places]
        kernel.do(f"let {', '.join(f'{total} = 0' for total in totals)};")
        k = kernel.loop(length)
        a = row(kernel, rows, k)
        if len(places) > 1:
            a = kernel.bind(a, "x")
        for i, total in zip(places, totals, strict=True):
            kernel.do(f"{total} += {term(kernel, a, rows, i, k)};")
            kernel.after(depth, kernel.store(target, (*rows, *i), Expr(total, dtype, rounds=True)))

    def rows_into_rows(kernel: Kernel) -> None:
        rows = kernel.loop(height)
        depth = kernel.depth
        kernel.do(f"{sums}.fill(0);")
        k = kernel.loop(length)
        i = kernel.loop(columns)
        a = kernel.bind(row(kernel, rows, k), "x")
        kernel.do(f"{sums}[{kernel.place(flat(i, columns))}] += {term(kernel, a, rows, i, k)};")
        offset = kernel.place(flat(rows, height) * prod(columns))
        kernel.after(depth, f"{target.name}.set({sums}{'' if offset == '0' else f', {offset}'});")

    if prod(columns) > 1 and len(right.shape) - 1 in free_right:
        sums = page.scratch("row", prod(columns))
        page.loops(rows_into_rows, eqn)
    else:
        page.loops(rows_times_columns, eqn)


def _placed(axes: tuple[int, ...], index: Place, others: tuple[int, ...], other: Place) -> Place:
    where = dict(zip(axes, index, strict=True)) | dict(zip(others, other, strict=True))
    return tuple(where[axis] for axis in range(len(where)))
