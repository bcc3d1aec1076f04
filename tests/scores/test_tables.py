"""Scores against scipy, their known values and their inequalities."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn.metrics import mutual_info_score

from lib.scores import entropy, kl, mutual_information, total_correlation, total_variation

weights = arrays.arrays(np.float64, 6, elements=st.floats(0, 1)).filter(lambda w: w.sum() > 1e-3)


def log(p):
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(p, np.float32) / np.sum(p, dtype=np.float32))


@given(p=weights)
def test_entropy_agrees_with_scipy(p):
    assert entropy(log(p)) == pytest.approx(stats.entropy(p), abs=3e-6)


@given(p=weights, q=weights)
def test_kl_agrees_with_scipy(p, q):
    p, q = np.exp(np.float64(log(p))), np.exp(np.float64(log(q)))
    assert kl(log(p), log(q)) == pytest.approx(stats.entropy(p, q), rel=1e-5, abs=3e-6)


def test_known_values():
    assert entropy(log([1, 1, 1, 1])) == pytest.approx(np.log(4))
    for certain in ([1], [1, 0], [0, 1, 0]):
        assert entropy(log(certain)) == 0
        assert not np.signbit(entropy(log(certain)))
    assert kl(log([1, 1]), log([3, 1])) == pytest.approx(0.5 * np.log(4 / 3), rel=1e-5)


def test_kl_has_a_direction():
    certain, open_ = log([1, 0]), log([1, 1])
    assert kl(certain, open_) == pytest.approx(np.log(2))
    assert kl(open_, certain) == np.inf


def test_kl_is_the_same_over_tables_of_any_shape():
    p, q = log(np.arange(1, 25)), log(np.ones(24))
    assert kl(p.reshape(2, 3, 4), q.reshape(2, 3, 4)) == pytest.approx(float(kl(p, q)), rel=1e-6)


def test_what_is_no_law_is_refused():
    with pytest.raises(ValueError, match="log_q must sum to one after exp; it sums to 2"):
        kl(log([1, 1]), jnp.zeros(2))
    with pytest.raises(ValueError, match=r"log_p and log_q must have one shape; got \(2,\) and \(1, 2\)"):
        kl(log([1, 1]), log([[1, 1]]))
    with pytest.raises(ValueError, match=r"log_p\[1\] is nan"):
        entropy(jnp.array([0, jnp.nan]))
    with pytest.raises(TypeError, match="log_p must be real log-probabilities"):
        entropy([1, 2])


def test_total_correlation_is_the_sum_of_the_marginal_entropies_less_the_joint_one():
    p = np.random.default_rng(0).dirichlet(np.ones(60)).reshape(3, 4, 5)
    margins = [p.sum((1, 2)), p.sum((0, 2)), p.sum((0, 1))]
    expected = sum(stats.entropy(margin) for margin in margins) - stats.entropy(p.ravel())
    assert total_correlation(np.log(p)) == pytest.approx(expected, abs=1e-5)


def test_total_correlation_of_independent_features_is_zero():
    p = np.einsum("i,j,k", [0.2, 0.8], [0.5, 0.3, 0.2], [1.0, 0.0])
    assert total_correlation(log(p)) == pytest.approx(0, abs=1e-6)
    assert total_correlation(log(p)) >= 0


def test_mutual_information_agrees_with_scikit_learn():
    counts = np.random.default_rng(1).integers(0, 20, (4, 6))
    expected = mutual_info_score(None, None, contingency=counts)
    assert mutual_information(log(counts)) == pytest.approx(expected, abs=1e-6)


def test_mutual_information_is_of_two_features():
    with pytest.raises(ValueError, match=r"log_p must be a table of two features; got shape \(2, 2, 2\)"):
        mutual_information(np.full((2, 2, 2), np.log(1 / 8)))


def test_what_is_all_but_impossible_still_costs_infinitely_much():
    """exp of the first log-probability is 0 in float32, but it is no −inf."""
    assert kl(np.array([-200, 0], np.float32), np.array([-np.inf, 0], np.float32)) == np.inf


@given(p=weights, q=weights)
def test_total_variation_is_the_largest_difference_of_an_event(p, q):
    p, q = p / p.sum(), q / q.sum()
    events = np.array(list(np.ndindex((2,) * 6)))
    assert total_variation(p, q) == pytest.approx((events @ (p - q)).max(), abs=1e-6)
    assert total_variation(p, q) == total_variation(q, p)
    assert total_variation(p, q) <= np.sqrt(kl(log(p), log(q)) / 2) + 1e-3  # Pinsker's inequality


def test_total_variation_has_known_values():
    assert total_variation([1, 0], [0, 1]) == 1
    assert total_variation([[0.5, 0.5]], [[0.5, 0.5]]) == 0
    assert total_variation(jnp.array([0.75, 0.25]), np.array([0.5, 0.5])) == 0.25
    many = np.full(100_000, 1e-5)
    assert total_variation(many, many * np.tile([0, 2], 50_000)) == pytest.approx(0.5, rel=1e-6)


def test_total_variation_works_under_jit_and_has_a_gradient():
    p, q = jnp.array([0.2, 0.3, 0.5]), jnp.array([0.4, 0.4, 0.2])
    assert jax.jit(total_variation)(p, q) == total_variation(p, q)
    np.testing.assert_array_equal(jax.grad(total_variation)(p, q), [-0.5, -0.5, 0.5])


@pytest.mark.parametrize("library", [list, np.array, jnp.array])
def test_total_variation_works_under_jit_beside_a_law_that_is_known(library):
    p, law = jnp.array([0.2, 0.3, 0.5]), library([0.4, 0.4, 0.2])
    assert jax.jit(lambda p: total_variation(p, law))(p) == total_variation(p, law)
    with pytest.raises(ValueError, match="q must sum to one; it sums to 0.9"):
        jax.jit(lambda p: total_variation(p, [0.5, 0.4, 0]))(p)


@pytest.mark.parametrize(
    ("p", "q", "error", "message"),
    [
        ([1, 0], [[1, 0]], ValueError, "p and q must have one shape; got (2,) and (1, 2)"),
        ([1, 0], [0.5, 0.4], ValueError, "q must sum to one; it sums to 0.9"),
        ([], [], ValueError, "p must sum to one; it sums to 0"),
        ([np.nan, 1], [1, 0], ValueError, "p must be shares from 0 to 1; p[0] is nan (1 such values)"),
        ([1, 0], jnp.array([1.5, -0.5]), ValueError, "q must be shares from 0 to 1; q[0] is 1.5 (2 such values)"),
        ([7, 3], [1, 0], ValueError, "p must be shares from 0 to 1; p[0] is 7.0 (2 such values)"),
        (["a", "b"], [1, 0], TypeError, "p must be real numbers"),
    ],
)
def test_total_variation_refuses_what_are_no_shares(p, q, error, message):
    with pytest.raises(error, match=re.escape(message)):
        total_variation(p, q)
