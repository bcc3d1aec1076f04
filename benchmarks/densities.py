"""How fast are the densities of points? Ours against SciPy, scikit-learn, KDEpy, NumPy and fast-histogram.

    .venv/bin/python benchmarks/densities.py

It checks that all of them agree, then measures in turn (about five minutes) and writes benchmarks/densities.json, which
the page book/pages/densities.md shows. Beside each time stands how far off the result is. KDEpy and fast-histogram are
not among the locked packages. Without them, their rows say so:

    .venv/bin/python -m pip install KDEpy fast-histogram

The data are points of the world, and for mixtures clouds of normal draws. Others get float64, in which they work; where
one also works in float32, as ours do, it is measured twice.
"""

import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import scipy
from scipy.special import logsumexp, softmax
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity

from benchmarks import timing
from benchmarks.timing import OURS, Candidates
from lib import KDE, Histogram
from lib import expectation_maximisation as em
from lib.data import world

try:
    import KDEpy
except ImportError:
    KDEpy = None
try:
    import fast_histogram
except ImportError:
    fast_histogram = None

RESULTS = Path(__file__).with_suffix(".json")
PDF, LOGPDF, SKLEARN, SKLEARN_32 = "SciPy pdf", "SciPy logpdf", "scikit-learn", "scikit-learn, float32"
LOG_PROB, KDEPY, NUMPY, FAST = "ours, log_prob", "KDEpy", "NumPy", "fast-histogram"
KDE_ROUNDS = {10**3: 15, 10**4: 5}  # by number of points, and of places at which the density is asked for
GRID_POINTS, GRID, GRID_ROUNDS = 10**4, 128, 5  # points on each axis
MIXTURE_POINTS, COMPONENTS, STEPS, MIXTURE_ROUNDS = 10**5, 10, 25, {2: 5, 16: 3}  # by dimension
HISTOGRAM_ROUNDS, BINS, RANGE = {10**4: 15, 10**6: 15, 10**7: 5}, 100, ((-180, 180), (-90, 90))
KNOWN = 200  # so many log densities are compared with the truth: a loop in float64
ALLOWED = 2e-5  # nats between a result and the truth, and no count
# How many times as long as ours the others should take.
WANTED = {
    ("KDE", 10**4, PDF): 15,
    ("KDE", 10**4, SKLEARN): 10,
    ("mixture, d = 2", MIXTURE_POINTS, SKLEARN): 30,
    ("mixture, d = 16", MIXTURE_POINTS, SKLEARN): 12,
}


class Work(NamedTuple):
    """Some work: who can do it, how far a result is from the truth, and how far it may be, for who has leave to be."""

    candidates: Candidates
    error: Callable[[Any], float]
    allowed: Mapping[str, float] = {}


# --- The candidates ------------------------------------------------------------------------------


def kde(n: int) -> Work:
    """The log density at n places, of a kernel density estimate from n points."""
    x, places, h = *points(n), scott(n)
    truth = exact(x, h, places[:KNOWN])
    model = KDE.fit(x, h)
    x, at = np.float64(x), np.float64(places)
    scipys, sklearns = gaussian_kde(x.T, h), KernelDensity(bandwidth=h, rtol=1e-3).fit(x)
    kdepys = KDEpy and KDEpy.NaiveKDE("gaussian", h).fit(x)
    return Work(
        {
            OURS: lambda: model.log_prob(places),
            PDF: lambda: np.log(scipys.pdf(at.T)),
            LOGPDF: lambda: scipys.logpdf(at.T),
            SKLEARN: lambda: sklearns.score_samples(at),
            KDEPY: kdepys and (lambda: np.log(kdepys.evaluate(at))),
        },
        lambda found: np.abs(np.asarray(found)[:KNOWN] - truth).max(),
        allowed={SKLEARN: 1e-3},
    )


def kde_on_grid(n: int) -> Work:
    """The log density on a grid over the data. The truth is known where the data are: next to the first of them."""
    x, h = points(n)[0], scott(n)
    low, high = x.min(axis=0) - 3 * h, x.max(axis=0) + 3 * h
    axes = np.linspace(low, high, GRID).T
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    near = np.ravel_multi_index(np.int64(np.rint((x[:KNOWN] - low) / (high - low) * (GRID - 1))).T, (GRID, GRID))
    truth = exact(x, h, grid[near])
    model = KDE.fit(x, h)
    scipys, kdepys = gaussian_kde(np.float64(x.T), h), KDEpy and KDEpy.FFTKDE("gaussian", h).fit(np.float64(x))
    return Work(
        {
            OURS: lambda: model.on_grid(*axes),
            LOG_PROB: lambda: model.log_prob(grid),
            PDF: lambda: np.log(scipys.pdf(grid.T)),
            KDEPY: kdepys and (lambda: np.log(np.maximum(kdepys.evaluate(grid), 1e-300))),  # it may give 0 far out
        },
        lambda found: np.abs(np.ravel(found)[near] - truth).max(),
        allowed={KDEPY: 1e-2},
    )


def mixture(n: int, d: int) -> Work:
    """So many steps of EM for a mixture of Gaussians, all from one start. The truth is scikit-learn's in float64."""
    x = clouds(n, d)
    start = em.spread_out(jax.random.key(n), x, COMPONENTS)

    def ours() -> tuple:
        gaussians, _ = em.expectation_maximisation(x, start, STEPS, -np.inf)
        return gaussians

    def theirs(x: np.ndarray) -> GaussianMixture:
        weights, means, covariances = (each.astype(x.dtype) for each in parameters(start))
        model = GaussianMixture(
            COMPONENTS,
            max_iter=STEPS,
            tol=0,
            reg_covar=em.RIDGE * COMPONENTS,
            weights_init=weights,
            means_init=means,
            precisions_init=np.linalg.inv(covariances),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped, as it should be
            return model.fit(x)

    def score(found: em.Gaussians | GaussianMixture) -> float:
        """The mean log-likelihood, in float64."""
        each = zip(*parameters(found), strict=True)
        return logsumexp([np.log(w) + multivariate_normal.logpdf(exactly, *of) for w, *of in each], axis=0).mean()

    exactly = np.float64(x)
    truth = score(theirs(exactly))
    return Work(
        {OURS: ours, SKLEARN: lambda: theirs(exactly), SKLEARN_32: lambda: theirs(x)},
        lambda found: abs(score(found) - truth),
    )


def histogram(n: int) -> Work:
    """How many of n points are in each cell of a grid on the map; an error is a point in a wrong cell."""
    edges = [np.linspace(*pair, BINS + 1) for pair in RANGE]
    x = np.array(world.sample(jax.random.key(n), n))
    for column, each in zip(x.T, edges, strict=True):
        column[np.isin(column, np.float32(each))] = 1  # on an edge to float32, but off it to float64: moved into a cell
    first, second = columns = np.float64(x).T.copy()
    cells = [np.searchsorted(each, column, side="right") - 1 for each, column in zip(edges, columns, strict=True)]
    truth = np.bincount(np.ravel_multi_index(cells, (BINS, BINS)), minlength=BINS**2)
    return Work(
        {
            OURS: lambda: Histogram.count(x, BINS, RANGE),
            NUMPY: lambda: np.histogram2d(first, second, BINS, RANGE)[0],
            FAST: fast_histogram and (lambda: fast_histogram.histogram2d(first, second, BINS, RANGE)),
        },
        lambda found: np.abs(np.ravel(found) - truth).sum() / 2,
    )


# --- The data and the truth ----------------------------------------------------------------------


def points(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n points of the world and n places, other points, scaled so that the points have the unit covariance.

    SciPy's kernel has the shape of that covariance; so here it is as round as the others' are.
    """
    x, places = np.float64(world.sample(jax.random.key(n), 2 * n)).reshape(2, n, 2)
    scale = np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T
    return np.float32((x - x.mean(axis=0)) @ scale), np.float32((places - x.mean(axis=0)) @ scale)


def scott(n: int) -> float:
    """Scott's bandwidth for n points in the plane."""
    return n ** (-1 / 6)


def exact(x: np.ndarray, h: float, places: np.ndarray) -> np.ndarray:
    """The log density of a kernel density estimate, term by term in float64."""
    terms = [-((np.float64(x) - place) ** 2).sum(axis=1) / (2 * h**2) for place in np.float64(places)]
    return logsumexp(terms, axis=1) - np.log(len(x) * 2 * np.pi * h**2)


def clouds(n: int, d: int) -> np.ndarray:
    """Draws of a mixture of Gaussians, each feature with a mean of 0 and a variance of 1."""
    rng = np.random.default_rng(n)
    centres, factors = 3 * rng.normal(size=(COMPONENTS, d)), np.eye(d) + rng.normal(0, 0.3, (COMPONENTS, d, d)) / d**0.5
    which = rng.integers(COMPONENTS, size=n)
    x = centres[which] + np.einsum("nij,nj->ni", factors[which], rng.normal(size=(n, d)))
    return np.float32((x - x.mean(axis=0)) / x.std(axis=0))


def parameters(found: em.Gaussians | GaussianMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weights, means and covariances, in float64."""
    if isinstance(found, GaussianMixture):
        return tuple(map(np.float64, (found.weights_, found.means_, found.covariances_)))
    log_weights, means, chols = map(np.float64, found)
    return softmax(log_weights), means, chols @ chols.transpose(0, 2, 1)


# --- Do they agree? ------------------------------------------------------------------------------


def check(n: int) -> None:
    """Raise AssertionError where a result is farther from the truth than it may be."""
    many = max(n, 3000)  # points for a mixture: with few in a component, one sees that the ridges are not quite equal
    for work in (kde(n), kde_on_grid(n), mixture(many, 2), mixture(many, 16), histogram(n)):
        errors(work)


def errors(work: Work) -> dict[str, float | None]:
    """How far from the truth each candidate is; raises AssertionError where that is farther than it may be."""
    found = {who: float(work.error(call())) if call else None for who, call in work.candidates.items()}
    for who, error in found.items():
        assert error is None or error <= work.allowed.get(who, ALLOWED), (who, error)
    return found


# --- The measurements ----------------------------------------------------------------------------


def measure(name: str, n: int, work: Work, rounds: int) -> list[dict]:
    """Rows of one piece of work, each with its `error`: in nats, or in points for a histogram."""
    error = errors(work)
    rows = timing.rows(name, n, timing.round_robin(work.candidates, rounds))
    return [row | {"error": error[row["who"]]} for row in rows]


def main() -> None:
    machine = timing.facts() | {
        "scipy": scipy.__version__,
        KDEPY: version("KDEpy") if KDEpy else None,
        FAST: version("fast-histogram") if fast_histogram else None,
    }
    print("checking that all agree …", flush=True)
    check(1000)
    rows = []
    for n, rounds in KDE_ROUNDS.items():
        rows += measure("KDE", n, kde(n), rounds)
    rows += measure("KDE on a grid", GRID_POINTS, kde_on_grid(GRID_POINTS), GRID_ROUNDS)
    for d, rounds in MIXTURE_ROUNDS.items():
        rows += measure(f"mixture, d = {d}", MIXTURE_POINTS, mixture(MIXTURE_POINTS, d), rounds)
    for n, rounds in HISTOGRAM_ROUNDS.items():
        rows += measure("histogram", n, histogram(n), rounds)
    wanted = [{"work": work, "n": n, "who": who, "ratio": ratio} for (work, n, who), ratio in WANTED.items()]
    timing.write(RESULTS, {"machine": machine, "grid": GRID, "steps": STEPS, "wanted": wanted, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
