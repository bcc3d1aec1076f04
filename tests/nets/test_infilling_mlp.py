"""The infilling MLP sees the tokens that are shown, and no others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.nets import InfillingMLP

SIZES = (3, 2, 4)
NETWORK = InfillingMLP(SIZES, key=jax.random.key(0), hidden=(16, 8))


@pytest.mark.parametrize("subset", range(8))
def test_what_is_hidden_does_not_matter_and_what_is_shown_does(subset):
    shown = jnp.array([bool(subset >> j & 1) for j in range(3)])
    row = jnp.array([2, 1, 3])
    logits = NETWORK(row, shown)
    assert logits.shape == (3, 4)
    for j in range(3):
        for other in (0, 99, -1) if not shown[j] else (0,):
            assert (NETWORK(row.at[j].set(other), shown) == logits).all() == (not shown[j])


def test_formula_by_hand():
    x = np.zeros((3, 5))
    x[[0, 1, 2], [2, 4, 3]] = 1  # token 1 is hidden, which is the value after the last
    h = x.ravel()
    for i, (weight, bias) in enumerate(NETWORK.layers):
        h = (np.float64(jax.nn.gelu(jnp.float32(h))) if i else h) @ np.float64(weight) + np.float64(bias)
    ours = NETWORK(jnp.array([2, 0, 3]), jnp.array([True, False, True]))
    np.testing.assert_allclose(ours, h.reshape(3, 4), rtol=1e-4, atol=1e-5)


def test_bad_layers_are_refused():
    with pytest.raises(ValueError, match="hidden must be at least 1; got 0"):
        InfillingMLP(SIZES, key=jax.random.key(0), hidden=(0,))
