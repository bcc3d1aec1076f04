"""What the compiler knows of a primitive: how one element is worked out, or which loops fill the whole result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.javascript.expression import Expr
from lib.javascript.graph import Eqn, Unsupported
from lib.javascript.index import Index

Inline = Callable[[Any, Eqn, tuple[Index, ...]], Expr]  # of a Kernel, the equation and the index of the element
Loops = Callable[[Any, Eqn], None]  # of a Lowering and the equation
Inputs = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """One of the two: `inline` gives an expression for one element, `loops` writes the statements for all of them."""

    inline: Inline = lambda *_: NotImplemented  # never called where there are loops
    loops: Loops | None = None
    cost: int = 1  # of one element, in additions, about
    again: Inputs = ()  # inputs whose elements may be read several times each, so should be worked out before
    whole: Inputs = ()  # inputs that must lie in a buffer
    flushes: bool = False  # whether no float of its result is subnormal


RULES: dict[str, Rule] = {}


def rule(
    *primitives: str,
    loops: bool = False,
    cost: int = 1,
    again: Inputs = (),
    whole: Inputs = (),
    flushes: bool = False,
) -> Callable:
    """Enter a function into the table, as the rule of some primitives."""

    def enter(function: Callable) -> Callable:
        kind = {"loops": function} if loops else {"inline": function}
        entry = Rule(**kind, cost=cost, again=again, whole=whole, flushes=flushes)
        RULES.update(dict.fromkeys(primitives, entry))
        return function

    return enter


def rule_of(eqn: Eqn) -> Rule:
    if eqn.primitive not in RULES:
        raise Unsupported(f"the primitive {eqn.primitive} has no rule yet; {eqn.line}")
    return RULES[eqn.primitive]
