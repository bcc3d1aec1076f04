"""The mixture of Gaussians: its density against scipy, its steps against a plain loop, its fit against scikit-learn."""

import re
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn import mixture

from lib import GaussianMixture
from lib import expectation_maximisation as em
from tests.contract.statistics import assert_drawn_from

FIT = partial(GaussianMixture.fit, key=jax.random.key(0))


def blobs(n=600, d=2, k=3, seed=0):
    """Points around k centres, of different widths and directions."""
    rng = np.random.default_rng(seed)
    centres, factors = 4 * rng.normal(size=(k, d)), rng.normal(size=(k, d, d))
    each = rng.integers(k, size=n)
    return np.float32(centres[each] + np.einsum("nij,nj->ni", factors[each], rng.normal(size=(n, d))))


def some_model(d=2, k=3, seed=0):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(k))
    chols = 0.5 * np.tril(rng.normal(size=(k, d, d)), -1) + np.eye(d) * rng.uniform(0.3, 1.5, size=(k, 1, d))
    return GaussianMixture(np.log(weights), 2 * rng.normal(size=(k, d)), chols)


def scipy_log_prob(model, x):
    parameters = zip(*map(np.float64, (model.log_weights, model.means, model.chols)), strict=True)
    each = [w + multivariate_normal.logpdf(np.float64(x), mean, chol @ chol.T) for w, mean, chol in parameters]
    return np.logaddexp.reduce(each, axis=0)


# --- The density ---------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3, 6])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_log_prob_is_that_of_scipy(d, offset):
    model = some_model(d, k=4)
    model = GaussianMixture(model.log_weights, model.means + np.float32(offset), model.chols)
    x = np.float32(offset + 5 * np.random.default_rng(1).normal(size=(200, d)))
    np.testing.assert_allclose(model.log_prob(x), scipy_log_prob(model, x).reshape(-1), rtol=2e-6, atol=2e-6)


def cells(model, edges):
    """The probability of each cell of a grid, by the 8-point Gauss-Legendre rule in each direction of each cell."""
    nodes, weights = np.polynomial.legendre.leggauss(8)
    low, high = edges[:-1, None], edges[1:, None]
    axis, weight = (low + (high - low) * (nodes + 1) / 2).ravel(), ((high - low) * weights / 2).ravel()
    d = model.event_shape[0]
    points = np.stack(np.meshgrid(*[axis] * d, indexing="ij"), axis=-1)
    p = np.exp(np.float64(model.log_prob(points)))
    for _ in range(d):  # each turn sums the first axis over the nodes of each cell, and puts it last
        p = np.moveaxis(np.add.reduceat((p.T * weight).T, np.arange(0, len(axis), 8), axis=0), 0, -1)
    return p


@pytest.mark.parametrize("d", [1, 2])
def test_density_integrates_to_one_and_draws_follow_it(d, key):
    model, edges = some_model(d), np.linspace(-14, 14, 57)
    p = cells(model, edges)
    assert p.sum() == pytest.approx(1, abs=2e-5)
    x = np.asarray(model.sample(key, 300_000))
    assert x.dtype == np.float32
    assert (np.abs(x) < 14).all()
    place = tuple(np.searchsorted(edges, column, side="right") - 1 for column in x.T)
    assert_drawn_from(p.ravel(), np.ravel_multi_index(place, p.shape))


def test_draws_are_determined_by_the_key(key):
    model = some_model()
    x = model.sample(key, 50)
    np.testing.assert_array_equal(x, model.sample(key, 50))
    np.testing.assert_array_equal(x[:7], model.sample(key, 7))
    assert (x != model.sample(jax.random.key(1), 50)).any()
    assert model.sample(key, 0).shape == (0, 2)


def test_compiled_and_batched_agree_with_the_plain_formula_for_one_point():
    model, x = some_model(), blobs(20)
    with jax.disable_jit():
        plain = np.stack([model._log_prob(jnp.asarray(point)) for point in x])
    for log_prob in (model.log_prob, jax.jit(lambda x: model.log_prob(x)), jax.vmap(model.log_prob)):
        np.testing.assert_allclose(log_prob(x), plain, rtol=1e-6)
    assert model.log_prob(np.broadcast_to(x[0], (2, 0, 3, 2))).shape == (2, 0, 3)


FAR_POINTS = np.float32([[1e4, 0], [1e9, -1e9], [1e20, 0], [3e38, -3e38]])


def test_far_points_have_a_finite_log_density_and_gradient():
    model = some_model()
    x = np.concatenate([[[0, 0]], FAR_POINTS]).astype(np.float32)
    log_prob = np.asarray(model.log_prob(x))
    assert np.isfinite(log_prob).all()
    assert (log_prob[1:] < -1e6).all()
    assert np.isfinite(jax.vmap(jax.grad(model.log_prob))(x)).all()
    np.testing.assert_allclose(log_prob[:3], scipy_log_prob(model, x[:3]), rtol=1e-5)


def test_what_is_not_finite():
    model, x = some_model(), np.float32([[np.nan, 0], [np.inf, np.nan], [np.inf, 0], [0, -np.inf]])
    np.testing.assert_array_equal(model.log_prob(x), [np.nan, np.nan, -np.inf, -np.inf])
    assert np.isfinite(jax.vmap(jax.grad(model.log_prob))(x)).all()


def test_gradient_is_that_of_finite_differences():
    model, x, h = some_model(), np.float64([0.3, -0.7]), 1e-4
    slopes = [(scipy_log_prob(model, x + h * e) - scipy_log_prob(model, x - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(jax.grad(model.log_prob)(jnp.float32(x)), slopes, rtol=1e-4)


def test_a_component_of_weight_zero_is_as_none(key):
    model = some_model()
    log_weights = np.append(model.log_weights, np.float32(-np.inf))
    more = GaussianMixture(log_weights, np.pad(model.means, ((0, 1), (0, 0))), np.append(model.chols, [np.eye(2)], 0))
    x = blobs(50)
    np.testing.assert_allclose(more.log_prob(x), model.log_prob(x), rtol=1e-6)
    np.testing.assert_array_equal(more.sample(key, 50), model.sample(key, 50))
    assert np.isfinite(jax.vmap(jax.grad(more.log_prob))(x)).all()


# --- The steps -----------------------------------------------------------------------------------


def plain_step(x, log_weights, means, chols):
    """A step of EM in float64, as in the books; and the value before it."""
    (n, d), k = x.shape, len(means)
    covariances = chols @ chols.transpose(0, 2, 1)
    each = [log_weights[j] + multivariate_normal.logpdf(x, means[j], covariances[j]) for j in range(k)]
    log_p = np.logaddexp.reduce(each, axis=0)
    value = log_p.mean() - em.RIDGE / 2 * sum(np.trace(np.linalg.inv(covariance)) for covariance in covariances)
    r = np.exp(each - log_p)
    weights = r.sum(axis=1) / n
    means = r @ x / (n * weights[:, None])
    for j in range(k):
        covariances[j] = (r[j] * (x - means[j]).T) @ (x - means[j]) / (n * weights[j]) + em.RIDGE / weights[j] * np.eye(
            d
        )
    return (np.log(weights), means, np.linalg.cholesky(covariances)), value


def scaled(x):
    return np.float32((x - x.mean(axis=0, dtype=np.float64)) / x.std(axis=0, dtype=np.float64))


@pytest.mark.parametrize(("n", "d", "k"), [(600, 2, 3), (5000, 1, 2), (5000, 3, 4)])  # one block, and several
def test_steps_are_those_of_a_plain_loop(n, d, k):
    x = scaled(blobs(n, d, k))
    ours, blocks, step = em.spread_out(jax.random.key(0), x, k), em.in_blocks(x, k), jax.jit(em.step)
    for _ in range(10):
        theirs, expected = plain_step(np.float64(x), *map(np.float64, ours))
        ours, value = step(blocks, ours)
        assert value == pytest.approx(expected, abs=2e-6)
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def test_a_narrow_component_keeps_its_digits():
    """A thousandth as wide as the data: 1, x and x xᵀ, multiplied out in float32, would lose it."""
    rng = np.random.default_rng(0)
    narrow = np.array([3.0, 1.0]) + 1e-2 * rng.normal(size=(2000, 2)) @ np.array([[1, 0.9], [0, 0.3]])
    x = scaled(np.concatenate([5 * rng.normal(size=(2000, 2)), narrow]))
    start = em.spread_out(jax.random.key(0), x, 2)
    theirs = tuple(map(np.float64, start))
    for _ in range(100):
        theirs, _ = plain_step(np.float64(x), *theirs)
    ours, _ = em.expectation_maximisation(x, start, 100, -jnp.inf)
    assert em.step(em.in_blocks(x, 2), ours)[1] == pytest.approx(plain_step(np.float64(x), *theirs)[1], abs=1e-5)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-5)


def hard_cases():
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(500, 2))
    duplicated = np.concatenate([np.zeros((50, 2)), np.ones((50, 2)), normal[:20]])
    line = np.stack([normal[:, 0], normal[:, 0] * 1.00001 + 1e-4 * normal[:, 1]], axis=1)
    return {
        "blobs": (blobs(), 5),
        "far from the origin": (blobs() + 1e4, 5),
        "one component": (blobs(), 1),
        "duplicated points": (duplicated, 5),
        "fewer distinct points than components": (np.repeat(normal[:2], 10, axis=0), 8),
        "nearly as many components as points": (normal[:30], 20),
        "an outlier": (np.concatenate([normal, [[1e4, 0]]]), 4),
        "near a line, and an outlier": (np.concatenate([line, [[100, -100]]]), 2),
        "a feature that repeats another": (normal[:, [0, 1, 0, 1]], 4),
        "fewer points than features": (rng.normal(size=(12, 20)), 3),
    }


@pytest.mark.parametrize(("x", "k"), hard_cases().values(), ids=hard_cases())
@pytest.mark.parametrize("seed", range(3))
def test_no_step_lowers_the_value(x, k, seed):
    x = scaled(np.asarray(x))
    gaussians, blocks, values = em.spread_out(jax.random.key(seed), x, k), em.in_blocks(x, k), []
    step = jax.jit(em.step)
    for _ in range(60):
        gaussians, value = step(blocks, gaussians)
        values.append(value)
    values = np.float64(values)
    assert np.isfinite(values).all()
    assert (np.diff(values) >= -2e-6 * (1 + np.abs(values[1:]))).all()  # float32 rounds a value
    assert values[-1] > values[0]


@pytest.mark.parametrize(("x", "k"), hard_cases().values(), ids=hard_cases())
def test_no_fit_holds_a_nan_or_an_infinity(x, k):
    model = FIT(x, k)
    assert not any(np.isnan(leaf).any() or np.isposinf(leaf).any() for leaf in jax.tree.leaves(model))
    assert np.isfinite(model.means).all()
    assert np.isfinite(model.log_prob(np.float32(x))).all()
    GaussianMixture(model.log_weights, model.means, model.chols)  # the edge takes it back


def test_a_component_without_points_stays_where_it_is():
    gaussians = em.Gaussians(jnp.log(jnp.array([0.5, 0.5])), jnp.array([[1.0], [2.0]]), jnp.ones((2, 1, 1)))
    moments = jnp.array([1.0, 0.0]), jnp.array([[0.5], [0.0]]), jnp.array([[[1.0]], [[0.0]]])
    log_weights, means, chols = em.maximise(gaussians, moments)
    np.testing.assert_array_equal(log_weights, [0, -np.inf])
    np.testing.assert_allclose(means, [[1.5], [2]])
    assert np.isfinite(chols).all()


def test_equal_components_stay_equal():
    x = scaled(blobs())
    start = em.spread_out(jax.random.key(0), x, 1)
    twice = em.Gaussians(jnp.full(2, jnp.log(0.5)), jnp.repeat(start.means, 2, 0), jnp.repeat(start.chols, 2, 0))
    (_, means, _), _ = em.expectation_maximisation(x, twice, 20, -jnp.inf)
    np.testing.assert_array_equal(means[0], means[1])
    np.testing.assert_allclose(means, np.zeros((2, 2)), atol=1e-5)


def test_steps_end_by_their_number_or_by_their_gain():
    x = scaled(blobs())
    start = em.spread_out(jax.random.key(0), x, 3)
    assert em.expectation_maximisation(x, start, 7, 1e-30)[1] == 7
    gaussians, steps = em.expectation_maximisation(x, start, 200, 1e-4)
    assert 2 < steps < 200
    before, _ = em.expectation_maximisation(x, start, steps - 2, -jnp.inf)
    value = [em.step(em.in_blocks(x, 3), each)[1] for each in (before, gaussians)]
    assert value[1] - value[0] < 4e-4


def test_the_start_is_a_point_in_each_of_clusters_far_apart():
    corners = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]])
    x = scaled(np.repeat(corners, 50, axis=0) + np.float32(1e-4 * np.random.default_rng(0).normal(size=(200, 2))))
    for seed in range(20):
        _, means, _ = em.spread_out(jax.random.key(seed), x, 4)
        assert len(np.unique(np.sign(means), axis=0)) == 4
        assert all((x == mean).all(axis=1).any() for mean in np.asarray(means))


# --- The fit -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")
def test_fit_is_that_of_scikit_learn_from_the_same_start():
    x = scaled(blobs(2000, k=4))
    start = em.spread_out(jax.random.key(1), x, 4)
    ours, _ = em.expectation_maximisation(x, start, 100, -jnp.inf)
    covariances = np.float64(start.chols @ start.chols.transpose(0, 2, 1))
    theirs = mixture.GaussianMixture(
        4,
        max_iter=100,
        tol=0,
        reg_covar=em.RIDGE * 4,
        means_init=start.means,
        weights_init=np.full(4, 0.25),
        precisions_init=np.linalg.inv(covariances),
    ).fit(np.float64(x))
    np.testing.assert_allclose(np.exp(ours.log_weights), theirs.weights_, atol=1e-3)
    np.testing.assert_allclose(ours.means, theirs.means_, atol=2e-3)
    np.testing.assert_allclose(ours.chols @ ours.chols.transpose(0, 2, 1), theirs.covariances_, atol=2e-3)
    assert GaussianMixture(*ours).log_prob(x).mean() == pytest.approx(theirs.score(np.float64(x)), abs=1e-5)


def test_one_component_has_the_mean_and_the_covariance_of_the_data():
    x = blobs() + np.float32(1e4)
    model = FIT(x, 1)
    np.testing.assert_array_equal(model.log_weights, [0])
    np.testing.assert_allclose(model.means[0], np.float64(x).mean(axis=0), rtol=2e-7)
    np.testing.assert_allclose(model.chols[0] @ model.chols[0].T, np.cov(np.float64(x).T, bias=True), rtol=1e-5)


@pytest.mark.parametrize("unit", [1e-18, 1e-3, 1e15])
def test_units_do_not_matter(unit):
    x = blobs()
    model, other = FIT(x, 3), FIT(x * np.float32(unit), 3)
    np.testing.assert_allclose(other.means, model.means * unit, rtol=1e-3, atol=1e-3 * unit)
    np.testing.assert_allclose(other.chols, model.chols * unit, rtol=1e-3, atol=1e-3 * unit)
    expected = model.log_prob(x) - 2 * np.log(unit)
    np.testing.assert_allclose(other.log_prob(x * np.float32(unit)), expected, rtol=1e-3, atol=1e-3)


def test_an_offset_costs_no_digits():
    x = np.round(blobs() * 2**9) / np.float32(2**9)  # float32 can add 10⁴ to these without rounding
    model, other = FIT(x, 3), FIT(x + np.float32(1e4), 3)
    np.testing.assert_allclose(other.means - np.float32(1e4), model.means, atol=1e-3)  # float32 rounds the mean
    np.testing.assert_allclose(other.chols, model.chols, atol=1e-4)
    assert other.log_prob(x + np.float32(1e4)).mean() == pytest.approx(float(model.log_prob(x).mean()), abs=1e-3)


def test_a_component_on_duplicated_points_is_as_narrow_as_the_ridge():
    model = FIT(np.repeat([[0.0], [1.0]], 50, axis=0), 2)
    np.testing.assert_allclose(np.sort(model.means, axis=0), [[0], [1]], atol=1e-6)
    np.testing.assert_allclose(model.chols, np.full((2, 1, 1), 0.5 * np.sqrt(em.RIDGE / 0.5)), rtol=1e-4)


def test_an_outlier_may_have_a_component_of_its_own():
    x = np.concatenate([blobs(500, k=1), [[1e4, 0]]])
    model = FIT(x, 2)
    assert np.exp(model.log_weights).min() == pytest.approx(1 / 501, rel=1e-3)
    assert model.log_prob(np.float32([1e4, 0])) > model.log_prob(np.float32([5e3, 0]))


def test_fit_is_determined_by_the_key_which_may_be_traced():
    x, keys = blobs(), jax.random.split(jax.random.key(2), 3)
    assert eqx.tree_equal(FIT(x, 3), FIT(x.tolist(), np.int64(3)))
    models = jax.vmap(lambda key: GaussianMixture.fit(x, 6, key=key, num_steps=5))(keys)
    assert models.means.shape == (3, 6, 2)
    for i, key in enumerate(keys):
        alone = GaussianMixture.fit(x, 6, key=key, num_steps=5)
        np.testing.assert_allclose(models.means[i], alone.means, rtol=1e-3, atol=1e-3)
    assert abs(models.means[0] - models.means[1]).max() > 0.1


def test_fit_without_a_step_is_the_start():
    x = blobs()
    model = FIT(x, 4, num_steps=0)
    np.testing.assert_allclose(np.exp(model.log_weights), [0.25] * 4, rtol=1e-6)
    assert all(np.isclose(x, mean, atol=1e-4).all(axis=1).any() for mean in model.means)


def test_with_a_tolerance_of_zero_all_steps_are_made():
    x = np.float32((blobs(50) - blobs(50).mean(0)) / blobs(50).std(0))
    start = em.spread_out(jax.random.key(0), x, 2)
    assert em.expectation_maximisation(x, start, 300, jnp.float32(0))[1] == 300
    assert em.expectation_maximisation(x, start, 300, jnp.float32(1e-5))[1] < 200
    assert np.isfinite(FIT(x, 2, num_steps=10, tolerance=0).means).all()


def test_any_number_of_steps_may_be_allowed():
    assert eqx.tree_equal(FIT(blobs(50), 2, num_steps=2**31), FIT(blobs(50), 2, num_steps=10**6))


@pytest.mark.parametrize("seed", range(5))
def test_the_means_of_many_points_start_far_apart(seed):
    """Of 80,000 points, all in three narrow clusters, and one of these of three points."""
    x = np.random.default_rng(seed).normal([0, 0], 1e-3, (80_000, 2)).astype(np.float32)
    x[:30_000] += np.float32([5, 0])
    x[40_000:40_003] += np.float32([0, 300])
    means = np.asarray(em.spread_out(jax.random.key(seed), x, 3).means)
    assert {tuple(mean) for mean in np.round(np.abs(means))} == {(0, 0), (5, 0), (0, 300)}


X = [[0.0, 1.0], [2.0, 5.0], [1.0, 2.0]]
BAD = {
    "nan": ([[0, 1], [2, np.nan]], 1, {}, ValueError, "x must be finite, and at most 3.4e+38 in size; x[1, 1] is nan"),
    "infinity": ([[np.inf, 1], [2, 3]], 1, {}, ValueError, "x[0, 0] is inf (1 such values)"),
    "too large for float32": ([[1e39, 1], [2, 3]], 1, {}, ValueError, "x[0, 0] is 1e+39 (1 such values)"),
    "no rows": (np.zeros((0, 2)), 1, {}, ValueError, "x must have at least one row; got none"),
    "wrong rank": ([0.0, 1.0], 1, {}, ValueError, "x must have shape (n, features)"),
    "strings": ([["a"], ["b"]], 1, {}, TypeError, "x must be real numbers"),
    "complex": ([[1j], [2j]], 1, {}, TypeError, "x must be real numbers"),
    "a constant feature": (
        [[0, 3], [1, 3]],
        1,
        {},
        ValueError,
        "x must vary in each feature; x[:, 1] is 3 in all rows (1 such features)",
    ),
    "constant once in float32": ([[1e9], [1e9 + 1]], 1, {}, ValueError, "x[1, 0] is 1000000001.0 (1 such values)"),
    "one row": ([[0.0, 1.0]], 1, {}, ValueError, "x must vary in each feature; x[:, 0] is 0 in all rows (2 such"),
    "too small to be squared": ([[0.0], [1e-25]], 1, {}, ValueError, "x.std(axis=0) must be from 1e-20 to 1e+20"),
    "too large to be squared": ([[0.0], [3e38]], 1, {}, ValueError, "x.std(axis=0) must be from 1e-20 to 1e+20"),
    "more components than rows": (
        X,
        4,
        {},
        ValueError,
        "num_components must be at most the number of rows of x, 3; got 4",
    ),
    "no components": (X, 0, {}, ValueError, "num_components must be at least 1; got 0"),
    "half a component": (X, 2.5, {}, TypeError, "num_components must be a whole number; got 2.5"),
    "raw key": (X, 1, {"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
    "several keys": (X, 1, {"key": jax.random.split(jax.random.key(0))}, ValueError, "key must be one key"),
    "num_steps -1": (X, 1, {"num_steps": -1}, ValueError, "num_steps must be at least 0; got -1"),
    "num_steps 2.5": (X, 1, {"num_steps": 2.5}, TypeError, "num_steps must be a whole number; got 2.5"),
    "tolerance -1": (X, 1, {"tolerance": -1}, ValueError, "tolerance must be at least 0 and at most 1e+20; got -1"),
    "tolerance nan": (
        X,
        1,
        {"tolerance": np.nan},
        ValueError,
        "tolerance must be at least 0 and at most 1e+20; got nan",
    ),
}


@pytest.mark.parametrize(("x", "k", "options", "error", "message"), BAD.values(), ids=BAD)
def test_fit_refuses(x, k, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        FIT(x, k, **options)


def test_fit_refuses_data_that_are_traced():
    with pytest.raises(TypeError, match="x must be known before jit"):
        jax.jit(lambda x: FIT(x, 1))(jnp.array(X))


GOOD = {"log_weights": np.log([0.5, 0.5]), "means": np.zeros((2, 2)), "chols": np.stack([np.eye(2)] * 2)}
BAD_PARAMETERS = {
    "weights": ({"log_weights": np.log([0.5, 0.6])}, ValueError, "log_weights must sum to one after exp"),
    "number of weights": ({"log_weights": [0.0]}, ValueError, "log_weights must have shape (2,)"),
    "strings": ({"log_weights": ["a", "b"]}, TypeError, "log_weights must be real numbers"),
    "means of one rank": ({"means": [0, 0]}, ValueError, "means must have shape (k, d)"),
    "no features": ({"means": np.zeros((2, 0))}, ValueError, "means must have shape (k, d)"),
    "mean nan": ({"means": [[0, 0], [np.nan, 0]]}, ValueError, "means[1, 0] is nan (1 such values)"),
    "mean that float32 would move": ({"means": [[0, 0], [0, 1.7e9 + 1]]}, ValueError, "means[1, 1] is 1700000001.0 (1"),
    "shape of chols": ({"chols": np.eye(2)}, ValueError, "chols must have shape (2, 2, 2)"),
    "upper": (
        {"chols": [[[1, 2], [0, 1]]] * 2},
        ValueError,
        "chols must be lower triangular; chols[0, 0, 1] is 2.0 (2",
    ),
    "diagonal": ({"chols": [np.eye(2), np.diag([1, -1])]}, ValueError, "the diagonals of chols[1, 1] is -1.0 (1"),
    "infinite": ({"chols": [np.eye(2), np.diag([1, np.inf])]}, ValueError, "chols[1, 1, 1] is inf (1 such values)"),
    "singular": (
        {"chols": [np.eye(2), [[1, 0], [1, 1e-9]]]},
        ValueError,
        "the condition of chols must be at most 1e+06; the condition of chols[1] is",
    ),
}


@pytest.mark.parametrize(("bad", "error", "message"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_parameters_are_checked(bad, error, message):
    with pytest.raises(error, match=re.escape(message)):
        GaussianMixture(**GOOD | bad)


def test_model_is_an_immutable_pytree():
    model = some_model()
    assert eqx.tree_equal(jax.tree.map(lambda leaf: leaf, model), model)
    with pytest.raises(AttributeError):
        model.means = np.zeros((3, 2))
    assert jax.grad(lambda model: model.log_prob(jnp.zeros(2)))(jax.tree.map(jnp.asarray, model)).means.shape == (3, 2)
