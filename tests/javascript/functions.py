"""Small JAX functions, each of which must do in a browser what it does in JAX.

An entry is a function and what makes its arguments from a number; each function is called with several of them. Results
that are whole numbers must be equal, and so must those of the functions in EXACT; floats agree within 10⁻⁵.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn, random

from lib import Flow, GaussianMixture
from lib.bijections import AffineCoupling, SplineCoupling
from lib.numerics import threefry
from lib.numerics.summation import pairwise_sum
from tests.nets.causal import shaken

Maker = Callable[[int], Any]
FUNCTIONS: dict[str, tuple[Callable, tuple[Maker, ...]]] = {}
EXACT: set[str] = set()


def add(name: str, fn: Callable, *makers: Maker, exact: bool = False) -> None:
    assert name not in FUNCTIONS
    FUNCTIONS[name] = fn, makers
    if exact:
        EXACT.add(name)


def arguments(name: str, calls: int = 4) -> list[tuple[Any, ...]]:
    return [tuple(maker(call) for maker in FUNCTIONS[name][1]) for call in range(calls)]


# --- Makers of arguments -------------------------------------------------------------------------


def f(*shape: int, low: float = -3, high: float = 3) -> Maker:
    """Floats, among them 0 and, in larger arrays, two that are equal."""

    def make(call: int) -> np.ndarray:
        x = np.random.default_rng([call, *shape]).uniform(low, high, shape).astype(np.float32)
        if x.size > 4 and low < 0:
            x.flat[1], x.flat[2] = 0, x.flat[3]
        return x

    return make


def i(*shape: int, low: int = -9, high: int = 9, dtype: Any = np.int32) -> Maker:
    return lambda call: np.random.default_rng([call, *shape]).integers(low, high, shape, dtype, endpoint=True)


def u(*shape: int) -> Maker:
    return i(*shape, low=0, high=2**32 - 1, dtype=np.uint32)


def wide(*shape: int) -> Maker:
    return i(*shape, low=-(2**31), high=2**31 - 1)


def b(*shape: int) -> Maker:
    return lambda call: np.random.default_rng([call, *shape]).random(shape) < 0.5


def key(call: int) -> jax.Array:
    return random.key(call)


def special(call: int) -> np.ndarray:
    """Where functions have their corners."""
    x = np.array(
        [0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, np.inf, -np.inf, np.nan, 1e-30, 3e9, -3e9, 100, -100], np.float32
    )
    return np.roll(x, call)


# --- Arithmetic ----------------------------------------------------------------------------------


def along_a_row(n: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
    with jax.numpy_rank_promotion("allow"):  # the tests forbid it, a reader's own function may do it
        return n % row, n // row


add("arithmetic", lambda x, y: (x + y, x - y, x * y, x / y, -x, jnp.abs(x)), f(3, 4), f(3, 4))
add(
    "of known bounds",
    lambda n, m: [
        fn(jnp.clip(n, *x), jnp.clip(m, *y))
        for x in ((2, 3), (3, 6), (5, 9))
        for y in ((2, 3), (3, 6), (5, 9))
        for fn in (jnp.maximum, jnp.minimum, jnp.remainder, lax.rem)
    ],
    i(9),
    i(9),
)
add("fused multiply-add", lambda x, y: x * y + x, f(50), f(50))
add("remainders along a row", lambda n: along_a_row(n, jnp.array([3, 4, 5], jnp.uint32)), u(2, 3))
add("remainder of floats", lambda x, y: (lax.rem(x, y), x % y), f(20), f(20))
add("floor and the like", lambda x: (jnp.floor(x), jnp.ceil(x), jnp.trunc(x), jnp.sign(x)), special, exact=True)
add("round to even", lambda x: (jnp.round(x), jnp.rint(x * 2)), special, exact=True)
add("round away", lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), special, exact=True)
add("powers", lambda x: (x**2, x**3, x**4, x**-1, x**-2, x**7), f(9))
add("power of a float", lambda x, y: x**y, f(9, low=0.1), f(9))
add("largest and smallest", lambda x, y: (jnp.maximum(x, y), jnp.minimum(x, y)), special, f(16), exact=True)
add("clamp", lambda x: (jnp.clip(x, -1, 2), lax.clamp(jnp.float32(0), x, jnp.float32(1))), f(9), exact=True)
add("not a number", lambda x: (jnp.isnan(x), jnp.isinf(x), jnp.isfinite(x), jnp.nan_to_num(x)), special, exact=True)
add("next float", lambda x, y: jnp.nextafter(x, y), special, f(16), exact=True)
add("scalars", lambda a, n: (a * 2 + n.astype(jnp.float32), n + 1, a > 0), f(), i())
add("integers wrap", lambda x, y: (x + y, x - y, x * y, -x, jnp.abs(x)), wide(20), wide(20))
add("unsigned integers wrap", lambda x, y: (x + y, x - y, x * y), u(20), u(20))
add("division of integers", lambda x, y: (lax.div(x, y), lax.rem(x, y), x // y, x % y), i(40), i(40))
add("division of unsigned", lambda x, y: (lax.div(x, y), lax.rem(x, y)), u(40), i(40, low=0, high=3, dtype=np.uint32))
add("divmod", lambda x: jnp.divmod(x, 7), i(20, low=-50, high=50))
add("power of an integer", lambda x: (x**2, x**3, x**5), i(20))
add("narrow integers", lambda x, y: (x + y, x * y, x - y), i(9, low=-128, high=127, dtype=np.int8), i(9, dtype=np.int8))
add("bytes", lambda x, y: (x + y, x * y, x >> 1), i(9, low=0, high=255, dtype=np.uint8), i(9, low=0, dtype=np.uint8))
add("two bytes", lambda x: (x * x, x + 1), i(9, low=-32768, high=32767, dtype=np.int16))
add("two bytes, unsigned", lambda x: (x * x, ~x), i(9, low=0, high=65535, dtype=np.uint16))

# --- Comparisons, logic and bits -----------------------------------------------------------------

add(
    "comparisons",
    lambda x, y: (x < y, x <= y, x > y, x >= y, x == y, x != y),
    i(20, low=-2, high=2),
    i(20, low=-2, high=2),
)
add("comparisons of floats", lambda x: (x < 0.5, x == x, x != x, x >= -0.5), special)
add("comparison after rounding", lambda x, y: (x + y) - x == y, f(99), f(99, low=-1e-3, high=1e-3))
add("logic", lambda p, q: (p & q, p | q, p ^ q, ~p, p == q, p < q), b(9), b(9))
add("truths as numbers", lambda p: (p.astype(jnp.int32) + 1, p.astype(jnp.float32), jnp.sum(p), ~p), b(9))
add("bits", lambda x, y: (x & y, x | y, x ^ y, ~x), wide(20), wide(20))
add("unsigned bits", lambda x, y: (x & y, x | y, x ^ y, ~x), u(20), u(20))
add("shifts", lambda x, n: (x << n, x >> n, lax.shift_right_logical(x, n)), wide(40), i(40, low=0, high=40))
add("unsigned shifts", lambda x, n: (x << n, x >> n), u(40), i(40, low=0, high=40, dtype=np.uint32))
add("bits counted", lambda x: (lax.population_count(x), lax.clz(x)), u(20))
add("bits of bytes", lambda x: (lax.population_count(x), lax.clz(x), x << 3), i(9, low=0, high=255, dtype=np.uint8))
add("choice", lambda p, x, y: jnp.where(p, x, y), b(3, 4), f(3, 4), f(3, 4), exact=True)
add("choice by a scalar", lambda p, x: jnp.where(p, x, -x), b(), f(4), exact=True)
add("choice of four", lambda n, x: lax.select_n(n, x, -x, 2 * x, x + 1), i(6, low=0, high=3), f(6))

# --- Kinds of number -----------------------------------------------------------------------------

add("floats to integers", lambda x: (x.astype(jnp.int32), x.astype(jnp.uint32), x.astype(jnp.int8)), special)
add("integers to floats", lambda x, y: (x.astype(jnp.float32), y.astype(jnp.float32)), wide(20), u(20), exact=True)
add("integers to others", lambda x: (x.astype(jnp.uint32), x.astype(jnp.uint8), x.astype(jnp.int16), x != 0), wide(20))
add("numbers to truths", lambda x, n: (x.astype(bool), n.astype(bool)), special, i(9, low=-1, high=1))
add("bits of floats", lambda x: lax.bitcast_convert_type(x, jnp.uint32), f(9))
add("floats of bits", lambda x: lax.bitcast_convert_type(x >> 4, jnp.float32), u(9), exact=True)
add("signed of unsigned", lambda x: lax.bitcast_convert_type(x, jnp.int32), u(9))

# --- Functions -----------------------------------------------------------------------------------

for name in "exp log log1p expm1 sqrt cbrt sin cos tan arctan sinh cosh tanh arcsinh log2 exp2 square".split():
    low = 0.01 if "log" in name or "sqrt" in name else -3
    add(name, getattr(jnp, name), f(40, low=low))
for name in "arcsin arccos arctanh".split():
    add(name, getattr(jnp, name), f(40, low=-0.99, high=0.99))
add("arccosh", jnp.arccosh, f(40, low=1.01))
add("arctan2", jnp.arctan2, f(40), f(40))
add("functions at their corners", lambda x: (jnp.exp(x), jnp.log(x), jnp.sqrt(x), jnp.tanh(x), jnp.log1p(x)), special)
add("rsqrt", lax.rsqrt, f(9, low=0.1))
add("sigmoid", lambda x: (nn.sigmoid(x), nn.softplus(x), nn.silu(x), nn.gelu(x), nn.relu(x)), f(40))
add("erf", lambda x: (lax.erf(x), lax.erfc(x)), f(99, low=-4.5, high=4.5))
add("erf_inv", lax.erf_inv, f(99, low=-0.9999, high=0.9999))
add("erf_inv at its ends", lax.erf_inv, lambda _: np.array([-1, 1, 0, 2], np.float32))
add("lgamma", lax.lgamma, f(99, low=0.05, high=30))
add("digamma", lax.digamma, f(99, low=0.3, high=30))
add("bessel_i0e", lambda x: (lax.bessel_i0e(x), lax.bessel_i0e(x * 30)), f(40, low=-5, high=5))
add("hypot", jnp.hypot, f(9), f(9))
add("logaddexp", jnp.logaddexp, special, f(16))
add("softmax", lambda x: (nn.softmax(x, axis=0), nn.log_softmax(x, axis=1)), f(5, 7))
add("logsumexp", lambda x: (nn.logsumexp(x), nn.logsumexp(x, axis=0)), f(5, 7, low=-90, high=80))
add("normal density", jax.scipy.stats.norm.logpdf, f(20))
add("standard deviation", lambda x: (jnp.mean(x, 0), jnp.var(x, 1), jnp.std(x)), f(5, 7))

# --- Views ---------------------------------------------------------------------------------------

add("reshape", lambda x: (x.reshape(4, 3), x.reshape(-1), x.reshape(2, 1, 6)), f(3, 4), exact=True)
add("transpose", lambda x: (x.T, jnp.moveaxis(x, 0, 1), x.transpose(2, 0, 1)), f(2, 3, 4), exact=True)
add("reshape of a transpose", lambda x: x.T.reshape(2, 10).T + 1, f(4, 5))
add("broadcast", lambda x, y: (x[:, None] * y[None, :], jnp.broadcast_to(y, (2, 4))), f(3), f(4))
add("slices", lambda x: (x[1:4], x[::2], x[::-1], x[-2:], x[4:1:-1], x[2]), f(7), exact=True)
add("slices of a matrix", lambda x: (x[1:, ::2], x[:, ::-1].T, x[1]), f(4, 5), exact=True)
add("pad", lambda x: (jnp.pad(x, 2), jnp.pad(x, ((1, 0), (0, 2)), constant_values=7)), f(2, 3), exact=True)
add("pad with gaps", lambda x: lax.pad(x, jnp.float32(9), [(1, 2, 2), (-1, 0, 1)]), f(3, 4), exact=True)
add("pad that shifts", lambda x: (y := jnp.exp(x), lax.pad(y, 0.0, [(-1, 1, 0)]) + y), f(9))
add("pad as a mirror", lambda x: (jnp.pad(x, 2, "edge"), jnp.pad(x, 2, "reflect")), f(4), exact=True)
add("concatenate", lambda x, y: (jnp.concatenate([x, y, x], 1), jnp.concatenate([x, x])), f(2, 3), f(2, 4), exact=True)
add("stack", lambda x, y: (jnp.stack([x, y]), jnp.stack([x, y], -1), jnp.hstack([x, y])), f(3), f(3), exact=True)
add("split", lambda x: jnp.split(x * 2, 3, axis=1), f(2, 6), exact=True)
add("roll", lambda x: (jnp.roll(x, 2), jnp.roll(x, 1)), f(7), exact=True)
add("tile and repeat", lambda x: (jnp.tile(x, 3), jnp.repeat(x, 2)), f(4), exact=True)
add("iota", lambda a: (jnp.arange(7.0) + a, jnp.linspace(0, 1, 11) * a, jnp.eye(3) * a, jnp.tri(4) * a), f())
add("meshgrid", lambda x, y: jnp.meshgrid(x, y), f(3), f(4), exact=True)
add("diagonal", lambda x: (jnp.diagonal(x), jnp.trace(x), jnp.tril(x), jnp.triu(x, 1), jnp.diag(x[0])), f(4, 4))
add("outputs that are inputs", lambda x, y: (y, x, x), f(3), i(2))
add("an output that is constant", lambda x: (jnp.zeros(3), jnp.arange(4), x), f(2))
add("nothing", lambda x: (x[:0], x[:0].sum(), jnp.zeros((0, 3))), f(3))

# --- Reductions ----------------------------------------------------------------------------------

add("sums", lambda x: (x.sum(), x.sum(0), x.sum(1), x.sum((0, 2)), x.sum(-1, keepdims=True)), f(3, 4, 5))
add("products", lambda x, n: (x.prod(0), n.prod(1)), f(3, 4), i(3, 4))
add("extremes", lambda x: (x.max(), x.min(0), x.max(1), jnp.ptp(x)), f(3, 4), exact=True)
add("extremes with nan", lambda x: (x.max(), x.min(), jnp.nanmax(x), jnp.argmax(x), jnp.argmin(x)), special, exact=True)
add("argmax", lambda x: (jnp.argmax(x), jnp.argmax(x, 0), jnp.argmin(x, 1)), f(4, 5))
add("argmax with ties", lambda n: (jnp.argmax(n, 1), jnp.argmin(n, 0)), i(5, 9, low=0, high=2))
add("any and all", lambda p: (p.any(), p.all(0), p.any(1), jnp.count_nonzero(p)), b(3, 4))
add(
    "sums in pairs",
    lambda x: (pairwise_sum(x[0]), pairwise_sum(x), jax.vmap(pairwise_sum, 1)(x), pairwise_sum(x[:1, 0])),
    f(7, 7),
    exact=True,
)
add(
    "sums in pairs of what is worked out",
    lambda x: (pairwise_sum(x * 2), pairwise_sum(jnp.ones(5)) + x),
    f(9),
    exact=True,
)
add(
    "sums and products of a choice",
    lambda x: (
        jnp.where(x > 0, x, -1.0).sum(1),
        jnp.where(x > 0, x, -1.0).prod(1),
        jnp.cumsum(jnp.where(x > 0, x, 2.0)),
    ),
    f(3, 5),
)
add("sums of integers wrap", lambda x, y: (x.sum(), x.prod(), y.sum(), y.prod()), wide(9), u(9))
add("bits reduced", lambda x: lax.reduce_xor(x, (0,)) + lax.reduce_or(x, (0,)) + lax.reduce_and(x, (0,)), u(9))
add("running sums", lambda x, n: (jnp.cumsum(x), jnp.cumsum(n, 0), jnp.cumsum(n, 1)), f(9), i(3, 4))
add("running others", lambda x: (jnp.cumprod(x), lax.cummax(x), lax.cummin(x), lax.cumlogsumexp(x)), f(9))
add("running backwards", lambda x: (lax.cumsum(x, 0, reverse=True), lax.cummax(x, 1, reverse=True)), f(4, 5))
add("running sums wrap", jnp.cumsum, wide(20))

# --- Products of matrices ------------------------------------------------------------------------

add("matrix times vector", lambda a, x: (a @ x, x @ a.T, jnp.dot(x, x)), f(4, 5), f(5))
add("matrix times matrix", lambda a, c: (a @ c, c.T @ a.T, a.T @ a), f(4, 5), f(5, 6))
add("batches of matrices", lambda a, c: (a @ c, jnp.einsum("bij,bjk->kbi", a, c)), f(2, 3, 4), f(2, 4, 5))
add(
    "four columns at a time", lambda a, c: (a @ c.T, jnp.einsum("ij,kmj->kim", a, c.reshape(2, 4, 5))), f(3, 5), f(8, 5)
)
add(
    "einsum",
    lambda a, c: (jnp.einsum("ij,kj->ik", a, c), jnp.einsum("ij,ij->", a, a), jnp.outer(a[0], c[0])),
    f(3, 4),
    f(5, 4),
)
add("tensordot", lambda a, c: jnp.tensordot(a, c, 2), f(3, 4, 5), f(4, 5, 2))
add("matrix of integers", lambda a, c: a @ c, wide(3, 4), wide(4, 5))

# --- Places that depend on values ----------------------------------------------------------------

add("index", lambda x, n: (x[n], x[n[0]], x[:, n[0] % 3]), f(5, 3), i(4, low=0, high=4), exact=True)
add("index from the end", lambda x, n: x[n], f(5), i(4, low=-5, high=4), exact=True)
add("index out of range", lambda x, n: (x[n], x.at[n].get(mode="clip")), f(5), i(9), exact=True)
add(
    "index filled",
    lambda x, n: (x.at[n].get(mode="fill"), x.at[n].get(mode="fill", fill_value=7)),
    f(5),
    i(9),
    exact=True,
)
add("index of integers filled", lambda x, n: (x.at[n].get(mode="fill"), (x > 0).at[n].get(mode="fill")), i(5), i(9))
add(
    "index by two",
    lambda x, n, m: (x[n, m], x[n[:, None], m[None, :]]),
    f(4, 5),
    i(3, low=0, high=3),
    i(3, low=0, high=4),
)
add("take along an axis", lambda x, n: jnp.take_along_axis(x, n, axis=1), f(3, 5), i(3, 2, low=0, high=4), exact=True)
add("take", lambda x, n: (jnp.take(x, n, axis=1), jnp.take(x, n)), f(3, 5), i(4, low=0, high=4), exact=True)
add("one hot", lambda n: nn.one_hot(n, 5), i(6, low=-1, high=5), exact=True)
add("look-up in batches", jax.vmap(lambda x, n: x[n]), f(4, 5), i(4, low=0, high=4), exact=True)
add(
    "dynamic slice",
    lambda x, n: (lax.dynamic_slice(x, (n, 1), (2, 3)), lax.dynamic_index_in_dim(x, n)),
    f(5, 4),
    i(),
    exact=True,
)
add("dynamic update", lambda x, y, n: (lax.dynamic_update_slice(x, y, (n, n)), x), f(5, 4), f(2, 2), i(), exact=True)
add("set", lambda x, n: (x.at[n].set(7.0), x.at[1].set(0.0), x), f(5), i(), exact=True)
add(
    "set a row",
    lambda x, n: (x.at[n].set(jnp.arange(4.0)), x.at[:, 1].set(9.0), x.at[1:3].add(1.0)),
    f(5, 4),
    i(low=0, high=4),
)
add("scatter", lambda n, y: jnp.zeros(5).at[n].set(y[0]), i(3, low=0, high=6), f(3), exact=True)
add("scatter and add", lambda n, y: jnp.zeros(5).at[n].add(y), i(9, low=-1, high=6), f(9))
add(
    "scatter others",
    lambda x, n, y: (x.at[n].max(y), x.at[n].min(y), x.at[n].multiply(y)),
    f(5),
    i(9, low=0, high=4),
    f(9),
)
add("scatter clipped", lambda n: jnp.zeros(5, jnp.int32).at[n].add(1, mode="clip"), i(9))
add("scatter of rows", lambda x, n, y: x.at[n].add(y), f(4, 3), i(6, low=0, high=3), f(6, 3))
add("scatter in two axes", lambda n, m: jnp.zeros((4, 5)).at[n, m].add(1.0), i(9, low=0, high=3), i(9, low=0, high=4))
add("scatter in batches", jax.vmap(lambda x, n: x.at[n].add(1.0)), f(3, 4), i(3, 2, low=0, high=3))
add(
    "counts",
    lambda n: (jnp.bincount(n, length=6), jnp.zeros((3, 2), int).at[n % 3, n % 2].add(1)),
    i(20, low=0, high=7),
)
add("histogram", lambda x: jnp.histogram(x, bins=6, range=(-3, 3))[0], f(40))
add("segment sums", lambda x, n: jax.ops.segment_sum(x, n, 4), f(9), i(9, low=0, high=3))
add("interpolation", lambda x: jnp.interp(x, jnp.arange(5.0), jnp.array([1.0, 3, 2, 5, 4])), f(20, low=-1, high=6))

# --- Orders --------------------------------------------------------------------------------------

add("sort", lambda x, n: (jnp.sort(x), jnp.sort(n, axis=0), jnp.sort(n, descending=True)), f(9), i(4, 5), exact=True)
add("sort specials", lambda x: (jnp.sort(x), jnp.argsort(x)), special)
add(
    "argsort",
    lambda n: (jnp.argsort(n), jnp.argsort(n, descending=True), jnp.argsort(n, axis=0)),
    i(6, 9, low=0, high=3),
)
add("sort together", lambda n, x: lax.sort((n, x, -x), num_keys=2), i(20, low=0, high=3), f(20), exact=True)
add("lexsort", lambda n, m: jnp.lexsort((n, m)), i(20, low=0, high=3), i(20, low=0, high=3))
add("largest k of what has no buffer", lambda x: lax.top_k(x * 2, 3), f(9), exact=True)
add("largest k", lambda x, n: (*lax.top_k(x, 3), *lax.top_k(n, 4)), f(9), i(2, 9, low=0, high=3), exact=True)
add(
    "searchsorted",
    lambda x, y: (jnp.searchsorted(jnp.sort(x), y), jnp.searchsorted(jnp.sort(x), y, "right")),
    f(9),
    f(20),
)
add(
    "searchsorted of whole numbers",
    lambda n, m: (
        *(jnp.searchsorted(jnp.sort(n), x, side) for x in (m, m[0]) for side in ("left", "right")),
        jnp.searchsorted(jnp.sort(n), m.reshape(5, 4)),
        jax.vmap(lambda x: jnp.searchsorted(jnp.sort(n), x, "right"), 1)(m.reshape(5, 4)),
        jax.vmap(lambda row: jnp.searchsorted(jnp.sort(row), m))(n.reshape(3, 3)),
    ),
    i(9, low=-3, high=3),
    i(20, low=-4, high=4),
)
add("median", lambda x: (jnp.median(x), jnp.quantile(x, jnp.array([0.1, 0.9])), jnp.percentile(x, 25.0)), f(9))
add("unique", lambda n: jnp.unique(n, size=9, fill_value=99), i(9, low=0, high=5))

# --- Loops and branches --------------------------------------------------------------------------

add("fori", lambda x, _: lax.fori_loop(0, 5, lambda k, c: c * 0.5 + k, x), f(4), i())
add("fori to a traced end", lambda x, n: lax.fori_loop(0, n, lambda k, c: c + k, x), f(4), i(low=0, high=9))
add("fori that updates", lambda x: lax.fori_loop(0, 5, lambda k, c: c.at[k].set(c[k - 1] + 1), x), f(5))
add("fori that swaps", lambda x, y: lax.fori_loop(0, 3, lambda _, c: (c[1], c[0]), (x, y)), f(4), f(4), exact=True)
add(
    "fori that turns",
    lambda x: lax.fori_loop(0, 3, lambda _, c: (c[0][::-1], c[0].reshape(2, 2).T), (x, jnp.eye(2))),
    f(4),
)
add("while", lambda x: lax.while_loop(lambda c: c[0] < 50, lambda c: (c[0] * 1.5 + 1, c[1] + 1), (x, 0)), f(low=0))
add("while with work in its test", lambda x: lax.while_loop(lambda c: jnp.sum(c**2) > 1, lambda c: c * 0.7, x), f(5))
add("scan", lambda x: lax.scan(lambda c, v: (c * 0.9 + v, c), jnp.float32(0), x), f(9))
add("scan backwards", lambda x: lax.scan(lambda c, v: (c + v, c * v), jnp.zeros(3), x, reverse=True), f(5, 3))
add(
    "scan that stacks",
    lambda x, a: lax.scan(lambda c, _: (jnp.tanh(a @ c), jnp.sum(c)), x, None, length=6),
    f(4),
    f(4, 4),
)
add(
    "scan of one step",
    lambda x, k: lax.scan(lambda c, v: (c + v[0], (c, random.bits(v[1]), v[0])), x, (jnp.ones((1, 4)), k[None])),
    f(4),
    key,
)
add("scan of two", lambda x, n: lax.scan(lambda c, v: ((c[0] + v[0], c[1] * 2), v[1]), (x[0], 1), (x, n)), f(5), i(5))
add("scan in scan", lambda x: lax.scan(lambda c, v: (lax.scan(lambda d, w: (d + w, w), c, v)[0], c), 0.0, x), f(4, 3))
add("map", lambda x: lax.map(lambda v: jnp.sum(v) * v, x), f(4, 3))
add("associative scan", lambda x: lax.associative_scan(jnp.add, x), f(9))
add("cond", lambda x: lax.cond(x[0] > 0, lambda v: v * 2, lambda v: v - 1, x), f(4))
add("cond of several", lambda x: lax.cond(x.sum() > 0, lambda: (x, 1), lambda: (jnp.sort(x), 2)), f(4))
add("switch", lambda n, x: lax.switch(n, [jnp.sin, jnp.cos, lambda v: v[::-1], jnp.cumsum], x), i(low=-1, high=5), f(4))
add("cond in a loop", lambda x: lax.fori_loop(0, 6, lambda k, c: lax.cond(k % 2 == 0, jnp.sin, jnp.cos, c), x), f(3))
add(
    "loop in batches", jax.vmap(lambda n: lax.while_loop(lambda c: c < 20, lambda c: c * 2 + 1, n)), i(6, low=0, high=9)
)
add("checkpoint", lambda x: jax.checkpoint(lambda v: jnp.sin(v) * 2)(x), f(4))
add("gradient", jax.grad(lambda x: jnp.sum(jnp.tanh(x) ** 2 * nn.softmax(x))), f(6))
add("gradient of a scan", jax.grad(lambda x: lax.scan(lambda c, v: (jnp.sin(c + v), None), 0.1, x)[0]), f(5))
add("gradient of a product", jax.grad(lambda a: jnp.sum(jnp.tanh(a @ a.T / 20))), f(3, 4))
add("second derivative", jax.hessian(lambda x: jnp.prod(jnp.sin(x))), f(3))
add("jacobian", jax.jacfwd(lambda x: jnp.stack([x.sum(), (x**2).sum()])), f(4))
add("nested jit", lambda x: jax.jit(lambda v: jax.jit(jnp.sin)(v) + 1)(x) * 2, f(4))

# --- Names that an author gives, and that are ours or the language's -----------------------------


def i_is_floor(x: jax.Array) -> jax.Array:
    i = jnp.floor(x)
    return jnp.sin(i) + i


def erf(_: jax.Array, __: jax.Array, i: jax.Array, θ: jax.Array, Math: jax.Array, base64: jax.Array) -> jax.Array:
    let = jnp.exp(_) * __
    pair = jnp.cumsum(let) + Math
    Object = jnp.sort(pair + i)
    j = jnp.cumsum(Object * θ)
    k = jnp.cumsum(j[:, None] * base64[None], 1)
    step = lax.erf(k) + lax.top_k(k, 4)[0]
    return lax.fori_loop(0, 3, lambda yield_, c: jnp.cumsum(c * 0.5, 0) + yield_, step)


def of_a_dictionary(d: dict[str, jax.Array], d_a: jax.Array, eval: jax.Array) -> jax.Array:
    flush = d["__proto__"] + d["2²"] + d["a"] + d["a."]
    return jnp.cumsum(flush) * d_a + eval


add("a variable named as the loop's counter", i_is_floor, f(9))
add("names of ours", erf, *[f(4)] * 6)
add("names of keys", of_a_dictionary, lambda n: {key: f(3)(n) for key in ("__proto__", "2²", "a", "a.")}, f(3), f(3))

# --- What depends on no argument, whatever its primitive ----------------------------------------

SPD = jnp.array([[2.0, 0.5], [0.5, 1.0]])
FACTORS = np.float32([[[1, 0], [0.5, 2]], [[3, 0], [0, 0.5]]])
COUPLINGS = [
    shaken(layer(passes, key=random.key(0), hidden=(4,)))
    for layer, passes in ((AffineCoupling, (True, False)), (SplineCoupling, (False, True)))
]
FLOW = Flow(COUPLINGS, [0.5, -1], [1, 2])
MIXTURE = GaussianMixture(np.log([0.3, 0.7]), np.float32([[0, 1], [2, -1]]), FACTORS)

add("a mixture", lambda x: MIXTURE.log_prob(x), f(5, 2))
add("layers of a flow", lambda x: [jax.vmap(layer.forward)(x) for layer in COUPLINGS], f(5, 2))
add("a flow", lambda x: FLOW.log_prob(x), f(5, 2))
add("decompositions of what is known", lambda x: (jnp.linalg.cholesky(SPD) @ x, jnp.linalg.inv(SPD * 2) @ x), f(2))
add("a decomposition in a loop", lambda x: lax.fori_loop(0, 3, lambda _, c: jnp.linalg.cholesky(SPD) @ c, x), f(2))
add(
    "kinds that the page has not",
    lambda x: (jnp.abs(jnp.fft.fft(SPD[0])) * x, SPD.astype(jnp.float16)[0].astype(jnp.float32) * x),
    f(2),
)
add("numbers of a known key", lambda n: random.key_data(random.split(random.key(3), 3))[1, 0] + n, u())

# --- Random numbers ------------------------------------------------------------------------------

add("random bits", lambda k: (random.bits(k, (9,)), random.bits(k, (2, 3)), random.bits(k)), key)
add(
    "our random bits",
    lambda k: (
        threefry.bits(k, 9),
        jax.vmap(threefry.bits, (0, None))(random.split(k), 4),
        threefry.bits(k, 2**14 + 1),
    ),
    key,
)
add("random bytes", lambda k: (random.bits(k, (9,), jnp.uint8), random.bits(k, (9,), jnp.uint16)), key)
add("keys", lambda k: (random.split(k, 3), random.fold_in(k, 7), random.key_data(random.split(k)[1])), key)
add("key of a seed", lambda n: random.bits(random.key(n), (4,)), i(high=2**31 - 1))
add("raw key", lambda n: random.uniform(random.PRNGKey(n), (4,)), i(low=0), exact=True)
add("folded key", lambda k, n: random.bits(random.fold_in(k, n), (4,)), key, i())
add("keys in batches", lambda k: jax.vmap(lambda s: random.bits(s, (2,)))(random.split(k, 5)), key)
add("keys broadcast", lambda k: jax.vmap(random.bits)(jnp.broadcast_to(k, (2,))), key)
add("keys in a scan", lambda k: lax.scan(lambda c, _: (random.split(c)[0], random.bits(c)), k, None, length=5), key)
add("keys through a loop", lambda k: lax.scan(lambda c, s: (c + 1, random.bits(s)), 0, random.split(k, 4)), key)
add(
    "keys chosen",
    lambda k, p: random.bits(jax.tree.map(lambda s, t: jnp.where(p, s, t), *random.split(k)), (3,)),
    key,
    b(),
)
add("keys indexed", lambda k, n: random.bits(random.split(k, 6).reshape(2, 3).T[n, 1], (3,)), key, i(low=0, high=2))
add("uniform", lambda k: (random.uniform(k, (50,)), random.uniform(k, (3, 5))), key, exact=True)
add("uniform between", lambda k, a: random.uniform(k, (50,), minval=a, maxval=a + 2), key, f())
add("normal", lambda k: (random.normal(k, (200,)), random.normal(k)), key)
add("bernoulli", lambda k, p: (random.bernoulli(k, p, (50,)), random.bernoulli(k, 0.3)), key, f(low=0, high=1))
add("randint", lambda k: (random.randint(k, (50,), 0, 10), random.randint(k, (), -5, 1000)), key)
add("randint to a traced end", lambda k, n: random.randint(k, (20,), 0, n), key, i(low=1, high=99))
add("permutation", lambda k, x: (random.permutation(k, 20), random.permutation(k, x)), key, f(9), exact=True)
add("permutation of rows", lambda k, x: random.permutation(k, x), key, f(5, 3), exact=True)
add(
    "choice with replacement",
    lambda k, x: (random.choice(k, x, (7,)), random.choice(k, 9, (7,))),
    key,
    f(5),
    exact=True,
)
add("choice without replacement", lambda k, x: random.choice(k, x, (3,), replace=False), key, f(5), exact=True)
add("choice by weights", lambda k, p: random.choice(k, 5, (20,), p=p / p.sum()), key, f(5, low=0.1, high=1))
add("categorical", lambda k, x: (random.categorical(k, x), random.categorical(k, x, axis=0)), key, f(4, 6))
add(
    "gumbel and others",
    lambda k: (random.gumbel(k, (30,)), random.exponential(k, (30,)), random.logistic(k, (30,))),
    key,
)
add("laplace and cauchy", lambda k: (random.laplace(k, (30,)), random.rademacher(k, (30,))), key)
add("truncated normal", lambda k: random.truncated_normal(k, -1.0, 2.0, (50,)), key)
add("multivariate", lambda k, a: random.normal(k, (5, 3)) @ a + 1, key, f(3, 3))
