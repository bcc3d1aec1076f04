"""Scores that are estimated from draws, with their standard errors."""

from typing import NamedTuple

import numpy as np
from jax.typing import ArrayLike

from lib import checks


class Estimate(NamedTuple):
    """A score that draws estimate, and the standard error of the estimate."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.standard_error:.3f}"


def share(hits: ArrayLike) -> Estimate:
    """The share of independent draws (n,) that are hits, of booleans.

    The standard error is that of a share, √(v (1 − v) / n): 0 where all draws agree, however few they are. Raises
    TypeError where `hits` are no booleans, ValueError where they are not a row of at least one.

    >>> print(share(np.array([True, False, False, True])))
    0.500 ± 0.250
    """
    hits = np.asarray(hits)
    if hits.dtype != bool:
        raise TypeError(f"hits must be booleans; got dtype {hits.dtype}")
    if hits.ndim != 1 or len(hits) == 0:
        raise ValueError(f"hits must have shape (n,), with at least one draw; got shape {hits.shape}")
    value = float(hits.mean())
    return Estimate(value, float(np.sqrt(value * (1 - value) / len(hits))))


def novelty(x: ArrayLike, seen: ArrayLike) -> Estimate:
    """The share of draws x (n, features) that are not among the rows `seen` (m, features), number for number.

    A memoriser has 0. Blind spot: noise has 1, and so has a copy that is off by one digit. Raises TypeError or
    ValueError where one of the two is no table of finite numbers with at least one row, or the features differ.

    >>> print(novelty([[1.0, 2.0], [3.0, 4.0]], seen=[[1.0, 2.0]]))
    0.500 ± 0.354
    """
    x, seen = checks.points("x", x), checks.points("seen", seen)
    if x.shape[1] != seen.shape[1]:
        raise ValueError(f"x and seen must have the same features; got {x.shape[1]} and {seen.shape[1]}")
    known = set(map(tuple, seen.tolist()))
    return share(np.array([tuple(row) not in known for row in x.tolist()]))
