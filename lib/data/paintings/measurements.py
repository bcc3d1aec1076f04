"""What was measured on 100,000 pictures of the law, once, by lib/data/make/paintings.py.

So many pictures say what the law of the two features is, to about 0.01 of a probability. To paint them takes minutes;
to read what was measured takes no time.
"""

import ast
import functools
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

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


def code() -> str:
    """A hash of the code that draws, paints and measures, but for its comments and docstrings."""
    folder = FILE.parent
    paths = [folder / f"{name}.py" for name in ("brush", "notes", "pixels")] + sorted(folder.glob("motifs/*.py"))
    total = hashlib.sha256()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                del node.body[0]
        total.update(repr(_plain(tree)).encode())
    return total.hexdigest()[:16]


def _plain(node: Any) -> Any:
    """A tree of code in plain tuples: as ast.dump, but the same for every version of Python."""
    if isinstance(node, ast.AST):
        filled = [(field, _plain(value)) for field, value in ast.iter_fields(node) if value not in (None, [])]
        return type(node).__name__, filled
    return list(map(_plain, node)) if isinstance(node, list) else node
