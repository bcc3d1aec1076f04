"""Functions of the ends of each kind of number: nan, ±inf, ±0, subnormals, the largest, and integers that wrap.

An entry is a function that gives several results by their names, and its arguments. Left out are numbers at which XLA's
own approximations have neither the value of the function nor that at 0: asin and cbrt around 10⁻³⁸, and powers and
angles of subnormal numbers.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Array = jax.Array | np.ndarray
TINY, MOST = np.finfo(np.float32).tiny, np.finfo(np.float32).max
PLAIN = np.array("0 -0 1 -1 .5 -2 3 -.3 1e20 -1e20 1e-20 -1e-20 90 -90 -87.5 16777216 3e9 -3e9".split(), np.float32)
NORMAL = np.concatenate([PLAIN, np.array([np.inf, -np.inf, np.nan, MOST, -MOST], np.float32)])
FLOATS = np.concatenate([NORMAL, np.array([TINY, -TINY, 1.5 * TINY, TINY / 100, -TINY / 3], np.float32)])
NUMBERS = {"float32": FLOATS, "bool": np.array([False, True])} | {
    dtype: np.unique(np.array([low, low + 1, -1, 0, 1, 2, 3, 7, 31, 33, high - 1, high]).clip(low, high)).astype(dtype)
    for dtype in ("int32", "uint32", "int16", "uint16", "int8", "uint8")
    for low, high in [(np.iinfo(dtype).min, np.iinfo(dtype).max)]
}
INTEGERS = [dtype for dtype in NUMBERS if "int" in dtype]
CASES: dict[str, tuple[Callable, list[tuple[Array, ...]]]] = {}


def add(name: str, fn: Callable[..., dict[str, Any]], *arguments: Array) -> None:
    """Functions of the same arguments: one that gives what they give, by their names."""

    def mixed(*args: jax.Array) -> dict[str, Any]:
        with jax.numpy_dtype_promotion("standard"):  # the tests forbid it, a reader's own function may do it
            return fn(*args)

    assert name not in CASES
    CASES[name] = mixed, [arguments]


def each(names: str) -> Callable[..., dict[str, Any]]:
    return lambda *args: {name: getattr(lax, name)(*args) for name in names.split()}


def pairs(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(x, y.size), np.tile(y, x.size)


# --- Element by element --------------------------------------------------------------------------

UNARY = "neg sign abs floor ceil round is_finite exp log log1p expm1 sin cos tan acos atan sinh cosh tanh asinh acosh"
add("functions", each(f"{UNARY} atanh sqrt rsqrt exp2 logistic erf erfc erf_inv digamma bessel_i0e square"), FLOATS)
add("functions of larger floats", each("asin cbrt"), NORMAL)
add("lgamma", each("lgamma"), FLOATS[FLOATS != 1])  # where it is 0
add("round to even", lambda x: {"": lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)}, FLOATS)
COMPARED = "add sub mul div rem max min eq ne lt le gt ge"
add("pairs of floats", each(f"{COMPARED} nextafter"), *pairs(FLOATS, FLOATS))
add("angles", each("atan2"), *pairs(NORMAL, NORMAL))
add("clamp", lambda x, y: {"": lax.clamp(-y, x, y)}, *pairs(FLOATS, np.abs(FLOATS)))
add("select", lambda x, y: {"": jnp.where(x < y, x, -y)}, *pairs(FLOATS, FLOATS))
add("fused multiply-add", lambda x, y: {"": x * y + x}, *pairs(FLOATS, FLOATS))
add("what is too small on the way", lambda x, y: {"": (x * y) * 1e30 + (x / y) / 1e-30}, *pairs(FLOATS, FLOATS))
add("integer powers", lambda x: {str(y): lax.integer_pow(x, y) for y in (-3, -2, -1, 1, 2, 3, 4, 7)}, FLOATS)
add("log of softmax", lambda x: {"": jnp.log(jax.nn.softmax(x[None] * np.c_[[0, 1, 90.0]], axis=0))}, FLOATS[:8])
add(
    "floats and literals",
    lambda x: {
        **{
            "x + 1e-39": x + 1e-39,
            "1e-39 x": x * 1e-39,
            "x > 1e-39": x > 1e-39,
            "x + 2e-38": x + 2e-38,
            "0.3 x": x * 0.3,
            "-1e-39 < x": x > -1e-39,
        },
        **{
            "x / 2": x / 2,
            "x + 3": x + 3,
            "4 x": 4 * x,
            "x ** inf": x**jnp.inf,
            "x ** nan": x**jnp.nan,
            "x ** 2": x**2,
        },
        **{"0.5 ** x": 0.5**x, "x == 0": x == 0, "bool": x.astype(bool), "inf x": jnp.inf * x, "0 x": x * 0},
    },
    FLOATS,
)
for dtype in INTEGERS:
    x = NUMBERS[dtype]
    others = "neg sign population_count clz square" + " abs" * (dtype[0] == "i")
    add(f"functions of {dtype}", each(others), x)
    add(f"integer powers of {dtype}", lambda x: {str(y): lax.integer_pow(x, y) for y in (1, 2, 3, 4, 7)}, x)
    shifts = "shift_left shift_right_logical shift_right_arithmetic"
    add(f"pairs of {dtype}", each(f"{COMPARED} bitwise_and bitwise_or bitwise_xor {shifts}"), *pairs(x, x))
add(
    "pairs of truths",
    each("bitwise_and bitwise_or bitwise_xor max min eq ne lt le gt ge"),
    *pairs(*[NUMBERS["bool"]] * 2),
)

# --- Subnormal numbers that go through loops and branches before something is done with them -----


def through_loops(x: Array) -> dict[str, Any]:
    small = x[-1:]
    return {
        "carried": lax.scan(lambda c, _: (-c, c * 1e30), x, None, length=3)[1],
        "carried later": lax.scan(lambda c, _: (x, c * 1e30), jnp.zeros_like(x), None, length=2)[1],
        "stacked": lax.scan(lambda c, v: (c, -v), 0, x)[1] * 1e30,
        "of no step": lax.fori_loop(0, x.size - 28, lambda _, c: c * 0, x) * 1e30,
        "tested": lax.while_loop(lambda c: (c[0] < 3) & (c[1] == 0)[0], lambda c: (c[0] + 1, -c[1]), (0, small))[0],
        "chosen": lax.cond(x[0] == 0, lambda: x, lambda: x + 1) * 1e30,
        "chosen otherwise": lax.cond(x[0] > 0, lambda: x + 1, lambda: -x) * 1e30,
    }


add("through loops", through_loops, FLOATS)

# --- Other kinds of number, and of each operand its own ------------------------------------------

for dtype, x in NUMBERS.items():
    add(f"{dtype} converted", lambda x: {other: x.astype(other) for other in NUMBERS}, x)
    add(
        f"{dtype} and literals",
        lambda x: {
            **{"x + 2": x + 2, "x + 2.5": x + 2.5, "2.5 - x": 2.5 - x, "x / 2": x / 2, "x * True": x * True},
            **{"x > 0.5": x > 0.5, "x ** 2": x**2, "2.0 ** x": 2.0**x, "max": jnp.maximum(x, 0.5)},
        },
        x,
    )
    n = np.arange(x.size, dtype=np.int32) % 3
    add(f"{dtype} chosen", lambda n, x: {"": lax.select_n(n, x, x[::-1], jnp.roll(x, 1))}, n, x)
    add(
        f"float32 and {dtype}",
        lambda x, y: {
            **{
                "x + y": x + y,
                "y - x": y - x,
                "x * y": x * y,
                "x / y": x / y,
                "y / x": y / x,
                "max": jnp.maximum(y, x),
            },
            **{"x < y": x < y, "y == x": y == x, "by one": x * y[0], "where": jnp.where(x < 1, x, y)},
        },
        *pairs(FLOATS, x),
    )
    if dtype != "bool":
        add(f"powers: {dtype}", lambda x, y: {"": lax.pow(x, y)}, *pairs(NORMAL, NORMAL if dtype == "float32" else x))
    add(
        f"int32, int8, uint8, bool and {dtype}",
        lambda x, *ys: {
            f"{y.dtype} {name}": value
            for y in ys
            for name, value in (("+", x + y), ("*", x * y), ("<", y < x), ("max", jnp.maximum(y, x)))
        },
        *(np.resize(y, 40) for y in (x, *(NUMBERS[other] for other in ("int32", "int8", "uint8", "bool")))),
    )

# --- Many elements -------------------------------------------------------------------------------


def rows(dtype: str, n: int, height: int = 60) -> np.ndarray:
    """Rows in which special numbers meet; half of the rows of floats have none that decides alone.

    Which of two zeros is the largest of a row, and whether a subnormal number is, depends on how XLA goes through it.
    """
    x = np.random.default_rng(n).choice(NORMAL[NORMAL != 0] if dtype == "float32" else NUMBERS[dtype], (height, n))
    if dtype == "float32":
        x[::2][~np.isfinite(x[::2])] = MOST
    return x


def reductions(x: Array) -> dict[str, Any]:
    whole = {"sum": jnp.sum(x, 1, dtype=x.dtype), "prod": jnp.prod(x, 1, dtype=x.dtype)} if x.dtype != bool else {}
    running = {"sums": jnp.cumsum(x, 1, dtype=x.dtype), "products": jnp.cumprod(x, 1, dtype=x.dtype)} if whole else {}
    running |= {} if x.dtype == bool else {"running max": lax.cummax(x, 1), "running min": lax.cummin(x, 1)}
    extremes = {"max": jnp.max(x, 1), "min": jnp.min(x, 1), "argmax": jnp.argmax(x, 1), "argmin": jnp.argmin(x, 1)}
    values, places = lax.top_k(x, 2)
    return (
        whole | running | extremes | {"sort": jnp.sort(x, 1), "argsort": jnp.argsort(x, 1), "k": values, "of": places}
    )


def scattered(x: Array) -> dict[str, Any]:
    at = x[:, 0].at[jnp.arange(60) // 4]
    return {how: getattr(at, how)(x[:, 1]) for how in ("set", "add", "max", "min", "mul")}


for dtype in NUMBERS:
    for n in (2, 5):
        add(f"rows of {n} {dtype}", reductions, rows(dtype, n))
    if dtype != "bool":
        add(f"scattered {dtype}", scattered, rows(dtype, 2))
    if dtype in INTEGERS:
        add(f"rows of 40 {dtype}", reductions, rows(dtype, 40))
add("means", lambda x: {"": jnp.mean(x, 1)}, rows("float32", 5))
TOO_SMALL = np.array([[TINY / 2, -TINY, TINY], [1e-20, -90, 1e-20], [1.5 * TINY, -TINY, TINY]], np.float32)
add("sums of what is too small", lambda x: {"": jnp.sum(x, 1), "products": jnp.prod(x, 1)}, TOO_SMALL)
# Of 40 numbers, XLA adds up each half.
LONG = np.zeros((4, 40), np.float32)
LONG[0, [2, 9, 17]] = MOST, MOST, -MOST
LONG[1, [22, 29, 37]] = -MOST, -MOST, MOST
LONG[2, [3, 8]] = np.inf, -np.inf
LONG[3] = -87.5
add("long sums", lambda x: {"": jnp.sum(x, 1), "of exp": jnp.exp(x).sum(1), "running": jnp.cumsum(x[0])}, LONG)
add("long products", lambda x: {"": jnp.prod(x, 1)}, rows("float32", 5).repeat(8, 1)[:, :32])
add(
    "a product that overflows",
    lambda x: {"": x @ jnp.ones((3, 4)), "dot": jnp.dot(x[0], jnp.ones(3))},
    LONG[:3, [2, 9, 17]],
)
for dtype in NUMBERS:
    add(
        f"product of {dtype} and others",
        lambda x, *ys: {
            f"{y.dtype} {result}": lax.dot_general(x, y, (([1], [0]), ([], [])), preferred_element_type=result)
            for y in ys
            for result in ("float32", "int32")
            if result == "float32" or jnp.float32 not in (x.dtype, y.dtype)
        },
        *(
            np.clip(rows(other, *shape), -(2**15), 2**15).astype(other)
            for other, shape in [(dtype, (3, 4)), *((o, (4, 3)) for o in NUMBERS)]
        ),
    )
near = np.array([[2**24 + 1, -(2**24)]], np.int32)
add(
    "integers that are floats first",
    lambda n: {"": lax.dot(n, jnp.ones(2, jnp.float32), preferred_element_type=jnp.float32)},
    near,
)
add("scattered on subnormal numbers", lambda x: {"": x.at[jnp.arange(x.size)].mul(1e30)}, FLOATS)
wide = rows("int32", 3, 4), rows("int32", 4, 3)
add("product of integers", lambda x, y: {"": x @ y, "unsigned": x.astype(jnp.uint32) @ y.astype(jnp.uint32)}, *wide)
