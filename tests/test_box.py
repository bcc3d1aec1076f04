"""The box against scipy and its own claim, the largest likelihood."""

import re

import jax
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from lib import Box

finite = st.floats(-1e6, 1e6, width=32)


@given(arrays.arrays(np.float32, st.sampled_from([(2, 1), (3, 2), (20, 3)]), elements=finite, unique=True))
def test_the_smallest_box_holds_all_points(x):
    assume((np.ptp(x, axis=0) >= np.finfo(np.float32).tiny).all())
    model = Box.fit(x)
    np.testing.assert_array_equal(model.low, x.min(axis=0))
    np.testing.assert_array_equal(model.high, x.max(axis=0))
    volume = np.prod(x.max(axis=0).astype(float) - x.min(axis=0))
    np.testing.assert_allclose(model.log_prob(x), -np.log(volume), rtol=1e-6, atol=2e-6)


def test_agrees_with_scipy():
    x = np.random.default_rng(0).uniform(-3, 4, (1000, 2)).astype(np.float32)
    low, high = np.array([-2, -1]), np.array([3, 1.5])
    theirs = stats.uniform(low, high - low).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(Box(low, high).log_prob(x), theirs, rtol=1e-6)


def test_any_other_box_is_less_likely():
    x = np.random.default_rng(1).normal(size=(50, 2))
    best = Box.fit(x)
    assert Box(best.low - 0.01, best.high).log_prob(x).sum() < best.log_prob(x).sum()
    assert np.isneginf(Box(best.low + 0.01, best.high).log_prob(x).sum())


def test_the_faces_belong_to_the_box():
    model = Box([0, 0], [1, 2])
    outside = np.nextafter(np.float32(1), np.float32(2))
    np.testing.assert_allclose(model.log_prob([[0, 0], [1, 2], [0, 2], [1, 0]]), -np.log(2), rtol=1e-6)
    assert np.isneginf(model.log_prob([[outside, 0], [0, -1e-30]])).all()


def test_corners_may_be_traced():
    model = jax.jit(Box)(np.zeros(2, np.float32), np.array([1, 2], np.float32))
    assert model.log_prob([0.5, 0.5]) == pytest.approx(-np.log(2))
    inside_out = jax.jit(Box)(np.ones(2, np.float32), np.zeros(2, np.float32))
    assert np.isneginf(inside_out.log_prob([[0.5, 0.5], [1, 1], [0, 0]])).all()


@pytest.mark.parametrize(
    ("low", "high", "error", "message"),
    [
        ([0, 1], [1, 1], ValueError, "a box needs a width on each axis; high - low[1] is 0.0"),
        ([0, 2], [1, 1], ValueError, "a box needs a width on each axis; high - low[1] is -1.0"),
        ([-3e38], [3e38], ValueError, "a box needs a width on each axis; high - low[0] is inf"),
        ([np.nan], [1], ValueError, "low must be finite, and at most 3.4e+38 in size; low[0] is nan"),
        ([0], [1e39], ValueError, "high must be finite, and at most 3.4e+38 in size; high[0] is 1e+39"),
        ([1.7e9 + 1], [1.7e9 + 1000], ValueError, "low must be kept by float32 to 0.0001 of its range"),
        ([1.7e9], [1.7e9 + 1000], ValueError, "origin first; high[0] is 1700001000.0 (1 such values)"),
        ([0], [1, 2], ValueError, "low and high must have one shape (d,); got shapes (1,) and (2,)"),
        (0, 1, ValueError, "low and high must have one shape (d,); got shapes () and ()"),
        ([], [], ValueError, "low and high must have one shape (d,); got shapes (0,) and (0,)"),
        (["a"], [1], TypeError, "low must be real numbers; got dtype <U1"),
        ([False], [True], TypeError, "low must be real numbers; got dtype bool"),
    ],
)
def test_corners_that_make_no_box_are_refused(low, high, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Box(low, high)


@pytest.mark.parametrize("x", [[[1, 2]], [[1, 2], [3, 2]], [[0, 0], [1, 1e-40]]], ids=["one", "flat", "subnormal"])
def test_points_that_span_no_box_are_refused(x):
    with pytest.raises(ValueError, match="high - low must be at least 1.2e-38 and finite"):
        Box.fit(x)
