"""The histogram against NumPy."""

import operator
import re

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lib import Box, Categorical, Histogram
from tests.contract.cases import ULP

RNG = np.random.default_rng(0)
X = RNG.uniform([-1, 0], [1, 10], (5000, 2)).astype(np.float32)
RANGE = ((-1, 1), (0, 10))


def edges(bins, range):
    """In float32, as the model has them."""
    return [np.linspace(*pair, number + 1).astype(np.float32) for number, pair in zip(bins, range, strict=True)]


@pytest.mark.parametrize("bins", [(1, 1), (7, 3), (200, 333)], ids=str)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_agrees_with_numpy(bins, kind):
    theirs, _ = np.histogramdd(X, edges(bins, RANGE))
    np.testing.assert_array_equal(Histogram.count(X.astype(kind), bins, RANGE), theirs)
    density, _ = np.histogramdd(X, edges(bins, RANGE), density=True)
    model = Histogram.fit(X, bins, RANGE)
    centres = [(each[1:] + each[:-1]) / 2 for each in edges(bins, RANGE)]
    ours = np.exp(model.log_prob(np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1)))
    np.testing.assert_allclose(ours, density, rtol=5e-5)  # narrow cells: float32 rounds their edges


@given(
    x=arrays.arrays(np.float32, (20, 1), elements=st.floats(-3, 7, width=32)),
    bins=st.sampled_from([1, 3, 50]),
    alpha=st.floats(0, 10, width=32),
)
def test_agrees_with_a_plain_count(x, bins, alpha):
    (edge,) = edges((bins,), ((-3, 7),))
    counts = np.zeros(bins)
    for value in x[:, 0]:
        counts[min(bins - 1, sum(value >= each for each in edge[1:]))] += 1
    np.testing.assert_array_equal(Histogram.count(x, bins, [(-3, 7)]), counts)
    expected = (counts + alpha) / (len(x) + alpha * bins)
    np.testing.assert_allclose(np.exp(Histogram.fit(x, bins, [(-3, 7)], alpha).log_probs), expected, rtol=2e-6)


@pytest.mark.parametrize("bins", [3, 10, 1000, 12345])
def test_each_edge_belongs_to_the_cell_above_it(bins):
    """Where a quotient could round into the next cell, the edges decide: for counts and densities alike."""
    (edge,) = edges((bins,), ((0.1, 0.7),))
    below = np.nextafter(edge[1:], np.float32(0))
    x = np.concatenate([edge, below])[:, None]
    expected = np.bincount(np.append(np.minimum(np.arange(bins + 1), bins - 1), np.arange(bins)))
    counts = Histogram.count(x, bins, [(0.1, 0.7)])
    np.testing.assert_array_equal(counts, expected)
    counts[::2] += 7
    model = Histogram.from_counts(counts, [(0.1, 0.7)])
    some = np.linspace(0, len(x) - 1, 50).astype(int)
    plain = [model._log_prob(x[i]) for i in some]
    np.testing.assert_allclose(model.log_prob(x)[some], plain, rtol=ULP, atol=ULP)


@pytest.mark.parametrize("kind", [np.float64, np.longdouble])
def test_points_that_float32_would_put_on_an_edge_stay_below_it(kind):
    """The counts are those of NumPy on the same edges, and densities are looked up in the same cells."""
    model = Histogram(np.log(np.arange(1, 11) / 55), [(0.1, 0.7)])
    edge = model.edges[0].astype(kind)
    below = (edge[1:] - kind(1e-12))[:, None]
    theirs, _ = np.histogram(below, edge)
    np.testing.assert_array_equal(Histogram.count(below, 10, [(0.1, 0.7)]), theirs)
    centres = (model.edges[0][1:] + model.edges[0][:-1]) / 2
    np.testing.assert_array_equal(model.log_prob(below), model.log_prob(centres[:, None]))
    np.testing.assert_array_equal(Histogram.count(2**24 + np.arange(4)[:, None], 2, [(2**24, 2**24 + 4)]), [2, 2])


def test_one_cell_is_a_box():
    model, box = Histogram.fit(X, 1, RANGE), Box([-1, 0], [1, 10])
    x = RNG.uniform(-2, 12, (1000, 2))
    np.testing.assert_allclose(model.log_prob(x), box.log_prob(x), rtol=ULP)


def test_the_shares_are_those_of_the_table_of_cells():
    cells = np.stack([np.digitize(X[:, 0], edges((4, 5), RANGE)[0][1:-1]), (X[:, 1] // 2).astype(int)], axis=-1)
    table = Categorical.fit(cells, (4, 5), alpha=0.5)
    np.testing.assert_array_equal(Histogram.fit(X, (4, 5), RANGE, alpha=0.5).log_probs, table.log_probs)


def test_no_draw_is_on_the_upper_edge_of_its_cell():
    """There the next cell begins: rounding could carry the last number that a generator draws on to it."""
    model = Histogram.fit(X[:, :1], 1000, RANGE[:1])
    cells = np.arange(1000)
    last = model._within(cells, np.full((1000, 1), 1 - 2**-24, np.float32))[:, 0]
    assert (last >= model.edges[0][:-1]).all()
    assert (last < model.edges[0][1:]).all()


def test_three_axes():
    x = RNG.uniform(0, 1, (500, 3)).astype(np.float32)
    theirs, _ = np.histogramdd(x, edges((2, 3, 4), [(0, 1)] * 3))
    np.testing.assert_array_equal(Histogram.count(x, (2, 3, 4), [(0, 1)] * 3), theirs)


# --- Counts --------------------------------------------------------------------------------------


def test_counts_of_parts_add_up():
    parts = operator.add(*(Histogram.count(part, 9, RANGE) for part in (X[:1000], X[1000:])))
    np.testing.assert_array_equal(parts, Histogram.count(X, 9, RANGE))
    assert parts.dtype == np.int64


def test_a_file_larger_than_one_part_is_counted(tmp_path):
    many = np.memmap(tmp_path / "points", np.float32, "w+", shape=(4_500_000, 2))
    many[:] = np.resize(X, many.shape)
    theirs, _ = np.histogramdd(X, edges((9, 9), RANGE))
    np.testing.assert_array_equal(Histogram.count(many, 9, RANGE), 900 * theirs)
    many[4_400_000, 1] = 11
    with pytest.raises(ValueError, match=re.escape("x[4400000, 1] is 11.0 (1 such values)")):
        Histogram.count(many, 9, RANGE)


def test_a_new_alpha_recompiles_nothing_and_has_a_gradient():
    counts, traces = Histogram.count(X, 9, RANGE), []

    @jax.jit
    def mean_log_prob(alpha):
        traces.append(alpha)
        return Histogram.from_counts(counts, RANGE, alpha).log_prob(X).mean()

    for alpha in (0.1, 1.0, 10.0):
        expected = Histogram.fit(X, 9, RANGE, alpha).log_prob(X).mean()
        assert mean_log_prob(alpha) == pytest.approx(float(expected), rel=1e-6)
    assert len(traces) == 1
    assert np.isfinite(jax.grad(mean_log_prob)(1.0))


def test_traced_points_outside_of_the_range_count_nowhere():
    bad = X.copy()
    bad[0, 0], bad[1, 1], bad[2, 0] = 1.5, -3, np.nan
    traced = jax.jit(Histogram.count, static_argnums=(1, 2))(bad, 9, RANGE)
    np.testing.assert_array_equal(traced, Histogram.count(X[3:], 9, RANGE))


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 5], [0, 10.001]], "x must be in the range from [-1.0, 0.0] to [1.0, 10.0]; x[1, 1] is 10.001 (1 such"),
        ([[-2, 5], [2, 5]], "x[0, 0] is -2 (2 such values)"),
        ([[np.nan, 5]], "x[0, 0] is nan (1 such values)"),
        ([[0, 5, 0]], "x must have shape (n, 2), a row for each observation; got shape (1, 3)"),
    ],
)
def test_points_outside_are_refused(x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Histogram.fit(x, 4, RANGE)


@pytest.mark.parametrize(
    ("bins", "range", "error", "message"),
    [
        (0, RANGE, ValueError, "bins must be at least 1; got 0"),
        (2.0, RANGE, TypeError, "bins must be a whole number; got 2.0"),
        ((3, True), RANGE, TypeError, "bins must be a whole number; got True"),
        ((3,), RANGE, ValueError, "bins must be a number for each of the 2 pairs of range; got (3,)"),
        (3, (0, 1), ValueError, "range must have shape (d, 2), a pair (low, high) for each axis; got shape (2,)"),
        (3, [], ValueError, "range must have shape (d, 2)"),
        (10, [(0, 1), (1.7e9, 1.7e9 + 1e5)], ValueError, "range must be kept by float32 to 0.0001 of its range"),
        (3, [(0, 1), (1, 1)], ValueError, "range must be pairs low < high"),
        (3, [(-3e38, 3e38), (0, 1)], ValueError, "range must be pairs low < high"),
        (3, [(0, 1), (2, 1)], ValueError, "got (2, 1) for 3 bins"),
        (3, [(0, 1), (0, np.inf)], ValueError, "range must be finite"),
        (3, [(0, 1), (0, np.nan)], ValueError, "range must be finite"),
        (3, [("a", "b")], TypeError, "range must be real numbers"),
        (1000, [(0, 1), (1e6, 1e6 + 1)], ValueError, "which float32 can cut into the bins"),
        (2**40, RANGE, ValueError, "bins must have a product below 2**31 to be tabulated"),
        (2**16, [(0, 1), (0, 1)], ValueError, "bins must have a product below 2**31 to be tabulated"),
    ],
)
def test_a_grid_that_is_none_is_refused(bins, range, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Histogram.fit(np.full((1, 2), 0.5), bins, range)


@pytest.mark.parametrize("alpha", [-1, np.nan, np.inf])
def test_a_bad_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be at least 0"):
        Histogram.fit(X, 4, RANGE, alpha)


def test_bad_counts_are_refused():
    with pytest.raises(ValueError, match="counts must be counts of at least 0"):
        Histogram.from_counts([3, -1], [(0, 1)])
    with pytest.raises(ValueError, match="at least one observation where alpha is 0"):
        Histogram.from_counts([0, 0], [(0, 1)])
    with pytest.raises(ValueError, match="bins must be a number for each of the 2 pairs of range"):
        Histogram.from_counts([1, 2], RANGE)
    with pytest.raises(TypeError, match="counts must be integers"):
        Histogram.from_counts([0.5], [(0, 1)])


def test_shares_that_are_no_law_are_refused():
    with pytest.raises(ValueError, match="log_probs must sum to one after exp; it sums to 2"):
        Histogram(np.zeros(2, np.float32), [(0, 1)])
