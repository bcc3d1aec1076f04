"""Random bits, the same as JAX's: threefry2x32 of a key and a counter, as with jax_threefry_partitionable.

A key is two numbers. The counter has 64 bits; what is drawn here has less than 2³² elements, so its high half is 0.
"""

from lib.javascript.expression import Expr
from lib.javascript.graph import Eqn
from lib.javascript.index import Index, flat
from lib.javascript.kernel import Kernel
from lib.javascript.rule import rule

Place = tuple[Index, ...]
COST = 40


def _key(kernel: Kernel, eqn: Eqn, index: Place) -> list[Expr]:
    """The two numbers of the key at an index."""
    return [kernel.read(eqn.inputs[0], (*index, Index(constant=half))) for half in (0, 1)]


def _expr(eqn: Eqn, text: str, parts: list[Expr], *places: Index) -> Expr:
    depth = max(0, *(part.depth for part in parts), *(place.depth for place in places))
    return Expr(text, eqn.output.dtype, depth, COST + sum(part.cost for part in parts))


@rule("random_bits", cost=COST, again=(0,))
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    cut = len(eqn.inputs[0].shape) - 1
    keys, counter = _key(kernel, eqn, index[:cut]), flat(index[cut:], eqn.params["shape"])
    text = f"randomBits({keys[0].text}, {keys[1].text}, {kernel.place(counter)})"
    expr = _expr(eqn, text, keys, counter)
    return expr if expr.dtype.itemsize == 4 else kernel.filled("x", [expr], expr.dtype, True, COST)


@rule("random_split", cost=COST, again=(0,))
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    *place, half = index
    cut = len(eqn.inputs[0].shape) - 1
    keys, counter = _key(kernel, eqn, tuple(place[:cut])), flat(place[cut:], eqn.params["shape"])
    text = f"threefry({keys[0].text}, {keys[1].text}, 0, {kernel.place(counter)})[{kernel.place(half)}]"
    return _expr(eqn, text, keys, counter, half)


@rule("random_fold_in", cost=COST, again=(0,))
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    *place, half = index
    keys, data = _key(kernel, eqn, tuple(place)), kernel.read(eqn.inputs[1], place)
    text = f"threefry({keys[0].text}, {keys[1].text}, 0, {data.rounded})[{kernel.place(half)}]"
    return _expr(eqn, text, [*keys, data], half)


@rule("random_seed")
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    *place, half = index
    seed = kernel.read(eqn.inputs[0], place)
    if not half.terms:
        return (
            Expr(seed.text, eqn.output.dtype, seed.depth, seed.cost + 1, True)
            if half.constant
            else Expr("0", seed.dtype)
        )
    return Expr(f"{kernel.place(half)} * {seed.rounded}", eqn.output.dtype, max(seed.depth, half.depth), 1, True)


@rule("threefry2x32", cost=COST)
def _(kernel: Kernel, eqn: Eqn, index: Place) -> Expr:
    parts = [kernel.read(value, index[: len(value.shape)]) for value in eqn.inputs]
    text = f"threefry({', '.join(part.rounded for part in parts)})[{eqn.params['output']}]"
    return _expr(eqn, text, parts)
