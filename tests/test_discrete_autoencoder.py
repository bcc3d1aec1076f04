"""The discrete autoencoder: its formula by hand, laws that it must learn perfectly, and the edge."""

import itertools
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import PCA, ChowLiuTree, DiscreteAutoencoder
from lib.data import cans
from lib.discrete_autoencoder import BETA, TEMPERATURE, squared_error
from lib.nets import mlp

CANS, NEW_CANS = (np.asarray(cans.render(cans.sample(jax.random.key(seed), n))) for seed, n in ((0, 500), (1, 200)))
CORNERS = np.array(list(itertools.product([0, 10], [5, -5], [10, 20])), np.float32)  # of a cube: 3 bits say which


@pytest.fixture(scope="module")
def model():
    return DiscreteAutoencoder.fit(CANS, 3, 4, key=jax.random.key(0), num_steps=50)


@pytest.fixture(scope="module")
def corners():
    return DiscreteAutoencoder.fit(CORNERS, 3, 2, key=jax.random.key(0), num_steps=600)


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


def test_the_gradient_goes_straight_through(model):
    """That of the encoder's last layer, by hand: through softmax, from the slope of the error at the hard codes."""
    key, x = jax.random.key(4), NEW_CANS[:20]
    c = components(model, x)
    p = softmax(through(model.encoder, c).reshape(20, 3, 4))
    noisy = np.log(p) + np.float64(jax.random.gumbel(key, p.shape))
    hot, soft = np.eye(4)[noisy.argmax(-1)], softmax(noisy / TEMPERATURE)

    def error(hot):
        return jnp.mean((mlp.through(model.decoder, hot.reshape(20, 12)) - jnp.float32(c)) ** 2)

    slope = np.float64(jax.grad(error)(jnp.float32(hot)))
    straight = soft * (slope - (soft * slope).sum(-1, keepdims=True)) / TEMPERATURE
    entropy = (p * np.log(p)).sum(-1, keepdims=True)
    expected = straight + BETA / 60 * p * (np.log(p) - entropy)
    ours = jax.grad(lambda encoder: squared_error(with_encoder(model, encoder), jnp.asarray(x), key))(model.encoder)
    np.testing.assert_allclose(ours[-1][1], expected.sum(0).ravel(), rtol=1e-3, atol=1e-6)
    assert all(np.abs(leaf).max() > 1e-6 for leaf in jax.tree.leaves(ours))


def test_shapes_batches_and_jit(model):
    assert model.event_shape == (32, 32)
    assert model.sizes == (4, 4, 4)
    codes = model.encode(NEW_CANS[:6].reshape(2, 3, 32, 32))
    assert (codes.shape, codes.dtype) == ((2, 3, 3), jnp.int32)
    np.testing.assert_array_equal(codes[1, 2], model.encode(NEW_CANS[5]))
    np.testing.assert_array_equal(jax.jit(lambda x: model.encode(x))(NEW_CANS[:6]), codes.reshape(6, 3))
    assert model.decode(codes).shape == (2, 3, 32, 32)
    np.testing.assert_allclose(
        jax.jit(lambda codes: model.decode(codes))(codes), model.decode(codes), rtol=1e-5, atol=1e-3
    )
    np.testing.assert_allclose(model.decode(np.uint8(codes))[1, 2], model.decode(codes[1, 2]), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_has_no_codes(model, value):
    x = NEW_CANS[:2].copy()
    x[1, 0, 0] = value
    codes = np.asarray(model.encode(x))
    np.testing.assert_array_equal(codes[0], model.encode(NEW_CANS[0]))
    np.testing.assert_array_equal(codes[1], [-1, -1, -1])


def test_bytes_are_pictures_too():
    x = np.uint8(CANS[:100])
    models = (DiscreteAutoencoder.untrained(of, 2, 2, key=jax.random.key(0)) for of in (x, np.float32(x)))
    assert same(*models)


def test_six_bits_hold_more_of_a_can_than_six_bits_of_two_principal_components():
    """Those are the 8 × 8 cells between quantiles of the two, each decoded to the mean of the cans in it."""
    trained = DiscreteAutoencoder.fit(CANS, 3, 4, key=jax.random.key(0), num_steps=300)
    pca = PCA.fit(CANS, 2)
    ends = np.quantile(pca.encode(CANS), np.arange(1, 8) / 8, axis=0)
    old, new = ((np.asarray(pca.encode(x))[:, None] > ends).sum(1) @ [8, 1] for x in (CANS, NEW_CANS))
    means = np.stack([CANS[old == cell].mean(0) if (old == cell).any() else CANS.mean(0) for cell in range(64)])
    assert np.mean((trained.decode(trained.encode(NEW_CANS)) - NEW_CANS) ** 2) < np.mean((means[new] - NEW_CANS) ** 2)


def test_training_moves_the_networks_alone_and_the_same_key_gives_the_same_bits(model):
    assert same(model, DiscreteAutoencoder.fit(CANS, 3, 4, key=jax.random.key(0), num_steps=50))
    start = DiscreteAutoencoder.untrained(CANS, 3, 4, key=jax.random.key(5))
    assert same((model.pca, model.scales), (start.pca, start.scales))
    assert not same((model.encoder, model.decoder), (start.encoder, start.decoder))


@pytest.mark.parametrize(
    ("data", "num_codes", "num_values", "error", "message"),
    [
        (
            CANS[:0],
            2,
            2,
            ValueError,
            "x must have shape (n, *event_shape), at least one observation; got shape (0, 32, 32)",
        ),
        ([1.0, 2.0], 2, 2, ValueError, "x must have shape (n, *event_shape), at least one observation; got shape (2,)"),
        ([["a"]], 2, 2, TypeError, "x must be real numbers"),
        ([[0, np.inf]], 2, 2, ValueError, "x must be finite, and at most 3.4e+38 in size; x[0, 1] is inf"),
        (np.ones((5, 3)), 2, 2, ValueError, "x must hold observations that differ; all of them are the same"),
        (CANS, 0, 2, ValueError, "num_codes must be at least 1; got 0"),
        (CANS, 2, 1, ValueError, "num_values must be at least 2; got 1"),
        (CANS, 2.5, 2, TypeError, "num_codes must be a whole number; got 2.5"),
    ],
)
def test_bad_data_are_refused(data, num_codes, num_values, error, message):
    with pytest.raises(error, match=re.escape(message)):
        DiscreteAutoencoder.fit(data, num_codes, num_values, key=jax.random.key(0))


@pytest.mark.parametrize("code", [-1, 4, 2**32 + 1])
def test_no_code_out_of_range_is_taken_for_another(model, code):
    codes = np.zeros((2, 3), np.int64)
    codes[1, 2] = code
    message = f"codes must be codes from 0 to below 4; codes[1, 2] is {code} (1 such values)"
    with pytest.raises(ValueError, match=re.escape(message)):
        model.decode(codes)
    made = np.asarray(jax.jit(lambda codes: model.decode(codes))(np.clip(codes, -1, 4)))
    assert np.isfinite(made[0]).all()
    assert np.isnan(made[1]).all()


def test_other_shapes_and_kinds_are_refused(model):
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 32, 32); got shape (3, 1024)")):
        model.encode(CANS[:3].reshape(3, -1))
    with pytest.raises(ValueError, match=re.escape("codes must have shape (*batch, 3); got shape (3, 4)")):
        model.decode(np.zeros((3, 4), int))
    with pytest.raises(TypeError, match="codes must be integers; got dtype float64"):
        model.decode(np.zeros((3, 3)))
    with pytest.raises(TypeError, match="key must be made by jax.random.key"):
        DiscreteAutoencoder.fit(CANS, 2, 2, key=jax.random.PRNGKey(0))


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (one, other)), strict=True))


def with_encoder(model, encoder):
    return eqx.tree_at(lambda model: model.encoder, model, encoder)
