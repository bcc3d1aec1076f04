"""The Fréchet distance against SciPy's matrix square root, and in cases that one can work out."""

import re

import numpy as np
import pytest
from scipy.linalg import sqrtm

from lib.scores import frechet_distance

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)) @ RNG.normal(size=(3, 3)) + 1
ROOT = RNG.normal(size=(3, 3))
MEAN, COVARIANCE = np.array([0.5, -1.0, 2.0]), ROOT @ ROOT.T


def test_it_is_the_formula():
    own = np.cov(X.T, bias=True)
    cross = sqrtm(own @ COVARIANCE).real
    exact = np.sum((X.mean(0) - MEAN) ** 2) + np.trace(own + COVARIANCE - 2 * cross)
    assert frechet_distance(X, MEAN, COVARIANCE) == pytest.approx(exact, rel=1e-9)


def test_it_is_0_for_the_moments_of_the_draws_and_else_not():
    own = np.cov(X.T, bias=True)
    assert frechet_distance(X, X.mean(0), own) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(X, X.mean(0) + np.array([3.0, 0, 4.0]), own) == pytest.approx(25)
    assert frechet_distance(X, X.mean(0), 4 * own) == pytest.approx(np.trace(own))


def test_a_covariance_may_be_flat():
    flat = np.diag([1.0, 0.0])
    x = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert frechet_distance(x, np.zeros(2), flat) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(x, np.zeros(2), np.eye(2)) == pytest.approx(1)
    assert frechet_distance(x[:, :1], np.zeros(1), np.eye(1)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": X[:1]}, ValueError, "x must have at least two rows, to have a covariance; got shape (1, 3)"),
        ({"x": X[0]}, ValueError, "x must have shape"),
        ({"x": X * np.nan}, ValueError, "x[0, 0] is nan"),
        ({"mean": MEAN[:2]}, ValueError, "mean and covariance must have shapes (3,) and (3, 3); got (2,) and (3, 3)"),
        ({"mean": MEAN * np.inf}, ValueError, "mean"),
        ({"mean": ["a"] * 3}, TypeError, "mean must be real numbers"),
        ({"covariance": ROOT}, ValueError, "covariance must be symmetric"),
        ({"covariance": -COVARIANCE}, ValueError, "covariance must have no eigenvalue below 0; the least is -"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        frechet_distance(**{"x": X, "mean": MEAN, "covariance": COVARIANCE} | change)
