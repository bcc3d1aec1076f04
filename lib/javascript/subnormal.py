"""Which floats may be subnormal: nearer to 0 than 2⁻¹²⁶, but not 0.

On CPUs, JAX's arithmetic takes a subnormal operand for 0, and gives 0 for a subnormal result; what only moves numbers
keeps them. JavaScript computes with them. So the rules of arithmetic flush a result that may be subnormal, and an
operand that may be: an argument of the function, or what was made of one without arithmetic.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from lib.javascript.graph import Const, Eqn, Graph, Value, Var
from lib.javascript.rule import rule_of

SMALLEST = float(np.finfo(np.float32).tiny)
MADE_OF_BITS = ("bitcast_convert_type", "nextafter", "rem")  # subnormal even where no operand is


def subnormals(graph: Graph) -> set[Value]:
    """The variables of a graph, and of the graphs in it, that may be subnormal."""
    found: set[Value] = {value for value in graph.inputs if value.dtype.kind == "f"}
    known = -1
    while len(found) > known:  # what a loop carries goes round
        known = len(found)
        _spread(graph, found)
    return found


def is_subnormal(value: Value, found: set[Value]) -> bool:
    if isinstance(value, Const) and value.dtype.kind == "f":
        return bool(((np.abs(value.value) < SMALLEST) & (value.value != 0)).any())
    return value in found


def _spread(graph: Graph, found: set[Value]) -> None:
    for eqn in graph.eqns:
        for sources, targets in _flows(eqn):
            found.update(
                target
                for source, target in zip(sources, targets, strict=False)
                if target.dtype.kind == "f" and is_subnormal(source, found)
            )
        for inner in eqn.graphs:
            _spread(inner, found)
        if eqn.primitive in MADE_OF_BITS and eqn.output.dtype.kind == "f":
            found.add(eqn.output)


def _flows(eqn: Eqn) -> Iterator[tuple[Sequence[Value], Sequence[Var]]]:
    """Pairs of rows of values: those of the second row get numbers of the first."""
    if eqn.primitive == "cond":
        yield from ((branch.outputs, eqn.outputs) for branch in eqn.graphs)
    elif eqn.graphs:
        body = eqn.graphs[-1]  # the test of a while has the same inputs
        carried = len(body.outputs) if eqn.primitive == "while" else eqn.params["num_carry"]
        yield eqn.inputs, body.inputs
        yield body.outputs[:carried], body.inputs
        yield body.inputs[:carried], eqn.outputs
        yield body.outputs, eqn.outputs
    elif not rule_of(eqn).flushes:
        yield from ((eqn.inputs, [output] * len(eqn.inputs)) for output in eqn.outputs)
