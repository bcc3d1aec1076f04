"""What only models of counts promise (lib/counted.py): they are fitted from counts, and no code is ever clamped."""

import operator
import re
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType

from lib.data import outfits
from tests.contract.cases import ALPHAS, GROUNDS, OF_COUNTS, ULP
from tests.contract.cases import OUTFITS as DATA

SIZES = outfits.sizes
CELLS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=-1)


@pytest.fixture(params=[GROUNDS[name].Model for name in OF_COUNTS], ids=OF_COUNTS)
def Model(request):
    return request.param


@pytest.fixture(params=ALPHAS.values(), ids=ALPHAS.keys())
def model(request, Model):
    return Model.fit(DATA, **request.param)


# --- fit is strict -------------------------------------------------------------------------------


@dataclass
class Bad:
    """What a careless caller may pass to fit, and what the error must say."""

    x: object
    error: type[Exception]
    message: str
    alpha: object = 1.0
    sizes: object = (3, 2)


BAD = {
    "fractional codes": Bad([[0.5, 1.0]], TypeError, "x must be integers; got dtype float64"),
    "nan": Bad([[np.nan, 1.0]], TypeError, "x must be integers; got dtype float64"),
    "too few features": Bad(
        [[0], [1]], ValueError, "x must have shape (n, 2), a row for each observation; got shape (2, 1)"
    ),
    "code K": Bad([[0, 0], [3, 1]], ValueError, "x[1, 0] is 3 (1 such values)"),
    "code -1": Bad([[0, -1], [0, -1]], ValueError, "x[0, 1] is -1 (2 such values)"),
    "code that JAX would narrow to 1": Bad(np.array([[2**32 + 1, 0]]), ValueError, "x[0, 0] is 4294967297"),
    "huge unsigned code": Bad(np.array([[2**64 - 1, 0]], np.uint64), ValueError, "x[0, 0] is 18446744073709551615"),
    "alpha -1": Bad([[0, 1]], ValueError, "alpha must be at least 0", alpha=-1),
    "alpha nan": Bad([[0, 1]], ValueError, "alpha must be at least 0", alpha=np.nan),
    "alpha inf": Bad([[0, 1]], ValueError, "alpha must be at least 0", alpha=np.inf),
    "alpha beyond float32": Bad(
        [[0, 1]], ValueError, "alpha must be at least 0 and at most 1e+20; got 1e+39", alpha=1e39
    ),
    "alpha a list": Bad([[0, 1]], TypeError, "alpha must be a real number; got [1.0, 2.0]", alpha=[1.0, 2.0]),
    "alpha a string": Bad([[0, 1]], TypeError, "alpha must be a real number; got 'one'", alpha="one"),
    "no sizes": Bad([[0, 1]], ValueError, "sizes must name at least one feature", sizes=()),
    "size 0": Bad([[0, 1]], ValueError, "sizes must be at least 1; got 0", sizes=(3, 0)),
    "fractional size": Bad([[0, 1]], TypeError, "sizes must be a sequence of whole numbers", sizes=(3, 2.5)),
    "sizes a number": Bad([[0, 1]], TypeError, "sizes must be a sequence of whole numbers", sizes=3),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_fit_refuses(Model, bad):
    with pytest.raises(bad.error, match=re.escape(bad.message)):
        Model.fit(bad.x, bad.sizes, bad.alpha)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_any_integer_dtype_gives_the_same_model(Model, kind):
    assert eqx.tree_equal(Model.fit(DATA.astype(kind), SIZES), Model.fit(DATA, SIZES))


def assert_same_counts(ours, theirs):
    """The same integers in the same tree: int32 of JAX where they were traced, else int64 of NumPy."""
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)
    assert all(np.issubdtype(table.dtype, np.integer) for table in jax.tree.leaves((ours, theirs)))


def test_counts_of_parts_add_up(Model):
    parts = jax.tree.map(operator.add, Model.count(DATA[:100], SIZES), Model.count(DATA[100:], SIZES))
    assert_same_counts(parts, Model.count(DATA, SIZES))


def test_fit_is_count_and_from_counts_in_a_row(Model):
    assert eqx.tree_equal(Model.fit(DATA, SIZES, 0.5), Model.from_counts(Model.count(DATA, SIZES), 0.5))


def test_counts_beyond_int32_are_not_narrowed(Model):
    many = jax.tree.map(lambda n: np.asarray(n, np.int64) * 2**33, Model.count(DATA, SIZES))
    plain, scaled = (Model.from_counts(counts).log_prob(DATA) for counts in (Model.count(DATA, SIZES), many))
    np.testing.assert_allclose(scaled, plain, rtol=ULP)


def test_negative_counts_are_refused(Model):
    negative = jax.tree.map(lambda n: n - 301, Model.count(DATA, SIZES))
    with pytest.raises(ValueError, match="must be counts of at least 0"):
        Model.from_counts(negative)


def test_nothing_seen_and_no_pseudo_count_is_refused(Model):
    nothing = jax.tree.map(jnp.zeros_like, Model.count(DATA, SIZES))
    with pytest.raises(ValueError, match="at least one observation where alpha is 0"):
        Model.from_counts(nothing)
    np.testing.assert_allclose(Model.from_counts(nothing, 1.0).log_prob(CELLS), -np.log(len(CELLS)), rtol=ULP)


# --- log_prob is total ---------------------------------------------------------------------------


@pytest.mark.parametrize("feature", range(len(SIZES)))
@pytest.mark.parametrize("code", [-1, "K", 2**31 - 1, -(2**31), 2**32 + 1, 2**63 - 1], ids="code={}".format)
def test_out_of_support_is_minus_infinity(model, feature, code):
    x = np.zeros((2, len(SIZES)), np.int64)
    x[1, feature] = SIZES[feature] if code == "K" else code
    assert np.isneginf(model.log_prob(x)[1])
    assert model.log_prob(x)[0] == model.log_prob(np.zeros(len(SIZES), int))


def test_huge_unsigned_codes_are_out_of_support(model):
    for kind in (np.uint32, np.uint64):
        assert np.isneginf(model.log_prob(np.full(len(SIZES), np.iinfo(kind).max, kind)))


def test_log_prob_refuses_real_numbers(model):
    with pytest.raises(TypeError, match="x must be integers; got dtype float64"):
        model.log_prob([0.0] * len(SIZES))


# --- compiled agrees with uncompiled -------------------------------------------------------------


def test_each_device_counts_its_own_rows(Model, sharded, fetched):
    x, plain = sharded(DATA), Model.count(DATA, SIZES)
    fetched.clear()
    assert_same_counts(Model.count(x, SIZES), plain)
    assert len(fetched) == 1
    assert fetched[0][0] == 2  # tables of two devices, and no data


@pytest.mark.parametrize("sharded", [AxisType.Auto], indirect=True)
def test_sharded_counts_under_jit_are_the_plain_ones(Model, sharded):
    counts = jax.jit(Model.count, static_argnums=1)(sharded(DATA), SIZES)
    assert_same_counts(counts, Model.count(DATA, SIZES))


def test_a_new_alpha_recompiles_nothing_and_has_a_gradient(Model):
    counts, traces = Model.count(DATA, SIZES), []

    @jax.jit
    def mean_log_prob(alpha):
        traces.append(alpha)
        return Model.from_counts(counts, alpha).log_prob(DATA).mean()

    for alpha in (0.1, 1.0, 10.0):
        expected = Model.fit(DATA, SIZES, alpha).log_prob(DATA).mean()
        assert mean_log_prob(alpha) == pytest.approx(float(expected), rel=1e-6)
    assert len(traces) == 1
    assert np.isfinite(jax.grad(mean_log_prob)(1.0))


def test_counts_of_jax_that_a_compiled_function_closes_over_are_checked(Model):
    """They are known, however many they are and whatever else is traced."""
    sizes = (5000, 2)  # tables of more numbers than are fetched
    x = np.random.default_rng(0).integers(0, sizes, (50, 2))
    counts, alpha = jax.tree.map(jnp.asarray, Model.count(x, sizes)), jnp.float32(1)

    def log_prob(x, counts=counts):
        return Model.from_counts(counts, alpha).log_prob(x)

    np.testing.assert_allclose(jax.jit(log_prob)(x), log_prob(x), rtol=1e-6)
    wrong = jax.tree.map(lambda table: table - 1, counts)
    with pytest.raises(ValueError, match="must be counts of at least 0"):
        jax.jit(lambda x: log_prob(x, wrong))(x)


def test_counted_that_are_traced_are_never_clamped(Model):
    """Under jit values cannot be refused; a bad code must then count nowhere."""
    bad = DATA.copy()
    bad[0, 0], bad[1, 1] = SIZES[0], -1
    traced = jax.jit(Model.count, static_argnums=1)(bad, SIZES)
    assert_same_counts(traced, Model.count(DATA[2:], SIZES))
