"""Paintings that nobody painted, from a known law.

There are five painters: V, who lets curved strokes follow a swirling field, and four others. A painter writes a note
(notes.py): a motif, and seven numbers. The note gives factors, such as the length of a stroke; `paint` (brush.py) lays
800 strokes along what the motif says (motifs/), on a canvas of any size; and two features are measured on the pixels
(pixels.py). All randomness comes from the law and the key, so the truth of every question about them is known.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray, UInt8

from lib import checks
from lib.data.paintings import brush
from lib.data.paintings.brush import STROKES, Factors
from lib.data.paintings.measurements import Measured, measured
from lib.data.paintings.notes import HAND, MOTIFS, NAMES, SCALES, SHARES, Painter, factors, kl, law, painters
from lib.data.paintings.pixels import features

__all__ = [
    "HAND",
    "MOTIFS",
    "NAMES",
    "SCALES",
    "SHARES",
    "STROKES",
    "Factors",
    "Measured",
    "Painter",
    "factors",
    "features",
    "kl",
    "law",
    "measured",
    "paint",
    "paint_all",
    "painters",
]


def paint(
    key: PRNGKeyArray, factors: Factors, size: int = 64, strokes: int | Array = STROKES
) -> Float[Array, "size size 3"]:
    """A picture of `size` × `size` pixels, as red, green and blue from 0 to 1, after the first of its 800 strokes.

    The factors are those of one note; the key says where things stand, and how each stroke is laid. The same key and
    factors give the same picture at any size. Works under `jit`, with a size that is known. To compile takes some
    seconds for each new size.

    Raises TypeError for another kind of key, what are no `Factors`, and fractional sizes or numbers of strokes;
    ValueError for factors that are not of one note, a size below 8, and strokes below 0.
    """
    size = checks.whole("size", size, least=8)
    if not isinstance(factors, Factors):
        raise TypeError(f"factors must be made by factors(note), or as Factors(…); got {type(factors).__name__}")
    if not checks.is_traced(strokes):
        strokes = checks.whole("strokes", strokes)  # type: ignore[arg-type]
    if any(jnp.shape(factor) for factor in factors):
        raise ValueError("factors must be those of one note; for many pictures there is paint_all")
    return brush.picture(checks.key(key), factors, jnp.asarray(strokes, jnp.int32), size)


def paint_all(keys: PRNGKeyArray, notes: ArrayLike, size: int = 64) -> UInt8[np.ndarray, "n size size 3"]:
    """A picture for each of n notes (n, 8) and n keys (n,), in whole numbers from 0 to 255, on all cores.

    Raises TypeError for another kind of keys, ValueError where a note is not one, and where there are more or fewer
    keys than notes.
    """
    notes = checks.finite_rows("notes", checks.rows("notes", notes, 1 + len(HAND)))
    size = checks.whole("size", size, least=8)
    if not (isinstance(keys, jax.Array) and jnp.issubdtype(keys.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"keys must be made by jax.random.split(key, n); got {keys!r}")
    if keys.shape != (len(notes),):
        raise ValueError(f"keys must have shape ({len(notes)},), one for each note; got shape {keys.shape}")
    each = jax.device_get(factors(notes))

    def one(i: int) -> np.ndarray:
        picture = brush.picture(keys[i], Factors(*(factor[i] for factor in each)), np.int32(STROKES), size)
        return np.rint(255 * np.asarray(picture)).astype(np.uint8)

    with ThreadPoolExecutor(os.cpu_count()) as threads:  # what is compiled runs beside Python
        return np.stack(list(threads.map(one, range(len(notes)))))
