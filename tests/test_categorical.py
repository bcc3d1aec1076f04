"""The joint table against NumPy, scikit-learn and the article's numbers."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.naive_bayes import CategoricalNB

from lib import Categorical
from lib.data import outfits

WHITE = outfits.encode("Round", "White", "ShirtScoopNeck", "Red", "LongHairStraight")
BLUE = outfits.encode("Round", "Blue01", "ShirtScoopNeck", "Red", "LongHairStraight")


@pytest.mark.parametrize(("alpha", "white", "blue"), [(0, 2 / 50, 0), (1, 3 / 4082, 1 / 4082)])
def test_the_numbers_of_the_article(alpha, white, blue):
    model = Categorical.fit(outfits.fifty, outfits.sizes, alpha)
    np.testing.assert_allclose(np.exp(model.log_prob([WHITE, BLUE])), [white, blue], rtol=1e-6)


@given(
    x=arrays.arrays(np.int32, st.tuples(st.integers(1, 40), st.just(2)), elements=st.integers(0, 2)),
    alpha=st.floats(0.0, 100.0, width=32),
)
def test_agrees_with_a_plain_count(x, alpha):
    sizes = (3, 4)
    counts = np.zeros(sizes)
    for row in x:
        counts[tuple(row)] += 1
    expected = (counts + alpha) / (len(x) + alpha * 12)
    np.testing.assert_array_equal(Categorical.count(x, sizes), counts)
    np.testing.assert_allclose(np.exp(Categorical.fit(x, sizes, alpha).log_probs), expected, rtol=3e-6, atol=1e-30)


@given(x=arrays.arrays(np.int32, (20, 3), elements=st.integers(0, 1)), order=st.permutations(range(3)))
def test_features_and_rows_may_come_in_any_order(x, order):
    plain = Categorical.fit(x, (2, 2, 2), 0.5).log_prob(x)
    moved = Categorical.fit(x[::-1, order], (2, 2, 2), 0.5).log_prob(x[:, order])
    np.testing.assert_array_equal(plain, moved)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 5.0])
def test_agrees_with_scikit_learn(alpha):
    x = np.asarray(outfits.stylist.sample(jax.random.key(1), 2000))
    cell = np.ravel_multi_index(tuple(x.T), outfits.sizes)[:, None]
    theirs = CategoricalNB(alpha=alpha, min_categories=4032).fit(cell, np.zeros(len(cell))).feature_log_prob_[0][0]
    np.testing.assert_allclose(np.ravel(Categorical.fit(x, outfits.sizes, alpha).log_probs), theirs, rtol=1e-6)


def test_smoothing_is_the_posterior_mean_of_a_dirichlet_prior():
    counts, alpha = np.array([3, 0, 1]), 0.7
    draws = np.random.default_rng(0).dirichlet(counts + alpha, size=400_000)
    smoothed = np.exp(Categorical.from_counts(counts, alpha).log_probs)
    np.testing.assert_allclose(smoothed, draws.mean(0), atol=6.5 * draws.std(0).max() / np.sqrt(len(draws)))


def test_a_table_that_is_no_law_is_refused():
    with pytest.raises(ValueError, match="log_probs must sum to one after exp; it sums to 2"):
        Categorical(np.zeros(2, np.float32))
    with pytest.raises(ValueError, match=r"log_probs\[1\] is nan"):
        Categorical(np.array([0, np.nan], np.float32))
    with pytest.raises(TypeError, match="log_probs must be real log-probabilities; got dtype int64"):
        Categorical(np.zeros(1, int))


def test_a_table_too_large_for_its_index_is_refused():
    with pytest.raises(ValueError, match=r"sizes must have a product below 2\*\*31 to be tabulated"):
        Categorical.count(np.zeros((1, 4), int), (256,) * 4)
    with pytest.raises(ValueError, match=r"log_probs.shape must have a product below 2\*\*31"):
        Categorical(np.broadcast_to(np.float32(-31 * np.log(2)), (2**16, 2**15)))
