"""Scores that are estimated from draws, with their standard errors."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from lib import checks


class Estimate(NamedTuple):
    """A score that draws estimate, and the standard error of the estimate."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.standard_error:.3f}"


class Comparison(NamedTuple):
    """A score that draws estimate, the standard error of the estimate, and what an exact sampler would have.

    `exact` is the expected score of as many draws from the true law itself. It is the mark to meet: a perfect model
    lies within two or three standard errors of it, on either side.
    """

    value: float
    standard_error: float
    exact: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.standard_error:.3f} (exact sampler: {self.exact:.3f})"


def share(hits: ArrayLike) -> Estimate:
    """The share of independent draws (n,) that are hits, of booleans.

    The standard error is that of a share, √(v (1 − v) / n): 0 where all draws agree, however few they are. No hit in n
    draws then says, with 95 % confidence, that the true share is below 3 / n, and n hits that it is above 1 − 3 / n
    (Hanley & Lippman-Hand, JAMA 249, 1983). Raises TypeError where `hits` are no booleans, ValueError where they are
    not a row of at least one.

    >>> print(share(np.array([True, False, False, True])))
    0.500 ± 0.250
    """
    hits = checks.array("hits", hits)
    if hits.dtype != bool:
        raise TypeError(f"hits must be booleans; got dtype {hits.dtype}")
    if hits.ndim != 1 or len(hits) == 0:
        raise ValueError(f"hits must have shape (n,), with at least one draw; got shape {hits.shape}")
    value = int(hits.sum()) / len(hits)
    return Estimate(value, float(np.sqrt(value * (1 - value) / len(hits))))


def novelty(x: ArrayLike, seen: ArrayLike) -> Estimate:
    """The share of draws x (n, features) that are not among the rows `seen` (m, features), number for number.

    Whole numbers are compared as they are. Where one of the two is floating, so is the other one, rounded to the
    coarser type of the two: draws in float32 that repeat data in float64 are no news.

    A memoriser has 0. Blind spot: noise has 1, and so has a copy that is off by one digit. Raises TypeError or
    ValueError where one of the two is no table of finite numbers with at least one row, or the features differ.

    >>> print(novelty([[1.0, 2.0], [3.0, 4.0]], seen=[[1.0, 2.0]]))
    0.500 ± 0.354
    """
    drawn, known_rows = _table("x", x), _table("seen", seen)
    if drawn.shape[1] != known_rows.shape[1]:
        raise ValueError(f"x and seen must have the same features; got {drawn.shape[1]} and {known_rows.shape[1]}")
    floating = [table.dtype for table in (drawn, known_rows) if jnp.issubdtype(table.dtype, jnp.floating)]
    if floating:
        coarser = min(floating, key=lambda dtype: jnp.finfo(dtype).nmant)
        drawn, known_rows = drawn.astype(coarser), known_rows.astype(coarser)
    known = set(map(tuple, known_rows.tolist()))
    return share(np.array([tuple(row) not in known for row in drawn.tolist()]))


def _table(name: str, x: ArrayLike) -> np.ndarray:
    return np.asarray(jax.device_get(checks.finite_rows(name, x)))
