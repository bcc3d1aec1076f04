"""The spline against flowjax, against its own derivative, and at its knots."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flowjax.bijections import RationalQuadraticSpline

from lib.bijections.spline import spline, spline_inverse

BOUND = 4.0


def curve(seed, pieces=8, rough=1.0):
    """Knots at random places, and random slopes between the ends; float64."""
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.ones(pieces), 2) * 0.99 + 0.01 / pieces
    u, v = 2 * BOUND * np.cumsum(np.pad(shares, ((0, 0), (1, 0))), axis=1) - BOUND
    u[-1] = v[-1] = BOUND
    return u, v, np.exp(rough * np.pad(random.normal(size=pieces - 1), 1))


def along(function, places, knots):
    with jax.enable_x64(places.dtype == np.float64):
        knots = [jnp.asarray(x, places.dtype) for x in knots]
        return [np.asarray(x) for x in jax.jit(jax.vmap(lambda at: function(at, *knots)))(places)]


@pytest.mark.parametrize("pieces", [1, 2, 8])
@pytest.mark.parametrize("seed", range(3))
def test_both_ways_agree_with_flowjax(seed, pieces):
    u, v, slopes = curve(seed, pieces)
    places = np.sort(np.concatenate([np.linspace(-6, 6, 997), u, v]))
    with jax.enable_x64(True):
        knots = tuple(map(jnp.asarray, (u, v, slopes)))
        theirs = RationalQuadraticSpline(knots=max(pieces - 1, 1), interval=BOUND)
        theirs = eqx.tree_at(lambda spline: (spline.x_pos, spline.y_pos, spline.derivatives), theirs, knots)
        ways = (spline, theirs.transform_and_log_det), (spline_inverse, theirs.inverse_and_log_det)
        for ours, other in ways:
            for found, expected in zip(along(ours, places, knots), jax.jit(jax.vmap(other))(places), strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_goes_through_its_knots_with_their_slopes(seed):
    u, v, slopes = curve(seed)
    for function, start, end, log_slopes in (
        (spline, u, v, np.log(slopes)),
        (spline_inverse, v, u, -np.log(slopes)),
    ):
        found, log_slope = along(function, start, (u, v, slopes))
        np.testing.assert_allclose(found, end, atol=1e-12)
        np.testing.assert_allclose(log_slope, log_slopes, atol=1e-10)


@pytest.mark.parametrize("function", [spline, spline_inverse])
def test_the_slope_is_the_derivative(function):
    knots = curve(3)
    places = np.linspace(-5, 5, 401)
    places = places[abs(places[:, None] - np.stack(knots[:2]).ravel()).min(1) > 1e-4]
    above, below = (along(function, places + step, knots)[0] for step in (1e-6, -1e-6))
    np.testing.assert_allclose(np.exp(along(function, places, knots)[1]), (above - below) / 2e-6, rtol=1e-6)


@pytest.mark.parametrize("rough", [0.1, 1.0, 3.0])
def test_there_and_back_is_where_one_was(rough):
    for seed in range(5):
        u, v, slopes = curve(seed, rough=rough)
        slopes = np.clip(slopes, 1e-2, 1e2)
        places = np.concatenate([np.linspace(-5, 5, 301), u, np.nextafter(u, 9), np.nextafter(u, -9), [-1e30, 1e30]])
        x, there = along(spline, places, (u, v, slopes))
        z, back = along(spline_inverse, x, (u, v, slopes))
        np.testing.assert_allclose(z, places, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(there + back, 0, atol=1e-6)
        assert (np.diff(x[:301]) > 0).all()


def test_beyond_the_ends_nothing_is_moved():
    places = np.float32([-1e30, -100, np.nextafter(np.float32(-BOUND), np.float32(-9)), BOUND, 5, 1e30])
    for function in (spline, spline_inverse):
        at, log_slope = along(function, places, curve(0))
        np.testing.assert_array_equal(at, places)
        np.testing.assert_array_equal(log_slope, 0)


@pytest.mark.parametrize("function", [spline, spline_inverse])
def test_gradients_are_finite_also_at_the_knots_and_far_away(function):
    knots = [jnp.asarray(x, jnp.float32) for x in curve(1)]
    places = np.concatenate([knots[0], knots[1], [-1e30, -4.5, 0, 4.5, 1e30]]).astype(np.float32)
    gradient = jax.grad(lambda at, *knots: sum(function(at, *knots)), argnums=(0, 1, 2, 3))
    for part in jax.jit(jax.vmap(gradient, in_axes=(0, None, None, None)))(places, *knots):
        assert np.isfinite(part).all()


def test_a_straight_line_of_knots_moves_nothing():
    line = np.linspace(-BOUND, BOUND, 9)
    at, log_slope = along(spline, np.linspace(-5, 5, 101), (line, line, np.ones(9)))
    np.testing.assert_allclose(at, np.linspace(-5, 5, 101), atol=1e-12)
    np.testing.assert_allclose(log_slope, 0, atol=1e-12)
