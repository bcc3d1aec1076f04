"""Whitened features have the mean 0, and spread and penalty together are 1, whatever the units and the overlap."""

import jax.numpy as jnp
import numpy as np
import pytest

from lib.numerics.whitening import whiten


@pytest.mark.parametrize("penalty", [0.0, 0.3, 1e3])
def test_spread_and_penalty_add_up_to_one(penalty):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3)) * [1e-4, 1, 1e4] + [5, -5, 1e5]
    x, share = x.astype(np.float32), rng.dirichlet(np.ones(200)).astype(np.float32)
    u, centre, mixing, r = map(np.float64, whiten(jnp.asarray(x), jnp.asarray(share), jnp.float32(penalty)))
    np.testing.assert_allclose(share @ u, 0, atol=1e-5)
    np.testing.assert_allclose((u.T * share) @ u + r, np.eye(3), atol=1e-5)
    np.testing.assert_allclose((x - centre) @ mixing, u, atol=0.05 if penalty == 0 else 0.02)
    np.testing.assert_allclose(penalty**2 * mixing.T @ mixing, r, atol=1e-5)


def test_what_says_the_same_or_nothing_has_no_part():
    x = np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32)
    x = jnp.asarray(np.concatenate([x, 2 * x, np.full_like(x, 0.1)], axis=1))
    u, _, mixing, r = whiten(x, jnp.full(50, 0.02), jnp.float32(0))
    assert (np.abs(u).max(axis=0) > 0).sum() == 1
    np.testing.assert_array_equal(mixing[2], 0)
    np.testing.assert_allclose(np.diagonal(r), [0, 1, 1])


def test_a_row_without_a_share_is_left_out():
    x, share = jnp.array([[0.0], [jnp.nan], [2.0]]), jnp.array([0.5, 0, 0.5])
    u, centre, _, _ = whiten(x, share, jnp.float32(0))
    np.testing.assert_allclose(u, [[-1], [0], [1]], atol=1e-6)
    np.testing.assert_allclose(centre, [1])
