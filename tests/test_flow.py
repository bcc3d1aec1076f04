"""The flow against flowjax, its parts against one another, its training, and what it says far from all data."""

import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flowjax import bijections as theirs
from flowjax.distributions import StandardNormal, Transformed
from scipy import stats

from lib import Flow
from lib.bijections import AffineCoupling, SplineCoupling
from lib.flow import _passes
from tests.bijections.test_couplings import of_flowjax
from tests.nets.causal import shaken
from tests.training.breaks import assert_goes_on_after_a_break, bits

LAYERS = {"affine": partial(AffineCoupling, hidden=(8,)), "spline": partial(SplineCoupling, hidden=(8,), num_pieces=5)}
MEAN, SCALE = [10.0, -3.0], [5.0, 0.5]
_random = np.random.default_rng(0)
BEND = _random.normal(size=(2000, 2)) * [1, 0.2]
BEND[:, 1] += BEND[:, 0] ** 2  # points about a parabola


def random_flow(kind="spline", num_layers=3, d=2, size=0.2, mean=MEAN, scale=SCALE):
    """A flow of random weights, far from a Gaussian."""
    keys = jax.random.split(jax.random.key(2), num_layers)
    layers = [LAYERS[kind](_passes(i, d), key=key) for i, key in enumerate(keys)]
    return Flow([shaken(layer, seed=i, size=size) for i, layer in enumerate(layers)], mean, scale)


@pytest.fixture(params=LAYERS)
def flow(request):
    return random_flow(request.param)


def some(flow, n=200, seed=0):
    return np.asarray(flow.sample(jax.random.key(seed), n))


# --- The formula ---------------------------------------------------------------------------------


def test_it_is_the_flow_of_flowjax():
    flow = random_flow(num_layers=4, d=4, size=0.15, mean=[1.0, 2, 3, 4], scale=[0.5, 1, 2, 4])
    steps = []
    for layer in flow.layers:
        order = np.argsort(np.logical_not(layer.passes), stable=True)
        steps += [theirs.Permute(order), of_flowjax(layer), theirs.Permute(np.argsort(order))]
    steps.append(theirs.Affine(flow.mean, flow.scale))
    other = Transformed(StandardNormal((4,)), theirs.Chain(steps))
    x = some(flow)
    np.testing.assert_allclose(flow.log_prob(x), other.log_prob(x), rtol=1e-4, atol=1e-4)
    z = np.float32(np.random.default_rng(0).normal(size=(50, 4)))
    np.testing.assert_allclose(flow.from_noise(z), jax.vmap(other.bijection.transform)(z), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(flow.to_noise(x), jax.vmap(other.bijection.inverse)(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("num_layers", range(4))
def test_it_integrates_to_one_after_each_layer(flow, num_layers):
    cut = Flow(flow.layers[:num_layers], flow.mean, flow.scale)
    side = np.linspace(-12, 12, 1500)
    x = np.stack(np.meshgrid(side * SCALE[0] + MEAN[0], side * SCALE[1] + MEAN[1]), axis=-1)
    cell = (side[1] - side[0]) ** 2 * SCALE[0] * SCALE[1]
    assert np.exp(np.float64(cut.log_prob(x))).sum() * cell == pytest.approx(1, abs=2e-5)


def test_without_layers_and_before_training_it_is_a_gaussian():
    x = np.float32([[10, -3], [16, -2.5], [-20, 1]])
    expected = stats.norm.logpdf(x, MEAN, SCALE).sum(1)
    np.testing.assert_allclose(Flow((), MEAN, SCALE).log_prob(x), expected, rtol=1e-5)
    for kind, layer in LAYERS.items():
        untrained = Flow([layer((True, False), key=jax.random.key(0))], MEAN, SCALE)
        np.testing.assert_allclose(untrained.log_prob(x), expected, rtol=1e-5, err_msg=kind)


def test_the_density_is_that_of_the_noise_over_the_stretching(flow):
    """log p(x) = log N(z) − log |det ∂x/∂z|, with the Jacobian of the whole way, by JAX."""
    z = np.float32(np.random.default_rng(1).normal(size=(100, 2)))
    jacobian = np.asarray(jax.jit(jax.vmap(jax.jacfwd(flow._forth)))(z))
    expected = stats.norm.logpdf(z).sum(1) - np.linalg.slogdet(np.float64(jacobian))[1]
    np.testing.assert_allclose(flow.log_prob(flow.from_noise(z)), expected, rtol=1e-3, atol=1e-3)


def test_to_noise_and_back(flow):
    z = np.float32(np.random.default_rng(1).normal(size=(3, 50, 2)))
    z[0, :3] = [[0, 0], [30, -30], [4, -4]]
    x = flow.from_noise(z)
    assert x.shape == z.shape
    np.testing.assert_allclose(flow.to_noise(x), z, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(jax.jit(lambda x: flow.to_noise(x))(x), flow.to_noise(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(flow.from_noise(z[1, 2]), x[1, 2], rtol=1e-5)
    assert flow.from_noise(z[:0]).shape == (0, 50, 2)


def test_noise_of_draws_is_standard_normal():
    flow = random_flow("affine")
    z = np.asarray(flow.to_noise(some(flow, 20_000)))
    for j in range(2):
        assert stats.kstest(z[:, j], "norm").pvalue > 1e-9
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.05


def test_any_two_numbers_are_moved_given_one_another():
    for d in range(2, 40):
        masks = np.array([_passes(i, d) for i in range(2 * (d - 1).bit_length())])
        assert (masks[::2] == ~masks[1::2]).all()
        given = (masks[:, :, None] & ~masks[:, None, :]).any(axis=0)
        assert (given | np.eye(d, dtype=bool)).all()


def test_many_rows_are_as_few(flow):
    """A fault of the compiler begins at row 16,384."""
    few = some(flow, 1000)
    many = np.tile(few, (100, 1))
    np.testing.assert_allclose(flow.log_prob(many), np.tile(flow.log_prob(few), 100), rtol=1e-5, atol=1e-5)
    whole = jax.jit(lambda x: flow.log_prob(x))(many)  # in one part
    np.testing.assert_allclose(whole, np.tile(flow.log_prob(few), 100), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(flow.to_noise(many), np.tile(flow.to_noise(few), (100, 1)), rtol=1e-5, atol=1e-5)
    z = np.tile(flow.to_noise(few), (100, 1))
    np.testing.assert_allclose(flow.from_noise(z), np.tile(flow.from_noise(z[:1000]), (100, 1)), rtol=1e-5, atol=1e-5)


# --- Far away ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.5, 30.0])
@pytest.mark.parametrize("kind", LAYERS)
def test_log_prob_and_its_gradient_are_sound_far_away(kind, size):
    flow = random_flow(kind, num_layers=8, size=size)
    x = np.float32([[1e30, 0], [0, -1e30], [3e38, 3e38], [1e4, 1e4], [10, -3]])
    log_prob = np.asarray(flow.log_prob(x))
    assert not np.isnan(log_prob).any()
    assert (log_prob[:3] < -1e4).all()
    assert np.isfinite(jax.jit(jax.vmap(jax.grad(lambda x: flow.log_prob(x))))(x)).all()
    assert not np.isnan(flow.to_noise(x)).any()


# --- Training ------------------------------------------------------------------------------------


def fit(path=None, x=BEND[:100], **settings):
    settings = {"key": jax.random.key(3), "layer": LAYERS["spline"], "num_layers": 2, "num_steps": 110} | settings
    return Flow.fit(x, checkpoint=path, batch_size=16, **settings)


@pytest.mark.parametrize("kind", LAYERS)
def test_training_learns_what_no_gaussian_can(kind):
    """On new points, against the truth that the points were drawn from."""
    layer = partial(LAYERS[kind].func, hidden=(32,))
    flow = Flow.fit(BEND, key=jax.random.key(0), layer=layer, num_layers=4, num_steps=400, learning_rate=3e-2)
    random = np.random.default_rng(1)
    new = random.normal(size=(5000, 2)) * [1, 0.2]
    new[:, 1] += new[:, 0] ** 2
    truth = stats.norm.logpdf(new[:, 0]) + stats.norm.logpdf(new[:, 1], new[:, 0] ** 2, 0.2)
    gaussian = stats.multivariate_normal(BEND.mean(0), np.cov(BEND.T)).logpdf(new)
    divergence, of_gaussian = ((truth - other).mean() for other in (np.float64(flow.log_prob(new)), gaussian))
    assert -0.02 < divergence < 0.25 * of_gaussian
    np.testing.assert_allclose(flow.mean, BEND.mean(0), rtol=1e-5)
    np.testing.assert_allclose(flow.scale, BEND.std(0), rtol=1e-5)


def test_units_do_not_matter():
    """The same data in other units: the density is the same, per the other unit."""
    units, origin = np.array([64.0, 0.125]), np.array([8.0, -2.0])
    plain, other = fit(), fit(x=BEND[:100] * units + origin)
    x = BEND[:50]
    expected = np.asarray(plain.log_prob(x)) - np.log(units).sum()
    np.testing.assert_allclose(other.log_prob(x * units + origin), expected, rtol=0.01, atol=0.01)


def test_the_same_key_gives_the_same_bits_also_after_a_break(tmp_path, monkeypatch):
    whole, path = fit(), tmp_path / "training.ckpt"
    assert bits(whole) == bits(fit())
    assert bits(whole) != bits(fit(key=jax.random.key(4)))
    assert_goes_on_after_a_break(fit, path, whole, monkeypatch)
    for change in ({"layer": LAYERS["affine"]}, {"num_layers": 3}):
        with pytest.raises(ValueError, match="is of another training"):
            fit(path, **change)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (BEND[:, :1], "x must have at least two features, one to be moved given another; got shape (2000, 1)"),
        (BEND * [1, 0] + [0, 7], "x must vary in each feature; x[:, 1] is 7 in all rows (1 such features)"),
        (BEND[:1], "x must vary in each feature; x[:, 0] is "),
        (BEND * 1e-30, "x.std(axis=0) must be from 1e-20 to 1e+20"),
    ],
)
def test_fit_refuses_data(x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Flow.fit(x, key=jax.random.key(0))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"num_layers": 0}, ValueError, "num_layers must be at least 1; got 0"),
        ({"num_steps": 0}, ValueError, "num_steps must be at least 1; got 0"),
        ({"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
    ],
)
def test_fit_refuses_settings(change, error, message):
    with pytest.raises(error, match=re.escape(message)):
        fit(**change)


def test_fit_refuses_a_tracer():
    with pytest.raises(TypeError, match="x must be known before jit, so that it can be scaled; got a tracer"):
        jax.jit(lambda x: Flow.fit(x, key=jax.random.key(0)))(jnp.asarray(BEND, jnp.float32))


LAYER = LAYERS["affine"]((True, False), key=jax.random.key(0))


@pytest.mark.parametrize(
    ("layers", "mean", "scale", "error", "message"),
    [
        ((), [0, 0], [1], ValueError, "mean and scale must have the same shape (d,); got (2,) and (1,)"),
        ((), 0.0, 1.0, ValueError, "mean and scale must have the same shape (d,); got () and ()"),
        ((), [], [], ValueError, "mean and scale must have the same shape (d,); got (0,) and (0,)"),
        ((), ["a"], [1], TypeError, "mean must be real numbers; got dtype <U1"),
        ((), [0, np.inf], [1, 1], ValueError, "mean must be finite, and at most 3.4e+38 in size; mean[1] is inf"),
        ((), [0, 0], [1, 0], ValueError, "scale must be from 1e-20 to 1e+20; scale[1] is 0"),
        ((), [0, 0], [np.nan, 1], ValueError, "scale must be from 1e-20 to 1e+20; scale[0] is nan"),
        ((LAYER, 3), [0, 0], [1, 1], TypeError, "layers must be bijections; layers[1] is 3"),
        ((LAYER,), [0, 0, 0], [1, 1, 1], ValueError, "shape of mean, (3,); layers[0] takes those of shape (2,)"),
    ],
)
def test_a_flow_of_other_parts_is_refused(layers, mean, scale, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Flow(layers, mean, scale)


@pytest.mark.parametrize("method", ["to_noise", "from_noise"])
def test_points_of_another_kind_or_shape_are_refused(method):
    flow = random_flow()
    with pytest.raises(ValueError, match=re.escape("x must have shape (*batch, 2); got shape (3,)")):
        getattr(flow, method)(np.zeros(3))
    with pytest.raises(TypeError, match="x must be real numbers; got dtype <U1"):
        getattr(flow, method)(["a", "b"])
