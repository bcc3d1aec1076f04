"""The draws of every model: they follow its density, and are determined by the key."""

import re

import jax
import numpy as np
import pytest

from tests.contract.statistics import assert_drawn_from


def test_draws_follow_the_density(density, key):
    ground, model = density
    x = np.asarray(model.sample(key, 300_000))
    assert_drawn_from(ground.partition.masses(model), ground.partition.index(x))
    assert np.isfinite(model.log_prob(x[:10_000])).all()


@jax.jit
def fifty_within_a_larger_program(model, key):
    return model.sample(key, 50)


def test_draws_are_determined_by_the_key(fitted, key):
    ground, model = fitted
    x = model.sample(key, 50)
    assert x.shape == (50, *ground.event_shape)
    assert x.dtype == ground.data.dtype
    np.testing.assert_array_equal(x, model.sample(key, 50))
    np.testing.assert_array_equal(x[:7], model.sample(key, 7))
    np.testing.assert_array_equal(x, fifty_within_a_larger_program(model, key))
    assert (x != model.sample(jax.random.key(1), 50)).any()
    assert model.sample(key, 0).shape == (0, *ground.event_shape)


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (-1, ValueError, "n must be at least 0; got -1"),
        (2.5, TypeError, "n must be a whole number; got 2.5"),
        (True, TypeError, "n must be a whole number; got True"),
        ("3", TypeError, "n must be a whole number; got '3'"),
    ],
)
def test_sample_refuses_n(fitted, key, n, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fitted[1].sample(key, n)


def test_sample_refuses_other_keys(fitted, key):
    _, model = fitted
    for raw in (jax.random.PRNGKey(0), 0, np.array([0, 1], np.uint32)):
        with pytest.raises(TypeError, match="key must be made by jax.random.key"):
            model.sample(raw, 3)
    with pytest.raises(ValueError, match=re.escape("key must be one key; got keys of shape (2,)")):
        model.sample(jax.random.split(key), 3)
