"""Sums of float32 against sums of float64."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lib.numerics.summation import pairwise_sum


@pytest.mark.parametrize("value", [0.01, 0.1, 1e6 + 1])
@pytest.mark.parametrize("total", [pairwise_sum, jax.jit(pairwise_sum)], ids=["plain", "compiled"])
def test_a_long_sum_keeps_its_digits(total, value):
    x = np.full(4032, value, np.float32)
    x[::7] += 1
    assert total(x) == pytest.approx(x.sum(dtype=np.float64), rel=3e-7)


@given(arrays.arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(0, 20)), elements=st.floats(0, 10, width=32)))
def test_it_sums_over_the_last_axis(x):
    np.testing.assert_allclose(
        pairwise_sum(x), x.sum(-1, dtype=np.float64), rtol=1e-6, atol=1e-37
    )  # XLA flushes denormals
