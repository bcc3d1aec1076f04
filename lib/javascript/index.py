"""Where an element lies: whole-number expressions c₀ + c₁ i + c₂ j + … of loop variables.

Views are maps of indices: a transpose permutes them, a slice scales and shifts them, a reshape divides the place in the
flat array. So what a view costs is found out here, and mostly it is nothing: 64 · ⌊e / 64⌋ + (e mod 64) is e again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Union


@dataclass(frozen=True)
class Variable:
    """A name, or another expression with values 0, …, size − 1, that is known inside `depth` loops."""

    text: str
    size: int
    depth: int
    quotient: tuple["Index", int] | None = None  # (e, d) if it is ⌊e / d⌋
    remainder: tuple["Index", int] | None = None  # (e, d) if it is e mod d

    @property
    def divides(self) -> bool:
        return self.quotient is not None or self.remainder is not None


@dataclass(frozen=True)
class Index:
    terms: tuple[tuple[Variable, int], ...] = ()
    constant: int = 0

    def __add__(self, other: Union["Index", int]) -> "Index":
        other = other if isinstance(other, Index) else Index(constant=other)
        factors = dict(self.terms)
        for variable, factor in other.terms:
            factors[variable] = factors.get(variable, 0) + factor
        constant = self.constant + other.constant
        for variable, factor in factors.items():
            if variable.remainder and factor:
                whole, d = variable.remainder
                for partner, its in factors.items():
                    if partner.quotient == (whole, d) and its == factor * d:
                        rest = {v: f for v, f in factors.items() if v not in (variable, partner)}
                        return Index(_sorted(rest), constant) + whole * factor
        return Index(_sorted(factors), constant)

    def __mul__(self, factor: int) -> "Index":
        return Index(_sorted({v: f * factor for v, f in self.terms}), self.constant * factor)

    def __rsub__(self, other: int) -> "Index":
        return self * -1 + other

    @property
    def low(self) -> int:
        return self.constant + sum(min(0, f * (v.size - 1)) for v, f in self.terms)

    @property
    def high(self) -> int:
        return self.constant + sum(max(0, f * (v.size - 1)) for v, f in self.terms)

    @property
    def depth(self) -> int:
        return max((v.depth for v, _ in self.terms), default=0)

    @property
    def divides(self) -> bool:
        return any(v.divides for v, _ in self.terms)

    def divmod(self, d: int) -> tuple["Index", "Index"]:
        """⌊e / d⌋ and e mod d, for e ≥ 0."""
        whole = Index(tuple((v, f // d) for v, f in self.terms if f % d == 0), self.constant // d)
        rest = Index(tuple((v, f) for v, f in self.terms if f % d), self.constant % d)
        if rest.low >= 0 and rest.high < d:
            return whole, rest
        if len(self.terms) == 1 and not self.constant:
            ((variable, factor),) = self.terms
            if variable.remainder and variable.remainder[1] % d == 0 and factor == 1:  # (e mod 6) mod 3 is e mod 3
                return self._quotient(d), variable.remainder[0].divmod(d)[1]
        return self._quotient(d), Index(((Variable(f"{self.grouped} % {d}", d, self.depth, None, (self, d)), 1),))

    def _quotient(self, d: int) -> "Index":
        variable = Variable(f"({self.grouped} / {d} | 0)", self.high // d + 1, self.depth, (self, d))
        return Index(((variable, 1),))

    @property
    def text(self) -> str:
        if self.terms and self.terms[0][1] < 0:  # 63 - i
            return str(self.constant) + "".join(f" {'-' if f < 0 else '+'} {_times(v, abs(f))}" for v, f in self.terms)
        words = [
            ("" if not n else " + " if f > 0 else " - ") + _times(v, abs(f)) for n, (v, f) in enumerate(self.terms)
        ]
        if self.constant or not words:
            words.append(f" {'-' if self.constant < 0 else '+'} {abs(self.constant)}" if words else str(self.constant))
        return "".join(words)

    @property
    def grouped(self) -> str:
        """The text as an operand."""
        return self.text if self.text.isalnum() else f"({self.text})"


def _sorted(factors: dict[Variable, int]) -> tuple[tuple[Variable, int], ...]:
    terms = [(v, f) for v, f in factors.items() if f and v.size > 1]
    return tuple(sorted(terms, key=lambda term: (-term[1], term[0].text)))


def _times(variable: Variable, factor: int) -> str:
    text = f"({variable.text})" if variable.remainder and factor != 1 else variable.text
    return f"{text} * {factor}" if factor != 1 else text


def flat(index: Sequence[Index], shape: Sequence[int]) -> Index:
    """The place in the flat array, the last index counting fastest."""
    return reduce(lambda place, axis: place * axis[1] + axis[0], zip(index, shape, strict=True), Index())


def unflat(place: Index, shape: Sequence[int]) -> tuple[Index, ...]:
    index: list[Index] = []
    for size in reversed(shape[1:]):
        place, rest = place.divmod(max(size, 1))
        index.insert(0, rest)
    return (place, *index) if shape else ()
