"""The alias table against the probabilities that went in, exactly: each slot's parts are added up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import Categorical, Histogram
from lib.numerics.alias import AliasTable
from lib.numerics.notches import BITS, LONGEST
from tests.contract.statistics import assert_drawn_from


def log(p):
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(p, np.float32) / np.sum(p, dtype=np.float32))


def mass(table):
    """What the slots give to each outcome, added up, in units of 2⁻ᴮᴵᵀˢ; of a table of rows, in units of 2⁻²ᴮᴵᵀˢ."""
    if table.rows is None:
        return _mass(np.asarray(table.threshold), np.asarray(table.alias))
    slots = zip(np.asarray(table.rows.threshold), np.asarray(table.rows.alias), strict=True)
    rows = np.stack([_mass(*row) for row in slots])
    return np.ravel(_mass(np.asarray(table.threshold), np.asarray(table.alias))[: len(rows), None] * rows)


def _mass(threshold, alias):
    width = 2**BITS // len(alias)
    assert ((threshold >= 0) & (threshold <= width)).all()
    result = threshold.astype(np.int64)
    np.add.at(result, alias, width - threshold)
    return result


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1)), min_size=1, max_size=40).filter(any))
def test_the_slots_hold_exactly_the_probabilities(weights):
    p = np.exp(np.float64(log(weights)))
    got = mass(jax.jit(AliasTable)(log(weights)))
    assert got.sum() == 2**BITS
    np.testing.assert_allclose(got[: len(p)] / 2**BITS, p, atol=1e-6)
    assert (got[: len(p)][p == 0] == 0).all()
    assert (got[len(p) :] == 0).all()


def test_one_outcome_is_always_drawn(key):
    assert (AliasTable(log([1])).draw(key, 100) == 0).all()


def test_all_outcomes_of_a_fair_table_are_drawn_alike(key):
    drawn = AliasTable(log(np.ones(4))).draw(key, 100_000)
    assert np.bincount(drawn) == pytest.approx(25_000, abs=6.5 * np.sqrt(100_000 * 3 / 16))


def test_it_is_built_under_jit_and_the_first_draws_do_not_depend_on_how_many_follow(key):
    weights = log(np.arange(1, 10))
    plain = AliasTable(weights).draw(key, 50)
    np.testing.assert_array_equal(jax.jit(lambda w: AliasTable(w).draw(key, 50))(weights), plain)
    np.testing.assert_array_equal(AliasTable(weights).draw(key, 7), plain[:7])


# --- Long tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [LONGEST, LONGEST + 1, 100_000, 10**6, 10**7])
def test_each_outcome_of_a_long_table_has_its_probability(n, key):
    """First exactly, with the first, the last, the largest, the smallest and the impossible ones; then by draws."""
    weights = np.random.default_rng(n).exponential(size=n)
    weights[n // 3], weights[[5, -7]], weights[n // 2 : n // 2 + 100] = 1000, 1e-3, 0
    log_p = log(weights)
    p = np.exp(np.float64(log_p))
    p /= p.sum()
    table = jax.jit(AliasTable)(log_p)
    got = mass(table)
    total = 2 ** (BITS if table.rows is None else 2 * BITS)
    assert got.sum() == total
    assert (got[np.append(p, np.zeros(len(got) - n)) == 0] == 0).all()
    columns = n if table.rows is None else table.rows.alias.shape[1]
    row = np.repeat(np.add.reduceat(p, np.arange(0, n, columns)), columns)[:n]
    notches = np.abs(got[:n] / total - p) - 1e-6 * p  # beyond the rounding of float32
    assert (notches < 4 * 2.0**-BITS * (row + p / row)).all()
    drawn = np.asarray(table.draw(key, 1_000_000))
    np.testing.assert_array_equal(table.draw(key, 7), drawn[:7])
    groups = max(1, n // 1000)
    assert_drawn_from(np.add.reduceat(p, np.arange(0, n, groups)), drawn // groups)


def test_a_fair_histogram_of_many_cells_draws_its_first_cell_as_often_as_others(key):
    drawn = Histogram.from_counts(np.ones(100_000, int), [(0, 1)]).sample(key, 2_000_000)
    first = np.sum(np.asarray(drawn) < 1e-5)
    assert 0 < first < 20 + 6.5 * np.sqrt(20)


def test_a_table_of_codes_that_is_too_long_for_one_stick_draws_its_rare_cells(key):
    """0.4 notches each, of 2¹⁸ cells: 98 of a million draws."""
    p = np.full((2, 2**17), 0.4 * 2.0**-BITS)
    p[0, 0] += 1 - p.sum()
    drawn = np.asarray(Categorical(jnp.log(p.astype(np.float32))).sample(key, 1_000_000))
    rare = (drawn != 0).any(axis=1)
    assert 98 - 6.5 * np.sqrt(98) < rare.sum() < 98 + 6.5 * np.sqrt(98)
    assert 0.1 < drawn[rare, 0].mean() < 0.9
