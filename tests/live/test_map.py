"""The map is drawn where longitude and latitude say, in the ink of the page."""

import matplotlib.pyplot as plt

from lib.data import world
from lib.live import draw_map, show


def test_the_coasts_are_drawn_once_and_in_ink():
    fig, ax = plt.subplots()
    draw_map(ax)
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-180, 180, -90, 90)
    (coasts,) = ax.patches
    assert sum(map(len, coasts.get_path().to_polygons())) == sum(map(len, world.coastline()))
    picture = show(fig, alt="The world.").data
    assert picture.count("fill: currentColor; fill-opacity: 0.1; stroke: currentColor") == 1
