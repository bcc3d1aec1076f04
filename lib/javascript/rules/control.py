"""Loops and branches. What a loop carries has buffers of its own; all next values are ready before one is replaced."""

from collections.abc import Sequence

from lib.javascript.graph import Eqn, Graph, Value, Var
from lib.javascript.index import Index, Variable
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule
from lib.javascript.scope import Place

# These change a few elements of their first input: on what a loop carries they can do so in place.
IN_PLACE = (
    "dynamic_update_slice",
    "scatter",
    "scatter-add",
    "scatter-sub",
    "scatter-mul",
    "scatter-min",
    "scatter-max",
)


@rule("scan", loops=True)
def scan(lowering: Lowering, eqn: Eqn) -> None:
    (body,), carried, n = eqn.graphs, eqn.params["num_carry"], eqn.params["length"]
    _begin(lowering, eqn, body.inputs[:carried], eqn.inputs[:carried])
    stacked = [lowering.place(output) for output in eqn.outputs[carried:]]
    with lowering.block("", _places(lowering, body.inputs[:carried]), is_loop=True) as block:
        step = lowering.variable("step")
        block.head = f"for (let {step} = 0; {step} < {n}; {step}++)"
        at = Index(((Variable(step, n, 0), 1),))
        at = n - 1 - at if eqn.params["reverse"] else at
        for part, array in zip(body.inputs[carried:], eqn.inputs[carried:], strict=True):
            lowering.define(Eqn("step of scan", (array,), (part,), {"at": at}, eqn.line))
        _donate(lowering, body, body.inputs[:carried])
        lowering.graph(body, stored=body.outputs[:carried])
        for target, value in zip(stacked, body.outputs[carried:], strict=True):
            lowering.copy(target, value, eqn, lambda index: (at, *index))
        _replace(lowering, eqn, body.inputs[:carried], body.outputs[:carried])
        lowering.yield_if_sliced()
    lowering.share_places(eqn.outputs[:carried], body.inputs[:carried])


@rule("while", loops=True)
def while_loop(lowering: Lowering, eqn: Eqn) -> None:
    test, body = eqn.graphs
    _begin(lowering, eqn, body.inputs, eqn.inputs)
    lowering.share_places(test.inputs, body.inputs)
    with lowering.block("while (true)", _places(lowering, body.inputs), is_loop=True) as block:
        lowering.graph(test)
        goes_on = lowering.expression(test.outputs[0])
        if lowering.statements:
            lowering.write(f"if (!({goes_on})) break;")
        else:
            block.head = f"while ({goes_on})"
        _donate(lowering, body, body.inputs)
        lowering.graph(body, stored=body.outputs)
        _replace(lowering, eqn, body.inputs, body.outputs)
        lowering.yield_if_sliced()
    lowering.share_places(eqn.outputs, body.inputs)


@rule("cond", loops=True)
def cond(lowering: Lowering, eqn: Eqn) -> None:
    targets = [lowering.place(output) for output in eqn.outputs]
    for target in targets:
        lowering.declare(target)
    which, last = lowering.expression(lowering.unconverted(eqn.inputs[0])), len(eqn.graphs) - 1
    if last > 1:
        name = lowering.name("which")
        lowering.write(f"const {name} = {which};")
        which = name
    for n in range(last, -1, -1):  # as XLA does, take the nearest branch where there is none
        test = (
            f"if ({which}{'' if lowering.is_converted_truth(eqn.inputs[0]) else f' >= {n}'})"
            if n == last
            else ("else" if n == 0 else f"else if ({which} >= {n})")
        )
        with lowering.block(test, targets):
            lowering.graph(eqn.graphs[n])
            for target, value in zip(targets, eqn.graphs[n].outputs, strict=True):
                lowering.copy(target, value, eqn)


def _begin(lowering: Lowering, eqn: Eqn, carry: Sequence[Var], start: Sequence[Value]) -> None:
    """What the loop carries, with its first values."""
    for variable, value, output in zip(carry, start, eqn.outputs, strict=False):
        target = lowering.place(variable, lowering.hints[output])
        lowering.declare(target)
        lowering.copy(target, value, eqn)


def _places(lowering: Lowering, carry: Sequence[Var]) -> list[Place]:
    return [lowering.places[variable] for variable in carry]


def _donate(lowering: Lowering, body: Graph, carry: Sequence[Var]) -> None:
    for variable, value in zip(carry, body.outputs, strict=False):
        for eqn in body.eqns:
            updates = eqn.output is value and eqn.primitive in IN_PLACE and eqn.inputs[0] is variable
            if updates and lowering.uses[variable] == 1:
                lowering.share_places([eqn.output], [variable])


def _replace(lowering: Lowering, eqn: Eqn, carry: Sequence[Var], values: Sequence[Value]) -> None:
    """Put the next values in the place of what is carried."""
    places = _places(lowering, carry)
    pairs = [(place, value) for place, value in zip(places, values, strict=True) if lowering.place_of(value) != place]
    # What lies in one of these places would be overwritten before it is read.
    saved = [lowering.copied(value) if lowering.place_of(value) in places else value for _, value in pairs]
    for (place, _), value in zip(pairs, saved, strict=True):
        lowering.copy(place, value, eqn)
