"""Element by element: a template in x, y and z for each primitive, and for each kind of number where they differ."""

from collections.abc import Callable

import numpy as np

from lib.javascript import bounds
from lib.javascript.expression import Expr
from lib.javascript.graph import Const, Eqn, Unsupported, Value
from lib.javascript.index import Index
from lib.javascript.kernel import Kernel
from lib.javascript.rule import RULES, Rule

Template = str | Callable[[Eqn], str]
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
    cost: int = 1,
) -> None:
    """Enter a template: for every kind of operand, or for each by itself. `rounds`: kinds whose results do not fit yet.

    What holds for `int` holds for `unsigned` too, unless it has its own.
    """
    templates = {"float": float, "int": int, "unsigned": unsigned or int, "bool": bool}

    def inline(kernel: Kernel, eqn: Eqn, index: tuple[Index, ...]) -> Expr:
        kind = KINDS[eqn.inputs[-1].dtype.kind]
        template = templates[kind] or every
        if template is None:
            raise Unsupported(f"{eqn.primitive} of {eqn.inputs[-1].dtype} has no rule yet; {eqn.line}")
        operands = [kernel.read(value, stretched(value, index)) for value in eqn.inputs]
        text = template if isinstance(template, str) else template(eqn)
        return kernel.filled(text, operands, eqn.output.dtype, kind in rounds.split(), cost)

    for primitive in primitives.split():
        RULES[primitive] = Rule(inline, cost=cost)


def stretched(value: Value, index: tuple[Index, ...]) -> tuple[Index, ...]:
    """The index in an operand, which may be a scalar, or have axes of length 1 that go along with longer ones."""
    return tuple(Index() if size == 1 else i for size, i in zip(value.shape, index, strict=False))


# --- Arithmetic ----------------------------------------------------------------------------------

formula("add add_any", "x + y")
formula("sub", "x - y")
formula("mul", float="x * y", int="Math.imul(x, y)", rounds="float unsigned")
formula("div", float="x / y", int=lambda eqn: _unless_zero(eqn, "x / y", "divide(x, y)"))
formula("rem", float="x % y", int=lambda eqn: _unless_zero(eqn, "x % y", "remainder(x, y)"), rounds="int")  # for −0
formula("neg", "-x", rounds="int unsigned")
formula("abs", float="Math.abs(x)", int="Math.abs(x)", rounds="int")
formula("sign", "Math.sign(x)", rounds="")
formula("max", "Math.max(x, y)", bool="x || y", rounds="")
formula("min", "Math.min(x, y)", bool="x && y", rounds="")
formula("clamp", "Math.min(Math.max(y, x), z)", rounds="")
formula("square", float="x * x", int="Math.imul(x, x)", rounds="float unsigned")
formula("integer_pow", lambda eqn: _power(eqn.params["y"], eqn.inputs[0].dtype.kind == "f"))
formula("pow", float="x ** y", int="power(x, y)", cost=20)  # an integer power may be of a float
formula("floor", "Math.floor(x)", rounds="")
formula("ceil", "Math.ceil(x)", rounds="")
formula("round", lambda eqn: "roundEven(x)" if eqn.params["rounding_method"] == 1 else "roundAway(x)", rounds="")
formula("is_finite", "Number.isFinite(x)", rounds="")
formula("nextafter", "nextAfter(x, y)", rounds="", cost=10)

# --- Comparisons, logic and bits -----------------------------------------------------------------

for names, sign in {"eq": "===", "ne": "!==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    formula(names, f"x {sign} y", bool=f"+x {sign} +y", rounds="")
formula("lt_to", float="inOrder(x, y) < 0", int="x < y", rounds="")
formula("le_to", float="inOrder(x, y) <= 0", int="x <= y", rounds="")
formula("eq_to", float="inOrder(x, y) === 0", int="x === y", rounds="")
formula("and", int="x & y", bool="x && y", rounds="unsigned")
formula("or", int="x | y", bool="x || y", rounds="unsigned")
formula("xor", int="x ^ y", bool="!x !== !y", rounds="unsigned")
formula("not", int="~x", bool="!x", rounds="unsigned")
formula("shift_left", int=lambda eqn: _shift(eqn, "x << y", "x << y : 0"))
formula(
    "shift_right_logical",
    int=lambda eqn: _shift(eqn, f"{_bits(eqn)} >>> y", f"{_bits(eqn)} >>> y : 0"),
    unsigned=lambda eqn: _shift(eqn, "x >>> y", "x >>> y : 0"),
    rounds="int",
)
formula("shift_right_arithmetic", int="x >> Math.min(y, 31)", rounds="unsigned")
formula("population_count", "bitCount(x)", rounds="", cost=5)
formula("clz", lambda eqn: f"Math.clz32({_bits(eqn)}){_less(32 - 8 * eqn.output.dtype.itemsize)}", rounds="")

# --- Functions -----------------------------------------------------------------------------------

for name in "exp log log1p expm1 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh cbrt sqrt".split():
    formula(name, f"Math.{name}(x)", cost=2 if name == "sqrt" else 10)
formula("exp2", "2 ** x", cost=20)
formula("atan2", "Math.atan2(x, y)", cost=20)
formula("rsqrt", "1 / Math.sqrt(x)", cost=3)
formula("logistic", "1 / (1 + Math.exp(-x))", cost=12)
for name, helper in {
    "erf": "erf",
    "erfc": "erfc",
    "erf_inv": "erfInv",
    "lgamma": "lgamma",
    "digamma": "digamma",
}.items():
    formula(name, f"{helper}(x)", cost=30)
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
    expr, old, new = kernel.read(eqn.inputs[0], index), eqn.inputs[0].dtype, eqn.output.dtype
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
    if y in (2, 3):
        return " * ".join("x" * y) if is_float else "power(x, 2)" if y == 2 else "power(x, 3)"
    if is_float:
        return f"x ** {y}" if y >= 0 else "1 / x" if y == -1 else f"1 / x ** {-y}"
    return f"power(x, {y})"


def _shift(eqn: Eqn, plain: str, otherwise: str) -> str:
    """JavaScript shifts by y mod 32; JAX shifts all bits out."""
    bits, y = 8 * eqn.output.dtype.itemsize, eqn.inputs[1]
    return plain if isinstance(y, Const) and ((y.value >= 0) & (y.value < bits)).all() else f"y < {bits} ? {otherwise}"


def _bits(eqn: Eqn) -> str:
    """x without its sign."""
    size = eqn.output.dtype.itemsize
    return "x" if eqn.output.dtype.kind == "u" or size == 4 else f"(x & {2 ** (8 * size) - 1})"


def _less(n: int) -> str:
    return f" - {n}" if n else ""
