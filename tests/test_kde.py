"""Kernel density estimation against scipy, scikit-learn, a plain loop, and what is known of laws on the sphere."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.neighbors import KernelDensity

from lib import KDE, kde
from tests.contract.cases import GLOBE

RNG = np.random.default_rng(0)
X = RNG.normal([1, -2], [1, 0.5], (300, 2)).astype(np.float32)
QUERIES = RNG.normal([1, -2], 3, (500, 2)).astype(np.float32)
LINE = np.linspace(-3, 4, 30).astype(np.float32)


def plain(x, bandwidth, queries):
    """Σ exp(−r² / 2h²) / n Z, as it is written, in float64."""
    x, queries = np.float64(x), np.float64(queries)
    kernels = [np.exp(-((x - query) ** 2).sum(axis=1) / (2 * bandwidth**2)) for query in queries]
    return np.log(np.mean(kernels, axis=1)) - x.shape[1] / 2 * np.log(2 * np.pi * bandwidth**2)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("bandwidth", [0.25, 1.0, 50.0])
def test_agrees_with_a_plain_loop(d, bandwidth):
    x, queries = RNG.normal(size=(2, 200, d)).astype(np.float32)
    ours = KDE.fit(x, bandwidth).log_prob(queries)
    np.testing.assert_allclose(ours, plain(x, bandwidth, queries), rtol=2e-6, atol=2e-6)


def test_agrees_with_scipy():
    x = X.astype(float)
    # scipy scales by the covariance of the data; whitened data have the unit matrix.
    whitened = np.linalg.solve(np.linalg.cholesky(np.cov(x.T)), (x - x.mean(axis=0)).T)
    theirs = stats.gaussian_kde(whitened, bw_method=0.3)
    ours = KDE.fit(whitened.T, 0.3).log_prob(QUERIES)
    np.testing.assert_allclose(ours, theirs.logpdf(QUERIES.T), rtol=3e-6, atol=3e-6)


def test_agrees_with_scikit_learn():
    near = X + np.float32(0.1)  # in the tails, scikit-learn's bounds by trees lose digits that the plain loop keeps
    theirs = KernelDensity(bandwidth=0.3).fit(X).score_samples(near)
    np.testing.assert_allclose(KDE.fit(X, 0.3).log_prob(near), theirs, rtol=3e-6, atol=3e-6)


def test_one_observation_is_a_normal_density():
    theirs = stats.multivariate_normal([3, 4], 0.7**2 * np.eye(2)).logpdf(QUERIES)
    np.testing.assert_allclose(KDE.fit([[3, 4]], 0.7).log_prob(QUERIES), theirs, rtol=2e-6, atol=2e-6)


def test_data_far_from_the_origin_keep_their_digits():
    """Where squares are expanded, (a − b)² loses all of its digits here."""
    shift, x, queries = 2.0**17, np.round(X * 64) / 64, np.round(QUERIES * 64) / 64  # exact in float32
    there, here = KDE.fit(x + shift, 0.5).log_prob(queries + shift), KDE.fit(x, 0.5).log_prob(queries)
    np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-6)


def test_a_sum_over_many_observations_keeps_its_digits():
    x = RNG.normal(size=(500_000, 1)).astype(np.float32)
    queries = np.array([[0.0], [2.0], [30.0]])
    np.testing.assert_allclose(KDE.fit(x, 2.0).log_prob(queries), plain(x, 2.0, queries), rtol=2e-6, atol=2e-6)


def test_many_observations_take_little_memory():
    """Distances are worked out block by block: all at once would be 2 GB, and their gradient more."""
    x, queries = jax.ShapeDtypeStruct((100_000, 2), np.float32), jax.ShapeDtypeStruct((5000, 2), np.float32)

    def total(x, queries):
        return KDE.fit(x, 0.5).log_prob(queries).sum()

    for fn in (total, jax.grad(total, argnums=1)):
        memory = jax.jit(fn).lower(x, queries).compile().memory_analysis()
        assert memory.temp_size_in_bytes < 100e6


@pytest.mark.parametrize("kernel", kde.KERNELS)
def test_a_bandwidth_may_be_traced(kernel):
    traces = []

    @jax.jit
    def mean_log_prob(bandwidth):
        traces.append(bandwidth)
        return KDE.fit(X, bandwidth, kernel).log_prob(QUERIES).mean()

    for bandwidth in (0.5, 2.0, 8.0):
        expected = KDE.fit(X, bandwidth, kernel).log_prob(QUERIES).mean()
        assert mean_log_prob(bandwidth) == pytest.approx(float(expected), rel=1e-5)
    assert len(traces) == 1
    slope = (mean_log_prob(2.02) - mean_log_prob(1.98)) / 0.04
    assert jax.grad(mean_log_prob)(2.0) == pytest.approx(float(slope), rel=1e-2)


def test_gradients_lead_to_the_mean_of_near_observations():
    """∇ log p = Σ w_i (x_i − x) / h², with the weights of the kernels."""
    squares = ((QUERIES[:, None].astype(float) - X) ** 2).sum(axis=-1)
    weights = np.exp(-(squares - squares.min(axis=1, keepdims=True)) / 2)
    weights /= weights.sum(axis=1, keepdims=True)
    ours = jax.grad(lambda queries: KDE.fit(X, 1.0).log_prob(queries).sum())(QUERIES)
    np.testing.assert_allclose(ours, weights @ X - QUERIES, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bandwidth", [2e-38, 1e-20, 1e-3, 1e20, 7e37])
def test_extreme_bandwidths_give_no_nan(bandwidth):
    for kernel in kde.KERNELS:
        model = KDE.fit(X[:50], bandwidth, kernel)
        log_prob = model.log_prob(np.concatenate([X[:5], QUERIES[:5], [[1e30, 0], [0, 0]]]))
        assert not np.isnan(log_prob).any()
        assert (log_prob < np.inf).all()
        assert np.isfinite(jax.grad(lambda x, model=model: model.log_prob(x).sum())(QUERIES[:5])).all()


# --- The grid ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bandwidth", [0.2, 1.0, 30.0])
@pytest.mark.parametrize("stretch", [0.5, 1, 20])
def test_the_grid_agrees_with_the_points(bandwidth, stretch):
    model, axes = KDE.fit(X, bandwidth), (1 + LINE * stretch, -2 + LINE[:7] * stretch)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    grid = model.on_grid(*axes)
    assert grid.shape == (30, 7)
    np.testing.assert_allclose(grid, model.log_prob(points), rtol=1e-6, atol=2e-5)


def test_where_a_product_of_matrices_would_underflow_the_grid_does_not():
    model = KDE.fit([[0.0, 0.0]], 1.0)
    np.testing.assert_allclose(
        model.on_grid([0, 5, 10, 100], [0, 10]),
        -np.log(2 * np.pi) - np.array([[0, 50], [12.5, 62.5], [50, 100], [5000, 5050]]),
        rtol=1e-6,
    )


def test_many_observations_are_multiplied_block_by_block(monkeypatch):
    monkeypatch.setattr(kde, "AT_ONCE", 1000)
    blocks = KDE.fit(X[:299], 0.5).on_grid(LINE, LINE - 3)  # 16 rows at a time, and some left over
    points = np.stack(np.meshgrid(LINE, LINE - 3, indexing="ij"), axis=-1)
    np.testing.assert_allclose(blocks, KDE.fit(X[:299], 0.5).log_prob(points), rtol=1e-6, atol=2e-5)


def test_a_grid_may_move_with_a_slider():
    moved = jax.jit(lambda bandwidth: KDE.fit(X, bandwidth).on_grid(LINE, LINE))
    for bandwidth in (0.1, 2.0):
        np.testing.assert_allclose(moved(bandwidth), KDE.fit(X, bandwidth).on_grid(LINE, LINE), rtol=1e-6, atol=2e-5)


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        ((LINE,), ValueError, "on_grid needs two axes; got 1"),
        ((LINE, X), ValueError, "axis 1 must have shape (k,); got shape (300, 2)"),
        ((LINE, [np.nan]), ValueError, "axis 1 must be finite, and at most 3.4e+38 in size; axis 1[0] is nan"),
        ((["a"], LINE), TypeError, "axis 0 must be real numbers"),
    ],
)
def test_bad_axes_are_refused(axes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        KDE.fit(X, 1.0).on_grid(*axes)


def test_a_grid_needs_the_plane():
    with pytest.raises(ValueError, match="on_grid needs the gaussian kernel and d = 2; got sphere, d = 2"):
        KDE.fit(X, 1.0, "sphere").on_grid(LINE, LINE)
    with pytest.raises(ValueError, match="on_grid needs the gaussian kernel and d = 2; got gaussian, d = 1"):
        KDE.fit(X[:, :1], 1.0).on_grid(LINE)


# --- The sphere ----------------------------------------------------------------------------------


def on_sphere(points):
    longitude, latitude = np.deg2rad(np.float64(points)).T
    return np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1)


GLOBE_QUERIES = np.stack([RNG.uniform(-180, 180, 200), np.rad2deg(np.arcsin(RNG.uniform(-1, 1, 200)))], -1)
GLOBE_QUERIES = GLOBE_QUERIES.astype(np.float32)


@pytest.mark.parametrize("bandwidth", [5.0, 20.0, 90.0])
def test_one_observation_is_a_von_mises_fisher_density(bandwidth):
    kappa = np.deg2rad(bandwidth) ** -2
    centre = GLOBE_QUERIES[0]
    theirs = stats.vonmises_fisher(on_sphere(centre[None])[0], kappa).logpdf(on_sphere(GLOBE_QUERIES))
    ours = KDE.fit([centre], bandwidth, "sphere").log_prob(GLOBE_QUERIES)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6 * kappa + 2e-6)


@pytest.mark.parametrize("bandwidth", [2.0, 10.0, 57.0, 200.0, 1e6])
def test_integrates_to_one_over_the_sphere(bandwidth):
    """Gauss and Legendre's rule between the poles, in which cos φ is contained; equal steps around."""
    height, weight = np.polynomial.legendre.leggauss(400)
    longitude = np.linspace(-180, 180, 600, endpoint=False)
    grid = np.stack(np.meshgrid(longitude, np.rad2deg(np.arcsin(height))), axis=-1)
    density = np.exp(np.float64(KDE.fit(GLOBE, bandwidth, "sphere").log_prob(grid)))
    assert density.mean(axis=1) @ weight * 2 * np.pi == pytest.approx(1, abs=2e-5)


def test_a_vast_bandwidth_is_uniform():
    model = KDE.fit(GLOBE, 1e9, "sphere")
    np.testing.assert_allclose(model.log_prob(GLOBE_QUERIES), -np.log(4 * np.pi), rtol=1e-6)


@pytest.mark.parametrize("turns", [-3, 1, 10])
def test_a_full_turn_changes_nothing(turns):
    x, queries = np.round(GLOBE * 8) / 8, np.round(GLOBE_QUERIES * 8) / 8  # so that a turn is exact in float32
    plain = KDE.fit(x, 10, "sphere").log_prob(queries)
    turn = np.array([360 * turns, 0], np.float32)
    np.testing.assert_array_equal(KDE.fit(x, 10, "sphere").log_prob(queries + turn), plain)
    np.testing.assert_array_equal(KDE.fit(x + turn, 10, "sphere").log_prob(queries), plain)


@given(angle=st.floats(-180, 180, width=16))
def test_the_globe_may_be_turned(angle):
    turn = np.array([angle, 0], np.float32)
    moved = KDE.fit(GLOBE + turn, 10, "sphere").log_prob(GLOBE_QUERIES + turn)
    np.testing.assert_allclose(moved, KDE.fit(GLOBE, 10, "sphere").log_prob(GLOBE_QUERIES), rtol=1e-5, atol=1e-4)


def test_the_globe_may_stand_on_its_head():
    head = np.array([1, -1], np.float32)
    moved = KDE.fit(GLOBE * head, 10, "sphere").log_prob(GLOBE_QUERIES * head)
    np.testing.assert_allclose(moved, KDE.fit(GLOBE, 10, "sphere").log_prob(GLOBE_QUERIES), rtol=1e-5, atol=1e-5)


def test_the_date_line_and_the_poles_are_no_borders():
    model = KDE.fit([[179.5, 10.0], [0.0, 90.0]], 3.0, "sphere")
    west, east = model.log_prob([[-179.5, 10.0], [178.5, 10.0]])  # one degree to either side
    assert west == pytest.approx(float(east), abs=1e-4)
    at_pole = model.log_prob([[longitude, 90.0] for longitude in (-180, -77, 0, 123)])
    np.testing.assert_allclose(at_pole, at_pole[0], atol=1e-5)
    around = model.log_prob([[longitude, 88.0] for longitude in (-180, -77, 0, 123)])
    np.testing.assert_allclose(around, around[0], atol=1e-4)


def test_beyond_the_poles_is_nothing():
    model = KDE.fit(GLOBE, 10, "sphere")
    assert np.isneginf(model.log_prob([[0, 90.001], [0, -91], [0, 1e30]])).all()
    assert np.isfinite(model.log_prob([[0, 90], [0, -90]])).all()


@pytest.mark.parametrize("centre", [[0.0, 0.0], [179.9, -60.0], [33.0, 90.0], [33.0, -90.0]], ids=str)
@pytest.mark.parametrize("bandwidth", [0.01, 5.0, 300.0])
def test_draws_stray_from_an_observation_as_far_as_the_law_says(centre, bandwidth, key):
    """1 − cos θ is exponential of rate κ, cut off at 2; the direction is uniform."""
    draws = np.asarray(KDE.fit([centre], bandwidth, "sphere").sample(key, 20_000))
    assert (draws[:, 0] >= -180).all()
    assert (draws[:, 0] < 180).all()
    assert (abs(draws[:, 1]) <= 90).all()
    kappa = np.deg2rad(bandwidth) ** -2
    offset = on_sphere(draws) - on_sphere(np.array([centre]))
    height = (offset**2).sum(axis=1) / 2
    assert stats.kstest(height, stats.truncexpon(b=2 * kappa, scale=1 / kappa).cdf).pvalue > 1e-9
    longitude, latitude = np.deg2rad(centre)
    east = offset @ [-np.sin(longitude), np.cos(longitude), 0]
    north = offset @ [-np.sin(latitude) * np.cos(longitude), -np.sin(latitude) * np.sin(longitude), np.cos(latitude)]
    assert stats.kstest(np.arctan2(north, east), stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-9


def test_draws_beside_the_date_line_are_on_the_map(key):
    """A step to the west of −180 by less than float32 can tell from 0 would end at 180."""
    draws = KDE.fit([[-180.0, 0.0]], 1e-5, "sphere").sample(key, 1000)
    assert ((draws[:, 0] >= -180) & (draws[:, 0] < 180)).all()


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bandwidth", "error", "message"),
    [
        (0, ValueError, "bandwidth must be above 0, from 1.2e-38 to 8e+37; got 0"),
        (-1, ValueError, "got -1"),
        (np.nan, ValueError, "got nan"),
        (np.inf, ValueError, "got inf"),
        (1e39, ValueError, "got inf"),
        (1e-50, ValueError, "got 0"),
        ([1.0], ValueError, "bandwidth must be a number; got shape (1,)"),
        ("1", TypeError, "bandwidth must be real numbers; got dtype <U1"),
        (True, TypeError, "bandwidth must be real numbers; got dtype bool"),
        (1j, TypeError, "bandwidth must be real numbers; got dtype complex128"),
    ],
)
def test_a_bad_bandwidth_is_refused(bandwidth, error, message):
    with pytest.raises(error, match=re.escape(message)):
        KDE.fit(X, bandwidth)
    with pytest.raises(ValueError, match=re.escape("bandwidth must be a number; got shape (2,)")):
        jax.jit(lambda h: KDE.fit(X, h).log_prob(X))(jnp.ones(2))


def test_an_unknown_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel must be one of gaussian, sphere; got 'tophat'"):
        KDE.fit(X, 1.0, "tophat")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[0, 90], [0, 91]], "x must be latitudes from -90 to 90 in its second column; x[1, 1] is 91.0 (1 such"),
        ([[95, -90.5]], "x[0, 1] is -90.5 (1 such values)"),
        ([[0]], "x must have shape (n, 2), longitudes and latitudes in degrees; got shape (1, 1)"),
        ([[0, 0, 0]], "x must have shape (n, 2), longitudes and latitudes in degrees; got shape (1, 3)"),
    ],
)
def test_what_is_not_on_the_globe_is_refused(x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        KDE.fit(x, 1.0, "sphere")


def test_the_widest_hills_have_finite_draws(key):
    model = KDE.fit([[0.0], [3e38]], bandwidth=8e37)
    x = np.asarray(model.sample(key, 10_000))
    assert np.isfinite(x).all()
    assert np.isfinite(model.log_prob(x)).all()
