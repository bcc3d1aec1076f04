"""Draws that each are one of finitely many outcomes, against the known probability of each.

Pictures become outcomes when they are read, points of a map when one asks in which cell they lie; outfits are outcomes
from the start. Outcomes are numbered from 0 to below k, and p (k,) are their probabilities under the true law. What is
impossible under it, such as noise in place of a picture, is an outcome whose p is 0: it is *invalid*.
"""

from collections.abc import Callable

import jax
import numpy as np
from jax.typing import ArrayLike

from lib import checks
from lib.scores.samples import Comparison, Estimate, share
from lib.scores.tables import no_share


def outcome_validity(outcomes: ArrayLike, p: ArrayLike) -> Comparison:
    """The share of outcomes (n,) that are possible under p (k,). `exact` is 1.

    Blind spot: it does not see which outcomes are missing, and one possible outcome, repeated, has 1. Raises TypeError
    where the outcomes are no integers, ValueError where there is none or one is out of range, and where p are no
    probabilities that sum to one.

    >>> print(outcome_validity([0, 1, 2, 2], [0.5, 0.5, 0.0]))
    0.500 ± 0.250 (exact sampler: 1.000)
    """
    cells, p = _checked(outcomes, p)
    return Comparison(*share(p[cells] > 0), exact=1.0)


def outcome_total_variation(outcomes: ArrayLike, p: ArrayLike) -> Comparison:
    """The `total_variation` ½ Σ |share − p| between the outcomes (n,) of draws and their probabilities p (k,).

    `exact` is the floor that sampling noise sets, the expectation for n draws from p itself. Compare models at one n
    only: the value falls as n grows. Blind spot: it does not say which outcomes are missing. The standard error is
    right within a fifth from n = 1000 on, and NaN for one draw. Raises as `outcome_validity` does.

    >>> score = outcome_total_variation([0, 0, 0, 1], [0.5, 0.5])
    >>> score.value, round(score.exact, 6)
    (0.25, 0.1875)
    """
    cells, p = _checked(outcomes, p)

    def to_truth(counts: np.ndarray) -> float:
        return float(abs(counts / counts.sum() - p).sum() / 2)

    value = to_truth(np.bincount(cells, minlength=len(p)))
    return Comparison(value, _standard_error(to_truth, cells, len(p)), _floor(p, len(cells)))


def outcome_coverage(outcomes: ArrayLike, p: ArrayLike) -> Comparison:
    """The probability, under p (k,), of the outcomes (n,) that occur at least once: Σ p over them, from 0 to 1.

    `exact` is the expectation for n draws from p itself, Σ p (1 − (1 − p)ⁿ). A recall (Sajjadi et al., NeurIPS 2018)
    with the true law in place of a sample. Blind spot: one occurrence is enough. Compare models at one n only. The
    standard error is rough: a third too small where many outcomes are rare, and much too large once nearly all outcomes
    that a model has were drawn. Raises as `outcome_validity` does.

    >>> print(outcome_coverage([0, 0, 0, 0], [0.5, 0.5]))
    0.500 ± 0.000 (exact sampler: 0.938)
    """
    cells, p = _checked(outcomes, p)

    def covered(counts: np.ndarray) -> float:
        return float(p[counts > 0].sum())

    certain = np.where(p < 1, p, 0)  # log1p(−1) is −∞: what is certain occurs
    exact = float(p @ np.where(p < 1, -np.expm1(len(cells) * np.log1p(-certain)), 1))
    counts = np.bincount(cells, minlength=len(p))
    return Comparison(covered(counts), _standard_error(covered, cells, len(p)), exact)


def outcome_novelty(outcomes: ArrayLike, seen: ArrayLike, p: ArrayLike) -> Comparison:
    """The share of the valid outcomes (n,) that are none of the outcomes `seen` (m,) in training.

    `exact` is that of the law p (k,) itself, 1 − p(seen). A memoriser has 0, and where no outcome is valid, it is NaN.
    More than `exact` is no better than less: it is too much of what is rare. Blind spot: it does not say whether what
    is new is as likely as it should be. No new outcome in n valid ones says that the share is below 3 / n: see `share`.

    Raises as `outcome_validity` does, and ValueError where an outcome that was seen is not valid.

    >>> print(outcome_novelty([0, 1, 1, 2], seen=[0], p=[0.5, 0.25, 0.25]))
    0.750 ± 0.217 (exact sampler: 0.500)
    """
    (cells, p), (known, _) = _checked(outcomes, p), _checked(seen, p, "seen")
    known = np.unique(known)
    checks.refuse("the probability of seen", p[known], _impossible, "above 0")
    valid = cells[p[cells] > 0]
    new = share(~np.isin(valid, known)) if len(valid) else Estimate(np.nan, np.nan)
    return Comparison(*new, exact=float(np.delete(p, known).sum()))


# --- Private parts -------------------------------------------------------------------------------


def _checked(outcomes: ArrayLike, p: ArrayLike, name: str = "outcomes") -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, at least one, each of those that p names, and p in float64."""
    p = np.asarray(jax.device_get(checks.real_numbers("p", p)), np.float64)
    if p.ndim != 1 or len(p) == 0:
        raise ValueError(f"p must have shape (k,), with at least one outcome; got shape {p.shape}")
    checks.refuse("p", p, no_share, "probabilities from 0 to 1")
    if abs(p.sum() - 1) > 1e-4:
        raise ValueError(f"p must sum to one; it sums to {p.sum():.6g}")
    cells = np.asarray(jax.device_get(checks.integers(name, outcomes)))
    if cells.ndim != 1 or len(cells) == 0:
        raise ValueError(f"{name} must have shape (n,), with at least one draw; got shape {cells.shape}")
    checks.refuse_codes(name, cells, (len(p),))
    return cells, p


def _impossible(p: np.ndarray) -> np.ndarray:
    return p <= 0


_SPLITS = 100


def _standard_error(score: Callable[[np.ndarray], float], cells: np.ndarray, size: int) -> float:
    """Half the root mean square difference between the scores of two random halves of the draws.

    Halves are independent, so their difference has twice the variance of a score of n / 2 draws, and that is taken for
    twice the variance of one of n. (The delete-half jackknife: J. Shao & C. Wu, Ann. Stat. 17, 1989. Formulas with
    derivatives fail here: |share − P| has a corner at the truth.) In simulations with six models at n = 1000 and 10,000
    it came out right within a fifth for total variations; at n = 100 it is 14 to 27 % too small. For coverage it is too
    large: up to 1.3 times for the law at 10,000. Once nearly all of a model's pictures have been drawn, coverage hardly
    varies any more, while that of a half still does. So it is 3 to 4 times too large for a memoriser of 300 at 2000,
    8 to 53 times for one of 1000 at 10,000, and for one of 3000 1.6 to 2.1 times at 10,000 and 5 to 32 times at 30,000,
    depending on what was memorised. NaN for one draw.
    """
    half = len(cells) // 2
    if half == 0:
        return np.nan
    rng = np.random.default_rng(0)  # a score has no randomness of its own
    squares = []
    for _ in range(_SPLITS):
        order = rng.permutation(cells)
        one, other = (np.bincount(part, minlength=size) for part in (order[:half], order[half : 2 * half]))
        squares.append((score(one) - score(other)) ** 2)
    return float(np.sqrt(np.mean(squares)) / 2)


def _floor(p: np.ndarray, n: int) -> float:
    """The expected total variation between p and the shares of n draws from p: ½ Σ E|N − np| / n, N binomial.

    Exactly, by de Moivre's formula E|N − np| = 2 m C(n, m) pᵐ (1 − p)ⁿ⁻ᵐ⁺¹ with m = ⌊np⌋ + 1 (P. Diaconis &
    S. Zabell, Stat. Sci. 6, 1991).
    """
    p = p[(p > 0) & (p < 1)]  # what is certain or impossible never varies
    m = np.floor(n * p).astype(int) + 1
    log_factorial = np.append(0.0, np.cumsum(np.log(np.arange(1, n + 1))))
    log_choose = log_factorial[n] - log_factorial[m] - log_factorial[n - m]
    return float((m * np.exp(log_choose + m * np.log(p) + (n - m + 1) * np.log1p(-p))).sum() / n)
