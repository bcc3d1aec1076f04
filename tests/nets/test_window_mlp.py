"""The window MLP sees the places of its window and no others, and is the plain loop over places."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.nets import WindowMLP
from tests.nets.causal import assert_at_is_the_row, reach, shaken

SIZES = (3, 2, 4, 3, 2)
WINDOW = np.array([[-1, -1], [-1, 0], [-1, -1], [0, 2], [3, 1]])
NETWORK = shaken(WindowMLP(SIZES, key=jax.random.key(0), window=WINDOW, hidden=16, features=3))


def test_each_token_is_predicted_from_its_window_and_no_other():
    expected = np.array([[j in WINDOW[i] for j in range(5)] for i in range(5)])
    np.testing.assert_array_equal(reach(NETWORK, SIZES), expected)


def test_formula_by_hand():
    """Token by token: embeddings side by side, or that of nothing; then two bent layers, of which the second adds."""

    def gelu(h):
        return np.float64(jax.nn.gelu(jnp.float32(h)))

    row = np.array([2, 1, 3, 0, 1])
    embedding, places, first, second, bias, last, margins = (
        np.float64(getattr(NETWORK, name))
        for name in ("embedding", "places", "first", "second", "bias", "last", "margins")
    )
    for i, logits in enumerate(NETWORK(jnp.asarray(row))):
        seen = [embedding[row[j]] if j >= 0 else embedding[max(SIZES)] for j in WINDOW[i]]
        h = gelu(np.concatenate(seen) @ first + places[i])
        h = h + gelu(h @ second + bias)
        np.testing.assert_allclose(logits, h @ last + margins.reshape(-1, last.shape[1])[i], rtol=1e-4, atol=1e-5)


def test_one_token_alone():
    assert_at_is_the_row(NETWORK, SIZES)


def test_nothing_is_seen_through_a_window_of_no_places():
    network = shaken(WindowMLP(SIZES, key=jax.random.key(0), window=np.zeros((5, 0), int), hidden=8))
    assert not reach(network, SIZES).any()
    assert np.ptp(network(jnp.zeros(5, jnp.int32)), axis=0).all()  # and yet each place has logits of its own


BAD = {
    "its own place": (
        [[0], [0]],
        ValueError,
        "window must be places before their own, or −1 for nothing; window[0, 0]",
    ),
    "a later place": ([[-1], [1]], ValueError, "window[1, 0] is 1 (1 such values)"),
    "-2": ([[-2], [-2]], ValueError, "window[0, 0] is -2 (2 such values)"),
    "what int32 would take for 0": (np.array([[-1], [2**32]]), ValueError, "window[1, 0] is 4294967296"),
    "one that is unsigned": (np.array([[2**64 - 1], [0]], np.uint64), ValueError, "window[0, 0] is 184467440737095"),
    "a row too few": ([[-1]], ValueError, "window must have shape (2, width), a row for each token; got shape (1, 1)"),
    "a list": ([-1, 0], ValueError, "window must have shape (2, width)"),
    "fractions": ([[-1.0], [0.0]], TypeError, "window must be integers; got dtype float64"),
}


@pytest.mark.parametrize(("window", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_windows_are_refused(window, error, message):
    with pytest.raises(error, match=re.escape(message)):
        WindowMLP((3, 2), key=jax.random.key(0), window=window)


@pytest.mark.parametrize("name", ["hidden", "features"])
def test_bad_widths_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1; got 0"):
        WindowMLP((3, 2), key=jax.random.key(0), window=[[-1], [0]], **{name: 0})
