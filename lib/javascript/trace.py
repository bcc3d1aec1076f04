"""Trace: from a JAX function to a graph, with calls inlined but for those of calls.py. simplify.py makes it smaller."""

import inspect
import linecache
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
from jax._src.source_info_util import user_frame
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

from lib.javascript import bounds
from lib.javascript.calls import primitive_of
from lib.javascript.graph import Const, Eqn, Graph, Value, Var, constant, has_page_type, page_type
from lib.javascript.rule import RULES
from lib.javascript.simplify import evaluated, folded, identity, needed, unchanged

CALLS = {  # where a call keeps what it calls
    **dict.fromkeys(("jit", "closed_call", "core_call", "remat2"), "jaxpr"),
    **dict.fromkeys(("custom_jvp_call", "custom_vjp_call"), "call_jaxpr"),
}
SAME = ("optimization_barrier", "stop_gradient", "copy", "copy_p", "random_wrap", "random_unwrap")
# Of a value that depends on no argument: the equation that gives it, its inputs, and which of its results it is.
Fixed = dict[Value, tuple[JaxprEqn, Sequence[Value], int]]
SEPARATE_RESULTS = ("split", "threefry2x32")  # several results, each of which is worked out for itself


def trace(fn: Callable, args: Sequence[Any]) -> tuple[Graph, list[str]]:
    """The graph of fn at arguments of these shapes, and a name for each of its inputs."""
    closed = jax.make_jaxpr(fn)(*args)
    inputs = [Var(*page_type(v.aval, "an argument")) for v in closed.jaxpr.invars]
    graph = Tracer().graph(closed, inputs, inputs)
    for output in graph.outputs:
        page_type(output, "a result")
    return graph, _names(fn, args)


def _names(fn: Callable, args: Sequence[Any]) -> list[str]:
    """`weights_0_b` for the array `weights[0]["b"]`."""
    arguments = inspect.signature(fn).bind(*args).arguments
    leaves = jax.tree_util.tree_flatten_with_path(list(arguments.values()))[0]
    words = (list(arguments)[path[0].idx] + jax.tree_util.keystr(path[1:]) for path, _ in leaves)
    return [re.sub(r"\W+", "_", word).strip("_") for word in words]


class Tracer:
    """Builds one graph; `eqns` grows as equations are read."""

    def __init__(self, fixed: Fixed | None = None) -> None:
        self.eqns: list[Eqn] = []
        self.fixed = {} if fixed is None else fixed
        self.known: dict[Any, Eqn] = {}  # what is worked out already need not be so again
        self.source = ("a line of JAX's own", "")  # of the call that is being inlined

    def graph(self, closed: ClosedJaxpr, inputs: Sequence[Value], own: Sequence[Var]) -> Graph:
        """The graph of a jaxpr. Those of its `inputs` that are not its `own` are values outside it."""
        outputs = self.inline(closed, inputs)
        return Graph(list(own), needed(self.eqns, outputs), outputs)

    def inline(self, closed: ClosedJaxpr | Jaxpr, inputs: Sequence[Value]) -> list[Value]:
        jaxpr, consts = (closed.jaxpr, closed.consts) if isinstance(closed, ClosedJaxpr) else (closed, ())
        known: dict[Any, Value] = dict(zip(jaxpr.invars, inputs, strict=True))
        known |= zip(jaxpr.constvars, map(constant, consts), strict=True)

        def value(atom: Any) -> Value:
            aval = atom.aval
            return constant(np.asarray(atom.val, aval.dtype)) if isinstance(atom, Literal) else known[atom]

        for eqn in jaxpr.eqns:
            values = [value(atom) for atom in eqn.invars]
            results = self.results(eqn, values)
            if self.is_fixed(values):
                for n, result in enumerate(results):
                    self.fixed.setdefault(result, (eqn, values, n))
            known |= zip(eqn.outvars, results, strict=True)
        return [value(atom) for atom in jaxpr.outvars]

    def results(self, eqn: JaxprEqn, inputs: Sequence[Value]) -> Sequence[Value]:
        """The values of an equation's outputs; most equations go into the graph, some need not."""
        name, params = eqn.primitive.name, eqn.params
        if name == "jit" and (whole := self.as_one(eqn, inputs)):
            return whole
        line, variable = source = _source(eqn) or self.source
        if name in CALLS:
            outside, self.source = self.source, source
            results = self.inline(params[CALLS[name]], inputs)
            self.source = outside
            return results
        if name in SAME:
            return inputs
        if not eqn.outvars:  # a debugging print is for Python
            return []
        if name == "platform_index":  # JAX has other ways on other machines; this is the one for CPUs
            return [constant(np.int32(next(n for n, p in enumerate(params["platforms"]) if p is None or "cpu" in p)))]
        if name == "cond" and isinstance(inputs[0], Const):
            branches = params["branches"]
            return self.inline(branches[min(max(int(inputs[0].number), 0), len(branches) - 1)], inputs[1:])
        if self.is_fixed(inputs) and not (
            name in RULES and all(has_page_type(v.aval) for v in (*eqn.invars, *eqn.outvars))
        ):
            return self.evaluated(eqn, inputs)
        if same := unchanged(name, params, inputs, page_type(eqn.outvars[0].aval, line)[0]):
            return [same]
        if known := folded(eqn, inputs):
            return known
        if name == "scan" and params["length"] == 1:
            return self.only_step(eqn, inputs)
        if name == "mul" and (masked := self.masked(inputs)):
            name, inputs, params = "select_n", masked, {}
        if name == "dot_general":
            inputs, params = self.untransposed(inputs, params)
        outputs = tuple(Var(*page_type(v.aval, line)) for v in eqn.outvars)
        if name in SEPARATE_RESULTS:
            return [
                self.add(Eqn(name, tuple(inputs), (output,), params | {"output": n}, line, variable))[0]
                for n, output in enumerate(outputs)
            ]
        new = Eqn(name, tuple(inputs), outputs, params, line, variable)
        if name in CONTROL:
            CONTROL[name](new, self.fixed)
        if name == "gather" or name.startswith("scatter"):
            new.inputs = (inputs[0], *inputs[2:], *self.columns(inputs[1], new))
        return self.add(new)

    def is_fixed(self, values: Sequence[Value]) -> bool:
        """Whether values depend on no argument."""
        return all(isinstance(value, Const) or value in self.fixed for value in values)

    def evaluated(self, eqn: JaxprEqn, values: Sequence[Value]) -> list[Const]:
        """The results of an equation that depends on no argument, whatever its primitive."""
        return evaluated(eqn, [self.worked_out(value) for value in values])

    def worked_out(self, value: Value) -> Const:
        if isinstance(value, Const):
            return value
        eqn, values, n = self.fixed[value]
        return self.evaluated(eqn, values)[n]

    def as_one(self, eqn: JaxprEqn, inputs: Sequence[Value]) -> Sequence[Value] | None:
        """The result of a call that one equation stands for."""
        if not (found := primitive_of(eqn, *inputs)):
            return None
        if results := folded(eqn, inputs):
            return results
        name, params = found
        output = Var(*page_type(eqn.outvars[0].aval, ""))
        if same := unchanged(name, params, inputs, output.shape):
            return [same]
        return self.add(Eqn(name, tuple(inputs), (output,), params, *(_source(eqn) or self.source)))

    def only_step(self, eqn: JaxprEqn, inputs: Sequence[Value]) -> Sequence[Value]:
        """The results of a scan that makes one step: no loop is needed."""
        params = eqn.params
        kept, arrays = _cut(inputs, params["num_consts"] + params["num_carry"])
        slices = [self.reshaped(array, array.shape[1:], eqn) for array in arrays]
        results = self.inline(params["jaxpr"], [*kept, *slices])
        carry, stacked = _cut(results, params["num_carry"])
        return [*carry, *(self.reshaped(value, (1, *value.shape), eqn) for value in stacked)]

    def reshaped(self, value: Value, shape: tuple[int, ...], eqn: JaxprEqn) -> Value:
        if isinstance(value, Const):
            return Const(value.value.reshape(shape))
        return self.add(Eqn("reshape", (value,), (Var(shape, value.dtype),), {}, *(_source(eqn) or self.source)))[0]

    def equation_of(self, value: Value) -> Eqn | None:
        """The equation that gives a value."""
        return next((eqn for eqn in reversed(self.eqns) if value in eqn.outputs), None)

    def masked(self, inputs: Sequence[Value]) -> list[Value] | None:
        """The inputs of the choice that a product with truths as numbers is for XLA, where 0 times NaN is 0."""
        for value, other in (inputs, inputs[::-1]):
            made = self.equation_of(value)
            is_truth = made and made.primitive == "convert_element_type" and made.inputs[0].dtype.kind == "b"
            if made and is_truth and value.shape == other.shape:
                return [made.inputs[0], Const(np.zeros(other.shape, other.dtype)), other]
        return None

    def untransposed(self, inputs: Sequence[Value], params: dict[str, Any]) -> tuple[list[Value], dict[str, Any]]:
        """A product with Aᵀ is one with A along its other axis: so its loops see how A lies in memory."""
        summed, batch = params["dimension_numbers"]
        values, axes = list(inputs), [list(side) for side in summed]
        for side, value in enumerate(inputs):
            made = self.equation_of(value)
            if made and made.primitive == "transpose" and len(axes[side]) == 1 and len(value.shape) == 2:
                values[side] = made.inputs[0]
                axes[side] = [made.params["permutation"][axes[side][0]]]
        return values, params | {"dimension_numbers": (axes, batch)}

    def columns(self, indices: Value, eqn: Eqn) -> list[Value]:
        """The columns of an array of indices, one for each axis that is indexed, without putting them together."""
        n = indices.shape[-1]
        made = self.equation_of(indices)
        if made and made.primitive == "concatenate" and made.params["dimension"] == len(indices.shape) - 1:
            return [column for part in made.inputs for column in self.columns(part, eqn)]
        if made and made.primitive == "stack" and made.params["axis"] == len(indices.shape) - 1:
            return list(made.inputs)
        if made and made.primitive == "broadcast_in_dim" and made.inputs[0].shape == indices.shape[:-1]:
            return [made.inputs[0]]
        if isinstance(indices, Const):
            return [Const(indices.value[..., i]) for i in range(n)]
        shape, dtype = indices.shape[:-1], indices.dtype
        return [self.add(Eqn("column", (indices,), (Var(shape, dtype),), {"column": i}, eqn.line))[0] for i in range(n)]

    def add(self, new: Eqn) -> Sequence[Value]:
        """Put an equation into the graph, unless its result is known."""
        for value in new.inputs:
            page_type(value, new.line)
        if not new.graphs:
            new.outputs = tuple(replace(x, bounds=bounds.result(new, n)) for n, x in enumerate(new.outputs))
            if len(new.outputs) == 1 and (known := bounds.constant(new.output)):
                return [known]
        same = self.known.setdefault((new.primitive, str(new.params), *map(identity, new.inputs)), new)
        if same is new or new.graphs:
            if self.eqns and self.eqns[-1].line == new.line:  # the last value of a line is the one that it names
                self.eqns[-1].name = ""
            self.eqns.append(new)
            return new.outputs
        return same.outputs


# --- Loops and branches --------------------------------------------------------------------------


def _while(eqn: Eqn, fixed: Fixed) -> None:
    params = eqn.params
    tests, steps = params["cond_nconsts"], params["body_nconsts"]
    outside_test, outside_step, start = _cut(eqn.inputs, tests, steps)
    carry = [Var(value.shape, value.dtype) for value in start]
    test, body = Tracer(fixed), Tracer(fixed)
    goes_on: Sequence[Value] = test.inline(params["cond_jaxpr"], [*outside_test, *carry])
    if goes_on[0].shape:  # a batch of loops: each goes on until it is done, all together until the last is
        axes = {"axes": tuple(range(len(goes_on[0].shape)))}
        goes_on = test.add(Eqn("reduce_or", tuple(goes_on), (Var((), goes_on[0].dtype),), axes, eqn.line))
        each = body.inline(params["cond_jaxpr"], [*outside_test, *carry])
        values = body.inline(params["body_jaxpr"], [*outside_step, *carry])
        values = [
            body.add(Eqn("select_n", (*each, old, new), (Var(old.shape, old.dtype),), {}, eqn.line))[0]
            for old, new in zip(carry, values, strict=True)
        ]
    else:
        values = body.inline(params["body_jaxpr"], [*outside_step, *carry])
    eqn.inputs = start
    eqn.graphs = (
        Graph(carry, needed(test.eqns, goes_on), list(goes_on)),
        Graph(carry, needed(body.eqns, values), list(values)),
    )


def _scan(eqn: Eqn, fixed: Fixed) -> None:
    """The carry, then the slices of the arrays that it goes through."""
    params = eqn.params
    outside, start, arrays = _cut(eqn.inputs, params["num_consts"], params["num_carry"])
    carry = [Var(value.shape, value.dtype) for value in start]
    slices = [Var(value.shape[1:], value.dtype) for value in arrays]
    eqn.inputs = (*start, *arrays)
    eqn.graphs = (Tracer(fixed).graph(params["jaxpr"], [*outside, *carry, *slices], [*carry, *slices]),)


def _cond(eqn: Eqn, fixed: Fixed) -> None:
    index, *rest = eqn.inputs
    eqn.inputs = (index,)
    eqn.graphs = tuple(Tracer(fixed).graph(branch, rest, []) for branch in eqn.params["branches"])


CONTROL: dict[str, Callable[[Eqn, Fixed], None]] = {"while": _while, "scan": _scan, "cond": _cond}


def _cut(values: Sequence[Value], *lengths: int) -> list[tuple[Value, ...]]:
    parts = []
    for length in lengths:
        parts.append(tuple(values[:length]))
        values = values[length:]
    return [*parts, tuple(values)]


def _source(eqn: JaxprEqn) -> tuple[str, str] | None:
    """Where the author wrote an equation, if that is known, and the name of the variable that the line sets."""
    frame = user_frame(eqn.source_info.traceback)
    if frame is None:
        return None
    text = linecache.getline(frame.file_name, frame.start_line).strip()
    name = re.match(r"([A-Za-z_]\w*)\s*(?::[^=]*)?=[^=]", text)
    return f"{frame.file_name}, line {frame.start_line}: {text}", name[1] if name else ""
