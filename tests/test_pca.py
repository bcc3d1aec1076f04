"""PCA against scikit-learn, the identities that define it, and data that are hard for it."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn import decomposition

from lib import PCA
from tests.javascript.comparison import Case, compare, in_chromium


def data(n, d, seed=0):
    """Points that vary much in a few directions and little in the others, far from 0."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(n, d)) * 0.7 ** np.arange(d)) @ random.normal(size=(d, d)) + 20


@pytest.mark.parametrize("shape", [(200, 12), (12, 200), (13, 13)])
def test_is_that_of_scikit_learn(shape):
    x, k = data(*shape), 6
    ours, theirs = PCA.fit(x, k), decomposition.PCA(k, svd_solver="full").fit(x)
    signs = np.sign((ours.components * theirs.components_).sum(1, keepdims=True))
    np.testing.assert_allclose(ours.components * signs, theirs.components_, atol=1e-4)
    n = len(x)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_ * (n - 1) / n, rtol=1e-4)
    np.testing.assert_allclose(ours.variances / ours.total_variance, theirs.explained_variance_ratio_, rtol=1e-4)
    np.testing.assert_allclose(ours.encode(x) * signs.T, theirs.transform(x), atol=1e-3)
    np.testing.assert_allclose(ours.decode(ours.encode(x)), theirs.inverse_transform(theirs.transform(x)), atol=1e-3)


@pytest.mark.parametrize("shape", [(100, 9), (9, 100)])
def test_components_are_orthonormal_and_the_error_is_the_variance_left_out(shape):
    x = data(*shape)
    for k in (1, 4, 8):
        pca = PCA.fit(x, k)
        np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(k), atol=1e-6)
        np.testing.assert_allclose(pca.encode(x).var(0), pca.variances, rtol=1e-4)
        np.testing.assert_allclose(pca.encode(x).mean(0), np.zeros(k), atol=1e-3)
        error = ((x - pca.decode(pca.encode(x))) ** 2).sum(1).mean()
        np.testing.assert_allclose(error, pca.total_variance - pca.variances.sum(), rtol=1e-3, atol=1e-3)


def test_what_is_decoded_is_encoded_to_the_same():
    pca = PCA.fit(data(50, 7), 3)
    z = np.random.default_rng(1).normal(size=(20, 3))
    np.testing.assert_allclose(pca.encode(pca.decode(z)), z, atol=1e-4)


def test_observations_of_any_shape():
    x = data(40, 12)
    flat, pictures = PCA.fit(x, 5), PCA.fit(x.reshape(40, 3, 2, 2), 5)
    assert pictures.event_shape == (3, 2, 2)
    assert pictures.components.shape == (5, 3, 2, 2)
    np.testing.assert_array_equal(pictures.components.reshape(5, 12), flat.components)
    z = pictures.encode(x.reshape(2, 20, 3, 2, 2))
    assert z.shape == (2, 20, 5)
    np.testing.assert_allclose(z.reshape(40, 5), flat.encode(x), atol=1e-4)
    assert pictures.encode(x[0].reshape(3, 2, 2)).shape == (5,)
    assert pictures.decode(z[0, 0]).shape == (3, 2, 2)
    np.testing.assert_allclose(pictures.decode(z).reshape(40, 12), flat.decode(flat.encode(x)), atol=1e-3)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_the_largest_number_of_a_component_is_positive(shape):
    components = np.asarray(PCA.fit(data(*shape), 7).components)
    largest = np.take_along_axis(components, abs(components).argmax(1)[:, None], 1)
    assert (largest > 0).all()


def test_features_that_do_not_vary_have_no_part():
    x = np.insert(data(30, 4), [0, 2, 4], 7.0, axis=1)
    pca = PCA.fit(x, 4)
    assert (pca.components[:, [0, 3, 6]] == 0).all()
    np.testing.assert_allclose(pca.decode(pca.encode(x)), x, atol=1e-4)


def test_points_on_a_line_have_components_all_the_same():
    """They are orthonormal also where nothing varies."""
    for shape in ((20, 5), (5, 20)):
        line = np.arange(shape[0])[:, None] * np.arange(1, shape[1] + 1)
        pca = PCA.fit(line, 3)
        np.testing.assert_allclose(pca.components @ pca.components.T, np.eye(3), atol=1e-6)
        np.testing.assert_allclose(pca.variances[1:], 0, atol=1e-4)
        np.testing.assert_allclose(pca.decode(pca.encode(line)), line, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-15, 1e15])
def test_units_do_not_matter(scale):
    x = data(30, 6)
    plain, scaled = PCA.fit(x, 3), PCA.fit(x * scale, 3)
    np.testing.assert_allclose(scaled.components, plain.components, atol=1e-4)
    np.testing.assert_allclose(scaled.variances / scale**2, plain.variances, rtol=1e-4)


def test_integers_and_jax_arrays_are_data_too():
    x = np.random.default_rng(0).integers(0, 256, (30, 4, 4), np.uint8)
    for other in (x.astype(float), jnp.asarray(x), x.tolist()):
        assert eqx.tree_equal(PCA.fit(x, 3), PCA.fit(other, 3))
    assert PCA.fit(x, 3).encode(x).dtype == jnp.float32


def test_compiled_agrees_and_nan_stays_nan():
    x = jnp.float32(data(30, 6))
    pca = PCA.fit(x, 2)
    np.testing.assert_allclose(jax.jit(lambda x: pca.decode(pca.encode(x)))(x), pca.decode(pca.encode(x)), rtol=1e-5)
    assert np.isnan(pca.encode(x.at[0, 0].set(jnp.nan))[0]).all()


def test_the_page_decodes_the_same(browser):
    pca = PCA.fit(data(30, 12).reshape(30, 3, 4), 2)
    case = Case(lambda z: pca.decode(z), [(np.float32([1, -2]),), (np.float32([30, 0.5]),)])
    compare(case, in_chromium(browser, [case])[0], 1e-5)


@pytest.mark.parametrize(
    ("x", "k", "error", "message"),
    [
        ([[1, 2], [3, np.nan], [4, 5]], 1, ValueError, "x must be finite, and at most 3.4e+38 in size; x[1, 1] is nan"),
        ([[1, 2], [3, np.inf], [4, 5]], 1, ValueError, "x[1, 1] is inf"),
        ([[1, 2], [3, 1e39], [4, 5]], 1, ValueError, "x[1, 1] is 1e+39"),
        (np.zeros((0, 3)), 1, ValueError, "x must have at least one row; got none"),
        (np.zeros((3, 0)), 1, ValueError, "x must have shape (n, *event_shape), a row for each observation; got shape"),
        ([1, 2, 3], 1, ValueError, "x must have shape (n, *event_shape), a row for each observation; got shape (3,)"),
        ([["a", "b"]], 1, TypeError, "x must be"),
        ([[1j, 2], [3, 4]], 1, TypeError, "x must be"),
        ([[1.7e9, 0], [1.7e9 + 1, 1]], 1, ValueError, "x must be kept by float32 to 0.0001 of its range"),
        ([[1, 2], [3, 4], [0, 0]], 0, ValueError, "num_components must be at least 1; got 0"),
        ([[1, 2], [3, 4], [0, 0]], 1.5, TypeError, "num_components must be a whole number; got 1.5"),
        ([[1, 2], [3, 4], [0, 0]], 3, ValueError, "num_components must be at most 2: x has 3 rows, and 2 features"),
        ([[1, 2, 3], [3, 4, 6]], 2, ValueError, "num_components must be at most 1: x has 2 rows, and 3 features"),
        ([[1, 2], [3, 2], [0, 2]], 2, ValueError, "num_components must be at most 1: x has 3 rows, and 1 features"),
        ([[1, 2]], 1, ValueError, "num_components must be at most 0: x has 1 rows, and 0 features that vary; got 1"),
    ],
)
def test_what_cannot_be_fitted(x, k, error, message):
    with pytest.raises(error, match=re.escape(message)):
        PCA.fit(x, k)


def test_shapes_are_checked_under_jit_too():
    pca = PCA.fit(data(30, 6), 2)
    for call in (pca.encode, jax.jit(lambda x: pca.encode(x))):
        with pytest.raises(ValueError, match=r"x must have shape \(\*batch, 6\); got shape \(3, 5\)"):
            call(jnp.zeros((3, 5)))
    with pytest.raises(ValueError, match=r"x must have shape \(\*batch, 2\); got shape \(3,\)"):
        pca.decode(jnp.zeros(3))
    with pytest.raises(TypeError, match="x must be known before jit"):
        jax.jit(lambda x: PCA.fit(x, 1))(jnp.zeros((3, 2)))
