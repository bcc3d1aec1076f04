"""Flow matching against velocities that are known in closed form, and against an independent solver in float64."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

from lib import FlowMatching
from lib.flow_matching import matching_loss
from lib.nets.mlp import layers
from tests.javascript import comparison
from tests.javascript.comparison import Case, compare
from tests.training.breaks import assert_goes_on_after_a_break, bits

_random = np.random.default_rng(0)
ANGLE = _random.uniform(0, 2 * np.pi, 1000)
RING = np.stack([10 + 3 * np.cos(ANGLE), 3 * np.sin(ANGLE)], axis=1) + _random.normal(0, 0.3, (1000, 2))
NOISE = _random.normal(size=(200, 2)).astype(np.float32)


def fit(path=None, x=RING, **settings):
    settings = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 64, "hidden": (16, 16)} | settings
    return FlowMatching.fit(x, checkpoint=path, **settings)


def in_steps(model, num_timesteps):
    return type(model)(model.network, model.mean, model.scale, num_timesteps)


@pytest.fixture(scope="module")
def model():
    return fit(num_steps=800, batch_size=256)


@pytest.fixture(scope="module")
def points(model):
    """Draws, and points beside the ring."""
    return np.concatenate([model.sample(jax.random.key(1), 30), [[10, 0], [10, 4.5], [5, -3]]]).astype(np.float32)


def velocity(model, x, t):
    """Of one point, in units of `scale`, in float64 and by hand."""
    waves = [wave(f * x) for f in (1, 2, 4) for wave in (np.cos, np.sin)]
    phase = np.pi * t * np.array([1, 2, 3])
    h = np.concatenate([x, *waves, [t], np.cos(phase), np.sin(phase)])
    for i, (weight, bias) in enumerate(model.network):
        if i:
            h = h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
        h = h @ np.float64(weight) + np.float64(bias)
    return h


def standard(model, x):
    return (np.float64(x) - np.float64(model.mean)) / float(model.scale)


# --- The formulas --------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_velocity_by_hand(model, points, t):
    expected = [float(model.scale) * velocity(model, standard(model, x), t) for x in points]
    np.testing.assert_allclose(model.velocity(points, t), expected, rtol=1e-4, atol=1e-4)
    batch = model.velocity(points.reshape(3, 11, 2), t)
    np.testing.assert_allclose(batch.reshape(-1, 2), expected, rtol=1e-4, atol=1e-4)
    jitted = jax.jit(lambda x, t: model.velocity(x, t))(points[0], t)
    np.testing.assert_allclose(jitted, expected[0], rtol=1e-4, atol=1e-4)


def test_one_step_is_that_of_runge_and_kutta(model):
    for h, z in ((1.0, [0.5, -1.0]), (1.0, [2.0, 0.1])):
        one = velocity(model, np.array(z), 0)
        two = velocity(model, z + h / 2 * one, h / 2)
        three = velocity(model, z + h / 2 * two, h / 2)
        four = velocity(model, z + h * three, h)
        expected = np.float64(model.mean) + float(model.scale) * (z + h / 6 * (one + 2 * two + 2 * three + four))
        np.testing.assert_allclose(in_steps(model, 1).from_noise(z), expected, rtol=1e-4)


def test_loss_by_hand(model):
    noise, time = jax.random.split(jax.random.key(5))
    z = np.float64(jax.random.normal(noise, (8, 2), jnp.float32))
    t = (np.arange(8) + np.float64(jax.random.uniform(time, (8,), jnp.float32))) / 8
    ends = standard(model, RING[:8])
    squares = [(velocity(model, (1 - t) * z + t * x, t) - (x - z)) ** 2 for x, z, t in zip(ends, z, t, strict=True)]
    found = matching_loss(model, jnp.float32(RING[:8]), jax.random.key(5))
    assert found == pytest.approx(np.mean(squares), rel=1e-4)


def test_paths_follow_the_velocity(model):
    many = in_steps(model, 100)
    paths = np.asarray(many.paths(NOISE[:5]))
    assert paths.shape == (101, 5, 2)
    np.testing.assert_allclose(paths[0], np.asarray(model.mean) + float(model.scale) * NOISE[:5], rtol=1e-5)
    np.testing.assert_array_equal(paths[-1], many.from_noise(NOISE[:5]))
    for i in (1, 30, 99):
        walked = (paths[i + 1] - paths[i - 1]) / 0.02
        np.testing.assert_allclose(walked, model.velocity(paths[i], i / 100), rtol=0.02, atol=0.02)
    assert many.paths(NOISE.reshape(4, 50, 2)).shape == (101, 4, 50, 2)


# --- Densities -----------------------------------------------------------------------------------


def back_by_scipy(model, x):
    """The noise that x came from, and its log density: the trace of a numerical Jacobian, integrated in float64."""

    def change(s, state):
        x, t, e = state[:2], 1 - s, 1e-5
        columns = [
            (velocity(model, x + e * unit, t) - velocity(model, x - e * unit, t)) / (2 * e) for unit in np.eye(2)
        ]
        return -np.append(velocity(model, x, t), np.trace(columns))

    end = solve_ivp(change, (0, 1), np.append(standard(model, x), 0.0), rtol=1e-8, atol=1e-8).y[:, -1]
    return end[:2], stats.norm.logpdf(end[:2]).sum() + end[2] - 2 * np.log(float(model.scale))


def test_log_prob_is_that_of_an_exact_walk_back(model, points):
    noise, log_probs = zip(*(back_by_scipy(model, x) for x in points), strict=True)
    for steps, tolerance in ((16, 0.01), (40, 5e-4)):
        np.testing.assert_allclose(in_steps(model, steps).to_noise(points), noise, atol=tolerance)
        np.testing.assert_allclose(in_steps(model, steps).log_prob(points), log_probs, atol=tolerance)


def test_log_prob_is_that_of_the_draws(model):
    """By change of variables, forwards: log N(z) − log |det ∂x/∂z|, at the x to which `sample` takes z."""
    x = model.from_noise(NOISE)
    _, log_det = np.linalg.slogdet(np.float64(jax.vmap(jax.jacfwd(model.from_noise))(NOISE)))
    expected = stats.norm.logpdf(np.float64(NOISE)).sum(1) - log_det
    difference = expected - np.float64(model.log_prob(x))
    assert np.sqrt(np.mean(difference**2)) < 5e-3
    np.testing.assert_allclose(model.to_noise(x), NOISE, atol=0.01)
    np.testing.assert_allclose(model.from_noise(model.to_noise(x)), x, atol=0.01)


def test_sample_is_noise_that_walks(model, key):
    noise = jax.vmap(lambda key: jax.random.normal(key, (2,), jnp.float32))(jax.random.split(key, 50))
    np.testing.assert_allclose(model.sample(key, 50), model.from_noise(noise), rtol=1e-5, atol=1e-5)


MEAN = np.array([0.5, -0.3], np.float32)
ROOT = np.array([[1.2, 0.4], [0.4, 0.6]], np.float32)  # symmetric; the covariance is its square


class OfGaussian(FlowMatching):
    """The best velocity of all for data N(MEAN, ROOT²): x_t and the line's velocity are Gaussian together."""

    def _velocity(self, x, t):
        covariance = jnp.asarray(ROOT @ ROOT)
        one = jnp.eye(2, dtype=jnp.float32)
        pull = (t * covariance - (1 - t) * one) @ jnp.linalg.inv(t**2 * covariance + (1 - t) ** 2 * one)
        return MEAN + pull @ (x - t * MEAN)  # E[x_1 − z | x_t]


def of_gaussian(num_timesteps):
    """With a scale and a mean of its own, so that neither is forgotten."""
    unused = layers((2, 2), jax.random.key(0))
    return OfGaussian(unused, jnp.array([100.0, 200.0], jnp.float32), jnp.float32(10), num_timesteps)


def test_the_velocity_of_a_gaussian_gives_the_gaussian():
    """Along it x_t = t m + √(t² S + (1 − t)² 1) z, so that noise z ends at m + √S z."""
    ends = np.array([100.0, 200.0]) + 10 * (MEAN + NOISE @ ROOT)
    law = stats.multivariate_normal([105, 197], 100 * ROOT @ ROOT)
    errors = []
    for steps in (2, 4, 8, 16):
        model = of_gaussian(steps)
        errors.append(abs(model.log_prob(ends) - law.logpdf(ends)).max())
    np.testing.assert_allclose(model.from_noise(NOISE), ends, rtol=1e-4)
    np.testing.assert_allclose(model.to_noise(ends), NOISE, atol=1e-3)
    np.testing.assert_allclose(model.log_prob(ends), law.logpdf(ends), atol=1e-3)
    assert (np.divide(errors[:-2], errors[1:-1]) > 8).all()  # of fourth order: 16 in the limit
    np.testing.assert_allclose(model.paths(NOISE[:3])[0], [100, 200] + 10 * NOISE[:3], rtol=1e-5)


def test_training_comes_near_to_the_velocity_of_a_gaussian():
    x = _random.normal(size=(20_000, 2)) @ ROOT + MEAN
    model, law = fit(x=x, num_steps=800, batch_size=256), stats.multivariate_normal(MEAN, ROOT @ ROOT)
    new = x[:2000]
    gap = law.logpdf(new) - np.float64(model.log_prob(new))
    assert abs(gap.mean()) < 0.02
    assert gap.std() < 0.2


def test_a_ring_is_learnt(model):
    """A Gaussian of the same mean and covariance is far off."""
    gaussian = stats.multivariate_normal(RING.mean(0), np.cov(RING.T)).logpdf(RING).mean()
    assert np.mean(model.log_prob(RING)) > gaussian + 0.7
    radius = np.linalg.norm(model.sample(jax.random.key(0), 2000) - np.array([[10, 0]], np.float32), axis=1)
    assert np.mean(abs(radius - 3) < 0.9) > 0.9


@pytest.mark.parametrize("d", [1, 3])
def test_integrates_to_one_in_other_dimensions(d):
    x = _random.normal(0, 0.6, (300, d)) + _random.choice([-1, 1], (300, 1))
    axis = np.linspace(-5, 5, 41)
    grid = np.stack(np.meshgrid(*[axis] * d, indexing="ij"), axis=-1)
    total = np.exp(np.float64(fit(x=x, num_timesteps=4).log_prob(grid))).sum() * (axis[1] - axis[0]) ** d
    assert total == pytest.approx(1, abs=1e-3)


def test_many_rows_are_as_few(model):
    few = model.log_prob(RING)
    np.testing.assert_allclose(model.log_prob(np.resize(RING, (100_000, 2))), np.resize(few, 100_000), rtol=1e-5)
    ends = model.from_noise(np.resize(NOISE, (100_000, 2)))
    np.testing.assert_allclose(ends, np.resize(model.from_noise(NOISE), (100_000, 2)), rtol=1e-5, atol=1e-5)


def test_far_points_walk_nowhere_strange(model):
    far = np.float32([[1e30, -3e38], [1e20, 0], [-1e10, 1e10]])
    assert np.isfinite(model.to_noise(far)).all()
    assert np.isfinite(model.velocity(far, 0.5)).all()
    assert np.isfinite(model.from_noise(far[2])).all()
    assert (np.asarray(model.log_prob(far)) < -1e12).all()


# --- Training ------------------------------------------------------------------------------------


def test_units_do_not_matter(model):
    """Data in other units and elsewhere: the same walk, and log densities less d log 1024."""
    other = fit(x=1024 * RING + 4096, num_steps=800, batch_size=256)
    np.testing.assert_allclose(other.from_noise(NOISE), 1024 * model.from_noise(NOISE) + 4096, rtol=0.02)
    shifted = np.asarray(other.log_prob(1024 * RING + 4096)) + 2 * np.log(1024)
    np.testing.assert_allclose(shifted.mean(), np.mean(model.log_prob(RING)), atol=0.02)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"hidden": (17,)}, {"learning_rate": 2e-2}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


def test_mean_and_scale_are_those_of_the_data(model):
    np.testing.assert_allclose(model.mean, RING.mean(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.scale, np.sqrt(((RING - RING.mean(0)) ** 2).mean()), rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": RING[:0]}, ValueError, "x must have at least one row; got none"),
        ({"x": RING[:, 0]}, ValueError, "x must have shape (n, features)"),
        ({"x": np.full((5, 2), 3.0)}, ValueError, "x must hold observations that differ; all of them are the same"),
        ({"x": [[np.nan, 0.0]]}, ValueError, "x[0, 0] is nan (1 such values)"),
        ({"x": 1.7e9 + RING}, ValueError, "x must be kept by float32 to 0.0001 of its range"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
        ({"hidden": ()}, ValueError, "hidden must name at least one layer; got ()"),
        ({"hidden": (16, 0)}, ValueError, "hidden must be at least 1; got 0"),
        ({"num_timesteps": 0}, ValueError, "num_timesteps must be at least 1; got 0"),
        ({"num_timesteps": 2.5}, TypeError, "num_timesteps must be a whole number; got 2.5"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1; got 0"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**change)


@pytest.mark.parametrize("method", ["from_noise", "to_noise", "paths", "velocity"])
def test_points_of_another_shape_are_refused(model, method):
    call = getattr(model, method)
    time = (0.5,) if method == "velocity" else ()
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (2, 3)")):
        call(np.zeros((2, 3)), *time)
    with pytest.raises(TypeError, match="x must be real numbers; got dtype <U1"):
        call([["a", "b"]], *time)


# --- In the page ---------------------------------------------------------------------------------


def test_velocity_and_walk_run_in_the_page(model, browser):
    x, t = jnp.asarray(RING[:4], jnp.float32), jnp.float32(0.25)
    cases = [
        Case(lambda x, t: model.velocity(x, t), [(x, t)]),
        Case(lambda z: model.from_noise(z), [(jnp.asarray(NOISE[:4]),)]),
    ]
    for case, result in zip(cases, comparison.in_chromium(browser, cases), strict=True):
        compare(case, result, 1e-3)
