"""The mean and the scale in which networks see data."""

import numpy as np
import pytest

from lib.numerics.scaling import mean_and_scale


def test_the_scale_is_one_for_all_numbers():
    x = np.float32([[[0, 10]], [[4, 10]], [[2, 16]]])
    mean, scale = mean_and_scale(x)
    np.testing.assert_allclose(mean, [[2, 12]])
    assert scale == pytest.approx(np.sqrt((4 + 4 + 0 + 4 + 4 + 16) / 6))


def test_far_from_the_origin_it_keeps_its_digits():
    x = np.float32([[1e6], [1e6 + 1]])
    assert mean_and_scale(x)[1] == pytest.approx(0.5)


def test_observations_that_are_all_the_same_have_no_scale():
    with pytest.raises(ValueError, match="x must hold observations that differ"):
        mean_and_scale(np.ones((3, 2), np.float32))
