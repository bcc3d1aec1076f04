"""Tests of samplers whose false alarms are bounded: a correct sampler fails one run in 10⁹."""

import numpy as np
from scipy import stats

FALSE_ALARM = 1e-9


def assert_drawn_from(probabilities: np.ndarray, drawn: np.ndarray) -> None:
    """Pearson's χ² test that the indices `drawn` come from `probabilities`; rare cells are merged into one."""
    counts = np.bincount(drawn, minlength=len(probabilities))
    assert len(counts) == len(probabilities), f"drew {drawn.max()}, of {len(probabilities)} cells"
    impossible = np.flatnonzero((probabilities == 0) & (counts > 0))
    assert not impossible.size, f"drew the cells {impossible}, which have probability 0"
    expected = probabilities * len(drawn)
    common = expected >= 10
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    if expected[-1] < 10:  # too rare even together: their draws are bounded by a Poisson tail
        assert stats.poisson.sf(observed[-1] - 1, expected[-1]) > FALSE_ALARM
        observed, expected = observed[:-1], expected[:-1]
    statistic = np.sum((observed - expected) ** 2 / expected)
    assert stats.chi2.sf(statistic, len(expected) - 1) > FALSE_ALARM
