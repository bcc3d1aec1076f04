"""The Markov mesh against a plain walk through the pixels; what its counts promise; and models that it contains."""

import operator
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from lib import Categorical, MarkovMesh, NaiveBayes
from lib.numerics import parts
from tests.contract.cases import ULP
from tests.contract.statistics import assert_drawn_from

LEVELS = 3
ALL = np.stack(np.unravel_index(np.arange(LEVELS**6), [LEVELS] * 6), axis=1).reshape(-1, 3, 2)


def data(seed, n=200, shape=(3, 2)):
    """Pictures whose pixels depend on one another in a random way."""
    random = np.random.default_rng(seed)
    x, law = np.zeros((n, *shape), int), random.dirichlet(np.full(LEVELS, 0.3), (*shape, LEVELS, LEVELS)).cumsum(-1)
    for r, c in np.ndindex(shape):
        left, above = neighbours(x, r, c)
        x[:, r, c] = (random.random((n, 1)) > law[r, c, left, above, :-1]).sum(1)
    return x


def neighbours(x, r, c):
    nothing = np.zeros(len(x), int)
    return x[:, r, c - 1] if c > 0 else nothing, x[:, r - 1, c] if r > 0 else nothing


def plain_count(x):
    table = np.zeros((*x.shape[1:], LEVELS, LEVELS, LEVELS), int)
    for r, c in np.ndindex(x.shape[1:]):
        np.add.at(table[r, c], (*neighbours(x, r, c), x[:, r, c]), 1)
    return table


def plain_log_prob(x, at, alpha):
    """From the pictures themselves: among those with the same neighbours, how many have the same pixel?"""
    p = np.ones(len(at))
    for i, picture in enumerate(at):
        for r, c in np.ndindex(x.shape[1:]):
            same = np.all(np.equal(neighbours(x, r, c), np.array(neighbours(picture[None], r, c))), axis=0)
            hits = np.sum(same & (x[:, r, c] == picture[r, c]))
            p[i] *= (hits + alpha) / (same.sum() + alpha * LEVELS) if same.any() or alpha else 1 / LEVELS
    with np.errstate(divide="ignore"):
        return np.log(p)


# --- The formula ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 2), (2, 3), (1, 1), (1, 5), (5, 1)], ids=str)
@pytest.mark.parametrize("alpha", [0.0, 0.5, 3.0])
def test_log_prob_is_a_walk_through_the_pixels(shape, alpha):
    x, at = data(0, shape=shape), data(1, 60, shape)  # of another law: some of these were never seen
    log_probs = MarkovMesh.fit(x, LEVELS, alpha).log_prob(at)
    np.testing.assert_allclose(log_probs, plain_log_prob(x, at, alpha), rtol=1e-5)


def test_counts_are_the_plain_ones():
    counts = MarkovMesh.count(data(2), LEVELS)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, plain_count(data(2)))


@pytest.mark.parametrize("alpha", [0.0, 0.01, 1.0])
def test_sums_to_one_over_all_pictures(alpha):
    log_probs = MarkovMesh.fit(data(3), LEVELS, alpha).log_prob(ALL)
    assert np.exp(np.float64(log_probs)).sum() == pytest.approx(1, abs=1e-6)


def test_draws_follow_the_density(key):
    model = MarkovMesh.fit(data(4), LEVELS, 0.1)
    drawn = np.asarray(model.sample(key, 200_000)).reshape(-1, 6)
    p = np.exp(np.float64(model.log_prob(ALL)))
    assert_drawn_from(p, np.ravel_multi_index(tuple(drawn.T), [LEVELS] * 6))


def test_more_pixels_than_float32_adds_up_in_a_row():
    x = np.random.default_rng(5).integers(0, 8, (300, 32, 32), np.uint8)
    model = MarkovMesh.fit(x, 8, 1.0)
    r, c = np.indices((32, 32))
    left, above = np.pad(x, ((0, 0), (0, 0), (1, 0)))[:, :, :-1], np.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    expected = np.float64(model.log_probs)[r, c, left, above, x].sum((1, 2))
    np.testing.assert_allclose(model.log_prob(x), expected, rtol=ULP)


# --- The models that it contains -----------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)], ids=str)
def test_a_row_or_a_column_is_a_markov_chain(shape):
    """The product of the probabilities of all pairs of neighbours, divided by those of the three pixels inside."""
    x = data(6, 500, shape)

    def log_prob(*pixels):
        codes = x.reshape(-1, 5)[:, pixels]
        return Categorical.fit(codes, [LEVELS] * len(pixels)).log_prob(codes)

    chain = sum(log_prob(j, j + 1) for j in range(4)) - sum(log_prob(j) for j in (1, 2, 3))
    np.testing.assert_allclose(MarkovMesh.fit(x, LEVELS).log_prob(x), chain, rtol=1e-5)


def test_pixels_that_ignore_their_neighbours_are_naive_bayes():
    alone = NaiveBayes.fit(data(8).reshape(-1, 6), [LEVELS] * 6)
    tables = jnp.stack(alone.log_probs).reshape(3, 2, 1, 1, LEVELS)
    mesh = MarkovMesh(jnp.broadcast_to(tables, (3, 2, LEVELS, LEVELS, LEVELS)))
    np.testing.assert_allclose(mesh.log_prob(ALL), alone.log_prob(ALL.reshape(-1, 6)), rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_neighbours_raise_the_likelihood(seed):
    x = data(seed)
    mesh, alone = MarkovMesh.fit(x, LEVELS), NaiveBayes.fit(x.reshape(-1, 6), [LEVELS] * 6)
    assert mesh.log_prob(x).mean() > alone.log_prob(x.reshape(-1, 6)).mean() + 0.1


# --- Counts --------------------------------------------------------------------------------------


def assert_same_counts(ours, theirs):
    np.testing.assert_array_equal(ours, theirs)
    assert np.issubdtype(ours.dtype, np.integer)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_any_integer_dtype_gives_the_same_model(kind):
    assert eqx.tree_equal(MarkovMesh.fit(data(0).astype(kind), LEVELS), MarkovMesh.fit(data(0), LEVELS))


def test_counts_of_parts_add_up(monkeypatch):
    x, whole = data(0, 1000), MarkovMesh.count(data(0, 1000), LEVELS)
    assert_same_counts(operator.add(*(MarkovMesh.count(part, LEVELS) for part in (x[:300], x[300:]))), whole)
    monkeypatch.setattr(parts, "ELEMENTS_PER_CALL", 128 * 6)
    assert_same_counts(MarkovMesh.count(x, LEVELS), whole)


def test_fit_is_count_and_from_counts_in_a_row():
    model = MarkovMesh.from_counts(MarkovMesh.count(data(0), LEVELS), 0.5)
    assert eqx.tree_equal(MarkovMesh.fit(data(0), LEVELS, 0.5), model)


def test_counts_beyond_int32_are_not_narrowed():
    counts = MarkovMesh.count(data(0), LEVELS)
    plain, scaled = (MarkovMesh.from_counts(n).log_prob(data(0)) for n in (counts, counts * 2**33))
    np.testing.assert_allclose(scaled, plain, rtol=ULP)


def test_nothing_seen_is_uniform_or_refused():
    nothing = MarkovMesh.count(data(0)[:0], LEVELS)
    with pytest.raises(ValueError, match="at least one observation where alpha is 0"):
        MarkovMesh.from_counts(nothing)
    np.testing.assert_allclose(MarkovMesh.from_counts(nothing, 1.0).log_prob(ALL), -np.log(len(ALL)), rtol=ULP)


def test_sharded_counts_under_jit_are_the_plain_ones():
    x = jax.device_put(data(0), NamedSharding(Mesh(jax.devices()[:2], "rows"), PartitionSpec("rows")))
    counts = jax.jit(MarkovMesh.count, static_argnums=1)(x, LEVELS)
    assert_same_counts(counts, MarkovMesh.count(data(0), LEVELS))


def test_a_picture_whose_traced_level_is_bad_counts_nowhere():
    bad = data(0)
    bad[0, 0, 0], bad[1, 2, 1] = LEVELS, -1
    traced = jax.jit(MarkovMesh.count, static_argnums=1)(bad, LEVELS)
    assert_same_counts(traced, MarkovMesh.count(bad[2:], LEVELS))


def test_a_new_alpha_recompiles_nothing_and_has_a_gradient():
    x, counts, traces = data(0), MarkovMesh.count(data(0), LEVELS), []

    @jax.jit
    def mean_log_prob(alpha):
        traces.append(alpha)
        return MarkovMesh.from_counts(counts, alpha).log_prob(x).mean()

    for alpha in (0.1, 1.0, 10.0):
        assert mean_log_prob(alpha) == pytest.approx(float(MarkovMesh.fit(x, LEVELS, alpha).log_prob(x).mean()))
    assert len(traces) == 1
    assert np.isfinite(jax.grad(mean_log_prob)(1.0))


def test_counts_of_jax_that_a_compiled_function_closes_over_are_checked():
    x = np.random.default_rng(0).integers(0, 8, (100, 16, 16))
    counts = jnp.asarray(MarkovMesh.count(x, 8))
    wrong = counts.at[3, 3].add(1)
    compiled = jax.jit(lambda alpha: MarkovMesh.from_counts(counts, alpha).log_prob(x))
    np.testing.assert_allclose(compiled(1.0), MarkovMesh.from_counts(counts, 1.0).log_prob(x), rtol=1e-6)
    with pytest.raises(ValueError, match="counts must count the same pictures"):
        jax.jit(lambda alpha: MarkovMesh.from_counts(wrong, alpha).log_prob(x))(1.0)


# --- log_prob is total ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", list(np.ndindex(3, 2)), ids=str)
@pytest.mark.parametrize("level", [-1, LEVELS, 2**31 - 1, -(2**31), 2**32 + 1, 2**63 - 1], ids="level={}".format)
def test_out_of_support_is_minus_infinity(place, level):
    model, x = MarkovMesh.fit(data(0), LEVELS, 1.0), np.zeros((2, 3, 2), np.int64)
    x[(1, *place)] = level
    plain, bad = model.log_prob(x)
    assert np.isneginf(bad)
    assert plain == model.log_prob(np.zeros((3, 2), int))


def test_many_levels_do_not_wrap():
    """In bytes and in int32 the place in the table of such a level would be one of another pixel."""
    model = MarkovMesh.fit(np.full((1, 2, 2), 99, np.uint8), 100, 1.0)
    for level in (100, 255):
        assert np.isneginf(model.log_prob(np.array([[99, level], [99, 99]], np.uint8)))
    assert np.isneginf(model.log_prob(np.full((2, 2), 2**32 - 1, np.uint32)))
    np.testing.assert_allclose(model.log_prob(np.full((2, 2), 99, np.uint8)), 4 * np.log(2 / 101), rtol=ULP)


def test_a_large_batch_agrees_with_its_parts():
    x = np.random.default_rng(9).integers(0, LEVELS, (40_000, 3, 2), np.uint8)
    model = MarkovMesh.fit(x, LEVELS, 1.0)
    pieces = np.concatenate([model.log_prob(x[i : i + 1000]) for i in range(0, len(x), 1000)])
    np.testing.assert_allclose(model.log_prob(x), pieces, rtol=ULP)
    np.testing.assert_allclose(jax.jit(lambda x: model.log_prob(x))(x), pieces, rtol=ULP)
    at = np.ravel_multi_index(tuple(x.reshape(-1, 6).T), [LEVELS] * 6)
    np.testing.assert_allclose(pieces, plain_log_prob(x, ALL, 1.0)[at], rtol=1e-5)


# --- What is refused -----------------------------------------------------------------------------

ONE = np.zeros((1, 2, 2), int)
BAD = {
    "fractions": (([[[0.5]]], 2), TypeError, "x must be integers; got dtype float64"),
    "one picture": (
        (ONE[0], 2),
        ValueError,
        "x must have shape (n, rows, columns), a picture for each",
    ),
    "no columns": ((ONE[:, :, :0], 2), ValueError, "x must have shape (n, rows, columns)"),
    "no rows of pixels": ((ONE[:, :0], 2), ValueError, "x must have shape (n, rows, columns)"),
    "no pictures": ((ONE[:0], 2), ValueError, "x must have at least one row; got none"),
    "level K": ((ONE + 2 * np.eye(2, dtype=int)[1:], 2), ValueError, "x[0, 0, 1] is 2 (2 such values)"),
    "level -1": ((ONE - 1, 2), ValueError, "x must be levels from 0 to below 2; x[0, 0, 0] is -1 (4 such values)"),
    "level that JAX would narrow to 1": ((ONE + 2**32 + 1, 2), ValueError, "x[0, 0, 0] is 4294967297 (4 such values)"),
    "no levels": ((ONE, 0), ValueError, "num_levels must be at least 1; got 0"),
    "fractional levels": ((ONE, 2.5), TypeError, "num_levels must be a whole number; got 2.5"),
    "sizes": ((ONE, (2, 2)), TypeError, "num_levels must be a whole number; got (2, 2)"),
    "too many levels": ((ONE, 1000), ValueError, "must have a product below 2**31 to be tabulated; got 4000000000"),
    "alpha -1": ((ONE, 2, -1), ValueError, "alpha must be at least 0"),
    "alpha nan": ((ONE, 2, np.nan), ValueError, "alpha must be at least 0"),
    "alpha a string": ((ONE, 2, "one"), TypeError, "alpha must be a real number; got 'one'"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), BAD.values(), ids=BAD.keys())
def test_fit_refuses(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        MarkovMesh.fit(*arguments)


def changed(**changes):
    counts = MarkovMesh.count(ONE, 2)
    for place, by in changes.items():
        counts[tuple(map(int, place.strip("_")))] += by
    return counts


BAD_COUNTS = {
    "negative": (changed(_01111=-1), ValueError, "counts must be counts of at least 0"),
    "fractions": (np.ones((1, 1, 2, 2, 2)), TypeError, "counts must be integers; got dtype float64"),
    "a table": (np.ones((2, 2), int), ValueError, "counts must have shape (rows, columns, levels, levels, levels)"),
    "unequal levels": (np.ones((1, 1, 2, 2, 3), int), ValueError, "got shape (1, 1, 2, 2, 3)"),
    "no columns": (np.ones((1, 0, 2, 2, 2), int), ValueError, "got shape (1, 0, 2, 2, 2)"),
    "another level at the left": (
        changed(_11000=-1, _11100=1),
        ValueError,
        "counts must count the same pictures; counts[1, 1] has 0 with the level 0 at the left, the place there has 1",
    ),
    "a level outside": (changed(_01000=-1, _01010=1), ValueError, "counts[0, 1] has 0 with the level 0 above"),
    "one picture more": (changed(_11000=1), ValueError, "counts[1, 1] has 2 with the level 0 at the left"),
}


@pytest.mark.parametrize(("counts", "error", "message"), BAD_COUNTS.values(), ids=BAD_COUNTS.keys())
def test_from_counts_refuses(counts, error, message):
    with pytest.raises(error, match=re.escape(message)):
        MarkovMesh.from_counts(counts, 1.0)


HALF = np.log(np.full((2, 2, 2, 2, 2), 0.5, np.float32))
NO_MESHES = {
    "a row of total 2": (HALF * 0, "log_probs must sum to one after exp; log_probs[0, 0, 0, 0] sums to 2 ("),
    "nan": (HALF * np.nan, "log_probs must be log-probabilities, none of them nan or above 0"),
    "four axes": (HALF[0], "log_probs must have shape (rows, columns, levels, levels, levels); got shape (2, 2, 2, 2)"),
    "a missing row": (HALF[:, :, :1], "got shape (2, 2, 1, 2, 2)"),
}


@pytest.mark.parametrize(("log_probs", "message"), NO_MESHES.values(), ids=NO_MESHES.keys())
def test_what_is_no_mesh_is_refused(log_probs, message):
    assert MarkovMesh(HALF).log_prob(ONE[0]) == pytest.approx(4 * np.log(1 / 2))
    with pytest.raises(ValueError, match=re.escape(message)):
        MarkovMesh(log_probs)
