"""The discrete autoencoder: its formula by hand, laws that it must learn perfectly, and the edge."""

import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import PCA, ChowLiuTree, DiscreteAutoencoder
from lib.data import cans
from lib.discrete_autoencoder import BETA, TEMPERATURE, squared_error

CANS, NEW_CANS = (np.asarray(cans.render(cans.sample(jax.random.key(seed), n))) for seed, n in ((0, 500), (1, 200)))
CORNERS = np.array(list(itertools.product([0, 10], [5, -5], [1, 3])), np.float32)  # of a box: 3 bits say which


@pytest.fixture(scope="module")
def model():
    return DiscreteAutoencoder.fit(CANS, 3, 4, key=jax.random.key(0), num_steps=50)


@pytest.fixture(scope="module")
def corners():
    return DiscreteAutoencoder.fit(CORNERS, 3, 2, key=jax.random.key(0), num_steps=1000)


def through(layers, h):
    for i, (weight, bias) in enumerate(layers):
        h = h @ np.float64(weight) + np.float64(bias)
        h = np.float64(jax.nn.gelu(jnp.float32(h))) if i < 2 else h
    return h


def components(model, x):
    flat = np.float64(x - np.asarray(model.pca.mean)).reshape(len(x), -1)
    return flat @ np.float64(model.pca.components).reshape(len(model.scales), -1).T / np.float64(model.scales)


def softmax(logits):
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def test_three_bits_hold_eight_points(corners):
    codes = np.asarray(corners.encode(CORNERS))
    assert len(np.unique(codes, axis=0)) == 8
    np.testing.assert_allclose(corners.decode(codes), CORNERS, atol=0.1)


def test_a_model_of_the_codes_makes_a_model_of_the_points(corners):
    prior = ChowLiuTree.fit(corners.encode(CORNERS), corners.sizes)
    points = np.asarray(corners.decode(prior.sample(jax.random.key(0), 1000)))
    nearest = np.abs(points[:, None] - CORNERS).max(-1)
    assert nearest.min(1).max() < 0.1
    assert np.bincount(nearest.argmin(1), minlength=8).min() > 80  # of 125


def test_codes_by_hand(model):
    logits = through(model.encoder, components(model, NEW_CANS)).reshape(-1, 3, 4)
    codes = logits.argmax(-1)
    np.testing.assert_array_equal(model.encode(NEW_CANS), codes)
    scaled = through(model.decoder, np.eye(4)[codes].reshape(-1, 12)) * np.float64(model.scales)
    made = np.float64(model.pca.mean) + np.tensordot(scaled, np.float64(model.pca.components), 1)
    np.testing.assert_allclose(model.decode(codes), made, rtol=1e-4, atol=1e-3)


def test_the_loss_by_hand(model):
    key, c = jax.random.key(3), components(model, NEW_CANS)
    p = softmax(through(model.encoder, c).reshape(-1, 3, 4))
    noise = np.float64(jax.random.gumbel(key, p.shape))
    made = through(model.decoder, np.eye(4)[(np.log(p) + noise).argmax(-1)].reshape(-1, 12))
    expected = np.mean((made - c) ** 2) + BETA * np.mean(np.sum(p * np.log(4 * p), axis=-1))
    assert squared_error(model, jnp.asarray(NEW_CANS), key) == pytest.approx(expected, rel=1e-4)


def test_the_gradient_is_that_of_the_soft_codes_at_the_hard_ones(model):
    """So it reaches the encoder, whose codes are steps. By hand: of Σ soft · (what the decoder would give for it)."""
    key, x = jax.random.key(4), jnp.asarray(NEW_CANS[:20])
    c = jnp.float32(components(model, x))

    def soft(logits):
        noisy = jax.nn.log_softmax(logits) + jax.random.gumbel(key, logits.shape)
        return jax.nn.softmax(noisy / TEMPERATURE), jax.nn.one_hot(noisy.argmax(-1), 4)

    def made(hot):
        return jnp.mean((jax.jit(through_jax)(model.decoder, hot.reshape(20, 12)) - c) ** 2)

    def through_jax(layers, h):
        for i, (weight, bias) in enumerate(layers):
            h = (jax.nn.gelu(h) if i else h) @ weight + bias[None]
        return h

    logits = through_jax(model.encoder, c).reshape(20, 3, 4)
    slope = jax.grad(made)(soft(logits)[1])
    p = jax.nn.softmax(logits)
    kl = jax.grad(lambda z: BETA * jnp.mean(jnp.sum(jax.nn.softmax(z) * jax.nn.log_softmax(z), axis=-1)))(logits)
    by_logits = jax.vjp(lambda z: soft(z)[0], logits)[1](slope)[0] + kl
    expected = by_logits.reshape(20, 12).sum(0)
    ours = jax.grad(lambda encoder: squared_error(with_encoder(model, encoder), x, key))(model.encoder)
    np.testing.assert_allclose(ours[-1][1], expected, rtol=1e-3, atol=1e-6)
    assert p.shape == (20, 3, 4)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(ours))
