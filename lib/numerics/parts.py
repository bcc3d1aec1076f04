"""Work on many rows, some of them at a time: so that temporaries stay in the cache, and data may exceed the memory."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from lib import checks

# So many numbers go through one compiled call: larger temporaries leave the cache and cost more than they save.
PART = 2**23
LARGE = 2**20  # from so many bytes on, a second call costs less than copying
BLOCK = 1024  # rows: the largest block that counting.py fills up


def in_parts(compute: Callable[[checks.Array], Array], x: checks.Array, work: int) -> Iterator[Array]:
    """compute(x) for some rows of x after the other, at the same time on all cores: XLA runs a loop on one of them.

    A row makes so much `work`: numbers that go through the computation. x may be a file that is larger than the memory:
    only the parts at work are in it.
    """
    # A power of two, at least 64: JAX need not copy a part that starts on 64 bytes, nor need it be filled up to blocks.
    rows = max(64, 1 << (PART // max(1, work)).bit_length() >> 1)
    if len(x) <= rows:
        yield compute(x)
        return
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda i: jax.block_until_ready(compute(x[i : i + rows])), range(0, len(x), rows))


def add_up(counts: Callable[[checks.Array], Array], x: checks.Array) -> np.ndarray:
    """The sum, in int64, of the counts of some rows of x after the other. x may be larger than the memory."""
    total = np.zeros((), np.int64)
    for piece in _aligned_first(x):
        total = sum(map(np.asarray, in_parts(counts, piece, x.shape[1])), total)
    return total


def _aligned_first(x: Any) -> list[np.ndarray]:
    """The rows of x, of which the order does not matter, in one piece or two.

    JAX need not copy an array that starts at a multiple of 64 bytes, and copying can take longer than counting. Few
    arrays start so. But one of the first 64 rows does, mostly. From there on, whole blocks are one piece; the rows
    before and after them are the other.
    """
    length = (len(x) - 64) // BLOCK * BLOCK  # which does not depend on where x starts: no other address compiles anew
    if x.nbytes < LARGE or length <= 0:
        return [x]
    first = int(np.argmin((x.ctypes.data + x.strides[0] * np.arange(64)) % 64))
    return [x[first : first + length], np.concatenate([x[:first], x[first + length :]])]
