"""Element by element: a template in x, y and z for each primitive, and for each kind of number where they differ."""

from collections.abc import Callable, Sequence

import numpy as np

from lib.javascript import bounds
from lib.javascript.expression import Expr
from lib.javascript.graph import Const, Eqn, Unsupported, Value
from lib.javascript.index import Index
from lib.javascript.kernel import Kernel
from lib.javascript.rule import RULES, Rule
from lib.javascript.subnormal import SMALLEST

Template = str | Callable[[Eqn], str]
Truth = bool  # which is the name of a kind here
KINDS = {"f": "float", "i": "int", "u": "unsigned", "b": "bool"}


def formula(
    primitives: str,
    every: Template | None = None,
    *,
    float: Template | None = None,
    int: Template | None = None,
    unsigned: Template | None = None,
    bool: Template | None = None,
    rounds: str = "float int unsigned",
    underflows: Callable[[Eqn], Truth] | Truth = False,
    flushes: Truth = True,
    cost: int = 1,
) -> None:
    """Enter a template: for every kind of the first operand, or for each by itself.

    What holds for `int` holds for `unsigned` too, unless it has its own. `rounds`: the kinds whose results do not fit
    into their dtype yet. `underflows`: whether a float result may be subnormal though no operand is. `flushes`: whether
    it takes a subnormal operand for 0, as most of JAX's arithmetic does.
    """
    templates = {"float": float, "int": int, "unsigned": unsigned or int, "bool": bool}

    def inline(kernel: Kernel, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
        dtype = eqn.inputs[0].dtype
        kind = KINDS[dtype.kind]
        template = templates[kind] or every
        if template is None:
            raise Unsupported(f"{eqn.primitive} of {dtype} has no rule yet; {eqn.line}")
        read = kernel.operand if flushes else kernel.read
        operands = [read(value, stretched(value, index)) for value in eqn.inputs]
        text = template if isinstance(template, str) else template(eqn)
        small = kind == "float" and (underflows(eqn) if callable(underflows) else underflows)
        return kernel.filled(text, operands, eqn.output.dtype, kind in rounds.split(), cost, small)

    for primitive in primitives.split():
        RULES[primitive] = Rule(inline, cost=cost, flushes=flushes)


def stretched(value: Value, index: tuple[Index, ...]) -> tuple[Index, ...]:
    """The index in an operand, which may be a scalar, or have axes of length 1 that go along with longer ones."""
    return tuple(Index() if size == 1 else i for size, i in zip(value.shape, index, strict=False))


# --- Arithmetic ----------------------------------------------------------------------------------

formula("add add_any", "x + y", underflows=lambda eqn: not _has(eqn.inputs, lambda c: c >= 2.0**-102))
formula("sub", "x - y", underflows=lambda eqn: not _has(eqn.inputs, lambda c: c >= 2.0**-102))
formula(
    "mul",
    float="x * y",
    int="Math.imul(x, y)",
    rounds="float unsigned",
    underflows=lambda eqn: not _has(eqn.inputs, lambda c: (c >= 1) | (c == 0)),
)
formula(
    "div",
    float="x / y",
    int=lambda eqn: _unless_zero(eqn, "x / y", "divide(x, y)"),
    underflows=lambda eqn: not _has(eqn.inputs[1:], lambda c: c <= 1),
)
formula(
    "rem",
    float=lambda eqn: "x % y" if _has(eqn.inputs[1:], lambda c: c >= SMALLEST) else "x % flush(y)",
    int=lambda eqn: _unless_zero(eqn, "x % y", "remainder(x, y)"),
    rounds="int",  # for −0
    flushes=False,
)
formula("neg", "-x", rounds="int unsigned", flushes=False)
formula("abs", float="Math.abs(x)", int="Math.abs(x)", rounds="int", flushes=False)
formula("sign", "Math.sign(x)", rounds="")
formula("max", "Math.max(x, y)", bool="x || y", rounds="")
formula("min", "Math.min(x, y)", bool="x && y", rounds="")
formula("clamp", "Math.min(Math.max(y, x), z)", rounds="")
formula("square", float="x * x", int="Math.imul(x, x)", rounds="float unsigned", underflows=True)
formula("integer_pow", lambda eqn: _power(eqn.params["y"], eqn.inputs[0].dtype.kind == "f"), underflows=True)
formula("pow", float=lambda eqn: _float_power(eqn.inputs[1]), underflows=True, flushes=False, cost=20)
formula("floor", "Math.floor(x)", rounds="")
formula("ceil", "Math.ceil(x)", rounds="")
formula("round", lambda eqn: "roundEven(x)" if eqn.params["rounding_method"] == 1 else "roundAway(x)", rounds="")
formula("is_finite", "Number.isFinite(x)", rounds="")
formula("nextafter", "nextAfter(x, y)", rounds="", flushes=False, cost=10)

# --- Comparisons, logic and bits -----------------------------------------------------------------

for names, sign in {"eq": "===", "ne": "!==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    formula(names, f"x {sign} y", bool=f"+x {sign} +y", rounds="")
formula("lt_to", float="inOrder(x, y) < 0", int="x < y", rounds="", flushes=False)
formula("le_to", float="inOrder(x, y) <= 0", int="x <= y", rounds="", flushes=False)
formula("eq_to", float="inOrder(x, y) === 0", int="x === y", rounds="", flushes=False)
formula("and", int="x & y", bool="x && y", rounds="unsigned")
formula("or", int="x | y", bool="x || y", rounds="unsigned")
formula("xor", int="x ^ y", bool="!x !== !y", rounds="unsigned")
formula("not", int="~x", bool="!x", rounds="unsigned")
formula("shift_left", int=lambda eqn: _shift(eqn, "x << y", "0"))
formula(
    "shift_right_logical",
    int=lambda eqn: _shift(eqn, f"{_bits(eqn)} >>> y", "0"),
    unsigned=lambda eqn: _shift(eqn, "x >>> y", "0"),
    rounds="int",
)
formula(
    "shift_right_arithmetic",
    int=lambda eqn: _shift(eqn, "x >> y", "x >> 31"),
    unsigned=lambda eqn: _shift(eqn, f"{_signed(eqn)} >> y", f"{_signed(eqn)} >> 31"),
    rounds="unsigned",
)
formula("population_count", lambda eqn: f"bitCount({_bits(eqn)})", rounds="", cost=5)
formula("clz", lambda eqn: f"Math.clz32({_bits(eqn)}){_less(32 - 8 * eqn.output.dtype.itemsize)}", rounds="")

# --- Functions -----------------------------------------------------------------------------------

for name in "log log1p cos asin acos sinh cosh asinh acosh atanh cbrt".split():
    formula(name, f"Math.{name}(x)", cost=10)
for name in "expm1 sin tan atan tanh".split():
    formula(name, f"Math.{name}(x)", cost=10, flushes=False)
formula("sqrt", "Math.sqrt(x)", cost=2)
formula("exp", "Math.exp(x)", underflows=True, cost=10)
formula("exp2", "2 ** x", underflows=True, cost=20)
formula("atan2", "Math.atan2(x, y)", underflows=True, cost=20)
formula("rsqrt", "1 / Math.sqrt(x)", cost=3)
formula("logistic", "1 / (1 + Math.exp(-x))", underflows=True, cost=12)
for name, helper in {
    "erf": "erf",
    "erfc": "erfc",
    "erf_inv": "erfInv",
    "lgamma": "lgamma",
    "digamma": "digamma",
}.items():
    formula(name, f"{helper}(x)", underflows=name in ("erfc", "erf_inv"), cost=30)
formula("bessel_i0e", "besselI0e(x)", cost=30)

# --- Choices and other kinds of number -----------------------------------------------------------


def _choice(kernel: Kernel, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
    which, *cases = [kernel.read(value, stretched(value, index)) for value in eqn.inputs]
    if eqn.inputs[0].dtype.kind == "b":
        return kernel.filled("x ? z : y", [which, *cases], eqn.output.dtype, False, 1)
    result = cases[-1]
    for n, case in reversed(list(enumerate(cases[:-1]))):
        result = kernel.filled(f"x === {n} ? y : z", [which, case, result], eqn.output.dtype, False, 1)
    return result


RULES["select_n"] = Rule(_choice)


def _convert(kernel: Kernel, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
    expr, old, new = kernel.operand(eqn.inputs[0], index), eqn.inputs[0].dtype, eqn.output.dtype
    if new.kind == "b":
        return kernel.filled("x !== 0", [expr], new, False, 1)
    if old.kind == "b":
        return kernel.filled("+x", [expr], new, False, 1)
    if old.kind == "f" and new.kind in "iu":
        limits = np.iinfo(new)
        return kernel.filled(f"toInteger(x, {limits.min}, {limits.max})", [expr], new, False, 2)
    fits = np.can_cast(old, new) or (new.kind != "f" and bounds.fit(bounds.of(eqn.inputs[0]), new))
    return kernel.filled("x", [expr], new, not fits, 0 if fits else 1)


RULES["convert_element_type"] = Rule(_convert)


def _bitcast(kernel: Kernel, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
    expr, old, new = kernel.read(eqn.inputs[0], index), eqn.inputs[0].dtype, eqn.output.dtype
    if old.itemsize != new.itemsize:
        raise Unsupported(f"bitcast_convert_type from {old} to {new} has no rule yet; {eqn.line}")
    if new.kind == "f":
        return kernel.filled("floatOfBits(x)", [expr], new, False, 2)
    if old.kind == "f":
        return kernel.filled("bitsOfFloat(x)", [expr], new, new.kind == "i", 2)
    return kernel.filled("x", [expr], new, True, 1)


RULES["bitcast_convert_type"] = Rule(_bitcast)


# --- Templates that depend on the equation -------------------------------------------------------


def _unless_zero(eqn: Eqn, plain: str, guarded: str) -> str:
    """Division by a known number needs no guard."""
    divisor = eqn.inputs[1]
    return plain if isinstance(divisor, Const) and (divisor.value != 0).all() else guarded


def _power(y: int, is_float: bool) -> str:
    if not is_float:
        return f"intPower(x, {y})"
    if y < 0:
        return "1 / x" if y == -1 else f"1 / flush(x ** {-y})"
    return " * ".join("x" * y) if y in (2, 3) else f"x ** {y}"


def _float_power(y: Value) -> str:
    """In JavaScript 1 to the power of NaN or an infinity is NaN. An integer power is a float32 first."""
    if y.dtype.kind == "f":
        return "x ** y" if _has([y], np.isfinite) else "power(x, y)"
    return "x ** y" if max(map(abs, bounds.of(y))) <= 2**24 else "x ** Math.fround(y)"


def _has(values: Sequence[Value], holds: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether one of the values is a constant, and something holds for the magnitudes of all its numbers."""
    return any(isinstance(value, Const) and holds(np.abs(value.value)).all() for value in values)


def _shift(eqn: Eqn, plain: str, otherwise: str) -> str:
    """JavaScript shifts by y mod 32; JAX shifts all bits out, and takes a negative y for a large one."""
    bits, (low, high) = 8 * eqn.output.dtype.itemsize, bounds.of(eqn.inputs[1])
    if low >= 0 and high < bits:
        return plain
    return f"{'y' if low >= 0 else 'y >>> 0'} < {bits} ? {plain} : {otherwise}"


def _bits(eqn: Eqn) -> str:
    """x without its sign."""
    size = eqn.output.dtype.itemsize
    return "x" if eqn.output.dtype.kind == "u" or size == 4 else f"(x & {2 ** (8 * size) - 1})"


def _signed(eqn: Eqn) -> str:
    """x as a signed number of as many bits."""
    bits = 8 * eqn.output.dtype.itemsize
    return "x" if bits == 32 else f"x << {32 - bits} >> {32 - bits}"


def _less(n: int) -> str:
    return f" - {n}" if n else ""
