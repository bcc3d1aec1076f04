"""Naive Bayes against NumPy, scikit-learn, the article's numbers and the exact anatomy of its error."""

import re

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.naive_bayes import CategoricalNB

from lib import Categorical, NaiveBayes, scores
from lib.data import outfits
from tests.contract.cases import ULP

WHITE = outfits.encode("Round", "White", "ShirtScoopNeck", "Red", "LongHairStraight")
BLUE = outfits.encode("Round", "Blue01", "ShirtScoopNeck", "Red", "LongHairStraight")
PIXELS = np.random.default_rng(0).integers(0, 256, (300, 20), dtype=np.uint8)  # too many combinations for a table


def test_the_numbers_of_the_article():
    model = NaiveBayes.fit(outfits.fifty, outfits.sizes)
    np.testing.assert_allclose(np.exp(model.log_prob([WHITE, BLUE])), [0.0054146, 0.00098447], rtol=1e-4)
    assert np.isneginf(model.log_table()).sum() == 1008
    assert sum(model.sizes) == 28
    assert sum(size - 1 for size in model.sizes) == 23


@given(
    x=arrays.arrays(np.int32, st.tuples(st.integers(1, 40), st.just(2)), elements=st.integers(0, 2)),
    alpha=st.floats(0.0, 100.0, width=32),
)
def test_agrees_with_a_plain_product_of_shares(x, alpha):
    shares = [(np.bincount(column, minlength=4) + alpha) / (len(x) + 4 * alpha) for column in x.T]
    table = np.exp(NaiveBayes.fit(x, (4, 4), alpha).log_table())
    np.testing.assert_allclose(table, np.outer(*shares), rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("alpha", [0.1, 1.0])
def test_agrees_with_scikit_learn(alpha):
    x = np.asarray(outfits.stylist.sample(jax.random.key(1), 2000))
    theirs = CategoricalNB(alpha=alpha, min_categories=outfits.sizes).fit(x, np.zeros(len(x)))
    for ours, table in zip(NaiveBayes.fit(x, outfits.sizes, alpha).log_probs, theirs.feature_log_prob_, strict=True):
        np.testing.assert_allclose(ours[: table.shape[1]], table[0], rtol=1e-5, atol=1e-6)
        assert np.isneginf(ours[table.shape[1] :]).all()


def test_many_features_are_counted_one_by_one():
    counts = NaiveBayes.count(PIXELS, (256,) * 20)
    for column, table in zip(PIXELS.T, counts, strict=True):
        np.testing.assert_array_equal(table, np.bincount(column, minlength=256))
    bad = PIXELS.astype(int)
    bad[0, 3] = 256
    traced = jax.jit(NaiveBayes.count, static_argnums=1)(bad, (256,) * 20)
    for column, table in zip(PIXELS[1:].T, traced, strict=True):
        np.testing.assert_array_equal(table, np.bincount(column, minlength=256))


def test_many_features_have_the_plain_sum_of_logs(key):
    model = NaiveBayes.fit(PIXELS, (256,) * 20, alpha=0.5)
    tables = np.asarray(model.log_probs)
    np.testing.assert_allclose(model.log_prob(PIXELS), tables[np.arange(20), PIXELS].sum(1), rtol=1e-5)
    drawn = np.asarray(model.sample(key, 20_000))
    shares = np.bincount(drawn[:, 7], minlength=256) / len(drawn)
    assert np.abs(np.cumsum(shares) - np.cumsum(np.exp(tables[7]))).max() < 0.04  # Kolmogorov; 10⁻²⁷ by chance


def test_the_table_of_all_combinations_is_refused_where_it_would_be_too_large():
    with pytest.raises(ValueError, match="sizes must have a product below"):
        NaiveBayes.fit(PIXELS, (256,) * 20).log_table()


def test_rows_that_one_large_feature_makes_too_long_are_refused():
    sizes, message = (2**21,) + (2,) * 1023, r"\(1024, 2097152\), must have a product below .*; got 2147483648 cells"
    with pytest.raises(ValueError, match=message):
        NaiveBayes.count(np.zeros((1, 1024), int), sizes)
    with pytest.raises(ValueError, match=message):
        NaiveBayes.from_counts([np.eye(1, size, dtype=int)[0] for size in sizes])


def test_margins_of_different_data_are_refused():
    with pytest.raises(ValueError, match="counts must count the same observations; table 1 has 4, the first 3"):
        NaiveBayes.from_counts([np.array([1, 2]), np.array([4, 0])])
    with pytest.raises(ValueError, match="table 1 has 100000001, the first 100000000"):
        NaiveBayes.from_counts([np.array([10**8, 0]), np.array([10**8, 1])])


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((), "counts must be a table for each feature; got none"),
        ([[2, 1], [[1, 2]]], "counts[1] must have shape (values,); got shape (1, 2)"),
        ([[], []], "counts[0] must have shape (values,); got shape (0,)"),
        ([[2, 1], [4, -1]], "counts[1] must be counts of at least 0; counts[1][1] is -1 (1 such values)"),
    ],
)
def test_what_are_no_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        NaiveBayes.from_counts([np.array(table, int) for table in counts], alpha=1.0)


HALF = np.log(np.full((2, 2), 0.5, np.float32))
NO_LAWS = {
    "a row of total 2": (np.stack([HALF[0], 0 * HALF[0]]), (2, 2), "after exp; log_probs[1] sums to 2 (1 such rows)"),
    "nan": (np.stack([HALF[0], np.nan * HALF[0]]), (2, 2), "log_probs[1, 0] is nan (2 such values)"),
    "one axis": (HALF[0], (2, 2), "log_probs must have shape (2, 2), a row for each feature; got shape (2,)"),
    "a missing row": (HALF[:1], (2, 2), "log_probs must have shape (2, 2), a row for each feature; got shape (1, 2)"),
    "a value too many": (HALF, (2, 1), "-inf where a feature has no such value; log_probs[1, 1] is -0.69"),
    "no values": (HALF, (2, 0), "sizes must be at least 1; got 0"),
    "no features": (HALF[:0], (), "sizes must name at least one feature; got ()"),
}


@pytest.mark.parametrize(("log_probs", "num_values", "message"), NO_LAWS.values(), ids=NO_LAWS.keys())
def test_what_is_no_law_is_refused(log_probs, num_values, message):
    assert NaiveBayes(HALF, (2, 2)).log_prob([0, 1]) == pytest.approx(np.log(1 / 4))
    with pytest.raises(ValueError, match=re.escape(message)):
        NaiveBayes(log_probs, num_values)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_the_error_splits_exactly_into_estimation_and_dependence(alpha):
    """KL(P‖naive Bayes) = Σ_j KL(P_j‖θ_j) + total correlation of P."""
    law = outfits.stylist.log_probs
    model = NaiveBayes.fit(outfits.stylist.sample(jax.random.key(2), 500), outfits.sizes, alpha)
    margins = [np.exp(law).sum(tuple(k for k in range(5) if k != j)) for j in range(5)]
    tables = [row[:size] for row, size in zip(model.log_probs, model.sizes, strict=True)]
    estimation = sum(scores.kl(np.log(p), q) for p, q in zip(margins, tables, strict=True))
    parts = estimation + scores.total_correlation(law)
    assert scores.kl(law, model.log_table()) == pytest.approx(float(parts), abs=1e-5)


def test_the_best_naive_bayes_has_the_margins_of_the_law():
    law = outfits.stylist
    many = NaiveBayes.fit(law.sample(jax.random.key(3), 1_000_000), outfits.sizes)
    floor = scores.total_correlation(law.log_probs)
    assert floor == pytest.approx(0.498, abs=0.001)
    assert 0 < scores.kl(law.log_probs, many.log_table()) - floor < 1e-4


def test_one_feature_is_a_table():
    x = outfits.fifty[:, :1]
    np.testing.assert_allclose(NaiveBayes.fit(x, (3,), 1).log_table(), Categorical.fit(x, (3,), 1).log_probs, rtol=1e-6)


# --- Pictures ------------------------------------------------------------------------------------

PICTURE = (256,) * 3071 + (200,)  # as many numbers as an avatar has; the last has fewer values


@pytest.fixture(scope="module")
def pictures():
    """Some pictures, and the model that is fitted to them."""
    x = np.random.default_rng(1).integers(0, 200, (30, len(PICTURE)), dtype=np.uint8)
    return x, NaiveBayes.fit(x, PICTURE, alpha=1.0)


def plain(model, x):
    """The log-probability of each row, in float64."""
    tables = np.float64(model.log_probs)
    return np.array([tables[np.arange(x.shape[1]), row].sum() for row in x])


def test_large_pictures_have_the_tables_of_scikit_learn(pictures):
    x, model = pictures
    theirs = CategoricalNB(alpha=1.0, min_categories=PICTURE).fit(x, np.zeros(len(x)))
    log_probs = np.asarray(model.log_probs)
    np.testing.assert_allclose(log_probs[:-1], np.stack(theirs.feature_log_prob_[:-1])[:, 0], rtol=1e-5)
    np.testing.assert_allclose(log_probs[-1, :200], theirs.feature_log_prob_[-1][0], rtol=1e-5)
    assert np.isneginf(log_probs[-1, 200:]).all()
    np.testing.assert_allclose(model.log_prob(x), theirs.predict_joint_log_proba(x)[:, 0], rtol=ULP)


def test_large_pictures_have_the_plain_sum_of_logs(pictures):
    x, model = pictures
    other = np.random.default_rng(2).integers(0, 200, (5000, len(PICTURE)), dtype=np.uint8)  # more than one part
    other[4, -1] = 200
    np.testing.assert_allclose(model.log_prob(other), plain(model, other), rtol=ULP)
    wide = x.astype(np.int64)
    wide[0, 7], wide[1, 0], wide[2, -1], wide[3, 3] = -1, 256, 200, 2**32
    assert np.isneginf(model.log_prob(wide)).nonzero()[0].tolist() == [0, 1, 2, 3]


def test_large_pictures_are_drawn_from_their_shares(pictures, key):
    _, model = pictures
    draws = np.asarray(model.sample(key, 500))
    np.testing.assert_array_equal(model.sample(key, 3), draws[:3])
    assert draws.min() == 0
    assert draws[:, :-1].max() == 255
    assert draws[:, -1].max() <= 199
    # Over all numbers, each value is drawn as often as the shares say, up to the spread of independent draws.
    p = np.exp(np.float64(model.log_probs))
    seen, expected = np.bincount(draws.ravel(), minlength=256), 500 * p.sum(0)
    assert (abs(seen - expected) < 7 * np.sqrt(expected)).all()
    # Each number follows its own table: else the mean log-probability would be below minus the entropy.
    each = np.float64(model.log_probs)[np.arange(len(PICTURE)), draws]
    logs = np.where(p > 0, np.log(np.maximum(p, 1e-300)), 0)
    mean, variance = (p * logs).sum(), (p * logs**2).sum() - ((p * logs).sum(1) ** 2).sum()
    assert abs(each.sum(1).mean() - mean) < 7 * np.sqrt(variance / 500)


@pytest.mark.parametrize("sizes", [(3, 2), (3,) * 11, (3,) * 12], ids=["a table", "11 features", "12 features"])
def test_many_rows_at_once_are_as_few(sizes):
    """More than 16,384, from where a compiler was seen to err; one by one, and in what is faster than that."""
    x = np.random.default_rng(3).integers(0, min(sizes), (40_000, len(sizes)), dtype=np.uint8)
    model = NaiveBayes.fit(x[:50], sizes, alpha=0.5)
    whole = model.log_prob(x)
    np.testing.assert_allclose(whole, plain(model, x), rtol=1e-5)
    np.testing.assert_allclose(np.ravel([model.log_prob(part) for part in np.split(x, 40)]), whole, rtol=1e-6)
    np.testing.assert_allclose(jax.jit(jax.vmap(model._log_prob))(x), whole, rtol=1e-6)
    np.testing.assert_allclose(jax.jit(lambda x: model.log_prob(x))(x), whole, rtol=1e-6)
