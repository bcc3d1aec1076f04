"""The generative adversarial network: its losses against NumPy, the best discriminator, and what it learns in 1-D."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import erf

from lib import GAN
from lib.gan import adversarial_loss, player_losses
from lib.training import minimise
from tests.training.breaks import assert_goes_on_after_a_break, bits

KEY = jax.random.key(3)
NORMAL = np.random.default_rng(0).normal([2.0, -1.0], [1.0, 0.5], (200, 2))
LINE = np.random.default_rng(0).normal(1.0, 2.0, (4000, 1))


def linear(slope, shift=0.0, **settings):
    """A generator x = shift + slope · z of one number, and an untrained discriminator."""
    model = GAN.untrained(LINE, 1, key=KEY, hidden=(32, 32), **settings)
    weight = (slope / model.scale).reshape(1, 1)
    bias = ((shift - model.mean) / model.scale).reshape(1)
    return GAN(((weight, bias),), model.discriminator, model.mean, model.scale, model.noise, model.penalty)


# --- The losses ----------------------------------------------------------------------------------


def losses_in_numpy(parameters, x, z, noises, penalty):
    """Both losses for networks of one hidden layer, in float64 and in their units."""
    (a, b), (c, d), (p, q), (r, s) = parameters
    root = np.sqrt(2 / np.pi)

    def gelu(h):
        return h / 2 * (1 + np.tanh(root * (h + 0.044715 * h**3)))

    def slope_of_gelu(h):
        t = np.tanh(root * (h + 0.044715 * h**3))
        return (1 + t) / 2 + h / 2 * (1 - t**2) * root * (1 + 3 * 0.044715 * h**2)

    def odds(x):
        return (gelu(x @ p + q) @ r + s)[:, 0]

    made = gelu(z @ a + b) @ c + d
    real, fake = x + noises[0], made + noises[1]
    slopes = slope_of_gelu(real @ p + q) * r[:, 0] @ p.T
    discriminator = np.logaddexp(0, -odds(real)) + np.logaddexp(0, odds(fake)) + penalty / 2 * (slopes**2).sum(1)
    return discriminator.mean(), np.logaddexp(0, -odds(fake)).mean()


def test_both_players_move_along_the_slopes_of_their_own_losses():
    """Against finite differences, in float64, of the losses written anew."""
    model = GAN.untrained(NORMAL, 3, key=KEY, hidden=(4,), noise=0.3, penalty=0.7)
    model = jax.tree.map(lambda x: x + 0.1, model)  # biases that are not 0, another scale
    x = jnp.asarray(NORMAL[:5], jnp.float32)
    (d, g), gradient = player_losses(model, x, KEY), jax.grad(adversarial_loss)(model, x, KEY)
    z, *noises = (
        np.float64([jax.random.normal(jax.random.split(key, 3)[i], (size,)) for key in jax.random.split(KEY, 5)])
        for i, size in enumerate((3, 2, 2))
    )
    scale = float(model.scale)
    units = (np.float64(x) - np.float64(model.mean)) / scale
    parameters = [[np.float64(array) for array in layer] for layer in model.generator + model.discriminator]

    def losses():
        level = float(model.noise) / scale
        return losses_in_numpy(parameters, units, z, [level * noise for noise in noises], float(model.penalty))

    np.testing.assert_allclose((d, g), losses(), rtol=1e-5)
    for layer, slopes in zip(parameters, gradient.generator + gradient.discriminator, strict=True):
        own = 1 if any(slopes is one for one in gradient.generator) else 0
        for array, slope in zip(layer, slopes, strict=True):
            for place in np.ndindex(array.shape):
                value, step = array[place], 1e-5
                array[place] = value + step
                above = losses()[own]
                array[place] = value - step
                below = losses()[own]
                array[place] = value
                np.testing.assert_allclose(slope[place], (above - below) / (2 * step), rtol=2e-3, atol=1e-5)


def test_neither_player_moves_for_the_other():
    model = GAN.untrained(NORMAL, 2, key=KEY, hidden=(8,))
    x = jnp.asarray(NORMAL, jnp.float32)
    for own, player in enumerate(("discriminator", "generator")):
        slopes = jax.grad(lambda model, own=own: player_losses(model, x, KEY)[own])(model)
        for name in ("generator", "discriminator"):
            moves = any(np.any(leaf != 0) for leaf in jax.tree.leaves(getattr(slopes, name)))
            assert moves == (name == player)


def test_the_discriminator_sees_its_noise():
    """The generator gives 0, and D(x) = x: the generator's loss is E softplus(−noise · ε)."""
    one, zero = jnp.ones((1, 1)), jnp.zeros((1, 1))
    model = GAN(((zero, zero[0]),), ((one, zero[0]),), jnp.zeros(1), jnp.float32(2), 6.0, 0.0)
    _, loss = player_losses(model, jnp.zeros((200_000, 1)), KEY)
    exact = stats.norm.expect(lambda e: np.logaddexp(0, -3 * e))
    assert abs(loss - exact) < 0.02


# --- What is known -------------------------------------------------------------------------------


def test_the_best_discriminator_is_the_difference_of_log_densities():
    """Trained against a generator that stands still, without noise and penalty."""
    model = linear(1.0, shift=2.0, noise=0.0, penalty=0.0)

    def alone(model, x, key):
        return player_losses(model, x, key)[0]

    x = jnp.asarray(np.random.default_rng(1).normal(1.0, 2.0, (100_000, 1)), jnp.float32)
    trained, _ = minimise(alone, model, x, key=KEY, num_steps=2000, batch_size=512, learning_rate=5e-3)
    assert bits(trained.generator) == bits(model.generator)
    at = np.linspace(-0.5, 4.5, 21)
    known = stats.norm(1, 2).logpdf(at) - stats.norm(2, 1).logpdf(at)
    assert np.ptp(known) > 1.5
    np.testing.assert_allclose(trained.log_odds(at[:, None]), known, atol=0.2)


def test_it_learns_a_normal_law():
    model = GAN.fit(LINE, 1, key=KEY, hidden=(32, 32), num_steps=3000)
    draws = np.sort(np.asarray(model.sample(jax.random.key(1), 4000))[:, 0])
    assert abs(draws.mean() - 1) < 0.3
    assert abs(draws.std() - 2) < 0.3
    # Wasserstein's distance in one dimension: sorted beside sorted.
    away = abs(draws - stats.norm(1, 2).ppf((np.arange(4000) + 0.5) / 4000)).mean()
    assert away < 0.35
    inside = np.linspace(-2, 4, 13)[:, None]
    assert abs(model.log_odds(inside)).max() < 0.7  # it can hardly tell them apart


def test_a_linear_generator_draws_the_normal_law_that_it_says():
    draws = np.asarray(linear(3.0, shift=-1.0).sample(KEY, 20_000))[:, 0]
    grid = np.linspace(-8, 6, 29)
    exact = (1 + erf((grid + 1) / 3 / np.sqrt(2))) / 2
    assert abs((draws[:, None] <= grid).mean(0) - exact).max() < 0.015


# --- The edge ------------------------------------------------------------------------------------


def test_observations_may_have_any_shape():
    x = np.random.default_rng(0).normal(size=(50, 2, 3))
    model = GAN.fit(x, 4, key=KEY, hidden=(8,), num_steps=3)
    assert model.event_shape == (2, 3)
    assert model.latent_dim == 4
    assert model.sample(KEY, 5).shape == (5, 2, 3)
    assert model.from_noise(np.zeros((3, 7, 4))).shape == (3, 7, 2, 3)
    assert model.log_odds(x[None]).shape == (1, 50)
    z = jax.vmap(lambda key: jax.random.normal(key, (4,)))(jax.random.split(KEY, 5))
    np.testing.assert_allclose(model.sample(KEY, 5), model.from_noise(z), rtol=1e-6)


def test_training_goes_on_after_a_break(tmp_path, monkeypatch):
    def fit(path=None):
        return GAN.fit(NORMAL, 2, key=KEY, hidden=(8,), num_steps=120, checkpoint=path)

    assert_goes_on_after_a_break(fit, tmp_path / "gan.npz", fit(), monkeypatch)


def test_training_moves_both_networks_and_nothing_else():
    blank, model = (GAN.untrained(NORMAL, 2, key=jax.random.split(KEY)[0]), GAN.fit(NORMAL, 2, key=KEY, num_steps=3))
    for name in ("generator", "discriminator"):
        assert all(a != b for a, b in zip(*(bits(getattr(each, name)) for each in (blank, model)), strict=True))
    for name in GAN.fixed:
        assert bits(getattr(blank, name)) == bits(getattr(model, name))
    assert np.isclose(model.noise, 0.1 * model.scale)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"latent_dim": 0}, ValueError, "latent_dim must be at least 1; got 0"),
        ({"latent_dim": 1.5}, TypeError, "latent_dim must be a whole number; got 1.5"),
        ({"hidden": (0,)}, ValueError, "hidden"),
        ({"noise": -1}, ValueError, "noise must be at least 0"),
        ({"penalty": -0.1}, ValueError, "penalty must be at least 0"),
        ({"penalty": "no"}, TypeError, "penalty must be a real number; got 'no'"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"x": np.ones((5, 2))}, ValueError, "x must hold observations that differ"),
        ({"x": NORMAL[:0]}, ValueError, "x must have"),
        ({"x": [[np.nan]]}, ValueError, "x[0, 0] is nan"),
        ({"key": 0}, TypeError, "key must be made by jax.random.key"),
    ],
)
def test_fit_refuses(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        GAN.fit(**{"x": NORMAL, "latent_dim": 2, "key": KEY, "num_steps": 1} | change)


def test_parts_that_do_not_fit_together_are_refused():
    model = GAN.untrained(NORMAL, 3, key=KEY, hidden=(4,))
    message = "generator must give 2 numbers, and discriminator take 2 and give 1; got 1, 1 and 1"
    with pytest.raises(ValueError, match=re.escape(message)):
        GAN(model.discriminator, linear(1.0).discriminator, model.mean, model.scale, model.noise, model.penalty)


def test_other_questions_are_refused():
    model = GAN.untrained(NORMAL, 3, key=KEY, hidden=(4,))
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 3); got shape (2,)")):
        model.from_noise(np.zeros(2))
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (3,)")):
        model.log_odds(np.zeros(3))
