"""Scope: the names of the program, and for each value its place, its equation and how often it is read."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from lib.javascript.graph import Const, Eqn, Graph, Value, Var
from lib.javascript.index import Index, flat
from lib.javascript.subnormal import subnormals

# Words of the language, and what the program and the helpers use of what is there in every page.
RESERVED = set(
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends "
    "false finally for function if implements import in instanceof interface let new null package private protected "
    "public return static super switch this throw true try typeof var void while with yield NaN Infinity undefined "
    "Math Number Object Float32Array Float64Array Int8Array Int16Array Int32Array Uint8Array Uint16Array Uint32Array "
    "atob base64".split()
)
LETTERS = "ijklmnpqrstuvw"  # of loop counters


@dataclass(frozen=True)
class Buffer:
    """A typed array that one value, and no other, is written to."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def at(self, index: Sequence[Index]) -> Index:
        return flat(index, self.shape)


@dataclass(frozen=True)
class Scalar:
    """A number that has a name."""

    name: str
    dtype: np.dtype


Place = Buffer | Scalar


def identifier(hint: str) -> str:
    """A hint as a word of JavaScript: letters of any alphabet, digits and underscores, and no digit first."""
    word = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", hint)).strip("_")
    return word if word.isidentifier() else "_" + re.sub(r"\W", "_", word, flags=re.ASCII)


class Scope:
    """What is known of the values of a graph while its program is written.

    A name is given once, so no name of the author's can hide one of ours or the other way round. A lasting name is for
    the whole program; any other is forgotten when a nest of loops is tried again.
    """

    def __init__(self, graph: Graph, arguments: Sequence[str], function: str, helpers: Sequence[str] = ()) -> None:
        """`arguments` are names for the inputs of the graph; `helpers` are the names that runtime.js defines."""
        self.places: dict[Value, Place] = {}
        self.definitions: dict[Value, Eqn] = {}
        self.uses: Counter[Value] = Counter()  # how often a value is read, anywhere
        self.hints: dict[Value, str] = {}  # what a value is called after
        self.subnormal = subnormals(graph)
        self.buffers: list[Buffer] = []
        self.constants: dict[Const, Buffer] = {}
        self.rows: dict[str, int] = {}  # the lengths of scratch rows
        self._count(graph)
        given = {identifier(word) for word in (*arguments, function, *self.hints.values())}
        letters = (f"{letter}{n or ''}" for n in count() for letter in LETTERS)
        self.letters = [next(letter for letter in letters if letter not in given) for _ in LETTERS]
        self.taken = RESERVED.union(helpers, self.letters)
        self.local_names: set[str] = set()
        self.variables: list[str] = []
        self.arguments = [self.variable(argument) for argument in arguments]
        for value, name in zip(graph.inputs, self.arguments, strict=True):
            self.places[value] = Buffer(name, value.shape, value.dtype)
        self.function = self.lasting_name(function)

    # --- Names ---

    def name(self, hint: str) -> str:
        """A name that nothing else has."""
        hint = identifier(hint)
        names, n = self.taken | self.local_names, 2
        name = hint if hint not in RESERVED else f"{hint}_"
        while name in names:
            name, n = f"{hint}{n}", n + 1
        self.local_names.add(name)
        return name

    def lasting_name(self, hint: str) -> str:
        name = self.name(hint)
        self.taken.add(name)
        return name

    def variable(self, hint: str) -> str:
        """A lasting name for what is declared in the function and can be read in its loops and branches."""
        self.variables.append(self.lasting_name(hint))
        return self.variables[-1]

    # --- Places ---

    def place(self, value: Var, hint: str = "") -> Place:
        """A new place for a value: a buffer, or the name of a number that is still to be declared."""
        hint = hint or self.hints[value]
        if not value.shape:
            self.places[value] = Scalar(self.variable(hint), value.dtype)
            return self.places[value]
        buffer = Buffer(self.lasting_name(hint), value.shape, value.dtype)
        self.places[value] = buffer
        self.buffers.append(buffer)
        return buffer

    def place_of(self, value: Value) -> Place | None:
        """The place of a value, or None for one that is worked out where it is read."""
        if isinstance(value, Const) and not value.is_uniform:
            if value not in self.constants:
                self.constants[value] = Buffer(self.lasting_name("table"), value.shape, value.dtype)
            return self.constants[value]
        return self.places.get(value)

    def share_places(self, values: Sequence[Var], others: Sequence[Var]) -> None:
        """Give values the places of others."""
        for value, other in zip(values, others, strict=True):
            self.places[value] = self.places[other]

    def scratch_row(self, hint: str, length: int) -> str:
        """The name of a new Float64Array."""
        name = self.lasting_name(hint)
        self.rows[name] = length
        return name

    # --- Equations ---

    def define(self, eqn: Eqn) -> None:
        self.definitions |= dict.fromkeys(eqn.outputs, eqn)
        self.hints |= dict.fromkeys(eqn.outputs, eqn.name or eqn.primitive)

    def _count(self, graph: Graph) -> None:
        for eqn in graph.eqns:
            self.define(eqn)
            self.uses.update(eqn.inputs)
            for inner in eqn.graphs:
                self._count(inner)
        self.uses.update(graph.outputs)
