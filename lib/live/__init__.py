"""What a chapter shows: figures with a text alternative, tables, and sliders that move a figure."""

from lib.javascript import to_javascript
from lib.live.avatars import AvatarGrid
from lib.live.exploration import explore
from lib.live.play import Play
from lib.live.show import Link, Missing, Value, show, table
from lib.live.sliders import Checkbox, Dropdown, FloatLogSlider, FloatSlider, IntSlider, SampleAgain
from lib.live.world import draw_density, draw_map

__all__ = [
    "AvatarGrid",
    "Checkbox",
    "Dropdown",
    "FloatLogSlider",
    "FloatSlider",
    "IntSlider",
    "Link",
    "Missing",
    "Play",
    "SampleAgain",
    "Value",
    "draw_density",
    "draw_map",
    "explore",
    "show",
    "table",
    "to_javascript",
]
