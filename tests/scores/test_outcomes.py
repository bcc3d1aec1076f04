"""Scores of outcomes: known values, plain NumPy, and what an exact sampler has on average."""

import re

import numpy as np
import pytest

from lib.scores import outcome_coverage, outcome_novelty, outcome_total_variation, outcome_validity

P = np.array([0.5, 0.3, 0.2, 0.0])  # the last one is impossible
DRAWS = np.array([0, 0, 1, 3, 3, 3, 0, 0])


def test_each_score_of_eight_draws():
    assert outcome_validity(DRAWS, P).value == 5 / 8
    assert outcome_total_variation(DRAWS, P).value == pytest.approx((0 + 0.175 + 0.2 + 0.375) / 2)
    assert outcome_coverage(DRAWS, P).value == pytest.approx(0.8)
    assert outcome_novelty(DRAWS, [0, 0], P).value == pytest.approx(1 / 5)
    assert outcome_novelty(DRAWS, [0, 0], P).exact == pytest.approx(0.5)
    assert np.isnan(outcome_novelty([3, 3], [0], P).value)


@pytest.mark.parametrize("p", [P, np.full(50, 0.02), np.array([1.0]), np.array([1.0, 0.0])], ids=len)
@pytest.mark.parametrize("n", [1, 7, 200])
def test_exact_is_what_draws_of_the_law_have_on_average(p, n):
    rng = np.random.default_rng(0)
    for score in (outcome_validity, outcome_total_variation, outcome_coverage):
        found = [score(rng.choice(len(p), n, p=p), p) for _ in range(300)]
        values, exact = np.array([each.value for each in found]), found[0].exact
        assert abs(values.mean() - exact) <= 4 * values.std() / np.sqrt(300) + 1e-12


@pytest.mark.parametrize("score", [outcome_total_variation, outcome_coverage])
def test_the_standard_error_is_the_spread(score):
    """Right for the total variation, and rough for the coverage."""
    rng, q = np.random.default_rng(1), np.random.default_rng(2).dirichlet(np.ones(300))
    p = np.random.default_rng(3).dirichlet(np.ones(300))
    found = [score(rng.choice(300, 1000, p=q), p) for _ in range(60)]
    spread = np.std([each.value for each in found])
    claimed = np.mean([each.standard_error for each in found])
    most = 1.35 if score is outcome_total_variation else 2
    assert spread / most < claimed < spread * most


@pytest.mark.parametrize(
    ("outcomes", "p", "error", "message"),
    [
        ([0.0], P, TypeError, "outcomes must be integers"),
        ([[0]], P, ValueError, "outcomes must have shape (n,), with at least one draw; got shape (1, 1)"),
        (np.zeros(0, int), P, ValueError, "with at least one draw"),
        ([4], P, ValueError, "outcomes must be codes from 0 to below (4,); outcomes[0] is 4"),
        ([-1], P, ValueError, "outcomes[0] is -1"),
        ([0], [0.5, 0.4], ValueError, "p must sum to one; it sums to 0.9"),
        ([0], [1.5, -0.5], ValueError, "p must be probabilities from 0 to 1; p[0] is 1.5 (2 such values)"),
        ([0], [np.nan, 1], ValueError, "p must be probabilities from 0 to 1"),
        ([0], [[1.0]], ValueError, "p must have shape (k,), with at least one outcome; got shape (1, 1)"),
        ([0], ["a"], TypeError, "p must be real numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(outcomes, p, error, message):
    for score in (outcome_validity, outcome_total_variation, outcome_coverage):
        with pytest.raises(error, match=re.escape(message)):
            score(outcomes, p)


def test_nobody_can_have_seen_what_is_impossible():
    with pytest.raises(ValueError, match=re.escape("the probability of seen must be above 0")):
        outcome_novelty(DRAWS, [0, 3], P)
    with pytest.raises(ValueError, match=re.escape("seen must be codes from 0 to below (4,)")):
        outcome_novelty(DRAWS, [7], P)
