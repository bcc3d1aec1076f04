"""Both couplings: what passes and what is moved, the Jacobian, the way back, what far points do, and other code."""

import re
from functools import cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flowjax.bijections import Coupling, RationalQuadraticSpline

from lib.bijections import AffineCoupling, SplineCoupling
from lib.bijections.spline_coupling import BOUND, LEAST
from tests.nets.causal import shaken

LAYERS = {"affine": AffineCoupling, "spline": partial(SplineCoupling, num_pieces=8)}
MASKS = {"first": (True, False), "second": (False, True), "five": (True, False, False, True, False)}


@pytest.fixture(params=LAYERS)
def kind(request):
    return LAYERS[request.param]


@pytest.fixture(params=MASKS.values(), ids=MASKS)
def layer(request, kind):
    """Random weights, far from the identity."""
    return random_layer(kind, request.param)


@cache
def random_layer(kind, passes, size=0.2, **settings):
    return shaken(kind(passes, key=jax.random.key(1), hidden=(8,), **settings), size=size)


def points(layer, n=200, spread=2.0, seed=0):
    return spread * np.random.default_rng(seed).normal(size=(n, len(layer.passes)))


def batched(function, x):
    return [np.asarray(y) for y in jax.jit(jax.vmap(function))(x)]


def wide(layer):
    """The same layer in float64; for use where these are enabled."""
    return jax.tree.map(lambda x: jnp.asarray(np.asarray(x), jnp.float64), layer)


@pytest.mark.parametrize("way", ["forward", "inverse"])
def test_log_det_is_that_of_the_numerical_jacobian(layer, way):
    """In float64, by central differences."""
    with jax.enable_x64(True):
        layer = wide(layer)
        move = jax.jit(jax.vmap(getattr(layer, way)))
        x, step = points(layer), 1e-5
        d = x.shape[1]
        steps = step * np.eye(d)
        jacobian = np.stack([(np.asarray(move(x + e)[0]) - np.asarray(move(x - e)[0])) / (2 * step) for e in steps], -1)
        sign, log_det = np.linalg.slogdet(jacobian)
        assert (sign == 1).all()
        found = np.asarray(move(x)[1])
    np.testing.assert_allclose(found, log_det, atol=1e-4)
    assert found.std() > 0.02


def test_what_passes_stays_and_decides_how_the_rest_is_moved(layer):
    passes = np.array(layer.passes)
    x = points(layer).astype(np.float32)
    y, _ = batched(layer.forward, x)
    np.testing.assert_array_equal(y[:, passes], x[:, passes])
    jacobian = np.asarray(jax.jit(jax.vmap(jax.jacfwd(lambda x: layer.forward(x)[0])))(x))
    among_moved = jacobian[:, ~passes][:, :, ~passes]
    off_diagonal = ~np.eye(among_moved.shape[1], dtype=bool)
    np.testing.assert_array_equal(among_moved[:, off_diagonal], 0)  # each is moved on its own
    assert (jacobian[:, ~passes][:, :, passes] != 0).any(axis=0).all()  # given each of those that pass


@pytest.mark.parametrize("spread", [0.1, 2.0, 1e3, 1e8])
def test_there_and_back_is_where_one_was(layer, spread):
    z = points(layer, spread=spread).astype(np.float32)
    x, there = batched(layer.forward, z)
    again, back = batched(layer.inverse, x)
    np.testing.assert_allclose(again, z, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(there + back, 0, atol=2e-3)


def test_nothing_is_moved_before_training(kind):
    for passes in MASKS.values():
        layer = kind(passes, key=jax.random.key(0))
        z = points(layer).astype(np.float32)
        for way in (layer.forward, layer.inverse):
            x, log_det = batched(way, z)
            np.testing.assert_allclose(x, z, atol=2e-6)
            np.testing.assert_allclose(log_det, 0, atol=1e-5)


@pytest.mark.parametrize("size", [1.0, 100.0])
def test_far_points_and_wild_networks_give_finite_numbers(kind, size):
    layer = random_layer(kind, MASKS["five"], size=size)
    x = np.float32([[0] * 5, [1e30] * 5, [-1e30, 1, 1e30, -1, 0], [4, -4, 4, -4, 4]])
    for way in (layer.forward, layer.inverse):
        y, log_det = batched(way, x)
        assert np.isfinite(y).all()
        assert np.isfinite(log_det).all()


def test_an_affine_coupling_is_what_a_plain_loop_gives():
    layer = random_layer(AffineCoupling, MASKS["five"], size=1.0)
    z = points(layer)
    (first, b1), (second, b2) = [[np.float64(part) for part in each] for each in layer.network]
    x, log_det = z.copy(), np.zeros(len(z))
    for n, row in enumerate(z):
        hidden = np.asarray(jax.nn.gelu(jnp.float32(np.clip(row[[0, 3]], -5, 5) @ first + b1)))
        said = (hidden @ second + b2).reshape(3, 2)
        for j, (a, t) in zip((1, 2, 4), said, strict=True):
            s = 2 * np.tanh(a / 2)
            x[n, j], log_det[n] = np.exp(s) * row[j] + t, log_det[n] + s
    for found, expected in zip(batched(layer.forward, z.astype(np.float32)), (x, log_det), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def of_flowjax(layer):
    """Flowjax's coupling with the network of ours. There the first and the last slope are learnt; here they are 1."""
    passing, moved, pieces = sum(layer.passes), len(layer.passes) - sum(layer.passes), layer.num_pieces
    theirs = Coupling(
        jax.random.key(0),
        transformer=RationalQuadraticSpline(
            knots=pieces - 1, interval=BOUND, min_derivative=LEAST, min_width=2 * BOUND * LEAST / pieces
        ),
        untransformed_dim=passing,
        dim=len(layer.passes),
        nn_width=8,
        nn_depth=len(layer.network) - 1,
        nn_activation=jax.nn.gelu,
    )

    def with_ends(x):
        x = np.asarray(x).reshape(*x.shape[:-1], moved, -1)
        before, slopes = np.split(x, [2 * pieces], axis=-1)
        slopes = np.pad(slopes, [(0, 0)] * (x.ndim - 1) + [(1, 1)])
        return np.concatenate([before, slopes], axis=-1).reshape(*x.shape[:-2], -1)

    *inner, last = layer.network
    network = *inner, tuple(map(with_ends, last))
    return eqx.tree_at(
        lambda coupling: [part for each in coupling.conditioner.layers for part in (each.weight, each.bias)],
        theirs,
        [jnp.asarray(part) for weight, bias in network for part in (weight.T, bias)],
    )


def test_a_spline_coupling_is_that_of_flowjax():
    layer = random_layer(SplineCoupling, (True, True, False, False, False), num_pieces=6)
    theirs = of_flowjax(layer)
    x = points(layer, spread=1.5).astype(np.float32)
    for ours, other in (
        (layer.forward, theirs.transform_and_log_det),
        (layer.inverse, theirs.inverse_and_log_det),
    ):
        for found, expected in zip(batched(ours, x), batched(other, x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("passes", "settings", "error", "message"),
    [
        ((True, True), {}, ValueError, "passes must let some numbers pass, and not all; got (True, True)"),
        ((False,), {}, ValueError, "passes must let some numbers pass, and not all; got (False,)"),
        ((True, False), {"hidden": ()}, ValueError, "hidden must name at least one layer"),
        ((True, False), {"hidden": (0,)}, ValueError, "hidden must be at least 1; got 0"),
        ((True, False), {"hidden": 8}, TypeError, "hidden must be a sequence of whole numbers"),
        ((True, False), {"key": jax.random.PRNGKey(0)}, TypeError, "key must be made by jax.random.key"),
    ],
)
def test_what_is_no_coupling_is_refused(kind, passes, settings, error, message):
    with pytest.raises(error, match=re.escape(message)):
        kind(passes, **{"key": jax.random.key(0)} | settings)


def test_a_spline_needs_a_piece():
    with pytest.raises(ValueError, match="num_pieces must be at least 1; got 0"):
        SplineCoupling((True, False), key=jax.random.key(0), num_pieces=0)
