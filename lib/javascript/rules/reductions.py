"""From many elements to one: sums, largest values, running sums, products of matrices."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from lib.javascript.expression import Expr, grouped
from lib.javascript.graph import Eqn, Value
from lib.javascript.index import Index, flat
from lib.javascript.kernel import Kernel
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule
from lib.javascript.scope import Scalar

Place = tuple[Index, ...]
IMUL = "Math.imul(x, y)"

# Columns of a product that are worked out together: a sum that waits for nothing but itself leaves a processor idle.
COLUMNS_AT_ONCE = 4

# XLA adds up to so many floats one after another in float32, and so does the page: the sum has the same bits. Of more,
# XLA adds up parts, in an order of its own; the page then adds in float64, which is faster and nearer to the exact sum.
MAX_ELEMENTS_IN_ORDER = {"reduce_sum": 32, "cumsum": 16}


@dataclass(frozen=True)
class Fold:
    """How a total begins, how it goes on with the next element x, and the result that it gives."""

    start: str
    step: str
    result: str = "{total}"
    rounds: bool = False  # whether the result does not fit into its dtype yet


FOLDS = {
    "sum": Fold("0", "{total} += {x}", rounds=True),
    "max": Fold("-Infinity", "{total} = Math.max({total}, {x})"),
    "min": Fold("Infinity", "{total} = Math.min({total}, {x})"),
    "xor": Fold("0", "{total} ^= {x}", rounds=True),
}
OF_FLOATS = {
    "sum": Fold("0", "{total} = flush({total} + {x})"),
    "prod": Fold("1", "{total} = flush({total} * {x})"),
    "logsumexp": Fold("-Infinity", "{total} = logAddExp({total}, {x})"),
}
# In float64, but where a float32 overflows: all numbers are larger by 2⁸⁹⁶, and so float64 overflows there too.
LIFTED_SUM = Fold("0", "{total} += {x} * 2 ** 896", "flush({total} * 2 ** -896)")
OF_INTEGERS = {
    "prod": Fold("1", "{total} = Math.imul({total}, {x})", rounds=True),  # float64 does not hold the whole product
    "and": Fold("-1", "{total} &= {x}", rounds=True),
    "or": Fold("0", "{total} |= {x}", rounds=True),
}
OF_TRUTHS = dict.fromkeys(("and", "min", "prod"), Fold("true", "{total} &&= {x}"))
OF_TRUTHS |= dict.fromkeys(("or", "max"), Fold("false", "{total} ||= {x}"))


def _fold(eqn: Eqn, length: int) -> tuple[Fold, Callable[[Expr], str]]:
    """The fold of so many elements, and how each of them is written in it."""
    name = re.sub("^(reduce_|cum)", "", eqn.primitive)
    kind = eqn.output.dtype.kind
    fold = {"b": OF_TRUTHS, "f": OF_FLOATS}.get(kind, OF_INTEGERS).get(name) or FOLDS[name]
    if name not in ("sum", "prod") or kind != "f":
        return fold, lambda x: x.rounded
    # A product that is added is not rounded before.
    if name == "prod" or length <= MAX_ELEMENTS_IN_ORDER[eqn.primitive]:
        return fold, lambda x: x.text if x.product and name == "sum" else grouped(x.rounded)
    return LIFTED_SUM, lambda x: x.text if x.product else grouped(x.stored)


@rule(*(f"reduce_{name}" for name in "sum prod max min and or xor".split()), loops=True, flushes=True)
def reduction(lowering: Lowering, eqn: Eqn) -> None:
    fold, written = _fold(eqn, prod(eqn.inputs[0].shape[axis] for axis in eqn.params["axes"]))

    def inner(kernel: Kernel, index: Place, total: str) -> None:
        kernel.do(fold.step.format(total=total, x=written(kernel.operand(eqn.inputs[0], index))) + ";")

    _reduce(lowering, eqn, {eqn.primitive.removeprefix("reduce_"): fold.start}, inner, fold.result, fold.rounds)


@rule("argmax", "argmin", loops=True)
def extreme(lowering: Lowering, eqn: Eqn) -> None:
    """The first of the largest; a NaN is larger, and smaller, than all others."""
    sign, start = (">", "-Infinity") if eqn.primitive == "argmax" else ("<", "Infinity")
    (axis,), is_float = eqn.params["axes"], eqn.inputs[0].dtype.kind == "f"

    def inner(kernel: Kernel, index: Place, at: str, best: str) -> None:
        x = kernel.bind(kernel.operand(eqn.inputs[0], index), "x").text
        better = f"{x} {sign} {best}" + (f" || ({x} !== {x} && {best} === {best})" if is_float else "")
        kernel.do(f"if ({better}) [{best}, {at}] = [{x}, {kernel.place(index[axis])}];")

    _reduce(lowering, eqn, {eqn.primitive: "0", "best": start}, inner)


def _reduce(
    lowering: Lowering,
    eqn: Eqn,
    starts: dict[str, str],
    inner: Callable[..., None],
    form: str = "{total}",
    rounds: bool = False,
) -> None:
    """Loops over what is kept, and in each over what is not. The first of the variables gives the result."""
    shape, axes, target = eqn.inputs[0].shape, eqn.params["axes"], lowering.place(eqn.output)
    first, *others = starts

    def build(kernel: Kernel) -> None:
        kept = kernel.loop([size for axis, size in enumerate(shape) if axis not in axes])
        depth = kernel.depth
        result = target.name if isinstance(target, Scalar) else lowering.name(first)
        names = [result, *map(lowering.name, others)]
        for name, start in zip(names, starts.values(), strict=True):
            kernel.do(f"let {name} = {start};")
        outer, gone = iter(kept), dict(zip(axes, kernel.loop([shape[axis] for axis in axes]), strict=True))
        inner(kernel, tuple(gone[axis] if axis in gone else next(outer) for axis in range(len(shape))), *names)
        stored = kernel.store(target, kept, Expr(form.format(total=result), eqn.output.dtype, rounds=rounds))
        if stored != f"{result} = {result};":
            kernel.after(depth, stored)

    lowering.loops(build, eqn)


@rule("pairwise_sum", loops=True, whole=(0,))
def pairwise_sum(lowering: Lowering, eqn: Eqn) -> None:
    row, target = lowering.buffer(eqn.inputs[0]), lowering.place(eqn.output)
    lowering.write(f"const {target.name} = pairwiseSum({row.name});")


@rule("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp", loops=True, flushes=True)
def running(lowering: Lowering, eqn: Eqn) -> None:
    x = eqn.inputs[0]
    axis, n = eqn.params["axis"], x.shape[eqn.params["axis"]]
    fold, written = _fold(eqn, n)
    target = lowering.place(eqn.output)

    def build(kernel: Kernel) -> None:
        other = kernel.loop([1 if a == axis else size for a, size in enumerate(x.shape)])
        total = lowering.name("total")
        kernel.do(f"let {total} = {fold.start};")
        (i,) = kernel.loop([n])
        index = tuple((n - 1 - i if eqn.params["reverse"] else i) if a == axis else o for a, o in enumerate(other))
        kernel.do(fold.step.format(total=total, x=written(kernel.operand(x, index))) + ";")
        kernel.do(kernel.store(target, index, Expr(fold.result.format(total=total), x.dtype, rounds=fold.rounds)))

    lowering.loops(build, eqn)


@rule("dot_general", loops=True, again=(0, 1), flushes=True)
def product(lowering: Lowering, eqn: Eqn) -> None:
    """Rows times columns, or, where the columns lie scattered in memory, rows added up into rows."""
    left, right = eqn.inputs
    (summed, summed_right), (batch, batch_right) = eqn.params["dimension_numbers"]
    free = [a for a in range(len(left.shape)) if a not in (*summed, *batch)]
    free_right = [a for a in range(len(right.shape)) if a not in (*summed_right, *batch_right)]
    height, length, columns = (
        [x.shape[a] for a in axes] for x, axes in ((left, (*batch, *free)), (left, summed), (right, free_right))
    )
    target, dtype = lowering.place(eqn.output), eqn.output.dtype
    is_float = dtype.kind == "f"

    def operand(kernel: Kernel, value: Value, index: Place) -> Expr:
        """An element as a number of the kind that is added up."""
        expr = kernel.operand(value, index)
        rounds = is_float and value.dtype.kind in "iu" and value.dtype.itemsize == 4
        return Expr(f"Math.fround({expr.rounded})", dtype, expr.depth, expr.cost + 1) if rounds else expr

    def row(kernel: Kernel, rows: Place, k: Place) -> Expr:
        """An element of the left side; of floats, larger by 2⁸⁹⁶ as in LIFTED_SUM."""
        a = operand(kernel, left, _placed((*batch, *free), rows, summed, k))
        return kernel.filled("x * 2 ** 896", [a], dtype, False, 1) if is_float else a

    def added(kernel: Kernel, total: str, a: Expr, rows: Place, i: Place, k: Place) -> str:
        index = _placed((*batch_right, *free_right), (*rows[: len(batch)], *i), summed_right, k)
        b = operand(kernel, right, index)
        sign, template = ("+=", "x * y") if is_float else ("||=", "x && y") if dtype.kind == "b" else ("+=", IMUL)
        return f"{total} {sign} {kernel.filled(template, [a, b], dtype, False, 1).text};"

    def rows_times_columns(kernel: Kernel) -> None:
        rows = kernel.loop(height)
        if columns and columns[-1] % COLUMNS_AT_ONCE == 0:
            *others, last = kernel.loop([*columns[:-1], columns[-1] // COLUMNS_AT_ONCE])
            places = [(*others, last * COLUMNS_AT_ONCE + j) for j in range(COLUMNS_AT_ONCE)]
        else:
            places = [kernel.loop(columns)]
        depth = kernel.depth
        totals = [target.name] if isinstance(target, Scalar) else [lowering.name("total") for _ in places]
        kernel.do(f"let {', '.join(f'{total} = 0' for total in totals)};")
        k = kernel.loop(length)
        a = row(kernel, rows, k)
        if len(places) > 1:
            a = kernel.bind(a, "x")
        for i, total in zip(places, totals, strict=True):
            kernel.do(added(kernel, total, a, rows, i, k))
            result = Expr(LIFTED_SUM.result.format(total=total) if is_float else total, dtype, rounds=not is_float)
            kernel.after(depth, kernel.store(target, (*rows, *i), result))

    def rows_into_rows(kernel: Kernel) -> None:
        rows = kernel.loop(height)
        depth = kernel.depth
        kernel.do(f"{sums}.fill(0);")
        k = kernel.loop(length)
        i = kernel.loop(columns)
        a = kernel.bind(row(kernel, rows, k), "x")
        kernel.do(added(kernel, f"{sums}[{kernel.place(flat(i, columns))}]", a, rows, i, k))
        start = kernel.place(flat(rows, height) * prod(columns))
        kernel.after(
            depth,
            f"storeSums({sums}, {target.name}, {start});" if is_float else f"{target.name}.set({sums}, {start});",
        )

    if prod(columns) > 1 and len(right.shape) - 1 in free_right:
        sums = lowering.scratch_row("row", prod(columns))
        lowering.loops(rows_into_rows, eqn)
    else:
        lowering.loops(rows_times_columns, eqn)


def _placed(axes: tuple[int, ...], index: Place, others: tuple[int, ...], other: Place) -> Place:
    where = dict(zip(axes, index, strict=True)) | dict(zip(others, other, strict=True))
    return tuple(where[axis] for axis in range(len(where)))
