"""The alias table against the probabilities that went in, exactly: each slot's parts are added up."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.numerics.alias import BITS, AliasTable


def log(p):
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(p, np.float32) / np.sum(p, dtype=np.float32))


def mass(table):
    """What each slot gives to each outcome, added up, in units of 2⁻ᴮᴵᵀˢ."""
    threshold, alias = np.asarray(table.threshold, np.int64), np.asarray(table.alias)
    width = 2**BITS // len(alias)
    assert ((threshold >= 0) & (threshold <= width)).all()
    result = threshold.copy()
    np.add.at(result, alias, width - threshold)
    return result


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1)), min_size=1, max_size=40).filter(any))
def test_the_slots_hold_exactly_the_probabilities(weights):
    p = np.exp(np.float64(log(weights)))
    got = mass(AliasTable(log(weights)))
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
