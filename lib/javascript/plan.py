"""Plan: which values get a place of their own, and which are worked out where they are read."""

from collections import Counter, defaultdict
from math import prod
from typing import Any

from lib.javascript.graph import Eqn, Graph, Value
from lib.javascript.rule import rule_of

MAX_REPEATED_OPERATIONS = 2  # what costs more is not worked out twice

SAME_ORDER = ("reshape", "squeeze", "expand_dims", "broadcast_in_dim")  # the views that keep it

# value → {(the equation, or the value with a place, in whose loops it is read, the view it is read through or None)}
Routes = defaultdict[Value, set[tuple[Any, Eqn | None]]]


def plan(graph: Graph, wanted: set[Value], again: set[Value]) -> tuple[set[Value], Routes]:
    """The values that get a place, and the routes by which each value is read.

    A value that has no place is worked out in the loops that read it, and so is what it is worked out from. From the
    last equation to the first, `_routes` finds for each value in which loops that would be. It gets a place if there
    are several, or if one of them would work it out several times, as a loop over rows does with what varies along
    columns only. But what costs at most MAX_REPEATED_OPERATIONS is worked out again instead. Values `wanted` get a
    place in any case; those in `again` are read several times after the graph.

    A view of what has a place is free, and what has a place is not known before the costs are: so there are two rounds.
    """
    cost: Counter[Value] = Counter()
    for eqn in graph.eqns:
        if not rule_of(eqn).loops:
            cost[eqn.output] = rule_of(eqn).cost + sum(cost[value] for value in eqn.inputs)
    placed, _ = _routes(graph, cost, set(wanted), set(again))
    for eqn in graph.eqns:  # a view of what has a place costs nothing
        if cost[eqn.output] and not rule_of(eqn).cost and all(v in placed or not cost[v] for v in eqn.inputs):
            cost[eqn.output] = 0
    return _routes(graph, cost, set(wanted), set(again))


def _routes(graph: Graph, cost: Counter[Value], placed: set[Value], again: set[Value]) -> tuple[set[Value], Routes]:
    routes: Routes = defaultdict(set)
    for value in {*graph.outputs, *placed, *again}:
        routes[value].add((value, None))
    for eqn in reversed(graph.eqns):
        rule = rule_of(eqn)
        through: set[Any] = {(eqn, None)}
        several = {value for n, value in enumerate(eqn.inputs) if value.shape and n in rule.again}
        placed |= {eqn.inputs[n] for n in rule.whole}
        if rule.loops:
            again |= set(eqn.reads) if eqn.graphs else several
        else:
            out = eqn.output
            if cost[out] > (MAX_REPEATED_OPERATIONS if out.shape else 0) and (len(routes[out]) > 1 or out in again):
                placed.add(out)
            through = {(eqn, None)} if out in placed else routes[out]
            again |= several | {value for value in eqn.inputs if value.shape and prod(value.shape) < prod(out.shape)}
            if out in again and out not in placed:
                again |= set(eqn.inputs)
        for value in eqn.reads:
            stays = rule.loops or (value not in several and _stays(eqn, value))
            routes[value] |= through if stays else {(loop, eqn) for loop, _ in through}
    return placed, routes


def _stays(eqn: Eqn, value: Value) -> bool:
    """Whether an element of the result is made of that of an input with the same index, whatever axes of length 1."""
    long, its = ([size for size in x.shape if size != 1] for x in (eqn.output, value))
    return not its or (long == its and (rule_of(eqn).cost > 0 or eqn.primitive in SAME_ORDER))
