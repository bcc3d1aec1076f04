"""Lower: from a graph to statements. Which values get a buffer, and which are worked out where they are read.

A buffer belongs to one value, is written by one nest of loops, and is written whole before it is read. So nothing that
a call leaves behind can be seen by the next one.
"""

import re
from collections.abc import Callable, Sequence
from math import prod

from lib.javascript.expression import literal
from lib.javascript.graph import Const, Eqn, Graph, Value, Var
from lib.javascript.index import Index
from lib.javascript.kernel import Kernel, kernel
from lib.javascript.plan import Routes, plan
from lib.javascript.rule import rule_of
from lib.javascript.scope import Buffer, Place, Scalar
from lib.javascript.statements import Statements

Where = Callable[[tuple[Index, ...]], tuple[Index, ...]]


class Lowering(Statements):
    """Writes the statements of a graph, and of the graphs of its loops and branches, one equation after another.

    A rule with `loops` is given it, asks for places, opens blocks and writes statements. Equations that go element by
    element wait; those of one shape become one nest of loops.
    """

    def declare(self, place: Place) -> None:
        if isinstance(place, Scalar):
            self.write(f"let {place.name};")

    def buffer(self, value: Value) -> Buffer:
        """A buffer that holds the value now."""
        place = self.place_of(value)
        if not isinstance(place, Buffer):
            place = self.places[self.copied(value, self.hints.get(value, "copy"))]
            assert isinstance(place, Buffer)
        return place

    def copied(self, value: Value, hint: str = "copy") -> Var:
        """A copy of a value, in a place of its own."""
        place = self.place(copy := Var(value.shape, value.dtype), hint)
        self.declare(place)
        self.copy(place, value, self.definitions.get(value))
        return copy

    # --- Statements ---

    def loops(self, build: Callable[[Kernel], None], eqn: Eqn | None) -> None:
        """A nest of loops, under a line that says what it computes."""
        nest = kernel(self, build)
        lines = nest.lines(self.yields)
        whole = r"for \(let (\w+) = 0; \1 < (\d+); \1\+\+\) (\w+)\[\1(?: \+ (\d+))?\] = (\w+)\[\1\];"
        if (found := re.fullmatch(whole, "\n".join(lines))) and self._length(found[5]) == int(found[2]):
            lines = [f"{found[3]}.set({found[5]}{f', {found[4]}' if found[4] else ''});"]
        elif nest.depth and eqn:
            words = dict.fromkeys([*reversed(nest.primitives), eqn.primitive])
            value = eqn.outputs[0]
            lines.insert(0, f"// {', '.join(words)}: {value.dtype}[{', '.join(map(str, value.shape))}]")
            if value.shape:  # a number is declared in its loops, and read after them
                self.write_nest(lines)
                return
        self.write(*lines)

    def _length(self, name: str) -> int | None:
        return next((prod(b.shape) for b in [*self.buffers, *self.constants.values()] if b.name == name), None)

    def copy(self, target: Place, value: Value, eqn: Eqn | None = None, where: Where | None = None) -> None:
        """Write a value into a place, or to where in it an index goes."""
        source = self.place_of(value)

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

    def unconverted(self, value: Value) -> Value:
        """The truth value that a number 0 or 1 was converted from, or the number."""
        return self.definitions[value].inputs[0] if self.is_converted_truth(value) else value

    def is_converted_truth(self, value: Value) -> bool:
        eqn = None if value in self.places else self.definitions.get(value)
        return eqn is not None and eqn.primitive == "convert_element_type" and eqn.inputs[0].dtype.kind == "b"

    # --- Graphs ---

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
        once, self.statements, self.yields = self.written(), [], self.sliced
        self.graph(Graph(graph.inputs, moving, graph.outputs), graph.outputs)
        return once, self.written()

    def graph(self, graph: Graph, stored: Sequence[Value] = (), reread: Sequence[Value] = ()) -> None:
        """Write the statements of a graph.

        Values in `stored` get a place, for what they are worked out from may be overwritten after the graph. Values in
        `reread` are read many times after it: they get one too, unless they are cheap.
        """
        placed, routes = plan(graph, set(stored), set(reread))
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
