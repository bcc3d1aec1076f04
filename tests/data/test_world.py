"""The world is land where it is land, and its law is uniform on the land of the sphere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lib.data import world
from tests.contract.statistics import assert_drawn_from

SPHERE = 4 * np.pi
LAND = {
    "Berlin": (13.4, 52.5),
    "Taipei": (121.4, 24.9),
    "Timbuktu": (-3.0, 16.8),
    "Manaus": (-60.0, -3.1),
    "Alice Springs": (133.9, -23.7),
    "Denver": (-105.0, 39.7),
    "the South Pole": (0.0, -90.0),
    "Chukotka, east of the date line": (-174.0, 66.0),
    "Chukotka, west of the date line": (175.0, 68.0),
    "Lake Victoria, since lakes count as land": (33.0, -1.0),
}
SEA = {
    "the Atlantic": (-30.0, 40.0),
    "the Pacific, east of the date line": (-179.9, 0.0),
    "the Pacific, west of the date line": (179.9, 0.0),
    "the Indian Ocean": (80.0, -20.0),
    "the North Pole": (0.0, 90.0),
    "the Caspian Sea": (51.0, 42.0),
    "the Black Sea": (34.0, 43.3),
    "beyond the map": (180.1, 0.0),
    "above the map": (13.4, 90.1),
    "nowhere": (np.nan, 52.5),
    "infinitely far": (np.inf, 0.0),
}


@pytest.mark.parametrize("place", LAND)
def test_land(place):
    assert world.is_land(LAND[place])


@pytest.mark.parametrize("place", SEA)
def test_what_is_not_land(place):
    assert not world.is_land(SEA[place])


def test_the_share_of_land_depends_on_what_is_counted():
    _, log_area, land = world.grid()
    assert abs((np.exp(log_area) * land).sum() / SPHERE - 0.290) < 0.002  # of the sphere
    assert abs(land.mean() - 0.333) < 0.002  # of the map


def test_the_density_integrates_to_one():
    points, log_area, _ = world.grid()
    assert abs(np.exp(np.float64(world.log_prob(points)) + log_area).sum() - 1) < 1e-5


def test_the_density_is_total():
    at = jnp.array([LAND["Berlin"], SEA["the Atlantic"], SEA["nowhere"], SEA["infinitely far"]])
    density = np.asarray(world.log_prob(at))
    assert np.isfinite(density[0])
    np.testing.assert_array_equal(density[1:], [-np.inf, np.nan, -np.inf])


def test_an_area_of_a_square_degree():
    np.testing.assert_allclose(world.log_area([[0.0, 0.0]]), 2 * np.log(np.pi / 180), rtol=1e-6)
    np.testing.assert_allclose(world.log_area([[7.0, 60.0]]), np.log(0.5) + 2 * np.log(np.pi / 180), rtol=1e-6)


@pytest.mark.parametrize("columns", [720, 360, 120, 90])
def test_a_grid_covers_the_sphere_and_keeps_the_land(columns):
    points, log_area, land = world.grid(columns)
    assert points.shape == (columns // 2, columns, 2)
    np.testing.assert_allclose(np.exp(np.float64(log_area)).sum(), SPHERE, rtol=1e-6)
    fine = world.grid()
    np.testing.assert_allclose(
        (np.exp(np.float64(log_area)) * land).sum(), (np.exp(np.float64(fine.log_area)) * fine.land).sum(), rtol=1e-5
    )
    assert points[0, 0, 1] > 0 > points[0, 0, 0]  # north and west come first


def test_a_grid_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="columns must be 720 / k for a divisor k of 360"):
        world.grid(100)


def cell_of(x):
    """In which cell of grid(90) each point lies."""
    column, row = ((x[:, 0] + 180) // 4).astype(int), ((90 - x[:, 1]) // 4).astype(int)
    return row * 90 + column


def test_points_are_drawn_from_the_law(key):
    x = np.asarray(world.sample(key, 100_000))
    assert np.asarray(world.is_land(x)).all()
    _, log_area, land = world.grid(90)
    p = (np.exp(np.float64(log_area)) * land).ravel()
    assert_drawn_from(p / p.sum(), cell_of(x))


def test_a_sampler_that_is_uniform_on_the_map_is_found(key):
    cells, land = cell_of(np.asarray(world.sample(key, 100_000))), world.grid(90).land
    with pytest.raises(AssertionError):
        assert_drawn_from(land.ravel() / land.sum(), cells)


def test_few_draws_are_the_first_of_many(key):
    np.testing.assert_array_equal(world.sample(key, 5), world.sample(key, 50)[:5])


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match="key must be made by"):
        world.sample(jax.random.PRNGKey(0), 1)
    with pytest.raises(ValueError, match="n must be at least 0"):
        world.sample(jax.random.key(0), -1)
    with pytest.raises(ValueError, match=r"x must have shape \(\*batch, 2\)"):
        world.is_land([1.0, 2.0, 3.0])


def test_the_projection_keeps_areas(key):
    x = jax.random.uniform(key, (100, 2), minval=jnp.array([-180, -85]), maxval=jnp.array([180, 85]))
    per_degree = jnp.abs(jnp.linalg.det(jax.vmap(jax.jacobian(world.project))(x)))
    np.testing.assert_allclose(per_degree, jnp.exp(world.log_area(x)), rtol=1e-3)


def test_coasts_are_closed_rings_along_the_edge_of_the_land():
    for ring in world.coastline():
        np.testing.assert_array_equal(ring[0], ring[-1])
    ring = max(world.coastline(), key=len)
    middle = (ring[1:] + ring[:-1]) / 2
    angles = np.linspace(0, 2 * np.pi, 16)
    around = np.clip(middle[:, None] + 1.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1), (-180, -90), (180, 90))
    both = np.asarray(world.is_land(around))
    on_edge = (np.abs(middle[:, 0]) > 178.4) | (np.abs(middle[:, 1]) > 88.4)  # the edge of the map is not a coast
    assert (both.any(1) & ~both.all(1) | on_edge).mean() > 0.99
