"""The transformer sees all tokens before and no others, and its parts are their formulas."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.nets import Transformer, transformer
from tests.nets.causal import assert_at_is_the_row, reach, shaken

SIZES = (3, 2, 4, 3, 2)
NETWORK = shaken(Transformer(SIZES, key=jax.random.key(0), width=8, depth=2, heads=2), size=0.1)


def test_each_token_is_predicted_from_all_before_it_and_no_other():
    np.testing.assert_array_equal(reach(NETWORK, SIZES), np.tri(5, k=-1, dtype=bool))


def test_one_token_alone():
    assert_at_is_the_row(NETWORK, SIZES)


# --- The parts against plain formulas ------------------------------------------------------------


def normed(x, scale):
    return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6) * scale


def turned(x):
    """Pairs (a, b) of coordinates as complex numbers a + bi, turned by place · 10000^(−pair / pairs)."""
    half = x.shape[-1] // 2
    place, pair = np.arange(len(x))[:, None], np.arange(half)
    z = (x[:, :half] + 1j * x[:, half:]) * np.exp(1j * place * 10_000.0 ** (-pair / half))
    return np.concatenate([z.real, z.imag], axis=-1)


def block_by_hand(block, x):
    """One head after the other, and one query after the other, with the keys up to its own place."""
    width, size = x.shape[1], x.shape[1] // block.heads
    projected = normed(x, np.float64(block.before_attention)) @ np.float64(block.queries_keys_values)
    heard = np.zeros_like(x)
    for start in range(0, width, size):
        q, k, v = (projected[:, part * width + start :][:, :size] for part in range(3))
        q, k = turned(q), turned(k)
        for i in range(len(x)):
            weights = np.exp(q[i] @ k[: i + 1].T / np.sqrt(size))
            heard[i, start : start + size] = weights @ v[: i + 1] / weights.sum()
    x = x + heard @ np.float64(block.out)
    gate, up = np.split(normed(x, np.float64(block.before_network)) @ np.float64(block.gate_and_up), 2, axis=1)
    return x + (gate / (1 + np.exp(-gate)) * up) @ np.float64(block.down)


def test_a_block_is_its_formula():
    x = np.random.default_rng(0).normal(size=(7, 8))
    ours = NETWORK.blocks[0](jnp.float32(x), jnp.tri(7, dtype=bool))
    np.testing.assert_allclose(ours, block_by_hand(NETWORK.blocks[0], x), rtol=1e-4, atol=1e-5)


def test_the_network_is_its_formula():
    row = np.array([2, 1, 3, 0, 1])
    before = np.append(max(SIZES), row[:-1])  # the start symbol comes after all values
    x = np.float64(NETWORK.tokens)[before] + np.float64(NETWORK.places)
    for block in NETWORK.blocks:
        x = block_by_hand(block, x)
    margins = np.float64(NETWORK.margins).reshape(len(x), -1)
    expected = normed(x, np.float64(NETWORK.before_logits)) @ np.float64(NETWORK.logits) + margins
    np.testing.assert_allclose(NETWORK(jnp.asarray(row)), expected, rtol=1e-4, atol=1e-5)


def test_rms_norm():
    x = np.random.default_rng(1).normal(size=(4, 6)) * 100
    ours = transformer.rms_norm(jnp.float32(x), jnp.ones(6))
    np.testing.assert_allclose(np.mean(np.square(ours), axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(ours, normed(x, 1), rtol=1e-5)
    assert not np.asarray(transformer.rms_norm(jnp.zeros((2, 6)), jnp.ones(6))).any()


def test_a_product_of_rotated_vectors_depends_on_their_distance_only():
    query, key = np.random.default_rng(2).normal(size=(2, 6)).astype(np.float32)
    q, k = (np.asarray(transformer.rotated(jnp.tile(x, (12, 1, 1))))[:, 0] for x in (query, key))
    products = q @ k.T  # of each two places
    for distance in range(-11, 12):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-3, atol=1e-5)
    assert len(set(np.round(products[0], 3))) == 12  # and it does depend on it
    np.testing.assert_allclose(q, turned(np.tile(query, (12, 1))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sizes", [(3,), (1,), (1, 4)], ids=str)
def test_short_rows_and_tokens_of_one_value(sizes):
    logits = Transformer(sizes, key=jax.random.key(0), width=4, depth=1, heads=1)(jnp.zeros(len(sizes), jnp.int32))
    assert logits.shape == (len(sizes), max(sizes))
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"width": 12, "heads": 4}, ValueError, "width must be an even multiple of heads; got 12 and 4"),
        ({"width": 0}, ValueError, "width must be at least 1; got 0"),
        ({"width": 8.0}, TypeError, "width must be a whole number; got 8.0"),
        ({"heads": 0}, ValueError, "heads must be at least 1; got 0"),
        ({"heads": -2}, ValueError, "heads must be at least 1; got -2"),
        ({"depth": 0}, ValueError, "depth must be at least 1; got 0"),
    ],
)
def test_bad_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Transformer(SIZES, key=jax.random.key(0), **settings)
