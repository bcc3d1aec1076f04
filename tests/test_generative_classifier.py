"""The generative classifier against Bayes' rule by enumeration, and against scikit-learn's classifiers."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn import naive_bayes

from lib import Box, Categorical, GaussianMixture, GenerativeClassifier, NaiveBayes
from lib.data import outfits
from tests.contract.statistics import assert_drawn_from

SIZES = (2, 3)
CELLS = np.stack(np.unravel_index(np.arange(6), SIZES), axis=-1)
SHARES = np.array([0.2, 0.5, 0.3])
TABLES = np.random.default_rng(0).dirichlet(np.ones(6), size=3)
TABLES[0] = [0, 0.1, 0.2, 0.3, 0, 0.4]


def small():
    """Three labels of codes, of which the first never makes the cells 0 and 4."""
    with np.errstate(divide="ignore"):
        tables = np.log(TABLES).astype(np.float32)
    return GenerativeClassifier(np.log(SHARES), tuple(Categorical(table.reshape(SIZES)) for table in tables))


def one_gaussian(x):
    """A Gaussian whose coordinates are independent, with the mean and the variance of x, as GaussianNB has it."""
    return GaussianMixture([0.0], x.mean(axis=0)[None], np.diag(x.std(axis=0))[None])


def blobs(n=300, d=3, classes=3):
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=n)
    return (2 * rng.normal(size=(classes, d))[y] + rng.normal(size=(n, d))).astype(np.float32), y


# --- Bayes' rule ---------------------------------------------------------------------------------


def test_the_posterior_is_that_of_the_joint_table():
    joint = SHARES * TABLES.T
    np.testing.assert_allclose(small().predict_proba(CELLS), joint / joint.sum(axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(np.exp(small().log_joint(CELLS)), joint, atol=1e-7)
    assert np.exp(small().log_joint(CELLS)).sum() == pytest.approx(1, abs=1e-6)


def test_agrees_with_gaussian_naive_bayes():
    x, y = blobs()
    model, theirs = GenerativeClassifier.fit(x, y, one_gaussian), naive_bayes.GaussianNB(var_smoothing=0).fit(x, y)
    np.testing.assert_allclose(model.log_joint(x), theirs.predict_joint_log_proba(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(x), theirs.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_agrees_with_categorical_naive_bayes(alpha):
    codes = np.asarray(outfits.stylist.sample(jax.random.key(0), 500))
    x, y, sizes = codes[:, 1:], codes[:, 0], outfits.sizes[1:]
    model = GenerativeClassifier.fit(x, y, lambda rows: NaiveBayes.fit(rows, sizes, alpha))
    theirs = naive_bayes.CategoricalNB(alpha=alpha, min_categories=sizes).fit(x, y)
    np.testing.assert_allclose(model.log_joint(x), theirs.predict_joint_log_proba(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(x), theirs.predict_proba(x), atol=1e-5)


def test_each_label_is_fitted_to_its_own_rows():
    x, y = blobs()
    model = GenerativeClassifier.fit(x.tolist(), y.astype(np.uint8), Box.fit)
    np.testing.assert_allclose(np.exp(model.log_priors), np.bincount(y) / len(y), rtol=1e-6)
    for k, box in enumerate(model.densities):
        assert eqx.tree_equal(box, Box.fit(x[y == k]))


def test_where_no_label_can_have_made_x_there_is_no_posterior():
    model = GenerativeClassifier(np.log([0.5, 0.5]), (Box([0.0], [2.0]), Box([1.0], [2.0])))
    x = [[0.5], [1.5], [3.0], [np.inf], [np.nan]]
    np.testing.assert_allclose(model.predict_proba(x)[:2], [[1, 0], [1 / 3, 2 / 3]], rtol=1e-6)
    assert np.isnan(model.predict_proba(x)[2:]).all()
    assert np.isneginf(model.log_joint(x)[2:4]).all()
    assert np.isnan(model.log_joint(x)[4]).all()


def test_one_label_is_sure_and_a_label_without_a_share_never_comes(key):
    sure = GenerativeClassifier.fit(CELLS, np.zeros(6, int), lambda x: Categorical.fit(x, SIZES))
    np.testing.assert_array_equal(sure.predict_proba(CELLS), np.ones((6, 1)))
    with np.errstate(divide="ignore"):
        log_priors = np.log([0.0, 0.5, 0.5])
    model = GenerativeClassifier(log_priors, small().densities)
    np.testing.assert_array_equal(model.predict_proba(CELLS)[:, 0], 0)
    assert (model.sample(key, 1000)[1] > 0).all()


def test_compiled_and_batched_agree_with_the_plain_result():
    model, x = small(), CELLS.reshape(2, 3, 2)
    plain = np.asarray(model.predict_proba(CELLS))
    assert plain.dtype == np.float32
    for predict in (model.predict_proba, jax.jit(lambda x: model.predict_proba(x)), jax.vmap(model.predict_proba)):
        np.testing.assert_allclose(predict(x), plain.reshape(2, 3, 3), rtol=1e-6)
    assert model.predict_proba(CELLS[0]).shape == (3,)
    assert model.predict_proba(CELLS[:0]).shape == (0, 3)


# --- Draws ---------------------------------------------------------------------------------------


def test_draws_follow_the_joint_table(key):
    x, y = small().sample(key, 300_000)
    cell = np.ravel_multi_index(tuple(np.asarray(x).T), SIZES)
    assert_drawn_from(np.float64(np.exp(small().log_joint(CELLS))).T.ravel(), np.asarray(y) * 6 + cell)


def test_draws_of_points_follow_their_label(key):
    model = GenerativeClassifier(np.log([0.3, 0.7]), (Box([0.0, 0], [1.0, 1]), Box([2.0, 0], [3.0, 1])))
    x, y = model.sample(key, 5000)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x[:, 0] > 1.5, y == 1)
    halves = 4 * np.asarray(y) + 2 * (np.asarray(x[:, 0]) % 1 > 0.5) + (np.asarray(x[:, 1]) > 0.5)
    assert_drawn_from(np.repeat([0.3, 0.7], 4) / 4, halves)


def test_draws_are_determined_by_the_key(key):
    model = small()
    x, y = model.sample(key, 50)
    assert (x.shape, y.shape, y.dtype) == ((50, 2), (50,), np.int32)
    assert eqx.tree_equal((x, y), model.sample(key, 50))
    assert eqx.tree_equal((x[:7], y[:7]), model.sample(key, 7))
    assert eqx.tree_equal((x, y), jax.jit(lambda key: model.sample(key, 50))(key))
    assert (y != model.sample(jax.random.key(1), 50)[1]).any()
    assert model.sample(key, 0)[0].shape == (0, 2)


# --- What is refused -----------------------------------------------------------------------------

GOOD = {"x": [[0, 0], [1, 2], [1, 1]], "y": [0, 1, 1], "fit": lambda x: Categorical.fit(x, SIZES)}
BAD = {
    "length of y": ({"y": [0, 1]}, ValueError, "y must have shape (3,), a label for each row of x; got shape (2,)"),
    "half a label": ({"y": [0, 0.5, 1]}, TypeError, "y must be integers; got dtype float64"),
    "negative label": ({"y": [0, -1, 1]}, ValueError, "y must be labels of at least 0; y[1] is -1 (1 such values)"),
    "missing label": ({"y": [0, 3, 3]}, ValueError, "y must hold each label from 0 to 3; 1 is missing (2 such labels)"),
    "huge label": ({"y": [0, 2**62, 1]}, ValueError, "2 is missing (4611686018427387902 such labels)"),
    "no rows": ({"x": [], "y": []}, ValueError, "x must have at least one row; got shape (0,)"),
    "a number": ({"x": 1, "y": 1}, ValueError, "x must have at least one row; got shape ()"),
    "what its density refuses": ({"x": [[0, 0], [1, 1], [1, 7]]}, ValueError, "x[1, 1] is 7 (1 such values)"),
    "no density": ({"fit": len}, TypeError, "densities must be fitted densities; densities[0] is 1"),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD.values(), ids=BAD)
def test_fit_refuses(bad, error, message):
    with pytest.raises(error, match=re.escape(message)):
        GenerativeClassifier.fit(**GOOD | bad)


def test_an_error_of_a_density_says_whose_rows_it_saw():
    with pytest.raises(ValueError, match="x must be codes from 0") as caught:
        GenerativeClassifier.fit(**GOOD | {"x": [[0, 0], [1, 1], [1, 7]]})
    assert caught.value.__notes__ == ["x was the rows of label 1."]


def test_fit_refuses_labels_that_are_traced():
    with pytest.raises(TypeError, match="y must be known before jit, so that x can be divided by it; got a tracer"):
        jax.jit(lambda y: GenerativeClassifier.fit(**GOOD | {"y": y}))(jnp.array([0, 1, 1]))


BOX = Box([0.0], [1.0])


@pytest.mark.parametrize(
    ("log_priors", "densities", "error", "message"),
    [
        (np.log([0.5, 0.6]), (BOX, BOX), ValueError, "log_priors must sum to one after exp; it sums to 1.1"),
        (
            [0.0],
            (BOX, BOX),
            ValueError,
            "log_priors must have shape (2,), one for each of the densities; got shape (1,)",
        ),
        (
            [[0.0]],
            (BOX,),
            ValueError,
            "log_priors must have shape (1,), one for each of the densities; got shape (1, 1)",
        ),
        (["a"], (BOX,), TypeError, "log_priors must be real log-probabilities"),
        (np.log([0.5, 0.5]), (BOX, Box), TypeError, "densities must be fitted densities; densities[1] is <class"),
        (
            np.log([0.5, 0.5]),
            (BOX, Box([0.0, 0], [1.0, 1])),
            ValueError,
            "densities must have one shape of observations; that of densities[1] is (2,), the first (1,)",
        ),
        (np.zeros(0), (), ValueError, "log_priors must sum to one"),
    ],
)
def test_parameters_are_checked(log_priors, densities, error, message):
    with pytest.raises(error, match=re.escape(message)):
        GenerativeClassifier(log_priors, densities)


def test_methods_refuse_what_their_densities_refuse(key):
    model = small()
    with pytest.raises(TypeError, match="x must be integers; got dtype float64"):
        model.log_joint([0.0, 1.0])
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (3,)")):
        model.predict_proba([0, 1, 2])
    with pytest.raises(TypeError, match="key must be made by jax.random.key"):
        model.sample(0, 3)
    with pytest.raises(ValueError, match="n must be at least 0; got -1"):
        model.sample(key, -1)


def test_model_is_an_immutable_pytree():
    model = small()
    assert eqx.tree_equal(jax.tree.map(lambda leaf: leaf, model), model)
    with pytest.raises(AttributeError):
        model.log_priors = np.zeros(3)
