"""Logistic regression against scikit-learn in float64, and what is promised where there is no minimum."""

import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import linear_model

from lib import Categorical, LogisticRegression
from lib.data import outfits

fit = LogisticRegression.fit


def some_data(classes=2, n=300, d=3, seed=0):
    """Points whose labels are drawn from a logistic law, so that they overlap."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)).astype(np.float32)
    scores = 1.5 * x @ rng.normal(size=(d, classes)) + rng.normal(size=classes)
    return x, np.argmax(scores + rng.gumbel(size=scores.shape), axis=1)


def theirs(x, y, l2, weights=None):
    """scikit-learn's model in float64, found as precisely as it can."""
    model = linear_model.LogisticRegression(C=1 / l2 if l2 else np.inf, solver="newton-cg", tol=1e-9, max_iter=1000)
    return model.fit(np.float64(x), y, weights)


def assert_same_model(ours, theirs, x, atol=1e-5, atol_of_p=2e-6):
    np.testing.assert_allclose(ours.coefficients, theirs.coef_, rtol=1e-4, atol=atol)
    np.testing.assert_allclose(ours.intercepts, theirs.intercept_, rtol=1e-4, atol=atol)
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(np.float64(x)), atol=atol_of_p)


# --- The minimum ---------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("l2", [0, 0.01, 1, 100])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_scikit_learn(classes, l2, weighted):
    x, y = some_data(classes)
    weights = np.random.default_rng(1).integers(0, 4, len(x)) if weighted else None
    ours = fit(x, y, l2, weights=weights)
    assert ours.coefficients.shape == (1 if classes == 2 else classes, 3)
    assert ours.predict_proba(x).dtype == np.float32
    assert_same_model(ours, theirs(x, y, l2, weights), x)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_penalty_is_on_the_coefficients_as_they_are_and_not_on_the_intercepts(classes):
    """In units of very different sizes, far from 0, and with few rows of one label: the gradient in float64 is 0."""
    x, y = some_data(classes, n=500)
    x, y = np.concatenate([x, x + 1]), np.concatenate([y, 0 * y])
    scale, origin = np.float32([1e-3, 1, 1e4]), np.float32([0.1, -30, 1e5])
    x = x * scale + origin
    model, l2 = fit(x, y, 3.0), 3.0
    error = np.float64(model.predict_proba(x)) - np.eye(classes)[y]
    error = error[:, 1:] if classes == 2 else error
    gradient = error.T @ ((np.float64(x) - origin) / scale) + l2 * np.float64(model.coefficients) / scale
    np.testing.assert_allclose(gradient, 0, atol=0.02)  # of sums of 1000 numbers up to 3
    np.testing.assert_allclose(error.sum(axis=0), 0, atol=0.02)
    assert np.abs(model.coefficients[:, 0]).max() < 0.1  # a penalty in units of the spread would leave 1000


@pytest.mark.parametrize("classes", [2, 3])
def test_many_rows_and_features_that_almost_agree(classes):
    x, y = some_data(classes, n=20_000)
    x[:, 2] = x[:, 1] + 1e-3 * x[:, 2]
    assert_same_model(fit(x, y, 1e-2), theirs(x, y, 1e-2), x, atol=2e-3, atol_of_p=5e-5)


def one_hot(codes, sizes):
    return np.concatenate([np.eye(size)[column] for column, size in zip(codes.T, sizes, strict=True)], axis=1)


def test_a_table_of_counts_gives_what_all_its_rows_give():
    codes = np.asarray(outfits.stylist.sample(jax.random.key(0), 5000))
    order = [1, 2, 3, 4, 0]
    sizes = tuple(outfits.sizes[j] for j in order)
    counts = Categorical.count(codes[:, order], sizes)
    cells = np.stack(np.unravel_index(np.arange(counts.size), sizes), axis=-1)
    from_table = fit(one_hot(cells[:, :4], sizes[:4]), cells[:, 4], weights=counts.ravel())
    x = one_hot(codes[:, order[:4]], sizes[:4])
    from_rows = fit(x, codes[:, 0])
    np.testing.assert_allclose(from_table.coefficients, from_rows.coefficients, atol=1e-5)
    np.testing.assert_allclose(from_table.intercepts, from_rows.intercepts, atol=1e-5)
    assert_same_model(from_rows, theirs(x, codes[:, 0], 1.0), x)


def test_without_a_penalty_groups_have_their_shares():
    """Of features that say the same twice, and one that says nothing, too."""
    groups, y, counts = np.repeat(np.eye(3), 3, axis=0), np.tile([0, 1, 2], 3), np.arange(1, 10)
    x = np.concatenate([groups, groups, np.full((9, 1), 0.1)], axis=1)
    model = fit(x, y, 0.0, weights=counts)
    shares = counts.reshape(3, 3) / counts.reshape(3, 3).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(x[::3]), shares, atol=1e-6)
    np.testing.assert_array_equal(model.coefficients[:, 6], 0)
    np.testing.assert_allclose(model.coefficients.sum(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(model.coefficients[:, :3], model.coefficients[:, 3:6], atol=1e-5)


@pytest.mark.parametrize("much", [1e3, 1e5])
def test_a_large_log_odds_is_found(much):
    model = fit([[0], [0], [1], [1]], [0, 1, 0, 1], 0.0, weights=[much, 1, 1, 1])
    np.testing.assert_allclose(model.intercepts, [-np.log(much)], rtol=1e-4)
    np.testing.assert_allclose(model.coefficients, [[np.log(much)]], rtol=1e-4)


def test_a_heavy_penalty_leaves_the_shares_of_the_labels():
    x, y = some_data(3)
    model = fit(x, y, 1e20)
    np.testing.assert_allclose(model.coefficients, 0, atol=1e-15)
    np.testing.assert_allclose(model.predict_proba(x[0]), np.bincount(y) / len(y), atol=1e-6)


# --- What changes nothing ------------------------------------------------------------------------

X, Y = some_data(3, n=60, d=2)


@given(st.floats(0.01, 100), st.floats(1e-6, 1e6))
def test_heavier_rows_with_a_heavier_penalty_in_other_units_change_nothing(weight, unit):
    moved = fit(X * np.float32(unit), Y, 2 * weight * unit**2, weights=np.full(len(X), weight))
    np.testing.assert_allclose(moved.predict_proba(X * np.float32(unit)), fit(X, Y, 2.0).predict_proba(X), atol=2e-6)


@given(st.permutations(range(3)), st.integers(0, 2**32 - 1))
def test_the_order_of_labels_and_rows_changes_nothing(labels, seed):
    rows = np.random.default_rng(seed).permutation(len(X))
    plain, moved = fit(X, Y), fit(X[rows], np.argsort(labels)[Y][rows])
    np.testing.assert_allclose(moved.predict_proba(X), plain.predict_proba(X)[:, np.array(labels)], atol=2e-6)


def test_a_row_twice_is_a_row_of_weight_two_and_one_of_weight_zero_is_none():
    x, y = some_data()
    twice = fit(np.concatenate([x[:200], x[:100]]), np.concatenate([y[:200], y[:100]]))
    weights = np.repeat([2, 1, 0], 100)
    x[200:] = 1e6
    weighted = fit(x, y, weights=weights)
    np.testing.assert_allclose(weighted.coefficients, twice.coefficients, rtol=1e-5)
    np.testing.assert_allclose(weighted.intercepts, twice.intercepts, rtol=1e-5)


# --- Where there is no minimum -------------------------------------------------------------------

_rng = np.random.default_rng(0)
_noise = _rng.normal(size=200)
_rare = _rng.uniform(size=200) < 0.1
_mixed = (_rng.uniform(size=200) < 1 / (1 + np.exp(-_noise))).astype(int)
SEPARATED = {
    "completely": (_noise[:, None], (_noise > 0).astype(int)),
    "completely, in three": (np.stack([_noise, _noise**2], 1), np.digitize(_noise, [-0.5, 0.5])),
    "but for points on the plane": ([[0], [1], [1], [2]], [0, 0, 1, 1]),
    "by a rare feature beside one that does not": (
        np.stack([_rare, _noise], 1).astype(float),
        np.where(_rare, 1, _mixed),
    ),
    "one label of three": ([[0], [1], [0], [1], [5], [6]], [0, 1, 1, 0, 2, 2]),
    "two rows": ([[0], [1]], [0, 1]),
    "in more features than rows": (_rng.normal(size=(20, 30)), np.arange(20) % 2),
}


@pytest.mark.parametrize(("x", "y"), SEPARATED.values(), ids=SEPARATED)
def test_separated_labels_without_a_penalty_are_refused(x, y):
    with pytest.raises(
        ValueError, match=r"x must not separate the labels where l2 is 0.* give a larger one, such as 1"
    ):
        fit(x, y, 0.0)
    model = fit(x, y, 0.01)
    assert_same_model(model, theirs(np.array(x), y, 0.01), np.float32(x), atol=1e-3)


@pytest.mark.parametrize(("x", "y"), SEPARATED.values(), ids=SEPARATED)
def test_where_nothing_can_be_refused_the_model_is_finite(x, y):
    model = jax.jit(lambda x, y: fit(x, y, 0.0, num_classes=3))(np.float32(x), np.array(y))
    assert np.isfinite(model.coefficients).all()
    p = np.asarray(model.predict_proba(np.float32(x)))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert (p.argmax(axis=1) == y).mean() >= 0.5


def test_under_jit_no_rows_and_one_label_have_a_finite_model():
    x, y = jnp.array([[0.0], [1.0]]), jnp.array([0, 0])
    shaped = jax.jit(lambda weights: fit(x, y, weights=weights, num_classes=2).predict_proba(x))
    np.testing.assert_array_equal(shaped(jnp.zeros(2)), 0.5)
    assert (shaped(jnp.ones(2))[:, 0] > 0.9999).all()


# --- jit and vmap --------------------------------------------------------------------------------


def test_masks_of_one_table_are_fitted_together():
    x, y = some_data(n=120)
    masks = np.random.default_rng(2).uniform(size=(5, 120)) < np.float32([[0.2], [0.4], [0.6], [0.8], [1]])
    rows = jnp.asarray(masks, jnp.float32)
    models = jax.jit(jax.vmap(lambda weights: fit(x, y, weights=weights)))(rows)
    assert models.coefficients.shape == (5, 1, 3)
    for i in (0, 4):
        alone = fit(x[masks[i]], y[masks[i]])
        np.testing.assert_allclose(models.coefficients[i], alone.coefficients, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(models.intercepts[i], alone.intercepts, rtol=1e-4, atol=1e-6)


def test_hundreds_of_fits_at_once_are_as_good_as_one():
    """A fault of jaxlib 0.10.2 shows from 16,384 rows on, those of all fits together."""
    x, y = some_data(n=100)
    rows = jnp.float32(np.random.default_rng(3).uniform(size=(400, 100)) < 0.7)
    models = jax.jit(jax.vmap(lambda weights: fit(x, y, weights=weights)))(rows)
    for i in (0, 200, 399):
        np.testing.assert_allclose(
            models.coefficients[i], fit(x, y, weights=rows[i]).coefficients, rtol=1e-4, atol=1e-5
        )


def test_everything_may_be_traced():
    x, y = some_data(3)
    weights, l2 = np.ones(len(x), np.float32), np.float32([0.1, 1, 10])
    traced = jax.jit(
        jax.vmap(lambda l2, x, y, w: fit(x, y, l2, weights=w, num_classes=3), in_axes=(0, None, None, None))
    )
    models = traced(l2, x, y, weights)
    for i, value in enumerate(l2):
        np.testing.assert_allclose(models.coefficients[i], fit(x, y, value).coefficients, rtol=1e-4, atol=1e-6)


def test_traced_rows_with_other_labels_or_no_weight_count_nowhere():
    x, y = some_data()
    more, labels = np.concatenate([x, x[:3]]), np.concatenate([y, [2, -1, 0]])
    more[-1] = np.nan
    weights = np.append(np.ones(len(x) + 2, np.float32), np.float32(0))
    traced = jax.jit(lambda x, y, weights: fit(x, y, weights=weights, num_classes=2))(more, labels, weights)
    np.testing.assert_allclose(traced.coefficients, fit(x, y).coefficients, rtol=1e-5)


def test_the_same_data_give_the_same_model_of_any_kind_of_array():
    x, y = some_data()
    model = fit(x, y)
    for kind in (np.int8, np.uint8, np.uint64, np.int32):
        assert eqx.tree_equal(model, fit(x.tolist(), y.astype(kind)))
    assert eqx.tree_equal(model, fit(jnp.asarray(x), jnp.asarray(y)))


# --- The probabilities ---------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_of_any_batch(classes):
    x, y = some_data(classes, n=50_000)
    model = fit(x, y)
    plain = np.float64(x) @ np.float64(model.coefficients).T + np.float64(model.intercepts)
    plain = np.exp(np.pad(plain, ((0, 0), (1, 0))) if classes == 2 else plain)
    plain /= plain.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(x), plain, rtol=1e-5)
    np.testing.assert_allclose(model.predict_proba(x[:6].reshape(2, 3, 3)), plain[:6].reshape(2, 3, -1), rtol=1e-5)
    assert model.predict_proba(x[0]).shape == (classes,)
    assert model.predict_proba(x[:0]).shape == (0, classes)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_score_that_is_not_finite_has_no_probabilities(rows):
    model = LogisticRegression(np.arange(2.0 * rows).reshape(rows, 2) - 1, np.zeros(rows))
    p = model.predict_proba([[np.nan, 0], [0, np.inf], [3e38, -3e38], [1e30, 0]])
    assert np.isnan(p[:3]).all() if rows == 3 else np.isnan(p[:2]).all()
    assert np.isfinite(p[3]).all()


# --- What is refused -----------------------------------------------------------------------------

GOOD = {"x": [[0.0, 1], [1, 0], [2, 2]], "y": [0, 1, 0]}
BAD = {
    "nan": (
        {"x": [[0, 1], [1, 0], [2, np.nan]]},
        ValueError,
        "x must be finite, and at most 3.4e+38 in size; x[2, 1] is nan (1",
    ),
    "wrong rank": ({"x": [0, 1, 2]}, ValueError, "x must have shape (n, features)"),
    "no rows": ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, ValueError, "x must have at least one row; got none"),
    "strings": ({"x": [["a"], ["b"], ["c"]]}, TypeError, "x must be real numbers"),
    "too narrow": (
        {"x": [[0], [1e-30], [0]]},
        ValueError,
        "the range of x must be 0, or from 1e-20 to 1e+20, in each feature",
    ),
    "too wide": ({"x": [[-3e38], [3e38], [0]]}, ValueError, "the range of x[0] is inf (1 such values)"),
    "length of y": ({"y": [0, 1]}, ValueError, "y must have shape (3,), a label for each row of x; got shape (2,)"),
    "a column of y": ({"y": [[0], [1], [0]]}, ValueError, "y must have shape (3,)"),
    "half a label": ({"y": [0, 0.5, 1]}, TypeError, "y must be integers; got dtype float64"),
    "truth values": ({"y": [True, False, True]}, TypeError, "y must be integers; got dtype bool"),
    "negative label": ({"y": [0, -1, 1]}, ValueError, "y must be labels of at least 0; y[1] is -1 (1 such values)"),
    "label K": (
        {"y": [0, 2, 1], "num_classes": 2},
        ValueError,
        "y must be labels from 0 to below 2; y[1] is 2 (1 such values)",
    ),
    "label that int32 cannot hold": ({"y": [0, 2**32 + 1, 1], "num_classes": 2}, ValueError, "y[1] is 4294967297 (1"),
    "huge label": ({"y": [0, 2**40, 1]}, ValueError, "y must hold each label from 0 to 1099511627776; 2 is missing"),
    "missing label": ({"y": [0, 3, 0]}, ValueError, "y must hold each label from 0 to 3; 1 is missing (2 such labels)"),
    "label missing at the end": ({"num_classes": 3}, ValueError, "y must hold each label from 0 to 2; 2 is missing (1"),
    "label without weight": ({"weights": [1, 0, 1]}, ValueError, "y must hold each label from 0 to 1; 1 is missing (1"),
    "one label": ({"y": [0, 0, 0]}, ValueError, "y must hold at least two labels; all rows have the label 0"),
    "one class": ({"y": [0, 0, 0], "num_classes": 1}, ValueError, "y must hold at least two labels"),
    "half a class": ({"num_classes": 2.5}, TypeError, "num_classes must be a whole number; got 2.5"),
    "length of weights": (
        {"weights": [1, 1]},
        ValueError,
        "weights must have shape (3,), a weight for each row of x; got",
    ),
    "negative weight": (
        {"weights": [1, -1, 1]},
        ValueError,
        "weights must be 0, or from 1e-10 to 1e+20; weights[1] is -1",
    ),
    "weight nan": ({"weights": [1, 1, np.nan]}, ValueError, "weights[2] is nan (1 such values)"),
    "weights of strings": ({"weights": ["a", "b", "c"]}, TypeError, "weights must be real numbers"),
    "l2 -1": ({"l2": -1}, ValueError, "l2 must be at least 0 and at most 1e+20; got -1"),
    "l2 nan": ({"l2": np.nan}, ValueError, "l2 must be at least 0 and at most 1e+20; got nan"),
    "l2 a list": ({"l2": [1.0, 2.0]}, TypeError, "l2 must be a real number"),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD.values(), ids=BAD)
def test_fit_refuses(bad, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**GOOD | bad)


def test_labels_without_values_need_their_number():
    with pytest.raises(TypeError, match="y must be known before jit, or num_classes be given; got a tracer"):
        jax.jit(lambda y: fit(GOOD["x"], y))(jnp.array([0, 1, 0]))


@pytest.mark.parametrize(
    ("coefficients", "intercepts", "message"),
    [
        ([1.0], [0.0], "(classes, features) for 3 or more; got shape (1,)"),
        ([[1.0], [2.0]], [0.0, 0.0], "(classes, features) for 3 or more; got shape (2, 1)"),
        (np.zeros((1, 0)), [0.0], "(classes, features) for 3 or more; got shape (1, 0)"),
        ([[1.0]], [0.0, 0.0], "intercepts must have shape (1,); got (2,)"),
        ([[np.nan]], [0.0], "coefficients must be finite"),
        ([[1.0]], [np.inf], "intercepts must be finite"),
    ],
)
def test_parameters_are_checked(coefficients, intercepts, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        LogisticRegression(coefficients, intercepts)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [([["a", "b"]], TypeError, "x must be real numbers"), ([1.0], ValueError, "x must have shape (*batch, 2)")],
)
def test_predict_proba_refuses(x, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**GOOD).predict_proba(x)


def test_model_is_an_immutable_pytree():
    model = fit(**GOOD)
    assert eqx.tree_equal(jax.tree.map(lambda leaf: leaf, model), model)
    with pytest.raises(AttributeError):
        model.intercepts = np.zeros(1)


def test_a_label_too_rare_for_float32_is_refused_by_that_name():
    with pytest.raises(ValueError, match="Or a label is rarer than about one row in a million"):
        LogisticRegression.fit([[0.0], [1.0], [0.5]], [0, 0, 1], weights=[1e6, 1e6, 1])


def test_a_missing_label_is_refused_also_where_weights_are_traced():
    with pytest.raises(ValueError, match="y must hold each label from 0 to 2000; 2 is missing"):
        jax.jit(lambda weights: fit([[0.0], [1.0], [2.0]], [0, 1, 2000], weights=weights))(np.ones(3))
