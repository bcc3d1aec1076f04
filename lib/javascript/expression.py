"""A JavaScript expression for one element, rounded where JAX rounds.

JavaScript computes in float64. So that a comparison or a floor sees what JAX sees, each float32 operation is rounded by
Math.fround, and each integer operation wraps. A typed array does both when a value is stored in it, so what is stored
needs neither. A product that is added is not rounded before: XLA makes one fused multiply-add of the two.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lib.javascript.index import Index

ROUND = {
    "float32": "Math.fround({})",
    "int32": "{} | 0",
    "uint32": "{} >>> 0",
    "int16": "{} << 16 >> 16",
    "uint16": "{} & 65535",
    "int8": "{} << 24 >> 24",
    "uint8": "{} & 255",
    "bool": "{}",
}


@dataclass(frozen=True)
class Expr:
    text: str
    dtype: np.dtype
    depth: int = 0  # how many loops deep it is known
    cost: int = 0  # about how many operations it takes
    rounds: bool = False  # whether it still has to be rounded to its dtype
    underflows: bool = False  # whether, before it is rounded, it may be subnormal
    product: bool = False
    index: Index | None = None  # the same as an index, if it is one

    @property
    def rounded(self) -> str:
        if not self.rounds:
            return self.text
        form = "flush({})" if self.underflows else ROUND[self.dtype.name]
        return form.format(self.text if form.endswith(")") else grouped(self.text))

    @property
    def stored(self) -> str:
        """The text for an element of a typed array, which rounds by itself."""
        return self.rounded if self.underflows else self.text


def grouped(text: str) -> str:
    """The text as an operand: in parentheses unless it is one word, a call or an element of an array."""
    depth = 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == " " and not depth:
            return f"({text})"
    return f"({text})" if text[0] in "-+!~" else text


def literal(number: Any, dtype: np.dtype) -> str:
    """A number, exactly."""
    if dtype.kind == "b":
        return "true" if number else "false"
    if dtype.kind in "iu":
        return hex(number) if number >= 2**20 and dtype.kind == "u" else str(number)
    value = float(number)
    if not np.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return (
        repr(int(value))
        if value.is_integer() and abs(value) < 1e6 and not (value == 0 and np.signbit(value))
        else ("-0" if value == 0 else repr(value))
    )


def fill(
    template: str, operands: Sequence[Expr], dtype: np.dtype, rounds: bool, cost: int, underflows: bool = False
) -> Expr:
    """A template such as "x + y", with expressions in the places of x, y and z."""
    sums = bool(re.fullmatch(r"x [+-] y", template))

    def operand(match: re.Match) -> str:
        expr = operands["xyz".index(match[0])]
        text = expr.text if sums and expr.product else expr.rounded
        before, after = template[: match.start()].rstrip(), template[match.end() :].lstrip()
        alone = (not before or before[-1] in "(,") and (not after or after[0] in "),")
        simple = "?" not in text and " ? " in template
        return text if alone or simple or (sums and expr.product) else grouped(text)

    return Expr(
        re.sub(r"\b[xyz]\b", operand, template),
        dtype,
        max((expr.depth for expr in operands), default=0),
        cost + sum(expr.cost for expr in operands),
        rounds,
        underflows,
        product=dtype.kind == "f" and template == "x * y",
    )
