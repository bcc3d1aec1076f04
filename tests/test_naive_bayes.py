"""Naive Bayes against NumPy, scikit-learn, the article's numbers and the exact anatomy of its error."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.naive_bayes import CategoricalNB

from lib import Categorical, NaiveBayes, scores
from lib.data import outfits

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
        np.testing.assert_allclose(ours, table[0], rtol=1e-5, atol=1e-6)


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
    tables = [np.asarray(table) for table in model.log_probs]
    plain = [sum(table[code] for table, code in zip(tables, row, strict=True)) for row in PIXELS]
    np.testing.assert_allclose(model.log_prob(PIXELS), plain, rtol=1e-5)
    drawn = np.asarray(model.sample(key, 20_000))
    shares = np.bincount(drawn[:, 7], minlength=256) / len(drawn)
    assert np.abs(np.cumsum(shares) - np.cumsum(np.exp(tables[7]))).max() < 0.04  # Kolmogorov; 10⁻²⁷ by chance


def test_the_table_of_all_combinations_is_refused_where_it_would_be_too_large():
    with pytest.raises(ValueError, match="sizes must have a product below"):
        NaiveBayes.fit(PIXELS, (256,) * 20).log_table()


def test_margins_of_different_data_are_refused():
    with pytest.raises(ValueError, match="counts must count the same observations; table 1 has 4, the first 3"):
        NaiveBayes.from_counts([np.array([1, 2]), np.array([4, 0])])
    with pytest.raises(ValueError, match="table 1 has 100000001, the first 100000000"):
        NaiveBayes.from_counts([np.array([10**8, 0]), np.array([10**8, 1])])


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ((np.zeros(2, np.float32),), r"log_probs\[0\] must sum to one after exp; it sums to 2"),
        ((np.zeros(1, np.float32), np.float32([np.nan])), r"log_probs\[1\]\[0\] is nan"),
        ((np.log(np.full((2, 2), 0.25)),), r"log_probs\[0\] must have shape \(values,\); got shape \(2, 2\)"),
        ((), "log_probs must hold a table for each feature; got none"),
    ],
)
def test_tables_that_are_no_law_are_refused(tables, message):
    with pytest.raises(ValueError, match=message):
        NaiveBayes(tables)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_the_error_splits_exactly_into_estimation_and_dependence(alpha):
    """KL(P‖naive Bayes) = Σ_j KL(P_j‖θ_j) + total correlation of P."""
    law = outfits.stylist.log_probs
    model = NaiveBayes.fit(outfits.stylist.sample(jax.random.key(2), 500), outfits.sizes, alpha)
    margins = [np.exp(law).sum(tuple(k for k in range(5) if k != j)) for j in range(5)]
    estimation = sum(scores.kl(np.log(p), q) for p, q in zip(margins, model.log_probs, strict=True))
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
