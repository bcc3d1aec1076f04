"""The network that denoises, by hand in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.denoisers import MLPDenoiser


def gelu(h):
    return h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))


@pytest.mark.parametrize("angle", [0.01, 0.6, 1.5])
@pytest.mark.parametrize(("sizes", "condition"), [((), []), ((2, 3), [1, -1]), ((2, 3), [0, 2])])
def test_by_hand(sizes, condition, angle):
    network = MLPDenoiser.untrained(4, sizes, key=jax.random.key(0), width=8, depth=2)
    z = np.random.default_rng(0).normal(size=4)
    asked = [np.eye(size)[code] * (code >= 0) for size, code in zip(sizes, condition, strict=True)]
    turns = angle * np.arange(1, 5)
    h = np.concatenate([z, np.cos(turns), np.sin(turns), *asked])
    (weight, bias), *_ = network.first
    h = h @ np.float64(weight) + np.float64(bias)
    for (w, b), (v, c) in network.blocks:
        h = h + (gelu(gelu(h) @ np.float64(w) + np.float64(b)) @ np.float64(v) + np.float64(c)) / np.sqrt(2)
    (weight, bias), *_ = network.last
    v = gelu(h) @ np.float64(weight) + np.float64(bias)
    found = network(jnp.float32(z), jnp.float32(angle), jnp.array(condition, jnp.int32))
    np.testing.assert_allclose(found, np.cos(angle) * z - np.sin(angle) * v, rtol=1e-5, atol=1e-5)
    assert network.event_shape == (4,)
