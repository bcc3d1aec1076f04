"""Scores by quadrature: laws whose scores are known, plain NumPy in float64, and what must be refused."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lib.data import world
from lib.scores import coverage, kl_by_quadrature, precision

GLOBE = world.grid()
LAND = (GLOBE.land * np.exp(np.float64(GLOBE.log_area))).sum() / (4 * np.pi)
UNIFORM = np.full(GLOBE.land.shape, -np.log(4 * np.pi))  # on the globe, per steradian


def bump(longitude, latitude, kappa):
    """A von Mises–Fisher density around a place, per steradian."""

    def vector(degrees):
        x, y = np.moveaxis(np.deg2rad(np.float64(degrees)), -1, 0)
        return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1)

    cosine = vector(GLOBE.points) @ vector([longitude, latitude])
    return kappa * (cosine - 1) + np.log(kappa / (2 * np.pi)) - np.log1p(-np.exp(-2 * kappa))


def test_the_truth_has_a_perfect_score():
    truth = np.asarray(world.log_prob(GLOBE.points))
    assert precision(truth, GLOBE.land, GLOBE.log_area) == pytest.approx(1, abs=1e-6)
    assert coverage(truth, GLOBE.land, GLOBE.log_area) == 1
    assert kl_by_quadrature(truth, truth, GLOBE.log_area) == 0


def test_the_uniform_wastes_the_sea():
    truth = np.asarray(world.log_prob(GLOBE.points))
    assert precision(UNIFORM, GLOBE.land, GLOBE.log_area) == pytest.approx(LAND, rel=1e-5)
    assert coverage(UNIFORM, GLOBE.land, GLOBE.log_area, mass=1) == pytest.approx(1, rel=1e-6)
    assert kl_by_quadrature(truth, UNIFORM, GLOBE.log_area) == pytest.approx(-np.log(LAND), rel=1e-5)


def test_scores_agree_with_plain_numpy():
    log_q = np.logaddexp(bump(20, 5, 8.0), bump(-100, 45, 20.0)) - np.log(2)
    area = np.exp(np.float64(GLOBE.log_area))
    mass = np.exp(log_q) * area
    assert precision(log_q, GLOBE.land, GLOBE.log_area) == pytest.approx((mass * GLOBE.land).sum(), rel=1e-5)
    order = np.argsort(-log_q, axis=None)
    region = order[: np.searchsorted(np.cumsum(mass.ravel()[order]), 0.95) + 1]
    share = (GLOBE.land * area).ravel()
    expected = share[region].sum() / share.sum()
    assert coverage(log_q, GLOBE.land, GLOBE.log_area) == pytest.approx(expected, abs=3e-4)
    log_p = bump(10, 10, 3.0)
    kl = (np.exp(log_p) * (log_p - log_q) * area).sum()
    assert kl_by_quadrature(log_p, log_q, GLOBE.log_area) == pytest.approx(kl, rel=1e-5)


def test_kl_of_two_gaussians_has_its_closed_form():
    x = np.linspace(-12, 12, 2001)
    log_p, log_q = stats.norm.logpdf(x, 0, 1), stats.norm.logpdf(x, 0.5, 2)
    closed = np.log(2) + (1 + 0.5**2) / (2 * 2**2) - 0.5
    assert kl_by_quadrature(log_p, log_q, np.log(x[1] - x[0])) == pytest.approx(closed, rel=1e-5)


def test_kl_does_not_depend_on_the_unit():
    log_p, log_q, turn = bump(0, 0, 3.0), bump(30, 20, 2.0), np.log(7.0)
    plain = float(kl_by_quadrature(log_p, log_q, GLOBE.log_area))
    assert kl_by_quadrature(log_p - turn, log_q - turn, GLOBE.log_area + turn) == pytest.approx(plain, rel=1e-5)


def test_a_forgotten_corner_is_infinitely_expensive():
    truth = np.asarray(world.log_prob(GLOBE.points))
    forgets = np.where(GLOBE.points[..., 1] > 83, -np.inf, UNIFORM)
    assert kl_by_quadrature(truth, forgets, GLOBE.log_area) == np.inf


def test_cells_of_equal_density_are_covered_together():
    log_q = np.log(np.array([0.5, 0.25, 0.25, 0.0]) + 0.0, where=[True, True, True, False], out=np.full(4, -np.inf))
    everywhere = np.ones(4)
    assert coverage(log_q, everywhere, 0.0, mass=0.5) == 0.25
    assert coverage(log_q, everywhere, 0.0, mass=0.6) == 0.75
    assert coverage(log_q, everywhere, 0.0, mass=1) == 0.75
    assert coverage(np.full(4, -np.inf), everywhere, 0.0) == 0


def test_a_sum_above_one_is_taken_for_one():
    """Of a grid that is a little too coarse."""
    log_q, everywhere = np.log([1.0, 0.02, 0.01]), np.ones(3)
    assert precision(np.log([1.04]), [1], 0.0) == 1
    assert precision(log_q, [0, 1, 1], 0.0) == pytest.approx(0.03 / 1.03)
    assert coverage(log_q, everywhere, 0.0, mass=1) == 1
    assert coverage(log_q, everywhere, 0.0, mass=0.98) == pytest.approx(2 / 3)
    assert coverage([0, -np.inf], [1, 1], 0.0, mass=1) == 0.5
    assert coverage(np.log([0.5, 0.5, 1e-9]), everywhere, 0.0, mass=1) == 1  # the last is lost in a sum of float32


def test_scores_work_under_jit_and_have_gradients():
    log_q = jnp.asarray(bump(20, 5, 8.0), jnp.float32)
    for score in (precision, coverage):
        compiled = jax.jit(lambda q, score=score: score(q, GLOBE.land, GLOBE.log_area))(log_q)
        assert compiled == pytest.approx(float(score(log_q, GLOBE.land, GLOBE.log_area)), rel=1e-5)
    log_p = jnp.asarray(bump(0, 0, 3.0), jnp.float32)
    gradient = jax.grad(lambda q: kl_by_quadrature(log_p, q, GLOBE.log_area))(log_q)
    np.testing.assert_allclose(gradient, -np.exp(log_p + GLOBE.log_area), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: precision([np.nan, 0], [1, 1], -1),
            ValueError,
            "log_q must be numbers, none of them nan; log_q[0] is nan (1 such values)",
        ),
        (lambda: precision(["a"], [1], 0), TypeError, "log_q must be real numbers"),
        (lambda: precision([-1, -1], [1, 1, 1], 0), ValueError, "log_q (2,), inside (3,), log_area ()"),
        (
            lambda: precision([-1, -1], [2, 1], 0),
            ValueError,
            "inside must be shares from 0 to 1; inside[0] is 2.0 (1 such values)",
        ),
        (lambda: precision([0, 0], [1, 1], 0), ValueError, "log_q must have a total of at most 1"),
        (lambda: coverage([-1, -1], [1, 1], 0, mass=0), ValueError, "mass must be above 0 and at most 1; got 0"),
        (lambda: coverage([-1, -1], [1, 1], 0, mass=95), ValueError, "mass must be above 0 and at most 1; got 95"),
        (lambda: kl_by_quadrature([0, 0], [-1, -1], 0), ValueError, "log_p must have a total of at most 1"),
        (
            lambda: kl_by_quadrature([-1, -1], [0, 0], 0),
            ValueError,
            "it has 2: is it per unit of the area that log_area gives",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
