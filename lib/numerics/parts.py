"""Work on many rows, some of them at a time: so that temporaries stay in the cache, and data may exceed the memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeGuard

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array

from lib import checks

ELEMENTS_PER_CALL = 2**23  # of a compiled function: larger temporaries leave the cache and cost more than they save
MIN_BYTES_TO_ALIGN = 2**20  # from here on, a second call costs less than copying
BLOCK = 1024  # rows: the largest block that counting.py fills up


def in_parts(compute: Callable[..., Array], work: int, x: checks.Array, *others: Array) -> Iterator[Array]:
    """Splits x into parts of rows, calls `compute` on them in a thread pool and yields the results in order.

    For XLA runs a loop on one core. Of each row `work` numbers go through the computation. x may be a file that is
    larger than the memory: only the parts at work are in it. `others` have as many rows, which go with those of x.
    """
    # A power of two, at least 64: JAX need not copy a part that starts on 64 bytes, nor need it be filled up to blocks.
    rows = max(64, 1 << (ELEMENTS_PER_CALL // max(1, work)).bit_length() >> 1)
    if len(x) <= rows:
        yield compute(x, *others)
        return

    def part(i: int) -> Array:
        return jax.block_until_ready(compute(*(each[i : i + rows] for each in (x, *others))))

    with ThreadPoolExecutor() as pool:
        yield from pool.map(part, range(0, len(x), rows))


def is_sharded(x: Any) -> TypeGuard[jax.Array]:
    """Whether x is on several devices."""
    if checks.is_traced(x) or not isinstance(x, jax.Array):
        return False
    return isinstance(x.sharding, NamedSharding) and x.sharding.num_devices > 1


@partial(jax.jit, static_argnums=(0, 1, 2))
def on_shards(
    compute: Callable[..., Array], sharding: NamedSharding, axes: int, args: Any, x: jax.Array, *others: jax.Array
) -> jax.Array:
    """compute(*args, rows) of the rows of x that each device holds, on that device; in one array, laid out as x is.

    The first `axes` axes of x are those of the rows, and those of the result. `others` have the same ones, and come
    after x. `compute` is compiled once for all calls with the same function, so it must be a function of a module.
    """
    spec = PartitionSpec(*sharding.spec[:axes])
    work = jax.shard_map(
        lambda args, *rows: compute(*args, *rows),
        mesh=sharding.mesh,
        in_specs=(PartitionSpec(), spec, *(spec for _ in others)),
        out_specs=spec,
        check_vma=False,
    )
    return work(args, x, *others)


def add_up(counts: Callable[..., Array], x: checks.Array, *args: Any) -> np.ndarray:
    """The sum, in int64, of counts(*args, rows) over some rows of x after the other. x may be larger than the memory.

    Where x is on several devices, each counts its own rows.
    """
    if is_sharded(x):
        return np.asarray(on_shards(_with_axis(counts), x.sharding, 1, args, x)).sum(axis=0, dtype=np.int64)
    total = np.zeros((), np.int64)
    for piece in _aligned_first(x):
        total = sum(map(np.asarray, in_parts(partial(counts, *args), x.shape[1], piece)), total)
    return total


@cache
def _with_axis(counts: Callable[..., Array]) -> Callable[..., Array]:
    """The same counts with an axis in front: along it the counts of all devices lie."""
    return lambda *args: counts(*args)[None]


def _aligned_first(x: Any) -> list[checks.Array]:
    """The rows of x, of which the order does not matter, in one piece or two.

    JAX need not copy an array that starts at a multiple of 64 bytes, and copying can take longer than counting. Few
    arrays start so. But one of the first 64 rows does, mostly. From there on, whole blocks are one piece; the rows
    before and after them are the other.
    """
    length = (len(x) - 64) // BLOCK * BLOCK  # which does not depend on where x starts: no other address compiles anew
    if isinstance(x, jax.Array) or x.nbytes < MIN_BYTES_TO_ALIGN or length <= 0:
        return [x]
    first = int(np.argmin((x.ctypes.data + x.strides[0] * np.arange(64)) % 64))
    return [x[first : first + length], np.concatenate([x[:first], x[first + length :]])]
