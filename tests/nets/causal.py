"""What each causal network promises, as checks that a leak fails."""

import jax
import jax.numpy as jnp
import numpy as np


def reach(network, sizes, seed=0, n=12):
    """reach[i, j]: whether a change of token j moved a logit of token i in one of n random rows, by any bit."""
    random = np.random.default_rng(seed)
    rows = jnp.asarray(random.integers(0, sizes, (n, len(sizes))), jnp.int32)
    logits, found = jax.jit(jax.vmap(network)), np.zeros((len(sizes), len(sizes)), bool)
    before = logits(rows)
    for j, size in enumerate(sizes):
        after = logits(rows.at[:, j].set((rows[:, j] + 1) % size))
        found[:, j] = np.asarray(before != after).any(axis=(0, 2))
    return found


def shaken(network, seed=0, size=0.3):
    """The network with noise on all floating weights, so that none is 0 as at the start."""
    leaves, tree = jax.tree.flatten(network)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    return jax.tree.unflatten(
        tree,
        [
            x + size * jax.random.normal(key, x.shape, jnp.float32) if jnp.issubdtype(x.dtype, jnp.floating) else x
            for x, key in zip(leaves, keys, strict=True)
        ],
    )


def assert_at_is_the_row(network, sizes, seed=0):
    rows = np.random.default_rng(seed).integers(0, sizes, (5, len(sizes)))
    for row in jnp.asarray(rows, jnp.int32):
        each = jnp.stack([network.at(row, jnp.int32(place)) for place in range(len(sizes))])
        assert each.shape == (len(sizes), max(sizes))
        np.testing.assert_allclose(each, network(row), rtol=1e-5, atol=1e-6)
