"""What only models of real points promise: they refuse what float32 cannot hold, and answer for any number."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lib
from lib.numerics.parts import ELEMENTS_PER_CALL
from tests.contract.cases import GROUNDS, OF_POINTS, SCORED, ULP

OURS = {name: (ground, setting) for name, (ground, setting) in SCORED.items() if ground.numbers == "real numbers"}
FAR = 1e30
KEY = jax.random.key(0)


@pytest.fixture(params=OURS.values(), ids=OURS.keys())
def fitted(request):
    """A ground and a model that is fitted to its data."""
    ground, setting = request.param
    return ground, ground.fit(setting)


@pytest.fixture
def score(fitted):
    """The log densities of points under the model, or bounds of them."""
    ground, model = fitted
    return ground.score(model)


@pytest.fixture(params=OF_POINTS)
def fit(request):
    ground = GROUNDS[request.param]
    return lambda x: ground.Model.fit(x, **next(iter(ground.settings.values())))


# --- fit is strict -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "printed"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (1e39, "inf"), (10**39, "inf")]
)
def test_fit_refuses_what_is_not_finite_in_float32(fit, value, printed):
    with pytest.raises(ValueError, match=rf"x must be .*; x\[1, 0\] is ({printed}|1e\+39) \(1 such values\)"):
        fit([[0.0, 1.0], [float(value), -1.0], [1.0, 0.5]])


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint64, np.float16, np.float64, np.longdouble])
def test_any_real_dtype_gives_the_same_model(fit, kind):
    x = np.array([[1, 0], [0, 1], [2, 0]])
    assert eqx.tree_equal(fit(x.astype(kind)), fit(x.astype(np.float32)))


@pytest.mark.parametrize("kind", [jnp.float16, jnp.bfloat16, jnp.int8, jnp.int32])
def test_device_arrays_of_any_dtype_give_the_same_model(fit, kind):
    x = jnp.array([[1, 0], [0, 1], [2, 0]])
    assert eqx.tree_equal(fit(x.astype(kind)), fit(np.float32(x)))
    with jax.enable_x64(True):
        wide = jnp.array([[1.0, 0], [1e39, 1]])
        assert wide.dtype == np.float64
        with pytest.raises(ValueError, match=r"x\[1, 0\] is 1e\+39 \(1 such"):
            fit(wide)


TIMES = 1.7e9 + np.array([[0.0, 0], [1, 1], [2, 3]])


@pytest.mark.parametrize(
    "x", [TIMES, TIMES.astype(np.int64), TIMES.tolist(), TIMES.astype(np.int32)], ids=lambda x: type(x)
)
@pytest.mark.parametrize("where", [np.asarray, jnp.asarray])
def test_what_float32_would_merge_is_refused(x, where):
    """Time stamps, ids, map coordinates: differences that are lost once each number is rounded."""
    if where is jnp.asarray and getattr(x, "dtype", None) != np.int32:
        pytest.skip("JAX has merged them before we see them")
    message = r"x must be kept by float32 to 0.0001 of its range: subtract an origin first; x\[1, 0\] is 1700000001"
    for fit in (lib.Box.fit, lambda x: lib.KDE.fit(x, 1.0), lambda x: lib.GaussianMixture.fit(x, 1, key=KEY)):
        with pytest.raises(ValueError, match=message):
            fit(where(x))
        fit(x - np.min(x, axis=0))
        fit(np.asarray(x) * 1000 + [[0, 0], [1e9, 3e9], [2e9, 1e9]])  # far, and far from one another


@pytest.mark.parametrize("name", ["Box", "Histogram", "KDE-gaussian", "KDE-sphere"])  # the others refuse a tracer
def test_fit_works_under_jit(name):
    def fit(x):
        return GROUNDS[name].Model.fit(x, **next(iter(GROUNDS[name].settings.values())))

    x = np.array([[1, 0], [0, 1], [2, 0]], np.float32)
    jax.tree.map(lambda ours, theirs: np.testing.assert_allclose(ours, theirs, rtol=ULP), jax.jit(fit)(x), fit(x))


# --- log_prob is total ---------------------------------------------------------------------------


@pytest.mark.parametrize("feature", [0, 1])
def test_nan_gives_nan_and_infinity_minus_infinity(fitted, score, feature):
    plain = np.repeat(fitted[0].data[:1], 4, axis=0).astype(np.float64)
    x = plain.copy()
    x[:3, feature] = np.nan, np.inf, -np.inf
    log_prob = np.asarray(score(x))
    assert np.isnan(log_prob[0])
    assert np.isneginf(log_prob[1:3]).all()
    assert log_prob[3] == score(plain)[3]
    assert np.isnan(score([np.nan, np.inf]))


def test_what_float32_cannot_hold_is_infinite(score):
    assert np.isneginf(score([1e39, 0.0]))


@pytest.mark.parametrize("x", [[FAR, 0], [0, -FAR], [FAR, FAR], [3e38, -3e38]], ids=str)
def test_a_far_point_is_unlikely_and_no_nan(score, x):
    log_prob = score(x)
    assert not np.isnan(log_prob)
    assert log_prob < np.inf


def test_gradients_are_finite_everywhere(fitted, score):
    ground, _ = fitted
    x = np.concatenate([ground.data[:3], [[FAR, 0], [0, FAR], [np.inf, 0], [50, 50], [0, 90], [180, -90]]])
    gradient = jax.jit(jax.grad(lambda x: jnp.where(jnp.isfinite(y := score(x)), y, 0).sum()))
    assert np.isfinite(gradient(x.astype(np.float32))).all()
    one_by_one = jax.vmap(jax.grad(score))(jnp.asarray(x, jnp.float32))
    assert np.isfinite(one_by_one).all()


def test_log_prob_takes_whole_numbers(score):
    assert score([1, -2]) == score([1.0, -2.0])


def test_more_points_than_go_through_one_call_are_as_few(fitted):
    ground, model = fitted
    if not ground.is_density:
        pytest.skip("the bounds of equal points differ: see test_bounds.py")
    few = ground.data[:64]
    many = np.resize(few, (ELEMENTS_PER_CALL // model._work + 100, 2))
    log_prob = model.log_prob(many)
    np.testing.assert_allclose(log_prob, np.resize(model.log_prob(few), len(many)), rtol=ULP, atol=ULP)
