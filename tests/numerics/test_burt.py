"""The Burt table against a plain product of NumPy, and mutual information against scikit-learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from lib.numerics import burt

PRODUCTS, ADDING, COMBINATIONS = (3, 8, 4, 6, 7, 1, 9), (3, 200, 40), (3, 2, 4)


def data(n, sizes):
    random = np.random.default_rng(n)
    x = np.stack([random.integers(0, size, n) for size in sizes], axis=1)
    x[:, 1] = np.minimum(x[:, 0], sizes[1] - 1)  # so that two of the features depend on one another
    return x


def plain(x, sizes):
    has = np.concatenate([x[:, [j]] == np.arange(size) for j, size in enumerate(sizes)], axis=1).astype(int)
    return has.T @ has


@pytest.mark.parametrize("n", [0, 1, 24, 25, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize("sizes", [PRODUCTS, ADDING, COMBINATIONS], ids=["products", "adding", "combinations"])
def test_each_way_to_count_agrees_with_a_plain_product(n, sizes):
    x = data(n, sizes)
    np.testing.assert_array_equal(burt.burt_table(jnp.asarray(x, jnp.int32), sizes), plain(x, sizes))


@pytest.mark.parametrize("sizes", [PRODUCTS, ADDING, COMBINATIONS], ids=["products", "adding", "combinations"])
def test_rows_without_codes_count_nowhere(sizes):
    x = data(500, sizes)
    x[7], x[499] = -1, sizes
    table = burt.burt_table(jnp.asarray(x, jnp.int32), sizes)
    np.testing.assert_array_equal(table, plain(np.delete(x, [7, 499], axis=0), sizes))


@pytest.mark.parametrize("sizes", [PRODUCTS, ADDING, (3,)], ids=str)
def test_mutual_information_is_that_of_scikit_learn(sizes):
    x = data(800, sizes) if len(sizes) > 1 else np.zeros((800, 1), int)
    table, features = plain(x, sizes), range(len(sizes))
    expected = [[800 * mutual_info_score(x[:, i], x[:, j]) if i < j else 0 for j in features] for i in features]
    np.testing.assert_allclose(burt.mutual_information(table, sizes), expected, rtol=1e-9, atol=1e-9)
    on_device = jax.jit(burt.mutual_information, static_argnums=1)(jnp.asarray(table, jnp.float32), sizes)
    np.testing.assert_allclose(on_device, expected, rtol=1e-4, atol=1e-2)
