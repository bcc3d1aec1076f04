"""The energy model against sums by brute force, slopes by hand, and walks whose law is known in closed form."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lib import EnergyModel
from lib.nets.mlp import layers
from tests.javascript import comparison
from tests.javascript.comparison import Case, compare
from tests.training.breaks import assert_goes_on_after_a_break, bits

_random = np.random.default_rng(0)
ANGLE = _random.uniform(0, 2 * np.pi, 1000)
RING = np.stack([10 + 3 * np.cos(ANGLE), 3 * np.sin(ANGLE)], axis=1) + _random.normal(0, 0.3, (1000, 2))
RANGE = ((4.0, 16.0), (-5.0, 5.0))


def fit(path=None, x=RING, range=RANGE, **settings):
    short = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 64, "hidden": (16, 16), "num_cells": (48, 40)}
    return EnergyModel.fit(x, range, checkpoint=path, **short | settings)


@pytest.fixture(scope="module")
def model():
    return fit(num_steps=400, batch_size=256)


@pytest.fixture(scope="module")
def points():
    """In the box, on two of its faces, and in a corner."""
    return np.concatenate([_random.uniform(*np.transpose(RANGE), (30, 2)), [[4, 0], [7, 5], [16, -5]]])


def energy(model, x):
    """Of one point, in float64 and by hand."""
    (left, right), (bottom, top) = RANGE
    u = np.array([2 * (x[0] - left) / (right - left) - 1, 2 * (x[1] - bottom) / (top - bottom) - 1])
    h = np.concatenate([u, *(wave(np.pi * f * u) for f in (1, 2, 4) for wave in (np.cos, np.sin))])
    for i, (weight, bias) in enumerate(model.network):
        if i:
            h = h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
        h = h @ np.float64(weight) + np.float64(bias)
    return h[0]


# --- The density ---------------------------------------------------------------------------------


def test_energy_by_hand(model, points):
    expected = [energy(model, x) for x in points]
    np.testing.assert_allclose(model.energy(points), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(model.energy(points.reshape(3, 11, 2)).ravel(), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(jax.jit(lambda x: model.energy(x))(points[0]), expected[0], rtol=1e-4, atol=1e-4)


def test_z_by_brute_force(model, points):
    x, y = (np.linspace(low, high, 4001)[:-1] + (high - low) / 8000 for low, high in RANGE)
    grid = np.stack(np.meshgrid(x[::5], y[::5], indexing="ij"), axis=-1)
    log_z = np.log(np.exp(-np.float64(model.energy(grid))).mean() * 12 * 10)
    found = -np.float64(model.energy(points)) - np.float64(model.log_prob(points))
    np.testing.assert_allclose(found, log_z, atol=0.01)
    fine = EnergyModel(model.network, model.range, (300, 250))
    found = -np.float64(fine.energy(points)) - np.float64(fine.log_prob(points))
    np.testing.assert_allclose(found, log_z, atol=1e-4)


def test_out_of_the_box(model):
    beside = np.float32([[3.999, 0], [16.001, 0], [10, -5.001], [1e30, 0], [np.inf, 0]])
    assert (np.asarray(model.log_prob(beside)) == -np.inf).all()
    assert (np.asarray(model.energy(beside)) == np.inf).all()
    assert (np.asarray(model.score(beside)) == 0).all()
    for of in (model.log_prob, model.energy, model.score):
        assert np.isnan(of([[np.nan, 0.0]])).all()
    for corner in ((4, -5), (16, 5)):
        assert np.isfinite(model.log_prob(np.float32(corner)))


def test_score_is_the_slope_of_the_log_density(model, points):
    slopes = model.score(points)
    np.testing.assert_allclose(
        slopes, jax.vmap(jax.grad(model.log_prob))(jnp.asarray(points, jnp.float32)), rtol=1e-4, atol=1e-4
    )
    by_hand = [[(energy(model, x - h) - energy(model, x + h)) / 2e-5 for h in 1e-5 * np.eye(2)] for x in points]
    np.testing.assert_allclose(slopes, by_hand, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(model.score(points.reshape(3, 11, 2)).reshape(-1, 2), slopes, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(jax.jit(lambda x: model.score(x))(points[0]), slopes[0], rtol=1e-5, atol=1e-5)


def test_draws_are_in_cells_by_their_mass(model, key):
    draws = np.asarray(model.sample(key, 100_000))
    counts = np.histogram2d(*draws.T, (12, 10), RANGE)[0]
    x, y = (np.linspace(low, high, cells + 1)[:-1] + 0.125 for (low, high), cells in zip(RANGE, (48, 40), strict=True))
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    masses = np.exp(np.float64(model.log_prob(grid))).reshape(12, 4, 10, 4).sum((1, 3)) / 16
    many = masses > 1e-4
    assert stats.chisquare(counts[many], masses[many] / masses[many].sum() * counts[many].sum()).pvalue > 1e-6


@pytest.mark.parametrize("d", [1, 3])
def test_integrates_to_one_in_other_dimensions(d):
    x = _random.normal(0, 0.6, (300, d)) + _random.choice([-1, 1], (300, 1))
    axis = np.arange(-4, 4, 0.2) + 0.1
    grid = np.stack(np.meshgrid(*[axis] * d, indexing="ij"), axis=-1)
    model = fit(x=x, range=[(-4, 4)] * d, num_cells=30)
    assert np.exp(np.float64(model.log_prob(grid))).sum() * 0.2**d == pytest.approx(1, abs=0.01)
    assert model.sample(jax.random.key(0), 5).shape == (5, d)


# --- The walk ------------------------------------------------------------------------------------


class Quadratic(EnergyModel):
    """A Gaussian around (10, 0), with the variances 1 and 0.25: far from the faces of a large box."""

    def _energy(self, x):
        return ((x - np.float32([10, 0])) ** 2 @ np.float32([1, 4])) / 2


class Flat(EnergyModel):
    def _energy(self, x):
        return 0 * x[..., 0]


UNUSED = layers((2, 1), jax.random.key(0))


@pytest.mark.parametrize("step_size", [0.02, 0.2, 0.8])
def test_walks_end_with_the_known_variance(step_size):
    """x ← (1 − ε/2v) x + √ε z ends with the variance ε / (1 − (1 − ε/2v)²) = v / (1 − ε/4v)."""
    model, n = Quadratic(UNUSED, ((-10, 30), (-20, 20))), 40_000
    start = np.float32(np.tile([[13.0, -1.0]], (n, 1)))
    x = np.float64(model.langevin(start, jax.random.key(0), step_size, int(30 / step_size)))
    variances = np.array([1, 0.25]) / (1 - step_size / np.array([4, 1]))
    np.testing.assert_allclose((x.mean(0) - [10, 0]) / np.sqrt(variances), 0, atol=6 / np.sqrt(n))
    np.testing.assert_allclose(x.var(0) / variances, 1, atol=6 * np.sqrt(2 / n))
    for column, mean, variance in zip(x.T, (10, 0), variances, strict=True):
        assert stats.kstest(column, stats.norm(mean, np.sqrt(variance)).cdf).pvalue > 1e-6


def test_one_step_by_hand(model):
    x = np.float32([[10, 0], [13, 0.5], [10, 3]])
    noise = jax.random.normal(jax.random.fold_in(jax.random.key(7), 0), (3, 2), jnp.float32)
    expected = x + 0.005 * model.score(x) + 0.1 * noise
    np.testing.assert_allclose(model.langevin(x, jax.random.key(7), 0.01, 1), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(model.langevin(x, jax.random.key(7), 0.01, 0), x)


def test_the_faces_reflect():
    """Where no slope leads, an even law stays even, also beside the faces and in steps as wide as the box."""
    model = Flat(UNUSED, RANGE)
    x = np.asarray(model.sample(jax.random.key(0), 20_000))
    for step_size in (0.5, 400.0):
        walked = np.asarray(model.langevin(x, jax.random.key(1), step_size, 10))
        for column, (low, high) in zip(walked.T, RANGE, strict=True):
            assert ((low <= column) & (column <= high)).all()
            assert stats.kstest(column, stats.uniform(low, high - low).cdf).pvalue > 1e-6
    outside = model.langevin(np.float32([[17, 0], [3, -7], [28, 0], [10, 16]]), jax.random.key(0), 1.0, 0)
    np.testing.assert_allclose(outside, [[15, 0], [5, -3], [4, 0], [10, -4]])
    assert np.isnan(model.langevin(np.float32([[np.nan, 0], [0, np.inf]]), jax.random.key(0), 1.0, 3)).any(1).all()


def test_walks_come_to_the_density(model):
    x = np.asarray(model.langevin(np.tile([[10.0, 0.0]], (20_000, 1)), jax.random.key(0), 0.02, 3000))
    draws = np.asarray(model.sample(jax.random.key(1), 20_000))
    for walked, drawn in zip(x.T, draws.T, strict=True):
        assert stats.ks_2samp(walked, drawn).statistic < 0.04
    np.testing.assert_array_equal(model.langevin(x[:4].reshape(2, 2, 2), jax.random.key(0), 0.1, 5).shape, (2, 2, 2))


def test_the_first_steps_of_many_are_the_same(model):
    key = jax.random.key(0)
    far = model.langevin(RING[:50], key, 0.02, 7)
    jitted = jax.jit(lambda x: model.langevin(x, key, 0.02, 7))(RING[:50].astype(np.float32))
    np.testing.assert_allclose(jitted, far, rtol=1e-4, atol=1e-4)
    shorter = model.langevin(RING[:50], key, 0.02, 6)
    noise = jax.random.normal(jax.random.fold_in(key, 6), (50, 2), jnp.float32)
    step = shorter + 0.01 * model.score(shorter) + np.sqrt(0.02) * noise
    inside = np.asarray((step > jnp.asarray([[4, -5.0]])) & (step < jnp.asarray([[16, 5.0]]))).all(1)
    np.testing.assert_allclose(np.asarray(far)[inside], np.asarray(step)[inside], rtol=1e-4, atol=1e-4)


# --- Training ------------------------------------------------------------------------------------


def test_a_ring_is_learnt(model):
    """A Gaussian of the same mean and covariance is far off."""
    gaussian = stats.multivariate_normal(RING.mean(0), np.cov(RING.T)).logpdf(RING).mean()
    assert np.mean(model.log_prob(RING)) > gaussian + 0.7
    radius = np.linalg.norm(model.sample(jax.random.key(0), 2000) - np.array([[10, 0]], np.float32), axis=1)
    assert np.mean(abs(radius - 3) < 0.9) > 0.9


def test_start_is_where_fit_begins():
    key = jax.random.key(3)
    begun = EnergyModel.start(RANGE, key=jax.random.split(key)[0], hidden=(16, 16), num_cells=(48, 40))
    short = fit(num_steps=1, learning_rate=1e-9)
    assert (short.range, short.num_cells) == (begun.range, begun.num_cells)
    for ours, theirs in zip(jax.tree.leaves(short), jax.tree.leaves(begun), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-8)


def test_noise_blurs():
    x = np.tile([[10.0, 0.0]], (100, 1))
    model = fit(x=x, noise=1.0, num_steps=600, batch_size=256)
    draws = np.asarray(model.sample(jax.random.key(0), 20_000))
    np.testing.assert_allclose(draws.mean(0), [10, 0], atol=0.1)
    np.testing.assert_allclose(draws.std(0), 1, atol=0.1)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert bits(whole.sample(jax.random.key(0), 9)) == bits(fit().sample(jax.random.key(0), 9))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"hidden": (17,)}, {"learning_rate": 2e-2}, {"noise": 0.1}, {"num_cells": (40, 40)}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": RING[:0]}, ValueError, "x must have at least one row; got none"),
        ({"x": RING[:, 0]}, ValueError, "x must have shape (n, 2)"),
        ({"x": [[10.0, np.nan]]}, ValueError, "x[0, 1] is nan (1 such values)"),
        ({"x": 20 + RING}, ValueError, "x must be in the range from [4.0, -5.0] to [16.0, 5.0]; x[0, 0] is"),
        (
            {"range": ((4, 16),)},
            ValueError,
            "num_cells must be a number for each of the 1 pairs of range",
        ),
        ({"range": ((4, 16), (5, -5))}, ValueError, "range must be pairs low < high"),
        ({"range": (4, 16)}, ValueError, "range must have shape (d, 2)"),
        ({"num_cells": (48, 0)}, ValueError, "num_cells must be at least 1; got 0"),
        ({"num_cells": 4.5}, TypeError, "num_cells must be a whole number; got 4.5"),
        ({"noise": -1.0}, ValueError, "noise must be"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"hidden": ()}, ValueError, "hidden must name at least one layer; got ()"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**change)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((2, 3))}, ValueError, "x must have shape (*batch, 2); got shape (2, 3)"),
        ({"x": [["a", "b"]]}, TypeError, "x must be real numbers; got dtype <U1"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"step_size": 0.0}, ValueError, "step_size must be above 0"),
        ({"num_steps": -1}, ValueError, "num_steps must be at least 0; got -1"),
        ({"num_steps": 2.5}, TypeError, "num_steps must be a whole number; got 2.5"),
    ],
)
def test_langevin_refuses(model, change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        model.langevin(**{"x": RING[:2], "key": jax.random.key(0), "step_size": 0.1, "num_steps": 1} | change)


@pytest.mark.parametrize("method", ["energy", "score"])
def test_points_of_another_shape_are_refused(model, method):
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (2, 3)")):
        getattr(model, method)(np.zeros((2, 3)))
    with pytest.raises(TypeError, match="x must be real numbers; got dtype <U1"):
        getattr(model, method)([["a", "b"]])


# --- In the page ---------------------------------------------------------------------------------


def test_energy_and_score_run_in_the_page(model, browser):
    x = jnp.asarray(RING[:4], jnp.float32)
    cases = [Case(lambda x: model.energy(x), [(x,)]), Case(lambda x: model.score(x), [(x,)])]
    for case, result in zip(cases, comparison.in_chromium(browser, cases), strict=True):
        compare(case, result, 1e-3)
