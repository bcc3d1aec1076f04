"""What only models with a bound promise: each observation has random numbers of its own, which the key determines."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.numerics.parts import ELEMENTS_PER_CALL
from tests.contract.cases import BOUNDS, KEY, ULP


@pytest.fixture(params=BOUNDS.values(), ids=BOUNDS.keys())
def fitted(request):
    """A ground and a model that is fitted to its data."""
    ground, setting = request.param
    return ground, ground.fit(setting)


def test_elbo_agrees_with_the_plain_one_point_formula(fitted):
    ground, model = fitted
    x, keys = ground.data[:20], jax.random.split(KEY, 20)
    with jax.disable_jit():
        plain = np.stack([model._elbo(jnp.asarray(row), key) for row, key in zip(x, keys, strict=True)])
    np.testing.assert_allclose(model.elbo(x, KEY), plain, rtol=ULP, atol=ULP)
    np.testing.assert_allclose(jax.jit(lambda x: model.elbo(x, KEY))(x), plain, rtol=ULP, atol=ULP)


@pytest.mark.parametrize("shape", [(), (7,), (0,), (2, 3), (1, 0, 2)], ids=str)
def test_elbo_keeps_the_batch_shape(fitted, shape):
    ground, model = fitted
    rows = np.resize(ground.data, (*shape, *ground.event_shape))
    result = model.elbo(rows, KEY)
    assert result.shape == shape
    assert result.dtype == np.float32
    flat = model.elbo(rows.reshape(-1, *ground.event_shape), KEY)
    np.testing.assert_allclose(result.ravel(), flat, rtol=ULP, atol=ULP)


def test_the_key_determines_the_bound_and_equal_observations_differ(fitted):
    ground, model = fitted
    equal = np.repeat(ground.data[:1], 50, axis=0)
    first = np.asarray(model.elbo(equal, KEY))
    np.testing.assert_array_equal(first, model.elbo(equal, KEY))
    assert len(np.unique(first)) > 40
    assert (first != np.asarray(model.elbo(equal, jax.random.key(1)))).mean() > 0.9


def test_more_observations_than_go_through_one_call_are_as_all_at_once(fitted):
    ground, model = fitted
    half = max(100_000, ELEMENTS_PER_CALL // model._work) // 2 + 50
    many = np.resize(ground.data, (2, half, *ground.event_shape))
    parts, at_once = model.elbo(many.reshape(-1, *ground.event_shape), KEY), model.elbo(many, KEY)  # rows go in parts
    np.testing.assert_allclose(parts, at_once.ravel(), rtol=ULP, atol=ULP)


def test_elbo_refuses_other_keys(fitted):
    ground, model = fitted
    for raw in (jax.random.PRNGKey(0), 0, np.array([0, 1], np.uint32)):
        with pytest.raises(TypeError, match="key must be made by jax.random.key"):
            model.elbo(ground.data, raw)
    with pytest.raises(ValueError, match=re.escape("key must be one key; got keys of shape (2,)")):
        model.elbo(ground.data, jax.random.split(KEY))
