"""Plan: which values get a place of their own, and which are worked out where they are read."""

from collections import Counter, defaultdict
from math import prod
from typing import Any

from lib.live.javascript.graph import Eqn, Graph, Value
from lib.live.javascript.rule import rule_of

CHEAP = 2  # operations; what costs more is not worked out twice

# Of each value, the loops that read it: by the equation that they are for, and through which view.
Routes = defaultdict[Value, set[tuple[Any, Eqn | None]]]


def plan(graph: Graph, wanted: set[Value], again: set[Value]) -> tuple[set[Value], Routes]:
    """The values that get a place: what several loops read, or one loop reads several times, unless it is cheap."""
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
        if rule.loops:
            again |= set(eqn.reads) if eqn.graphs else several
        else:
            out = eqn.output
            if cost[out] > (CHEAP if out.shape else 0) and (len(routes[out]) > 1 or out in again):
                placed.add(out)
            is_view = not rule.cost or any(value.shape not in ((), out.shape) for value in eqn.inputs)
            view = eqn if is_view or several else None
            through = {(loop, view or its) for loop, its in ([(eqn, None)] if out in placed else routes[out])}
            again |= several | {value for value in eqn.inputs if value.shape and prod(value.shape) < prod(out.shape)}
            if out in again and out not in placed:
                again |= set(eqn.inputs)
        for value in eqn.reads:
            routes[value] |= through
    return placed, routes
