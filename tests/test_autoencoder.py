"""The autoencoder against the principal components, which are the best that a linear one could find."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import PCA, Autoencoder
from lib.autoencoder import squared_error
from lib.data import cans

CANS, NEW_CANS = (np.asarray(cans.render(cans.sample(jax.random.key(seed), n))) for seed, n in ((0, 2000), (1, 500)))


def error(model, x):
    """The root mean square difference between observations and what the model makes of them."""
    return float(np.sqrt(np.mean((np.asarray(model.decode(model.encode(x))) - x) ** 2)))


@pytest.fixture(scope="module")
def model():
    return Autoencoder.fit(CANS, 2, key=jax.random.key(0), num_steps=50)


@pytest.mark.parametrize("seed", range(5))
def test_two_bent_dimensions_hold_more_than_twice_as_much_of_a_can_as_two_straight_ones(seed):
    trained = Autoencoder.fit(CANS, 2, key=jax.random.key(seed), num_steps=600)
    assert 2 * error(trained, NEW_CANS) < error(PCA.fit(CANS, 2), NEW_CANS)


def test_data_on_a_curve_need_one_number():
    angle = np.linspace(0, 1.5 * np.pi, 300)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    trained = Autoencoder.fit(x, 1, key=jax.random.key(0), num_steps=1500)
    assert error(trained, x) < 0.1 < 0.35 < error(PCA.fit(x, 1), x)


def test_formula_by_hand(model):
    def through(layers, h):
        for i, (weight, bias) in enumerate(layers):
            h = h @ np.float64(weight) + np.float64(bias)
            h = np.float64(jax.nn.gelu(jnp.float32(h))) if i < 2 else h
        return h

    x = np.float64(NEW_CANS[0])
    z = through(model.encoder, ((x - np.float64(model.mean)) / float(model.scale)).ravel())
    np.testing.assert_allclose(model.encode(NEW_CANS[0]), z, rtol=1e-4, atol=1e-5)
    made = np.float64(model.mean) + float(model.scale) * through(model.decoder, z).reshape(32, 32)
    np.testing.assert_allclose(model.decode(jnp.float32(z)), made, rtol=1e-4, atol=1e-3)


def test_shapes_batches_and_jit(model):
    assert model.event_shape == (32, 32)
    assert model.latent_dim == 2
    z = model.encode(NEW_CANS[:6].reshape(2, 3, 32, 32))
    assert z.shape == (2, 3, 2)
    np.testing.assert_allclose(z[1, 2], model.encode(NEW_CANS[5]), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(jax.jit(lambda z: model.decode(z))(z), model.decode(z), rtol=1e-5, atol=1e-3)


def test_the_loss_is_in_units_of_the_data(model):
    x = jnp.asarray(CANS)
    expected = (error(model, CANS) / float(model.scale)) ** 2
    assert squared_error(model, x, jax.random.key(0)) == pytest.approx(expected, rel=1e-4)
    assert expected < 1  # which the mean alone has


def test_training_moves_the_networks_alone_and_the_same_key_gives_the_same_bits(model):
    again = Autoencoder.fit(CANS, 2, key=jax.random.key(0), num_steps=50)
    assert all(np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (model, again)), strict=True))
    start = Autoencoder.untrained(CANS, 2, key=jax.random.key(5))
    np.testing.assert_array_equal(model.mean, start.mean)
    np.testing.assert_allclose(start.mean, CANS.mean(axis=0, dtype=np.float64), rtol=1e-6)
    assert start.scale == pytest.approx((CANS - CANS.mean(axis=0)).std(), rel=1e-5)


@pytest.mark.parametrize(
    ("data", "latent_dim", "error", "message"),
    [
        (
            CANS[:0],
            2,
            ValueError,
            "x must have shape (n, *event_shape), at least one observation; got shape (0, 32, 32)",
        ),
        ([1.0, 2.0], 1, ValueError, "x must have shape (n, *event_shape), at least one observation; got shape (2,)"),
        ([["a"]], 1, TypeError, "x must be real numbers"),
        (
            [[0.0, np.nan]],
            1,
            ValueError,
            "x must be finite, and at most 3.4e+38 in size; x[0, 1] is nan (1 such values)",
        ),
        (np.ones((5, 3)), 1, ValueError, "x must hold observations that differ; all of them are the same"),
        (CANS, 0, ValueError, "latent_dim must be at least 1; got 0"),
        (CANS, 1.5, TypeError, "latent_dim must be a whole number; got 1.5"),
    ],
)
def test_bad_data_are_refused(data, latent_dim, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Autoencoder.fit(data, latent_dim, key=jax.random.key(0))


def test_other_shapes_are_refused(model):
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 32, 32); got shape (3, 1024)")):
        model.encode(CANS[:3].reshape(3, -1))
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (3, 4)")):
        model.decode(np.zeros((3, 4)))
    with pytest.raises(TypeError, match="key must be made by jax.random.key"):
        Autoencoder.fit(CANS, 2, key=jax.random.PRNGKey(0))
