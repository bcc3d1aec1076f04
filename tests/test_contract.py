"""Every model through every promise of the contract (lib/density.py). A new model joins by one line in MODELS."""

import operator
import re
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import lib
from lib.data import outfits
from tests.statistics import assert_drawn_from

MODELS = {
    "Categorical": lib.Categorical,
    "NaiveBayes": lib.NaiveBayes,
    "ChowLiuTree": lib.ChowLiuTree,
}

SIZES = outfits.sizes
CELLS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=-1)
DATA = np.asarray(outfits.stylist.sample(jax.random.key(0), 300))
ULP = 8 * np.finfo(np.float32).eps


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def Model(request):
    return request.param


@pytest.fixture(params=[0.0, 0.01, 1.0, 1e6], ids="alpha={}".format)
def model(request, Model):
    return Model.fit(DATA, SIZES, alpha=request.param)


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
    "strings": Bad([["a", "b"]], TypeError, "x must be integers"),
    "complex": Bad([[1j, 0]], TypeError, "x must be integers; got dtype complex128"),
    "truth values": Bad([[True, False]], TypeError, "x must be integers; got dtype bool"),
    "ragged": Bad([[0, 1], [0]], TypeError, "x must be an array of numbers"),
    "no rows": Bad(np.zeros((0, 2), int), ValueError, "x must have at least one row; got none"),
    "one row without brackets": Bad([0, 1], ValueError, "x must have shape (n, 2)"),
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


def test_fitted_model_holds_no_nan_and_no_inf(model):
    for leaf in jax.tree.leaves(model):
        assert not np.isnan(leaf).any()
        assert not np.isposinf(leaf).any()


def test_model_is_an_immutable_pytree(model):
    copy = jax.tree.map(lambda leaf: leaf, model)
    assert eqx.tree_equal(copy, model)
    with pytest.raises(AttributeError):
        model.sizes = (1,)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_any_integer_dtype_gives_the_same_model(Model, kind):
    assert eqx.tree_equal(Model.fit(DATA.astype(kind), SIZES), Model.fit(DATA, SIZES))


def test_lists_and_device_arrays_give_the_same_model(Model):
    assert eqx.tree_equal(Model.fit(DATA.tolist(), list(SIZES)), Model.fit(jnp.asarray(DATA), SIZES))


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


def test_sums_to_one(model):
    assert np.exp(np.float64(model.log_prob(CELLS))).sum() == pytest.approx(1, abs=1e-6)


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


@pytest.mark.parametrize("shape", [(), (7,), (0,), (2, 3), (1, 0, 2)], ids=str)
def test_log_prob_keeps_the_batch_shape(model, shape):
    x = np.broadcast_to(DATA[0], (*shape, len(SIZES)))
    result = model.log_prob(x)
    assert result.shape == shape
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, np.full(shape, model.log_prob(DATA[0])))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([0.0] * 5, TypeError, "x must be integers; got dtype float64"),
        (["a"] * 5, TypeError, "x must be integers"),
        ([[0, 1]], ValueError, "x must have shape (*batch, 5); got shape (1, 2)"),
        (0, ValueError, "x must have shape (*batch, 5); got shape ()"),
    ],
)
def test_log_prob_refuses(model, x, error, message):
    with pytest.raises(error, match=re.escape(message)):
        model.log_prob(x)


# --- compiled agrees with uncompiled -------------------------------------------------------------


def test_log_prob_agrees_with_the_plain_one_point_formula(model):
    with jax.disable_jit():
        plain = np.stack([model._log_prob(jnp.asarray(x)) for x in DATA[:20]])
    np.testing.assert_allclose(model.log_prob(DATA[:20]), plain, rtol=ULP)
    np.testing.assert_allclose(jax.jit(lambda x: model.log_prob(x))(DATA[:20]), plain, rtol=ULP)
    np.testing.assert_allclose(jax.vmap(model.log_prob)(jnp.asarray(DATA[:20])), plain, rtol=ULP)


def test_sharded_agrees_with_plain(model):
    mesh = Mesh(np.array(jax.devices()[:2]), ("rows",))
    sharded = jax.device_put(DATA, NamedSharding(mesh, PartitionSpec("rows")))
    np.testing.assert_allclose(model.log_prob(sharded), model.log_prob(DATA), rtol=ULP)
    assert_same_counts(jax.jit(type(model).count, static_argnums=1)(sharded, SIZES), type(model).count(DATA, SIZES))


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


def test_codes_that_are_traced_are_never_clamped(Model):
    """Under jit values cannot be refused; a bad code must then count nowhere."""
    bad = DATA.copy()
    bad[0, 0], bad[1, 1] = SIZES[0], -1
    traced = jax.jit(Model.count, static_argnums=1)(bad, SIZES)
    assert_same_counts(traced, Model.count(DATA[2:], SIZES))


# --- samplers ------------------------------------------------------------------------------------


def test_draws_follow_the_density(model, key):
    x = np.asarray(model.sample(key, 300_000))
    assert_drawn_from(np.exp(np.float64(model.log_prob(CELLS))), np.ravel_multi_index(tuple(x.T), SIZES))


def test_draws_are_determined_by_the_key(model, key):
    x = model.sample(key, 50)
    assert x.shape == (50, len(SIZES))
    assert x.dtype == np.int32
    np.testing.assert_array_equal(x, model.sample(key, 50))
    np.testing.assert_array_equal(x[:7], model.sample(key, 7))
    np.testing.assert_array_equal(x, jax.jit(lambda key: model.sample(key, 50))(key))
    assert (x != model.sample(jax.random.key(1), 50)).any()
    assert model.sample(key, 0).shape == (0, len(SIZES))


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (-1, ValueError, "n must be at least 0; got -1"),
        (2.5, TypeError, "n must be a whole number; got 2.5"),
        (True, TypeError, "n must be a whole number; got True"),
        ("3", TypeError, "n must be a whole number; got '3'"),
    ],
)
def test_sample_refuses_n(model, key, n, error, message):
    with pytest.raises(error, match=re.escape(message)):
        model.sample(key, n)


def test_sample_refuses_other_keys(model, key):
    for raw in (jax.random.PRNGKey(0), 0, np.array([0, 1], np.uint32)):
        with pytest.raises(TypeError, match="key must be made by jax.random.key"):
            model.sample(raw, 3)
    with pytest.raises(ValueError, match=re.escape("key must be one key; got keys of shape (2,)")):
        model.sample(jax.random.split(key), 3)
