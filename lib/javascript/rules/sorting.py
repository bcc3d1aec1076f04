"""Orders: the sorting itself is done by a helper, on one row of the arrays after another."""

from dataclasses import replace
from math import prod

from lib.javascript.graph import Eqn
from lib.javascript.index import flat
from lib.javascript.kernel import Kernel
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule


@rule("sort", loops=True)
def sort(lowering: Lowering, eqn: Eqn) -> None:
    axis, shape = eqn.params["dimension"], eqn.inputs[0].shape
    targets = [lowering.place(output) for output in eqn.outputs]
    for target, x in zip(targets, eqn.inputs, strict=True):
        lowering.copy(target, x, eqn)
    arrays = ", ".join(target.name for target in targets)
    stride = prod(shape[axis + 1 :])

    def build(kernel: Kernel) -> None:
        index = kernel.loop([1 if a == axis else size for a, size in enumerate(shape)])
        start = kernel.place(flat(index, shape))
        kernel.do(f"sortTogether([{arrays}], {eqn.params['num_keys']}, {start}, {stride}, {shape[axis]});")

    lowering.loops(build, eqn)


@rule("searchsorted", loops=True, whole=(0,))
def search(lowering: Lowering, eqn: Eqn) -> None:
    row, target = lowering.buffer(eqn.inputs[0]), lowering.place(eqn.output)
    template = "x" if eqn.params["side"] == "left" else "x + 1"  # of whole numbers

    def build(kernel: Kernel) -> None:
        index = kernel.loop(eqn.output.shape)
        x = kernel.filled(template, [kernel.read(eqn.inputs[1], index)], eqn.output.dtype, False, 1)
        stored = kernel.store(target, index, replace(x, text=f"countBelow({row.name}, {x.text})"))
        kernel.do(stored if eqn.output.shape else f"const {stored}")

    lowering.loops(build, eqn)


@rule("top_k", loops=True, whole=(0,))
def top_k(lowering: Lowering, eqn: Eqn) -> None:
    x, k = eqn.inputs[0], eqn.params["k"]
    axis = eqn.params["axis"] % len(x.shape)
    values, places = (lowering.place(output) for output in eqn.outputs)
    source = lowering.buffer(x)
    strides = [prod(shape[axis + 1 :]) for shape in (x.shape, eqn.output.shape)]

    def build(kernel: Kernel) -> None:
        index = kernel.loop([1 if a == axis else size for a, size in enumerate(x.shape)])
        start, to = kernel.place(source.at(index)), kernel.place(flat(index, eqn.output.shape))
        kernel.do(
            f"topOf({source.name}, {start}, {strides[0]}, {x.shape[axis]}, {k}, {values.name}, {places.name}, {to}, "
            f"{strides[1]});"
        )

    lowering.loops(build, eqn)
