"""The pieces of the stick against the probabilities in float64: alone, and any that lie side by side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.numerics.notches import BITS, LONGEST, in_rows, notches
from lib.numerics.tables import pick
from tests.contract.statistics import assert_drawn_from

TAILS = np.full(LONGEST, 0.4 * 2.0**-BITS)
TAILS[1000] = 1
RANDOM = np.random.default_rng(0).exponential(size=5000) ** 3
RANDOM[[0, 17, -1]] = 0
TABLES = {
    "one": np.ones(1),
    "thirds": np.ones(3),
    "fair": np.ones(LONGEST),
    "fair, and no power of two": np.ones(60_000),
    "all but one are less than half a notch": TAILS,
    "each half as likely as the one before": 0.5 ** np.arange(100),
    "random": RANDOM,
}


def log(p):
    with np.errstate(divide="ignore"):
        return np.log(p).astype(np.float32)


@pytest.mark.parametrize("p", TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("total", [1, 1 + 1e-4])  # which a table of log-probabilities may have
def test_pieces_are_as_long_as_the_probabilities(p, total):
    log_p = log(p / p.sum() * total)
    p = np.exp(np.float64(log_p))
    p /= p.sum()
    ends = np.asarray(jax.jit(notches)(log_p))
    pieces = np.diff(ends, prepend=0)
    assert ends[-1] == 2**BITS
    assert (pieces >= 0).all()
    assert (pieces[p == 0] == 0).all()
    assert (pieces[p >= 2.0**-29] > 0).all()
    for side_by_side in (1, 3, 50, 1000, 20_000):
        starts = np.arange(0, len(p), side_by_side)
        exact = np.add.reduceat(p, starts) * 2**BITS
        assert (np.abs(np.add.reduceat(pieces, starts) - exact) < 4 + 1e-6 * exact).all()


@pytest.mark.parametrize("n", [2**31 - 1, 2**30 + 1, 10**7, LONGEST + 1])
def test_rows_and_columns_are_never_longer_than_a_stick(n):
    rows, table = jax.eval_shape(in_rows, jax.ShapeDtypeStruct((n,), np.float32))
    assert max(*rows.shape, *table.shape) <= LONGEST
    assert rows.shape[0] == table.shape[0]
    assert n <= np.prod(table.shape) < n + table.shape[1]


def test_one_is_picked_from_a_long_table_as_its_probabilities_say(key):
    p = np.random.default_rng(1).exponential(size=2 * LONGEST)
    p[-LONGEST:-1000] = 0
    p /= p.sum()
    draw = jax.jit(lambda keys: jax.lax.map(lambda key: pick(key, jnp.asarray(log(p))), keys, batch_size=1000))
    drawn = np.asarray(draw(jax.random.split(key, 20_000)))
    assert (p[drawn] > 0).all()
    assert_drawn_from(np.add.reduceat(p, np.arange(0, len(p), 300)), drawn // 300)
