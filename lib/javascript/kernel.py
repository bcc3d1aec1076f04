"""One nest of loops: what is computed for each element, and in which of the loops.

A value that no buffer holds is worked out where it is read, from what its equation reads. It gets a name of its own, in
the outermost loop that knows it, if that spares work or a long line. Two loops become one where no index needs a
division for that: a chain of element-wise equations is a single loop over the flat arrays.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from lib.javascript.expression import Expr, fill, literal
from lib.javascript.graph import Const, Eqn, Value
from lib.javascript.index import Index, Variable, unflat
from lib.javascript.rule import rule_of
from lib.javascript.scope import Buffer, Place, Scalar, Scope
from lib.javascript.statements import nested
from lib.javascript.subnormal import is_subnormal

MAX_STEPS_WITHOUT_YIELD = 100_000  # of the innermost loop: a millisecond or less
MAX_EXPRESSION_CHARACTERS = 90  # a longer one is cut in two


@dataclass
class Level:
    """What stands in one of the loops, before and after the loop inside it."""

    head: str = ""
    length: int = 1
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


class Kernel:
    """One nest of loops while it is built: which loops there are, and what stands in each.

    A rule opens loops over a shape and is given the index of the element; it reads elements of other values at indices
    that it makes of this one, and does something with them in the innermost loop. What is read and has no place is
    worked out there, by the rule of its own equation, and so on until something with a place is reached.
    """

    def __init__(self, scope: Scope, merged: frozenset[int] = frozenset()) -> None:
        self.scope = scope
        self.merged = merged  # which pairs of neighbouring loops are one
        self.pairs = 0
        self.divisions = 0
        self.levels = [Level()]
        self.read_before: dict[tuple[Value, tuple[Index, ...]], Expr] = {}
        self.names: dict[tuple[int, str], str] = {}  # of expressions
        self.primitives: list[str] = []

    # --- Loops and statements ---

    @property
    def depth(self) -> int:
        return len(self.levels) - 1

    def loop(self, shape: Sequence[int]) -> tuple[Index, ...]:
        """Open loops over all elements of a shape; the index of the element."""
        groups: list[list[int]] = []  # the sizes that one loop goes through
        for size in shape:
            if size == 1:
                continue
            if groups:
                self.pairs += 1
            if groups and self.pairs in self.merged:
                groups[-1].append(size)
            else:
                groups.append([size])
        places: list[Index] = []
        for sizes in groups:
            n = prod(sizes)
            letter = self.scope.letters[self.depth]
            self.levels.append(Level(f"for (let {letter} = 0; {letter} < {n}; {letter}++)", n))
            places += unflat(Index(((Variable(letter, n, self.depth), 1),)), sizes)
        rest = iter(places)
        return tuple(Index() if size == 1 else next(rest) for size in shape)

    def do(self, statement: str) -> None:
        """A statement in the innermost loop that is open."""
        self.levels[-1].before.append(statement)

    def after(self, depth: int, statement: str) -> None:
        """A statement that follows the loop inside `depth` loops."""
        self.levels[depth].after.append(statement)

    def place(self, index: Index) -> str:
        self.divisions += index.divides
        return index.text

    def store(self, target: Place, index: Sequence[Index], expr: Expr) -> str:
        if isinstance(target, Scalar):
            return f"{target.name} = {expr.rounded};"
        return f"{target.name}[{self.place(target.at(index))}] = {expr.stored};"

    # --- Expressions ---

    def read(self, value: Value, index: Sequence[Index]) -> Expr:
        """An expression for one element of a value."""
        if isinstance(value, Const) and value.is_uniform:
            number = value.number
            known = Index(constant=int(number)) if value.dtype.kind in "iu" else None
            return Expr(literal(number, value.dtype), value.dtype, index=known)
        key = (value, tuple(index))
        if key in self.read_before:
            return self.read_before[key]
        place = self.scope.place_of(value)
        if isinstance(place, Scalar):
            return Expr(place.name, value.dtype)
        if isinstance(place, Buffer):
            at = place.at(index)
            return Expr(f"{place.name}[{self.place(at)}]", value.dtype, at.depth)
        self.read_before[key] = self._worked_out(value, index)
        return self.read_before[key]

    def operand(self, value: Value, index: Sequence[Index]) -> Expr:
        """An expression for one element as arithmetic takes it: a subnormal number is 0."""
        expr = self.read(value, index)
        if not is_subnormal(value, self.scope.subnormal):
            return expr
        if isinstance(value, Const) and value.is_uniform:
            return Expr(literal(0 * value.number, value.dtype), value.dtype)
        flushed = Expr(f"flush({expr.text})", expr.dtype, expr.depth, expr.cost + 1)
        return self.bind(flushed, expr.text.split("[")[0]) if flushed.depth < self.depth else flushed

    def _worked_out(self, value: Value, index: Sequence[Index]) -> Expr:
        eqn = self.scope.definitions[value]
        expr = rule_of(eqn).inline(self, eqn, tuple(index))
        if expr.cost and eqn.primitive not in self.primitives:
            self.primitives.append(eqn.primitive)
        if expr.cost and (
            self.scope.uses[value] > 1 or expr.depth < self.depth or len(expr.text) > MAX_EXPRESSION_CHARACTERS
        ):
            return self.bind(expr, eqn.name or eqn.primitive)
        return expr

    def element(self, eqn: Eqn, index: Sequence[Index]) -> Expr:
        """An expression for one element of the equation's own result."""
        self.primitives.append(eqn.primitive)
        return rule_of(eqn).inline(self, eqn, tuple(index))

    def bind(self, expr: Expr, hint: str) -> Expr:
        """Give an expression a name, in the outermost loop that knows it."""
        if expr.text.isidentifier():
            return expr
        key = expr.depth, expr.rounded
        if key not in self.names:
            self.names[key] = self.scope.name(hint)
            self.levels[expr.depth].before.append(f"const {self.names[key]} = {expr.rounded};")
        name = self.names[key]
        return replace(expr, text=name, cost=0, rounds=False, underflows=False, product=False)

    def filled(
        self,
        template: str,
        operands: Sequence[Expr],
        dtype: np.dtype,
        rounds: bool,
        cost: int,
        underflows: bool = False,
    ) -> Expr:
        operands = [
            self.bind(x, letter) if x.cost and len(re.findall(rf"\b{letter}\b", template)) > 1 else x
            for x, letter in zip(operands, "xyz", strict=False)
        ]
        return fill(template, operands, dtype, rounds, cost, underflows)

    # --- Text ---

    def lines(self, yields: bool) -> list[str]:
        if yields and self.depth > 1 and prod(level.length for level in self.levels) > MAX_STEPS_WITHOUT_YIELD:
            self.levels[1].after.append("yield;")
        block: list[str] = []
        for level in reversed(self.levels):
            inner = [*level.before, *block, *level.after]
            block = nested(level.head, inner) if level.head else inner
        return block


def kernel(scope: Scope, build: Callable[[Kernel], None]) -> Kernel:
    """The nest of loops that `build` builds, with as few loops as need no divisions."""
    names = set(scope.local_names)

    def attempt(merged: frozenset[int]) -> Kernel:
        scope.local_names = set(names)
        result = Kernel(scope, merged)
        build(result)
        return result

    best = attempt(frozenset())
    for pair in range(best.pairs, 0, -1):
        merged = attempt(best.merged | {pair})
        if merged.divisions <= best.divisions:
            best = merged
    return attempt(best.merged)  # so that the names it took are the ones that are taken
