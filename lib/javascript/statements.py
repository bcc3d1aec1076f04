"""Statements: lines, loops and branches. Where a function gets too long, those in it get functions of their own."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from lib.javascript.graph import Graph
from lib.javascript.scope import Place, Scalar, Scope

# V8 never optimises a function of more than 61,440 bytes of bytecode; our text gives 0.4 to 1.2 bytes a character. And
# what it makes of a function lasts only until a line is reached that was not run before: one with many long loops is
# optimised many times over before it is fast. So a function that is not short gets few long loops.
MAX_CHARACTERS = 10_000  # of a function whose loops and branches all stay in it
MIN_CHARACTERS = 200  # of a loop or a branch that is worth a function


@dataclass
class Block:
    """A loop or a branch. A nest of loops that is written at once has no head, only lines."""

    head: str
    is_loop: bool
    known: int  # how many variables there were before it
    results: Sequence[Place] = ()  # what it sets of what is around it, beside buffers
    lines: list[str] = field(default_factory=list)

    @property
    def in_place(self) -> list[str]:
        return nested(self.head, self.lines) if self.head else self.lines


class Statements(Scope):
    """What is written of a program so far."""

    def __init__(
        self, graph: Graph, arguments: Sequence[str], function: str, helpers: Sequence[str] = (), sliced: bool = False
    ) -> None:
        super().__init__(graph, arguments, function, helpers)
        self.sliced = sliced
        self.yields = False  # whether long loops stop for a moment now and then; what runs once need not
        self.statements: list[str | Block] = []  # of the block that is open
        self.functions: list[str] = []  # the lines of those that loops and branches got

    def write(self, *lines: str) -> None:
        self.statements += lines

    def write_nest(self, lines: list[str]) -> None:
        self.statements.append(Block("", True, len(self.variables), lines=lines))

    def yield_if_sliced(self) -> None:
        if self.yields:
            self.write("yield;")

    @contextmanager
    def block(self, head: str, results: Sequence[Place], is_loop: bool = False) -> Iterator[Block]:
        outside, self.statements = self.statements, []
        yield (block := Block(head, is_loop, len(self.variables), results))
        block.lines = self.written()
        self.statements = [*outside, block]

    def written(self) -> list[str]:
        """The lines of what is open. If there are too many for one function, its loops and branches get functions."""
        parts = [part.in_place if isinstance(part, Block) else [part] for part in self.statements]
        lengths = [sum(map(len, part)) for part in parts]
        if sum(lengths) > MAX_CHARACTERS:
            for n, part in enumerate(self.statements):
                if isinstance(part, Block) and lengths[n] >= MIN_CHARACTERS:
                    parts[n] = self._apart(part)
        return [line for part in parts for line in part]

    def _apart(self, block: Block) -> list[str]:
        """A block with a call of a new function in it; of a loop, the call alone.

        The parameters are the variables around the block that it names. The function returns those that it sets.
        """
        lines = block.in_place if block.is_loop else block.lines
        code = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
        words = set(re.findall(r"(?<![.\w])\w+", code))
        parameters = ", ".join(name for name in self.variables[: block.known] if name in words)
        results = ", ".join(place.name for place in block.results if isinstance(place, Scalar))
        star = "*" if "yield" in words else ""
        name = self.lasting_name("loop" if block.is_loop else "branch")
        inside = [*lines, f"return [{results}];"] if results else lines
        self.functions += [f"function{star} {name}({parameters}) {{", *(f"  {line}" for line in inside), "}"]
        call = f"{f'[{results}] = ' if results else ''}{'yield* ' if star else ''}{name}({parameters});"
        return [call] if block.is_loop else nested(block.head, [call])


def nested(head: str, lines: Sequence[str]) -> list[str]:
    """A statement with a block: on one line, if that fits."""
    if len(lines) == 1 and len(head) + len(lines[0]) < 118 and not lines[0].startswith(("const", "let")):
        return [f"{head} {lines[0]}"]
    return [f"{head} {{", *(f"  {line}" for line in lines), "}"]
