"""Shares with their standard errors, and novelty against a plain comparison of all pairs."""

import re

import jax
import numpy as np
import pytest

from lib.data import outfits, world
from lib.scores import novelty, share


def test_a_share_has_its_standard_error():
    draws = np.random.default_rng(0).random((4000, 250)) < 0.2
    estimates = [share(row) for row in draws]
    errors = np.array([estimate.value - 0.2 for estimate in estimates])
    assert np.std(errors) == pytest.approx(np.mean([e.standard_error for e in estimates]), rel=0.05)


def test_a_memoriser_has_nothing_new_and_the_law_of_the_world_nothing_old():
    seen = world.sample(jax.random.key(0), 500)
    assert novelty(seen[::2], seen) == (0, 0)
    assert novelty(world.sample(jax.random.key(1), 500), seen) == (1, 0)


def test_novelty_is_what_comparing_all_pairs_gives():
    x, seen = outfits.stylist.sample(jax.random.key(0), 300), outfits.fifty
    new = ~(np.asarray(x)[:, None] == seen).all(axis=2).any(axis=1)
    assert 0 < new.mean() < 1
    assert novelty(x, seen) == share(new)


def test_zero_is_zero_whatever_its_sign():
    assert novelty([[0.0, 1.0]], [[-0.0, 1.0]]).value == 0


def test_ids_are_compared_as_they_were_given():
    ids = np.array([[2**24], [2**53], [2**63 - 1]])
    assert novelty(ids - 1, ids) == (1, 0)
    assert novelty(np.float64(ids[:1]) + 1, ids[:1]) == (1, 0)
    assert novelty(ids, ids.astype(np.uint64)) == (0, 0)


def test_draws_in_float32_that_repeat_data_in_float64_are_no_news():
    data = np.random.default_rng(0).normal(size=(50, 2))
    assert novelty(data.astype(np.float32), data) == (0, 0)
    assert novelty(data, data.astype(np.float32)) == (0, 0)
    assert novelty(data + 1e-9, data) == (1, 0)


def test_scores_of_device_arrays():
    assert share(jax.numpy.array([True, False])) == share([True, False])
    x = jax.numpy.array([[1, 2], [3, 4]], "bfloat16")
    assert novelty(x, [[1.0, 2.0]]).value == 0.5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: share([0.5]), TypeError, "hits must be booleans; got dtype float64"),
        (lambda: share(np.zeros(0, bool)), ValueError, "with at least one draw; got shape (0,)"),
        (lambda: share(np.zeros((2, 2), bool)), ValueError, "hits must have shape (n,)"),
        (lambda: novelty([[1.0]], [[1.0, 2.0]]), ValueError, "must have the same features; got 1 and 2"),
        (lambda: novelty([[np.nan]], [[1.0]]), ValueError, "x[0, 0] is nan"),
        (
            lambda: novelty(np.ma.masked_equal([[1.0], [-9.0]], -9), [[1.0]]),
            ValueError,
            "x[1, 0] is masked (1 such values)",
        ),
        (lambda: share(np.ma.array([True, True], mask=[True, False])), ValueError, "hits[0] is masked"),
        (lambda: novelty(["a"], [[1.0]]), TypeError, "x must be real numbers"),
        (lambda: novelty([[1.0]], np.zeros((0, 1))), ValueError, "seen must have at least one row"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
