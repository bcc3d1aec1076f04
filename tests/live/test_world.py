"""The map is drawn where longitude and latitude say, in the ink of the page."""

import matplotlib.pyplot as plt

from lib.data import world
from lib.live import draw_density, draw_map, show


def test_the_coasts_are_drawn_once_and_in_ink():
    fig, ax = plt.subplots()
    draw_map(ax)
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-180, 180, -90, 90)
    (coasts,) = ax.patches
    assert sum(map(len, coasts.get_path().to_polygons())) == sum(map(len, world.coastline()))
    picture = show(fig, alt="The world.").data
    assert picture.count("fill: currentColor; fill-opacity: 0.1; stroke: currentColor") == 1


def test_a_density_has_its_first_row_in_the_north_and_full_colour_from_2_on():
    _, ax = plt.subplots()
    image = draw_density(ax, [[0.0, 1.0], [2.0, 9.0]])
    assert image.get_extent() == [-180, 180, -90, 90]
    assert image.origin == "upper"
    assert image.to_rgba(image.get_array())[..., 3].round(1).tolist() == [[0, 0.5], [1, 1]]
