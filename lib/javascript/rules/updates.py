"""Results that are put together from parts: rows one after another, a slice replaced, values scattered."""

from itertools import zip_longest
from typing import Any

from lib.javascript.expression import Expr
from lib.javascript.graph import Eqn
from lib.javascript.index import Index
from lib.javascript.kernel import Kernel
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule
from lib.javascript.rules.views import as_index, window
from lib.javascript.subnormal import is_subnormal


@rule("concatenate", loops=True)
def concatenate(lowering: Lowering, eqn: Eqn) -> None:
    axis, start = eqn.params["dimension"], 0
    target = lowering.place(eqn.output)
    for part in eqn.inputs:

        def where(index: tuple[Index, ...], start: int = start) -> tuple[Index, ...]:
            return tuple(i + start if a == axis else i for a, i in enumerate(index))

        lowering.copy(target, part, eqn, where)
        start += part.shape[axis]


@rule("stack", loops=True)
def stack(lowering: Lowering, eqn: Eqn) -> None:
    axis, target = eqn.params["axis"], lowering.place(eqn.output)

    def build(kernel: Kernel) -> None:
        index = kernel.loop(eqn.inputs[0].shape)
        for n, part in enumerate(eqn.inputs):
            where = (*index[:axis], Index(constant=n), *index[axis:])
            kernel.do(kernel.store(target, where, kernel.read(part, index)))

    lowering.loops(build, eqn)


@rule("dynamic_update_slice", loops=True)
def replace_slice(lowering: Lowering, eqn: Eqn) -> None:
    x, update, *starts = eqn.inputs
    target = lowering.place(eqn.output)
    lowering.declare(target)
    lowering.copy(target, x, eqn)

    def build(kernel: Kernel) -> None:
        sizes = zip(starts, x.shape, update.shape, strict=False)
        begin = [as_index(kernel, start, (), size - taken) for start, size, taken in sizes]
        index = kernel.loop(update.shape)
        where = [i + start for i, start in zip_longest(index, begin, fillvalue=Index())]
        kernel.do(kernel.store(target, where, kernel.read(update, index)))

    lowering.loops(build, eqn)


COMBINED = {
    "scatter": "{new}",
    "scatter-add": "{old} + {new}",
    "scatter-sub": "{old} - {new}",
    "scatter-mul": "{old} * {new}",
    "scatter-min": "Math.min({old}, {new})",
    "scatter-max": "Math.max({old}, {new})",
}


@rule(*COMBINED, loops=True)
def scatter(lowering: Lowering, eqn: Eqn) -> None:
    x, update, *columns = eqn.inputs
    numbers, mode = eqn.params["dimension_numbers"], eqn.params["mode"].name
    target = lowering.place(eqn.output)
    lowering.declare(target)
    lowering.copy(target, x, eqn)
    # A scatter is a gather in reverse: its updates lie as the results of the gather do.
    like = _Gather(numbers)
    batch = len(columns[0].shape) if columns else 0
    lanes = len(update.shape) - len(numbers.update_window_dims) - batch  # 1 for keys, which have an axis more
    windows = iter(size for axis, size in enumerate(update.shape) if axis in numbers.update_window_dims)
    sizes = tuple(
        1 if axis in (*like.collapsed_slice_dims, *like.operand_batching_dims) else next(windows)
        for axis in range(len(x.shape) - lanes)
    )

    def build(kernel: Kernel) -> None:
        index = kernel.loop(update.shape)
        place, starts, inside = window(kernel, like, x, columns, index, sizes, mode)
        where = [i + start for i, start in zip(place, starts, strict=True)]
        old = kernel.store(target, where, Expr("", x.dtype)).removesuffix(" = ;")
        form = COMBINED[eqn.primitive]
        is_float = x.dtype.kind == "f" and eqn.primitive != "scatter"
        if x.dtype.kind in "iu" and eqn.primitive == "scatter-mul":
            form = "Math.imul({old}, {new})"
        new = kernel.operand(update, index) if is_float else kernel.read(update, index)
        if is_float and is_subnormal(x, kernel.scope.subnormal):
            old = f"flush({old})"
        result = Expr(form.format(old=old, new=new.rounded), x.dtype, rounds=True, underflows=is_float)
        stored = kernel.store(target, where, result)
        kernel.do(f"if ({' && '.join(inside)}) {stored}" if inside else stored)

    lowering.loops(build, eqn)


class _Gather:
    """The dimension numbers of a scatter, by the names that a gather has for them."""

    def __init__(self, numbers: Any) -> None:
        self.offset_dims = numbers.update_window_dims
        self.collapsed_slice_dims = numbers.inserted_window_dims
        self.start_index_map = numbers.scatter_dims_to_operand_dims
        self.operand_batching_dims = numbers.operand_batching_dims
        self.start_indices_batching_dims = numbers.scatter_indices_batching_dims
