"""Newton's method finds minima that are known, also from far off, and says where there is none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.numerics import newton
from lib.numerics.newton import minimise


def found(value, start):
    theta, is_minimum = minimise(value, lambda x: (jax.grad(value)(x), jax.hessian(value)(x)), jnp.float32(start))
    return np.asarray(theta), bool(is_minimum)


def test_a_parabola_takes_one_step(monkeypatch):
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    theta, _ = found(lambda x: jnp.sum((x - jnp.array([1.0, -2.0])) ** 2) / 2, [5, 5])
    np.testing.assert_allclose(theta, [1, -2], rtol=1e-6)


def test_a_step_that_leads_too_far_is_halved():
    """The plain method diverges on √(1 + x²) from any start beyond 1."""
    theta, is_minimum = found(lambda x: jnp.sqrt(1 + jnp.sum(x**2)), [3])
    np.testing.assert_allclose(theta, [0], atol=1e-4)
    assert is_minimum


@pytest.mark.parametrize(
    "value",
    [lambda x: jnp.exp(-x[0]), lambda x: jnp.exp(-x[0]) + x[1] ** 2, lambda x: x[1] ** 2],
    ids=["a slope without end", "in one direction", "a flat valley"],
)
def test_without_a_minimum_the_place_is_finite_and_the_answer_no(value):
    theta, is_minimum = found(value, [0, 1])
    assert np.isfinite(theta).all()
    assert not is_minimum
