"""The exact denoiser against a plain loop in float64, and against the slope of a kernel density estimate."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib import KDE
from lib.denoisers import ExactDenoiser

_random = np.random.default_rng(0)
POINTS = _random.normal(size=(20, 3))
P = _random.dirichlet(np.ones(20))
ATTRIBUTES = _random.integers(0, 2, (20, 2))
NOTHING = jnp.zeros(0, jnp.int32)
LAW = ExactDenoiser(POINTS, np.log(P), ATTRIBUTES, (2, 2))


def by_hand(z, angle, fits=True):
    w = P * fits * np.exp(-np.sum((z - np.cos(angle) * POINTS) ** 2, axis=1) / (2 * np.sin(angle) ** 2))
    return w @ POINTS / w.sum()


@pytest.mark.parametrize("angle", [0.1, 0.4, 1.0, 1.5, np.pi / 2])
def test_it_is_bayes_rule(angle):
    for x, noise in zip(POINTS, _random.normal(size=(20, 3)), strict=True):
        z = np.cos(angle) * x + np.sin(angle) * noise
        found = LAW(jnp.float32(z), jnp.float32(angle), jnp.array([-1, -1]))
        np.testing.assert_allclose(found, by_hand(z, angle), rtol=1e-4, atol=1e-4)
        found = LAW(jnp.float32(z), jnp.float32(angle), jnp.array([-1, 1]))
        np.testing.assert_allclose(found, by_hand(z, angle, ATTRIBUTES[:, 1] == 1), rtol=1e-4, atol=1e-4)
        both = (ATTRIBUTES == [0, 1]).all(axis=1)
        found = LAW(jnp.float32(z), jnp.float32(angle), jnp.array([0, 1]))
        np.testing.assert_allclose(found, by_hand(z, angle, both), rtol=1e-4, atol=1e-4)


def test_the_least_noise_leaves_the_nearest_point_and_pure_noise_the_mean():
    nothing = jnp.array([-1, -1])
    for x in POINTS:
        z = jnp.float32(np.cos(0.01) * x)
        np.testing.assert_allclose(LAW(z, jnp.float32(0.01), nothing), x, rtol=1e-5, atol=1e-6)
    found = LAW(jnp.float32([5, -5, 5]), jnp.float32(np.pi / 2), nothing)
    np.testing.assert_allclose(found, P @ POINTS, rtol=1e-4, atol=1e-5)


def test_of_training_data_it_is_the_slope_of_a_kernel_density_estimate():
    copies = ExactDenoiser(POINTS, np.full(20, -np.log(20)))
    for angle in (0.2, 0.7, 1.3):
        kde = KDE.fit(np.cos(angle) * POINTS, np.sin(angle))
        for z in _random.normal(size=(5, 3)):
            score = jax.grad(lambda z, kde=kde: kde.log_prob(z))(jnp.float32(z))
            denoised = copies(jnp.float32(z), jnp.float32(angle), NOTHING)
            expected = (np.cos(angle) * denoised - z) / np.sin(angle) ** 2
            np.testing.assert_allclose(score, expected, rtol=1e-3, atol=1e-3)


def test_what_no_point_has_gives_nan():
    one = ExactDenoiser(POINTS[:1], [0.0], [[0]], (2,))
    assert jnp.isnan(one(jnp.zeros(3), jnp.float32(1), jnp.array([1]))).all()
    np.testing.assert_allclose(one(jnp.zeros(3), jnp.float32(1), jnp.array([0])), POINTS[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], [0.0]), "points must have shape (n, features)"),
        (([[np.nan]], [0.0]), "points must be finite"),
        (([[1.0]], [-1.0]), "log_probs must sum to one after exp"),
        (([[1.0], [2.0]], [0.0]), "log_probs must have shape (2,), one of each point; got (1,)"),
        (([[1.0]], [0.0], [[2]], (2,)), "attributes must be codes from 0 to below (2,); attributes[0, 0] is 2"),
        (([[1.0]], [0.0], [[0], [1]], (2,)), "attributes must have 1 rows, one of each point; got 2"),
        (([[1.0]], [0.0], None, (2,)), "attributes must have shape (n, 1)"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ExactDenoiser(*arguments)
