"""Counting codes: how often each value, or each combination of values, occurs in the rows of x.

Counts add up over parts of the data. So the data are counted a part at a time, and need not fit into memory; and the
parts are added on the host in int64, so there may be more of them than int32 can count.
"""

import math
from collections.abc import Callable
from functools import cache, partial, reduce

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from lib import checks
from lib.numerics.parts import BLOCK, add_up
from lib.numerics.tables import cell_of, in_range, once

FEW = 48  # up to so many values, comparing with each of them is faster than adding at an address
STRIPES = 32  # of a block are counted in bytes, so many that none overflows
ROWS = BLOCK // STRIPES  # of a stripe, at most


def tally(counts: Callable[..., Array], x: checks.Array, sizes: tuple[int, ...], tables: int) -> checks.Array:
    """counts(x, sizes), so many tables in an array, for checked codes x: int64 of NumPy, or int32 under `jit`.

    Raises ValueError where a code is out of range. Under `jit`, where nothing can be raised, its row counts nowhere.
    """
    if checks.is_traced(x):
        inside = jnp.all(in_range(x, sizes), axis=1, keepdims=True)
        return counts(jnp.where(inside, x.astype(jnp.int32), -1), sizes)
    total = add_up(_of_narrow_codes(counts, sizes), x)
    # A code that is out of range counts nowhere. Only where something is missing, the data are looked through for it.
    if total.sum() != tables * len(x):
        checks.refuse_codes("x", x, sizes)
    return total


@cache
def _of_narrow_codes(counts: Callable[..., Array], sizes: tuple[int, ...]) -> Callable[[checks.Array], Array]:
    return lambda x: counts(checks.narrow(x), sizes)


@partial(jax.jit, static_argnums=1)
def joint(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "*sizes"]:
    """How often each combination occurs."""
    cells = math.prod(sizes)
    cell, inside = jax.vmap(cell_of, in_axes=(0, None))(x, sizes)
    cell = once(jnp.where(inside, cell, cells))  # so that the data are read once
    return jnp.zeros(cells, jnp.int32).at[cell].add(1, mode="drop").reshape(sizes)


def margins(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "features values"]:
    """How often each value of each feature occurs; features with fewer values than others have zeros at the end."""
    return (_margins_by_comparing if max(sizes) <= FEW else _margins_by_adding)(x, sizes)


@partial(jax.jit, static_argnums=1)
def _margins_by_comparing(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "features values"]:
    """Σ [x = v] for each value v. The sums begin in bytes, of which processors add 16 to 64 at once.

    The data are cut into blocks, and each block into stripes of equal length, which are added up place by place. This
    is one long expression, in which the sums stay in registers. Only then are the blocks added to one another, and the
    places of one feature.
    """
    n, features = x.shape
    rows = min(ROWS, max(1, 1 << (640 // features).bit_length() >> 1))  # so that a block fits into the fastest cache
    missing = max(STRIPES * rows - n, -n % (STRIPES * rows))
    x = jnp.pad(_as_bytes(x), ((0, missing), (0, 0)), constant_values=255)  # which is no value
    stripes = x.reshape(-1, STRIPES, 1, rows * features)
    values = jnp.arange(max(sizes), dtype=jnp.uint8)[None, :, None]
    blocks = reduce(jnp.add, ((stripes[:, i] == values).astype(jnp.uint8) for i in range(STRIPES)))

    def add(i: Array, total: Array) -> Array:
        return total + blocks[i].astype(jnp.int32)

    places = jax.lax.fori_loop(0, len(blocks), add, jnp.zeros(blocks.shape[1:], jnp.int32), unroll=4)
    counts = places.reshape(-1, rows, features).sum(1, dtype=jnp.int32).T
    return jnp.where(jnp.arange(max(sizes))[None] < jnp.array(sizes)[:, None], counts, 0)


def _as_bytes(codes: Int[Array, "*n"]) -> Int[Array, "*n"]:
    """Codes as bytes; those that are below 0, or too large for a byte, become 128 or more."""
    if codes.dtype.itemsize > 1:
        codes = jnp.minimum(codes.astype(jnp.uint32), 255)  # without its sign, a code below 0 is a huge one
    return codes.astype(jnp.uint8)


@partial(jax.jit, static_argnums=1)
def _margins_by_adding(x: Int[Array, "n features"], sizes: tuple[int, ...]) -> Int[Array, "features values"]:
    """One feature after the other, so that its table stays in the fastest cache."""

    def one(feature: tuple[Array, Array]) -> Array:
        codes, size = feature
        codes = codes.astype(jnp.uint32)  # without its sign, a code below 0 is a huge one
        return jnp.zeros(max(sizes), jnp.int32).at[jnp.where(codes < size, codes, max(sizes))].add(1, mode="drop")

    return jax.lax.map(one, (once(x.T), jnp.array(sizes, jnp.uint32)))
