"""The masked MLP sees exactly the tokens before, and is the product of its matrices and masks."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.nets import MaskedMLP
from tests.nets.causal import assert_at_is_the_row, reach, shaken

SIZES = (3, 2, 4, 3, 2)
NETWORK = shaken(MaskedMLP(SIZES, key=jax.random.key(0), hidden=(20, 12)))
BEFORE = np.tri(5, k=-1, dtype=bool)


def test_each_token_is_predicted_from_all_before_it_and_no_other():
    np.testing.assert_array_equal(reach(NETWORK, SIZES), BEFORE)


def test_the_hidden_units_alone_reach_all_before():
    """Also where they are fewer than the tokens, in a network whose direct weights are 0."""
    network = MaskedMLP((2,) * 12, key=jax.random.key(1), hidden=(6,))
    found = reach(network, (2,) * 12)
    assert not (found & ~np.tri(12, k=-1, dtype=bool)).any()
    assert found[-1, [0, 8]].all()  # of degrees 1, 2, 4, 6, 8 and 10, so to token 9
    assert not found[-1, 10:].any()
    np.testing.assert_array_equal(reach(MaskedMLP(SIZES, key=jax.random.key(1)), SIZES), BEFORE)


def test_formula_by_hand():
    """Units of degree d see tokens below d; a unit sees units of at most its degree; token i sees units up to i."""
    length, values, gelu = len(SIZES), max(SIZES), lambda h: np.float64(jax.nn.gelu(jnp.float32(h)))
    ends = np.repeat(np.arange(length), values)
    one, two = (np.arange(units) % (length - 1) + 1 for units in (20, 12))
    masks = [ends[:, None] < one, one[:, None] <= two, two[:, None] <= ends]
    row = np.array([2, 0, 3, 1, 1])
    x = np.eye(values)[row].ravel()
    h = x
    for i, (weight, bias, mask) in enumerate(zip(NETWORK.weights, NETWORK.biases, masks, strict=True)):
        h = (gelu(h) if i else h) @ (np.float64(weight) * mask) + np.float64(bias)
    h += x @ (np.float64(NETWORK.direct) * (ends[:, None] < ends))
    np.testing.assert_allclose(NETWORK(jnp.asarray(row)), h.reshape(length, values), rtol=1e-4, atol=1e-5)


def test_one_token_alone():
    assert_at_is_the_row(NETWORK, SIZES)


@pytest.mark.parametrize("sizes", [(3,), (1,), (1, 4), (1, 1, 1)], ids=str)
def test_short_rows_and_tokens_of_one_value(sizes):
    logits = MaskedMLP(sizes, key=jax.random.key(0), hidden=(4,))(jnp.zeros(len(sizes), jnp.int32))
    assert logits.shape == (len(sizes), max(sizes))
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(
    ("hidden", "error", "message"),
    [
        ((), ValueError, "hidden must name at least one layer; got ()"),
        ((8, 0), ValueError, "hidden must be at least 1; got 0"),
        ((2.5,), TypeError, "hidden must be a sequence of whole numbers"),
        (8, TypeError, "hidden must be a sequence of whole numbers, such as (3, 8); got 8"),
    ],
)
def test_bad_layers_are_refused(hidden, error, message):
    with pytest.raises(error, match=re.escape(message)):
        MaskedMLP(SIZES, key=jax.random.key(0), hidden=hidden)
