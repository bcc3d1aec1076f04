"""Lower: from a graph to statements. Which values get a buffer, and which are worked out where they are read.

A buffer belongs to one value, is written by one nest of loops, and is written whole before it is read. So nothing that
a call leaves behind can be seen by the next one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod

from lib.javascript.expression import literal
from lib.javascript.graph import Const, Eqn, Graph, Value, Var
from lib.javascript.index import Index
from lib.javascript.kernel import Buffer, Kernel, Place, Scalar, kernel, nested
from lib.javascript.plan import Routes, plan
from lib.javascript.rule import rule_of

RESERVED = set(
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends "
    "false finally for function if implements import in instanceof interface let new null package private protected "
    "public return static super switch this throw true try typeof var void while with yield NaN Infinity Math Number "
    "base64 decode undefined".split()
)
Where = Callable[[tuple[Index, ...]], tuple[Index, ...]]


@dataclass
class Block:
    head: str


class Lowering:
    def __init__(self, helpers: Sequence[str], sliced: bool) -> None:
        self.sliced = sliced
        self.slicing = False  # whether long loops stop for a moment now and then
        self.taken = RESERVED | set(helpers)
        self.local_names: set[str] = set()
        self.places: dict[Value, Place] = {}
        self.definitions: dict[Value, Eqn] = {}
        self.uses: Counter[Value] = Counter()
        self.subnormal: set[Value] = set()  # the variables that may be
        self.hints: dict[Value, str] = {}
        self.buffers: list[Buffer] = []
        self.constants: dict[Const, Buffer] = {}
        self.rows: dict[str, int] = {}  # the lengths of scratch rows
        self.lines: list[str] = []

    # --- Names and places ---

    def name(self, hint: str) -> str:
        """A name that nothing else has."""
        hint = re.sub(r"\W+", "_", hint).strip("_")
        names, n = self.taken | self.local_names, 2
        name = hint if hint not in RESERVED else f"{hint}_"
        while name in names:
            name, n = f"{hint}{n}", n + 1
        self.local_names.add(name)
        return name

    def _lasting(self, hint: str) -> str:
        name = self.name(hint)
        self.taken.add(name)
        return name

    def place(self, value: Var, hint: str = "") -> Place:
        """A new place for a value: a buffer, or the name of a number that is still to be declared."""
        name = self._lasting(hint or self.hints[value])
        if not value.shape:
            self.places[value] = Scalar(name, value.dtype)
            return self.places[value]
        buffer = Buffer(name, value.shape, value.dtype)
        self.places[value] = buffer
        self.buffers.append(buffer)
        return buffer

    def declare(self, place: Place) -> None:
        if isinstance(place, Scalar):
            self.write(f"let {place.name};")

    def same(self, values: Sequence[Var], others: Sequence[Var]) -> None:
        """Give values the places of others."""
        for value, other in zip(values, others, strict=True):
            self.places[value] = self.places[other]

    def where(self, value: Value) -> Place | None:
        """The place of a value, or None for one that is worked out where it is read."""
        if isinstance(value, Const) and not value.is_uniform:
            if value not in self.constants:
                self.constants[value] = Buffer(self._lasting("table"), value.shape, value.dtype)
            return self.constants[value]
        return self.places.get(value)

    def buffer(self, value: Value) -> Buffer:
        """A buffer that holds the value now."""
        place = self.where(value)
        if not isinstance(place, Buffer):
            place = self.places[self.kept(value, self.hints.get(value, "kept"))]
            assert isinstance(place, Buffer)
        return place

    def kept(self, value: Value, hint: str = "kept") -> Var:
        """A copy of a value, in a place of its own."""
        place = self.place(copy := Var(value.shape, value.dtype), hint)
        self.declare(place)
        self.copy(place, value, self.definitions.get(value))
        return copy

    def scratch(self, hint: str, length: int) -> str:
        name = self._lasting(hint)
        self.rows[name] = length
        return name

    # --- Statements ---

    def write(self, *lines: str) -> None:
        self.lines += lines

    def breathe(self) -> None:
        if self.slicing:
            self.write("yield;")

    @contextmanager
    def block(self, head: str) -> Iterator[Block]:
        outside, self.lines, block = self.lines, [], Block(head)
        yield block
        outside += nested(block.head, self.lines)
        self.lines = outside

    def loops(self, build: Callable[[Kernel], None], eqn: Eqn | None) -> None:
        """A nest of loops, under a line that says what it computes."""
        nest = kernel(self, build)
        lines = nest.lines()
        whole = r"for \(let i = 0; i < (\d+); i\+\+\) (\w+)\[i(?: \+ (\d+))?\] = (\w+)\[i\];"
        copy = re.fullmatch(whole, "\n".join(lines))
        if copy and self._length(copy[4]) == int(copy[1]):
            lines = [f"{copy[2]}.set({copy[4]}{f', {copy[3]}' if copy[3] else ''});"]
        elif nest.depth and eqn:
            words = dict.fromkeys([*reversed(nest.primitives), eqn.primitive])
            value = eqn.outputs[0]
            self.write(f"// {', '.join(words)}: {value.dtype}[{', '.join(map(str, value.shape))}]")
        self.write(*lines)

    def _length(self, name: str) -> int | None:
        return next((prod(b.shape) for b in [*self.buffers, *self.constants.values()] if b.name == name), None)

    def copy(self, target: Place, value: Value, eqn: Eqn | None = None, where: Where | None = None) -> None:
        """Write a value into a place, or to where in it an index goes."""
        source = self.where(value)

        def build(kernel: Kernel) -> None:
            index = kernel.loop(value.shape)
            kernel.do(kernel.store(target, where(index) if where else index, kernel.read(value, index)))

        if source == target:
            return
        if where is None and isinstance(target, Buffer) and isinstance(value, Const) and value.is_uniform:
            self.write(f"{target.name}.fill({literal(value.number, value.dtype)});")
        elif where is None and isinstance(target, Buffer) and isinstance(source, Buffer):
            self.write(f"{target.name}.set({source.name});")
        else:
            self.loops(build, eqn)

    def expression(self, value: Value) -> str:
        """The text of a scalar; what it needs is written before."""
        texts: list[str] = []
        self.loops(lambda kernel: texts.append(kernel.read(value, ()).rounded), None)
        return texts[-1]

    def truth(self, value: Value) -> Value:
        """What a number 0 or 1 was converted from."""
        return self.definitions[value].inputs[0] if self.is_truth(value) else value

    def is_truth(self, value: Value) -> bool:
        eqn = None if value in self.places else self.definitions.get(value)
        return eqn is not None and eqn.primitive == "convert_element_type" and eqn.inputs[0].dtype.kind == "b"

    # --- Graphs ---

    def define(self, eqn: Eqn) -> None:
        self.definitions |= dict.fromkeys(eqn.outputs, eqn)
        self.hints |= dict.fromkeys(eqn.outputs, eqn.name or eqn.primitive)

    def count(self, graph: Graph) -> None:
        """How often each value is read, anywhere."""
        for eqn in graph.eqns:
            self.define(eqn)
            self.uses.update(eqn.inputs)
            for inner in eqn.graphs:
                self.count(inner)
        self.uses.update(graph.outputs)

    def parts(self, graph: Graph) -> tuple[list[str], list[str]]:
        """The statements of the whole function: those that need no argument, to be run once, and the others."""
        dynamic: set[Value] = set(graph.inputs)
        for eqn in graph.eqns:
            if not dynamic.isdisjoint(eqn.reads):
                dynamic.update(eqn.outputs)
        fixed = [eqn for eqn in graph.eqns if dynamic.isdisjoint(eqn.outputs)]
        moving = [eqn for eqn in graph.eqns if not dynamic.isdisjoint(eqn.outputs)]
        read = [value for eqn in moving for value in eqn.reads]
        self.graph(Graph([], fixed, []), graph.outputs, read)
        once, self.lines, self.slicing = self.lines, [], self.sliced
        self.graph(Graph(graph.inputs, moving, graph.outputs), graph.outputs)
        return once, self.lines

    def graph(self, graph: Graph, later: Sequence[Value] = (), again: Sequence[Value] = ()) -> None:
        """The statements of a graph. Values for `later` are there when it is done, whatever is replaced then.

        Those that are needed `again` and again are there too, unless they are cheap.
        """
        placed, routes = plan(graph, set(later), set(again))
        together: list[Eqn] = []  # of one shape, so that one nest of loops can work them out
        for eqn in graph.eqns:
            loops = rule_of(eqn).loops
            if not loops and eqn.output not in placed:
                continue
            shape = together[0].output.shape if together else ()
            here = {view for before in together for loop, view in routes[before.output] if loop is eqn}
            if together and (loops or eqn.output.shape != shape or here - {None}):
                self._element_wise(together, routes)
                together = []
            if loops:
                loops(self, eqn)
            else:
                together.append(eqn)
            if together and not eqn.output.shape:
                self._element_wise(together, routes)
                together = []
        if together:
            self._element_wise(together, routes)

    def _element_wise(self, eqns: Sequence[Eqn], routes: Routes) -> None:
        """One nest of loops for several results; what is read in it only needs no buffer."""
        eqns = list(eqns)
        targets = {
            eqn: self.place(eqn.output) for eqn in eqns if any(loop not in eqns for loop, _ in routes[eqn.output])
        }

        def build(kernel: Kernel) -> None:
            index = kernel.loop(eqns[0].output.shape)
            for eqn in eqns:
                expr = kernel.element(eqn, index)
                if any(loop in eqns for loop, _ in routes[eqn.output]):
                    expr = kernel.bind(expr, self.hints[eqn.output])
                    kernel.read_before[eqn.output, index] = expr
                if eqn in targets:
                    stored = kernel.store(targets[eqn], index, expr)
                    kernel.do(stored if eqn.output.shape else f"const {stored}")

        self.loops(build, eqns[-1])
