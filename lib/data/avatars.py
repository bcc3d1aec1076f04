"""Avatars: the outfits as pictures of 32 × 32 pixels. The artwork is Avataaars by Pablo Stanley (see make/avatars.py).

A picture is uint8 (32, 32, 3): rows from the top, columns from the left, red, green and blue from 0 to 255. It is a
function of the outfit, so a model of pictures can be judged by reading its pictures back: which outfit is nearest, and
how far away it is.

The 4032 outfits have 3552 distinct pictures, since a person without hair shows no hair colour. Of the six outfits that
share such a picture, `read` returns the first: the one whose hair colour has the code 0, Black. `law` is the law over
the 3552 that the stylist's law over outfits becomes.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, Int
from PIL import Image

from lib import checks
from lib.data.outfits import sizes, stylist

# All pictures, row by row. Neighbours there differ in one thing, so that the sheet is half as large as in `pictures`:
# the last feature of ORDER, clothing type, counts fastest.
SHEET = Path(__file__).with_name("avatars.webp")
ORDER = (1, 3, 0, 4, 2)
COLUMNS = 84  # pictures in a row of the sheet
SIDE = 32  # pixels along the side of a picture


@functools.cache
def pictures() -> np.ndarray:
    """The pictures of all outfits, uint8 (4032, 32, 32, 3), read-only.

    They are in the order of `np.ndindex(sizes)`, that is of the mixed-radix code: the last feature counts fastest.
    """
    with Image.open(SHEET) as sheet:
        rows = np.asarray(sheet).reshape(-1, SIDE, COLUMNS, SIDE, 3)
    tiles = rows.swapaxes(1, 2).reshape(*(sizes[j] for j in ORDER), SIDE, SIDE, 3)
    result = tiles.transpose(*np.argsort(ORDER), 5, 6, 7).reshape(-1, SIDE, SIDE, 3)
    return _read_only(result)


def draw(codes: ArrayLike) -> np.ndarray:
    """The pictures uint8 (n, 32, 32, 3) of outfits (n, 5).

    Raises TypeError for codes that are not integers, ValueError for a wrong shape or a code out of range.

    >>> from lib.data.outfits import fifty
    >>> draw(fifty).shape
    (50, 32, 32, 3)
    """
    codes = checks.codes("codes", codes, sizes)
    checks.refuse_codes("codes", codes, sizes)
    return pictures()[np.ravel_multi_index(tuple(codes.T), sizes)]


def read(images: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The outfit whose picture is nearest to each image: its codes, int32 (n, 5), and the distance, float64 (n,).

    `images` are (n, 32, 32, 3), uint8 or floating, in grey levels of 0 to 255; a model's may go beyond the two ends.
    The distance is the root mean square difference over the 3072 channel values, in grey levels: exactly 0 for a
    real picture. Raises TypeError for another dtype, ValueError for a wrong shape, a NaN or an infinity.

    >>> codes, distance = read(draw([[1, 7, 2, 4, 3]]) + 2.0)
    >>> codes.tolist(), distance.tolist()
    ([[1, 7, 2, 4, 3]], [2.0])
    """
    x = _checked(images).reshape(-1, SIDE * SIDE * 3)
    outfit, distance = np.empty(len(x), np.int32), np.empty(len(x))
    for start in range(0, len(x), _CHUNK):
        part = slice(start, start + _CHUNK)
        outfit[part], distance[part] = _nearest(x[part])
    return np.stack(np.unravel_index(outfit, sizes), axis=-1).astype(np.int32), distance


class Law(NamedTuple):
    """A law over the 3552 distinct pictures. All arrays are read-only."""

    log_probs: Float[np.ndarray, "pictures"]  # of each picture, in nats
    outfits: Int[np.ndarray, "pictures"]  # the first outfit of each: pictures()[outfits] are the 3552 pictures
    numbers: Int[np.ndarray, "outfits"]  # the number, from 0 to 3551, of the picture of each of the 4032 outfits


@functools.cache
def law() -> Law:
    """The law of pictures: the stylist's law pushed through `draw`, P(picture) = Σ P(outfit) over its outfits.

    float64 (3552,), int32 (3552,) and int32 (4032,). Its entropy is 9.144 bits, that of the stylist's law 9.334. Any
    other table of probabilities of outfits p becomes one of pictures by `np.bincount(law().numbers, p.ravel())`.

    >>> log_probs, outfits, numbers = law()
    >>> pictures()[outfits].shape
    (3552, 32, 32, 3)
    >>> round(float(np.exp(log_probs) @ -np.log2(np.exp(log_probs))), 3)
    9.144
    >>> bald = np.ravel_multi_index(([1] * 6, [7] * 6, [2] * 6, range(6), [0] * 6), sizes)
    >>> numbers[bald].tolist()  # the six hair colours of a bald head are one picture
    [2294, 2294, 2294, 2294, 2294, 2294]
    """
    first: dict[bytes, int] = {}
    alike = np.array([first.setdefault(picture.tobytes(), outfit) for outfit, picture in enumerate(pictures())])
    outfits, numbers = np.unique(alike, return_inverse=True)
    p = np.bincount(numbers, np.exp(np.ravel(stylist.log_probs), dtype=np.float64))
    # The stylist's float32 leaves a sum of 1 + 1e-7 or so.
    return Law(_read_only(np.log(p / p.sum())), *(_read_only(of.astype(np.int32)) for of in (outfits, numbers)))


# --- Private parts -------------------------------------------------------------------------------

_CHUNK = 256  # images compared at once, a short chunk padded to as many: one compilation, no temporary over 7 MB


def _checked(images: ArrayLike) -> np.ndarray:
    x = jax.device_get(checks.array("images", images))
    if x.dtype != np.uint8 and not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"images must be uint8 or floating; got dtype {x.dtype}")
    if x.shape[1:] != (SIDE, SIDE, 3):
        raise ValueError(f"images must have shape (n, {SIDE}, {SIDE}, 3); got shape {x.shape}")
    checks.finite("images", x)
    return x


def _nearest(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The outfit nearest to each of at most _CHUNK flat images (m, 3072), and its distance.

    float32 ranks the pictures fast and up to rounding; the best of them are compared again in float64, by their
    differences. The best eight, since that many can be equally near: halfway between two outfits that differ in
    glasses, clothes and hair, each of the three may be either's.
    """
    padded = np.zeros((_CHUNK, x.shape[1]), np.float32)
    padded[: len(x)] = x
    first, *table = _distinct()
    best = np.asarray(_best_eight(padded, *table))[: len(x)]
    outfits = np.sort(first[best])  # sorted: of equals, argmin takes the first
    flat = pictures().reshape(len(pictures()), -1)
    differences = (x.astype(np.float64) - flat[column] for column in outfits.T)
    squares = np.stack([np.vecdot(difference, difference) for difference in differences], axis=1)
    nearest = squares.argmin(1)[:, None]
    outfit, square = (np.take_along_axis(of, nearest, axis=1)[:, 0] for of in (outfits, squares))
    return outfit, np.sqrt(square / x.shape[1])


@jax.jit
def _best_eight(x: jax.Array, centre: jax.Array, centred: jax.Array, half_squares: jax.Array) -> jax.Array:
    """Which eight pictures p are nearest to each image x: |x − p|² is least where x·p − |p|² / 2 is greatest."""
    return jax.lax.top_k(jnp.matmul(x - centre, centred.T, precision="highest") - half_squares, 8)[1]


@functools.cache
def _distinct() -> tuple[np.ndarray, jax.Array, jax.Array, jax.Array]:
    """The first outfit of each distinct picture (3552,), and what _best_eight needs of these pictures: their centre
    (1, 3072), the pictures p less the centre (3552, 3072) and |p|² / 2 (1, 3552).

    The centre is their mean in whole grey levels, so that float32 holds the differences exactly.
    """
    first = law().outfits
    flat = pictures()[first].reshape(len(first), -1)
    centre = np.rint(flat.mean(0, keepdims=True)).astype(np.float32)
    centred = flat - centre
    half_squares = np.vecdot(centred, centred)[None] / 2
    return first, jnp.asarray(centre), jnp.asarray(centred), jnp.asarray(half_squares)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
