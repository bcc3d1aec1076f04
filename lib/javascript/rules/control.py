"""Loops and branches. What a loop carries has buffers of its own; all next values are ready before one is replaced."""

from collections.abc import Sequence

from lib.javascript.graph import Eqn, Graph, Value, Var
from lib.javascript.index import Index, Variable
from lib.javascript.lower import Lowering
from lib.javascript.rule import rule

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
def scan(page: Lowering, eqn: Eqn) -> None:
    (body,), carried, n = eqn.graphs, eqn.params["num_carry"], eqn.params["length"]
    _begin(page, eqn, body.inputs[:carried], eqn.inputs[:carried])
    stacked = [page.place(output) for output in eqn.outputs[carried:]]
    step = page.name("step")
    at = Index(((Variable(step, n, 0), 1),))
    at = n - 1 - at if eqn.params["reverse"] else at
    for part, array in zip(body.inputs[carried:], eqn.inputs[carried:], strict=True):
        page.define(Eqn("step of scan", (array,), (part,), {"at": at}, eqn.line))
    with page.block(f"for (let {step} = 0; {step} < {n}; {step}++)"):
        _donate(page, body, body.inputs[:carried])
        page.graph(body, later=body.outputs[:carried])
        for target, value in zip(stacked, body.outputs[carried:], strict=True):
            page.copy(target, value, eqn, lambda index: (at, *index))
        _replace(page, eqn, body.inputs[:carried], body.outputs[:carried])
        page.breathe()
    page.same(eqn.outputs[:carried], body.inputs[:carried])


@rule("while", loops=True)
def while_loop(page: Lowering, eqn: Eqn) -> None:
    test, body = eqn.graphs
    _begin(page, eqn, body.inputs, eqn.inputs)
    page.same(test.inputs, body.inputs)
    with page.block("while (true)") as block:
        page.graph(test)
        goes_on = page.expression(test.outputs[0])
        if page.lines:
            page.write(f"if (!({goes_on})) break;")
        else:
            block.head = f"while ({goes_on})"
        _donate(page, body, body.inputs)
        page.graph(body, later=body.outputs)
        _replace(page, eqn, body.inputs, body.outputs)
        page.breathe()
    page.same(eqn.outputs, body.inputs)


@rule("cond", loops=True)
def cond(page: Lowering, eqn: Eqn) -> None:
    targets = [page.place(output) for output in eqn.outputs]
    for target in targets:
        page.declare(target)
    which, last = page.expression(page.truth(eqn.inputs[0])), len(eqn.graphs) - 1
    if last > 1:
        name = page.name("which")
        page.write(f"const {name} = {which};")
        which = name
    for n in range(last, -1, -1):  # as XLA does, take the nearest branch where there is none
        test = (
            f"if ({which}{'' if page.is_truth(eqn.inputs[0]) else f' >= {n}'})"
            if n == last
            else ("else" if n == 0 else f"else if ({which} >= {n})")
        )
        with page.block(test):
            page.graph(eqn.graphs[n])
            for target, value in zip(targets, eqn.graphs[n].outputs, strict=True):
                page.copy(target, value, eqn)


def _begin(page: Lowering, eqn: Eqn, carry: Sequence[Var], start: Sequence[Value]) -> None:
    """What the loop carries, with its first values."""
    for variable, value, output in zip(carry, start, eqn.outputs, strict=False):
        target = page.place(variable, page.hints[output])
        page.declare(target)
        page.copy(target, value, eqn)


def _donate(page: Lowering, body: Graph, carry: Sequence[Var]) -> None:
    for variable, value in zip(carry, body.outputs, strict=False):
        for eqn in body.eqns:
            updates = eqn.output is value and eqn.primitive in IN_PLACE and eqn.inputs[0] is variable
            if updates and page.uses[variable] == 1:
                page.same([eqn.output], [variable])


def _replace(page: Lowering, eqn: Eqn, carry: Sequence[Var], values: Sequence[Value]) -> None:
    """Put the next values in the place of what is carried."""
    places = [page.places[variable] for variable in carry]
    pairs = [(place, value) for place, value in zip(places, values, strict=True) if page.where(value) != place]
    saved = [page.kept(value) if page.where(value) in places else value for _, value in pairs]  # they change places
    for (place, _), value in zip(pairs, saved, strict=True):
        page.copy(place, value, eqn)
