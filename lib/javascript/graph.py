"""What the compiler works on: a list of equations between arrays of fixed shapes.

It is JAX's own jaxpr with less in it. Nested calls are inlined, and the graph of a loop or a branch refers to values
outside it freely. A typed key is an array of uint32 with one more axis, of length 2, at the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np


class Unsupported(NotImplementedError):
    """A function does what cannot be written in JavaScript yet; the message says what, and in which line."""


@dataclass(eq=False, frozen=True)
class Var:
    shape: tuple[int, ...]
    dtype: np.dtype
    bounds: tuple[int, int] | None = None  # of a whole number, if anything is known


@dataclass(eq=False)
class Const:
    value: np.ndarray  # of a key, its two numbers

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    @cached_property
    def is_uniform(self) -> bool:
        """Whether one number stands for the whole array."""
        first = self.value[(slice(0, 1),) * self.value.ndim]
        return bool(self.value.size) and np.array_equal(self.value, np.broadcast_to(first, self.shape), equal_nan=True)

    @property
    def number(self) -> Any:
        """The number that stands for a uniform array."""
        return self.value[(0,) * self.value.ndim]


Value = Var | Const


@dataclass(eq=False)
class Graph:
    inputs: list[Var]
    eqns: list["Eqn"]
    outputs: list[Value]

    def __str__(self) -> str:
        """A line for each equation: its results, its primitive, its inputs, and the author's name for the result."""
        return "\n".join(_lines(self, {}))


@dataclass(eq=False)
class Eqn:
    primitive: str
    inputs: tuple[Value, ...]
    outputs: tuple[Var, ...]
    params: dict[str, Any]
    line: str = ""  # where the author wrote it
    name: str = ""  # of the variable that the author gives it to, if there is one
    graphs: tuple[Graph, ...] = ()

    @property
    def output(self) -> Var:
        return self.outputs[0]

    @property
    def reads(self) -> Iterator[Value]:
        """All values that it needs, also inside its graphs."""
        yield from self.inputs
        for graph in self.graphs:
            yield from (value for eqn in graph.eqns for value in eqn.reads)
            yield from graph.outputs


# --- As text --------------------------------------------------------------------------------------


def _lines(graph: Graph, names: dict[Value, str]) -> Iterator[str]:
    def name(value: Value) -> str:
        if isinstance(value, Const):
            return str(value.number) if value.is_uniform else f"constant {_type(value)}"
        return names.setdefault(value, f"v{len(names)}")

    yield f"inputs {', '.join(f'{name(x)}: {_type(x)}' for x in graph.inputs)}"
    for eqn in graph.eqns:
        call = f"{eqn.primitive}({', '.join(map(name, eqn.inputs))})"
        results = ", ".join(f"{name(x)}: {_type(x)}" for x in eqn.outputs)
        yield f"{results} = {call}" + (f"  # {eqn.name}" if eqn.name else "")
        for inner in eqn.graphs:
            yield from (f"    {line}" for line in _lines(inner, names))
    yield f"outputs {', '.join(map(name, graph.outputs))}"


def _type(value: Value) -> str:
    return f"{value.dtype}[{', '.join(map(str, value.shape))}]"


# --- As the page sees JAX's values ---------------------------------------------------------------

DTYPES = ("float32", "int32", "uint32", "int16", "uint16", "int8", "uint8", "bool")


def is_key(x: Any) -> bool:
    """Whether an array, or what is known of one, is of typed keys."""
    return hasattr(x, "dtype") and jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key)


def has_page_type(aval: Any) -> bool:
    """Whether the page has arrays of this dtype."""
    return is_key(aval) or aval.dtype.name in DTYPES


def page_type(aval: Any, where: str) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and dtype that the page sees."""
    if is_key(aval):
        if aval.dtype.name != "key<fry>":
            raise Unsupported(f"keys must be of the kind threefry2x32; {where} has {aval.dtype.name}")
        return (*aval.shape, 2), np.dtype(np.uint32)
    if aval.dtype.name not in DTYPES:
        raise Unsupported(f"arrays must be of one of the dtypes {', '.join(DTYPES)}; {where} has {aval.dtype.name}")
    return tuple(map(int, aval.shape)), np.dtype(aval.dtype)


def constant(x: Any) -> Const:
    return Const(np.asarray(jax.random.key_data(x) if is_key(x) else x))
