"""Our bits against those of JAX."""

import jax
import numpy as np
import pytest

from lib.numerics.threefry import BLOCK, bits


@pytest.mark.parametrize("n", [0, 1, 7, BLOCK, BLOCK + 1, 3 * BLOCK])
@pytest.mark.parametrize("seed", [0, 20231001, 2**31])
def test_they_are_those_of_jax(n, seed):
    key = jax.random.key(seed)
    np.testing.assert_array_equal(bits(key, n), jax.random.bits(key, (n,)))
    np.testing.assert_array_equal(bits(key, n)[:5], bits(key, 5)[:n])


def test_keys_of_another_generator_are_its_own():
    key = jax.random.key(1, impl="rbg")
    np.testing.assert_array_equal(bits(key, 10), jax.random.bits(key, (10,)))
