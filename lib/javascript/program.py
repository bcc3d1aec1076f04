"""Program: the text of a whole function: the helpers that it uses, what is run once, its body, and long constants."""

import base64
import re
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np

from lib.javascript.expression import literal
from lib.javascript.graph import Const, Graph, Value
from lib.javascript.lower import Lowering
from lib.javascript.scope import Buffer

ARRAYS = {
    "float32": "Float32Array",
    "int32": "Int32Array",
    "uint32": "Uint32Array",
    "int16": "Int16Array",
    "uint16": "Uint16Array",
    "int8": "Int8Array",
    "uint8": "Uint8Array",
    "bool": "Uint8Array",
}
MAX_TABLE_CHARACTERS = 120  # a longer table is written in base64, at the end


def helpers() -> dict[str, str]:
    """Each name that runtime.js defines, and the paragraph that does."""
    text = Path(__file__).with_name("runtime.js").read_text(encoding="utf-8")
    paragraphs = [
        part for part in re.split(r"\n\n(?=// )", text.strip()) if re.search(r"^(function|const)", part, re.M)
    ]
    return {name: part for part in paragraphs for name in re.findall(r"^(?:function|const) (\w+)", part, re.M)}


def program(graph: Graph, arguments: Sequence[str], name: str, sliced: bool) -> str:
    """The text of a JavaScript expression whose value is the function."""
    runtime = helpers()
    lowering = Lowering(graph, arguments, name, [*runtime], sliced)
    once, body = lowering.parts(graph)
    returned = ", ".join(_returned(lowering, value) for value in graph.outputs)
    tables = [_table(buffer, const) for const, buffer in lowering.constants.items()]
    setup = [
        *(line for line, _ in tables),
        *(f"const {b.name} = new {ARRAYS[b.dtype.name]}({prod(b.shape)});" for b in lowering.buffers),
        *(f"const {row} = new Float64Array({length});" for row, length in lowering.rows.items()),
        *once,
        *lowering.functions,
    ]
    function = [f"return function{'*' if sliced else ''} {lowering.function}({', '.join(lowering.arguments)}) {{"]
    function += [f"  {line}" for line in [*body, f"return [{returned}];"]] + ["};"]
    code = "\n".join([*setup, *function])
    used = _used(code, runtime)
    long = [line for _, line in tables if line]
    inner = "\n".join(f"  {line}".rstrip() for part in used for line in f"{part}\n".split("\n"))
    head = "((base64) => {" if long else "(() => {"
    tail = "\n".join(["})({", *(f"  {line}" for line in long), "})"]) if long else "})()"
    lines = "\n".join(f"  {line}" for line in code.split("\n"))
    return f"{head}\n{inner}{chr(10) if inner else ''}{lines}\n{tail}"


def _returned(lowering: Lowering, value: Value) -> str:
    kind = ARRAYS[value.dtype.name]
    place = lowering.place_of(value)
    if isinstance(place, Buffer):
        return f"{place.name}.slice()"
    if place:
        return f"{kind}.of({place.name})"
    assert isinstance(value, Const)
    return f"new {kind}({prod(value.shape)}).fill({literal(value.number, value.dtype)})"


def _table(buffer: Buffer, const: Const) -> tuple[str, str]:
    """The line that makes a constant array, and the line of base64 at the end, if there is one."""
    kind, shape = ARRAYS[const.dtype.name], f"// {const.dtype}[{', '.join(map(str, const.shape))}]"
    numbers = ", ".join(literal(number, const.dtype) for number in const.value.ravel()[:MAX_TABLE_CHARACTERS])
    if const.value.size <= MAX_TABLE_CHARACTERS and len(numbers) <= MAX_TABLE_CHARACTERS:
        return f"const {buffer.name} = {kind}.of({numbers}); {shape}", ""
    stored = _narrowed(const.value)
    text = base64.b64encode(stored.astype(stored.dtype.newbyteorder("<")).tobytes()).decode()
    line = f"const {buffer.name} = decode({kind}, {ARRAYS[stored.dtype.name]}, base64.{buffer.name}); {shape}"
    return line, f'{buffer.name}: "{text}",'


def _narrowed(x: np.ndarray) -> np.ndarray:
    """The same numbers in the smallest type that holds them."""
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        if x.dtype.itemsize > np.dtype(dtype).itemsize:
            with np.errstate(invalid="ignore"):
                narrow = x.astype(dtype)
            if np.array_equal(narrow, x) and not (x.dtype.kind == "f" and np.signbit(x).any() and (x == 0).any()):
                return narrow
    return x


def _used(code: str, runtime: dict[str, str]) -> list[str]:
    """The helpers that some code needs, and those that they need, in the order of the file."""
    used: set[str] = set()
    texts = [code]
    while texts:
        words = set(re.findall(r"\b\w+(?=[(\[.])", texts.pop()))
        for name in (words & set(runtime)) - used:
            if runtime[name] not in {runtime[other] for other in used}:
                texts.append(runtime[name])
            used.add(name)
    return [part for part in dict.fromkeys(runtime.values()) if any(runtime[name] == part for name in used)]
