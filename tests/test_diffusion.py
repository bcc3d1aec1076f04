"""Diffusion against laws of which the denoiser is known: Gaussians, and a few points."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lib import Diffusion
from lib.denoisers import Denoiser, ExactDenoiser, MLPDenoiser
from lib.diffusion import LEAST, denoising_loss, step
from tests.training.breaks import assert_goes_on_after_a_break, bits

KEY = jax.random.key(11)
_random = np.random.default_rng(0)
CODES = _random.integers(0, 2, (400, 2))
X = 3 * CODES + _random.normal(0, 0.3, (400, 2)) + [10, 0]  # the place says both attributes

POINTS = np.array([[-1.0, 0.5], [1.2, 0.3], [0.2, -1.4], [0.9, 1.6]])
P = np.array([0.1, 0.2, 0.3, 0.4])
ATTRIBUTES = np.array([[0], [1], [1], [1]])
MEAN, SCALE = jnp.float32([3.0, -1.0]), jnp.float32(2.0)


def fit(path=None, **settings):
    settings = {"key": jax.random.key(3), "num_steps": 110, "batch_size": 64, "width": 16, "depth": 1} | settings
    return Diffusion.fit(X, condition=CODES, sizes=(2, 2), checkpoint=path, **settings)


def exact(**settings):
    return Diffusion(ExactDenoiser(POINTS, np.log(P), ATTRIBUTES, (2,)), MEAN, SCALE, **settings)


class OfGaussian(Denoiser):
    """Of points with independent coordinates of mean 0 and these standard deviations."""

    stds: jax.Array
    sizes: tuple[int, ...] = eqx.field(static=True, default=())

    @property
    def event_shape(self):
        return self.stds.shape

    @property
    def work(self):
        return len(self.stds)

    def __call__(self, z, angle, _condition):
        variances, cos, sin = self.stds**2, jnp.cos(angle), jnp.sin(angle)
        return cos * variances / (cos**2 * variances + sin**2) * z


STDS = np.array([1.5, 0.4, 1.0])
GAUSSIAN = Diffusion(OfGaussian(jnp.float32(STDS)), jnp.zeros(3), SCALE, num_timesteps=200)
TRUTH = stats.multivariate_normal(np.zeros(3), np.diag((2 * STDS) ** 2))


@pytest.fixture(scope="module")
def model():
    return fit(num_steps=1500, width=32, batch_size=256)


def share_of_each(draws):
    """How often each of the points is the nearest, and how far it is, in units of `scale`."""
    off = np.linalg.norm((np.float64(draws)[:, None] - np.asarray(MEAN)) / 2 - POINTS, axis=2)
    return np.bincount(off.argmin(1), minlength=4), off.min(1)


# --- The steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("t", "s"), [(np.pi / 2, 1.5), (1.2, 0.3), (0.02, 0.01), (1.0, 0.99)])
def test_a_step_is_the_posterior_of_a_chain_that_adds_noise(t, s):
    """q(z_s | z_t, x) by the product of two Gaussians, N(z_t; a z_s, b²) and N(z_s; cos(s) x, sin²(s))."""
    a = np.cos(t) / np.cos(s)
    variance_of_b = np.sin(t) ** 2 - a**2 * np.sin(s) ** 2
    variance = 1 / (a**2 / variance_of_b + 1 / np.sin(s) ** 2)
    z, x = np.array([0.7, -1.1]), np.array([0.2, 0.4])
    mean = variance * (a * z / variance_of_b + np.cos(s) * x / np.sin(s) ** 2)
    args = (*map(jnp.float32, (z, x, t, s)),)
    np.testing.assert_allclose(step(*args, jnp.zeros(2)), mean, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(step(*args, jnp.ones(2)) - step(*args, jnp.zeros(2)), np.sqrt(variance), rtol=2e-3)


def test_without_new_noise_it_is_a_step_of_euler_along_the_arrows_of_flow_matching():
    """x_τ = z / (cos + sin) lies on the line from ε to x at the time τ = cos / (cos + sin)."""
    z, x = np.array([0.7, -1.1]), np.array([0.2, 0.4])
    for t, s in (np.pi / 2, 1.5), (1.2, 0.3), (0.5, 0.01):
        (now, at), (then, _) = ((np.cos(a) / (np.cos(a) + np.sin(a)), z / (np.cos(a) + np.sin(a))) for a in (t, s))
        euler = at + (then - now) * (x - at) / (1 - now)
        found = step(*map(jnp.float32, (z, x, t, s)), None)
        np.testing.assert_allclose(found / (np.cos(s) + np.sin(s)), euler, rtol=1e-5, atol=1e-6)


# --- The law of the draws ------------------------------------------------------------------------


def of_noise(model, key, n):
    return model.from_noise(jax.random.normal(key, (n, *model.event_shape)))


@pytest.mark.parametrize("make", [Diffusion.sample, of_noise])
def test_of_a_gaussian_draws_are_gaussian(make):
    n = 10_000
    x = np.float64(make(GAUSSIAN, KEY, n)) / (2 * STDS)
    assert abs(x.mean(0)).max() < 6 / np.sqrt(n)
    assert abs(np.cov(x.T) - np.eye(3)).max() < 0.06
    for coordinate in x.T:
        assert stats.kstest(coordinate / coordinate.std(), "norm").pvalue > 1e-6


def test_with_the_exact_denoiser_the_points_are_drawn_and_their_law_comes_with_the_steps():
    n, variation = 5000, {}
    for steps in (1, 5, 100):
        for name, draws in (
            ("sample", exact(num_timesteps=steps).sample(KEY, n)),
            ("from_noise", of_noise(exact(num_timesteps=steps), KEY, n)),
        ):
            counts, off = share_of_each(draws)
            variation[name, steps] = abs(counts / n - P).sum() / 2
            if steps > 1:
                assert np.median(off) < (0.02 if steps == 100 else 0.5)
    for name in "sample", "from_noise":
        assert variation[name, 1] > variation[name, 5] > variation[name, 100]
        assert variation[name, 100] < 0.03
    counts, _ = share_of_each(exact(num_timesteps=200).sample(KEY, n))
    assert stats.chisquare(counts, n * P).pvalue > 1e-6


def test_a_condition_is_obeyed_and_the_rest_keeps_its_law():
    n = 5000
    counts, _ = share_of_each(exact(num_timesteps=100).sample(KEY, n, condition=[1]))
    assert counts[0] < 5
    assert abs(counts[1:] / n - P[1:] / 0.9).max() < 0.03
    asked = np.arange(n)[:, None] % 2
    draws = exact(num_timesteps=100).sample(KEY, n, condition=asked)
    first, second = (share_of_each(draws[asked[:, 0] == code])[0] for code in (0, 1))
    assert first[0] == n // 2
    assert second[0] < 5


# --- Guidance ------------------------------------------------------------------------------------


def test_guidance_0_does_not_listen_and_1_is_the_condition_bit_for_bit(model):
    nothing, asked = [-1, -1], [1, 0]
    plain = model.sample(KEY, 300, condition=nothing)
    np.testing.assert_array_equal(model.with_guidance(0).sample(KEY, 300, condition=asked), plain)
    angle = jnp.float32(0.9)
    for z in jax.random.normal(KEY, (20, 2)):
        alone = model.denoiser(z, angle, jnp.array(asked))
        np.testing.assert_array_equal(model._denoised(z, angle, jnp.array(asked)), alone)
        alone = model.denoiser(z, angle, jnp.array(nothing))
        np.testing.assert_array_equal(model.with_guidance(0)._denoised(z, angle, jnp.array(asked)), alone)
    np.testing.assert_allclose(model.sample(KEY, 300), plain, rtol=1e-4, atol=1e-4)


def test_more_guidance_goes_further(model):
    z, angle, asked = jnp.float32([0.3, 0.2]), jnp.float32(0.9), jnp.array([1, 0])
    nothing, once = (model.denoiser(z, angle, jnp.array(codes)) for codes in ([-1, -1], [1, 0]))
    found = model.with_guidance(2.5)._denoised(z, angle, asked)
    np.testing.assert_allclose(found, nothing + 2.5 * (once - nothing), rtol=1e-5)


# --- Training ------------------------------------------------------------------------------------


def floor(points, p):
    """The least loss that a denoiser of numbers can have: the variance of x given z, over sin², by quadrature."""

    def of_angle(t):
        z = np.linspace(-1 - 8 * np.sin(t), 1 + 8 * np.sin(t), 4001)
        joint = p * stats.norm.pdf(z[:, None], np.cos(t) * points, np.sin(t))
        mean = joint @ points / np.maximum(joint.sum(1), 1e-300)
        variance = np.sum(joint * (points - mean[:, None]) ** 2, axis=1)
        return np.trapezoid(variance, z) / np.sin(t) ** 2

    angles = LEAST + (np.pi / 2 - LEAST) * (np.arange(400) + 0.5) / 400
    return np.mean([of_angle(t) for t in angles])


def test_the_exact_denoiser_has_the_floor_of_the_loss():
    points, p = np.array([-1.0, 0.2, 0.8]), np.array([0.5, 0.2, 0.3])
    best = Diffusion(ExactDenoiser(points[:, None], np.log(p)), jnp.zeros(1), jnp.float32(1))
    draws = jnp.float32(np.random.default_rng(1).choice(points, 200_000, p=p)[:, None])
    nothing = jnp.zeros((200_000, 0), jnp.int32)
    assert denoising_loss(best, (draws, nothing), KEY) == pytest.approx(floor(points, p), rel=0.02)
    other = Diffusion(ExactDenoiser(points[:, None], np.log(p[::-1])), jnp.zeros(1), jnp.float32(1))
    assert denoising_loss(other, (draws, nothing), KEY) > 1.05 * floor(points, p)


def test_loss_by_hand(model):
    noise, angle, share, shown = jax.random.split(KEY, 4)
    x = (X[:8] - np.float64(model.mean)) / float(model.scale)
    t = LEAST + (np.pi / 2 - LEAST) * (np.arange(8) + np.float64(jax.random.uniform(angle, (8,), jnp.float32))) / 8
    z = np.cos(t)[:, None] * x + np.sin(t)[:, None] * np.float64(jax.random.normal(noise, x.shape, jnp.float32))
    shares = jax.random.uniform(share, (8, 1), jnp.float32)
    asked = np.where(jax.random.uniform(shown, (8, 2), jnp.float32) < shares, CODES[:8], -1)
    guess = [model.denoiser(jnp.float32(z), jnp.float32(t), c) for z, t, c in zip(z, t, jnp.array(asked), strict=True)]
    expected = np.mean(((x - np.float64(guess)) / np.sin(t)[:, None]) ** 2)
    batch = jnp.float32(X[:8]), jnp.array(CODES[:8], jnp.int32)
    assert denoising_loss(model, batch, KEY) == pytest.approx(expected, rel=1e-3)


def test_training_learns_the_condition_and_the_law(model):
    for code in (0, 1):
        draws = np.asarray(model.sample(KEY, 500, condition=[code, -1]))
        assert np.mean((draws[:, 0] > 11.5) == code) > 0.97
        share = np.mean(CODES[CODES[:, 0] == code, 1])
        assert abs(np.mean(draws[:, 1] > 1.5) - share) < 0.08
    draws = np.asarray(model.sample(KEY, 2000))
    assert abs(draws.mean(0) - X.mean(0)).max() < 0.2
    assert abs(draws.std(0) / X.std(0) - 1).max() < 0.1


def test_training_moves_the_network_alone_and_is_the_same_each_time(model):
    assert isinstance(model.denoiser, MLPDenoiser)
    np.testing.assert_allclose(model.mean, X.mean(0), rtol=1e-6)
    assert model.guidance == 1
    assert bits(fit()) == bits(fit())
    assert bits(fit(key=jax.random.key(4))) != bits(fit())


def test_it_goes_on_after_a_break(tmp_path, monkeypatch):
    assert_goes_on_after_a_break(fit, tmp_path / "checkpoint", fit(), monkeypatch)


# --- The bound -----------------------------------------------------------------------------------


def test_of_a_gaussian_the_bound_comes_close_to_the_log_density():
    x = TRUTH.rvs(200, random_state=0)
    gaps = []
    for steps in (200, 1000, 4000):  # the gap falls as 1 / steps
        estimates = np.float64(GAUSSIAN.with_timesteps(steps).elbo(np.tile(x, (20, 1)), KEY)).reshape(20, 200).mean(1)
        gap, error = TRUTH.logpdf(x).mean() - estimates.mean(), estimates.std() / np.sqrt(20)
        assert gap > -4 * error
        gaps.append(gap)
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2]
    assert gaps[2] < 0.15


# --- What comes in -------------------------------------------------------------------------------


def test_from_noise_keeps_the_batch_shape_and_is_traced(model):
    z = jax.random.normal(KEY, (3, 4, 2))
    asked = np.tile([1, -1], (3, 4, 1))
    found = model.from_noise(z, asked)
    assert found.shape == (3, 4, 2)
    np.testing.assert_allclose(found[1, 2], model.from_noise(z[1, 2], [1, -1]), rtol=1e-5)
    np.testing.assert_allclose(jax.jit(lambda z: model.from_noise(z, [1, -1]))(z), found, rtol=1e-5)
    np.testing.assert_allclose(model.from_noise(z), model.from_noise(z, [-1, -1]), rtol=1e-4)


@pytest.mark.parametrize(
    ("condition", "error", "message"),
    [
        ([0.5, 1.0], TypeError, "condition must be integers"),
        ([0], ValueError, "condition must have shape (2,), one for all, or (3, 2); got shape (1,)"),
        ([[0, 0]], ValueError, "condition must have shape (2,), one for all, or (3, 2); got shape (1, 2)"),
        ([0, 2], ValueError, "condition must be codes from 0 to below (2, 2), or -1; condition[1] is 2"),
        ([-2, 0], ValueError, "condition must be codes from 0 to below (2, 2), or -1; condition[0] is -2"),
        ([2**32 + 1, 0], ValueError, "condition[0] is 4294967297"),
    ],
)
def test_conditions_that_make_no_sense(model, condition, error, message):
    with pytest.raises(error, match=re.escape(message)):
        model.sample(KEY, 3, condition=condition)
    with pytest.raises(error, match=re.escape(message)):
        model.from_noise(np.zeros((3, 2)), condition)


def test_a_model_without_attributes_takes_no_condition():
    plain = Diffusion.fit(X, key=KEY, num_steps=10, width=8, depth=1)
    with pytest.raises(TypeError, match=re.escape("condition must be None: this Diffusion takes none; got [1]")):
        plain.sample(KEY, 3, condition=[1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"condition": CODES}, "sizes must name at least one attribute"),
        ({"sizes": (2, 2)}, "sizes must be () where there is no condition; got (2, 2)"),
        ({"condition": CODES, "sizes": (2,)}, "condition must have shape (n, 1)"),
        ({"condition": CODES[:5], "sizes": (2, 2)}, "condition must have 400 rows, as x has; got 5"),
        ({"condition": CODES + 1, "sizes": (2, 2)}, "condition must be codes from 0 to below (2, 2)"),
        ({"width": 0}, "width must be at least 1"),
        ({"depth": 0}, "depth must be at least 1"),
        ({"num_timesteps": 0}, "num_timesteps must be at least 1"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Diffusion.fit(X, key=KEY, num_steps=10, **settings)


def test_a_model_must_fit_its_denoiser():
    with pytest.raises(TypeError, match="denoiser must be a Denoiser; got float"):
        Diffusion(1.0, MEAN, SCALE)
    with pytest.raises(ValueError, match=re.escape("mean must have the shape (2,); got (3,)")):
        Diffusion(exact().denoiser, jnp.zeros(3), SCALE)
    with pytest.raises(ValueError, match="guidance must be at least 0"):
        exact().with_guidance(-1)
