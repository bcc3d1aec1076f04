"""What was measured on 100,000 pictures of the law, once, by lib/data/make/paintings.py.

So many pictures say what the law of the two features is, to about 0.01 of a probability. To paint them takes minutes;
to read what was measured takes no time.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from lib.data.paintings.notes import law

FILE = Path(__file__).with_name("measured.npz")
PICTURES = 100_000
LEVELS = 65_535  # a feature is stored in steps of 1 / LEVELS


class Measured(NamedTuple):
    """n = 100,000 pictures of the law, in a random order."""

    features: Float[np.ndarray, "n 2"]  # turning and colourfulness
    notes: Float[np.ndarray, "n 8"]
    painters: Int[np.ndarray, " n"]  # 0 is V
    keys: PRNGKeyArray  # (n,), with which they were painted


@functools.cache
def measured() -> Measured:
    """Features, notes, painters and keys of 100,000 pictures, read-only."""
    with np.load(FILE) as file:
        features = (file["features"] / LEVELS).astype(np.float32)
    notes, painters, keys = drawn()
    for array in (features, notes, painters):
        array.flags.writeable = False
    return Measured(features, notes, painters, keys)


def drawn() -> tuple[Float[np.ndarray, "n 8"], Int[np.ndarray, " n"], PRNGKeyArray]:
    """Notes, painters and keys."""
    notes, painters = law.sample(jax.random.key(1), PICTURES)
    return np.array(notes), np.array(painters), jax.random.split(jax.random.key(2), PICTURES)
