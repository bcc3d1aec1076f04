"""The six motifs: functions of points (x, y) that say which colour, direction and reach a brush has there."""

from lib.data.paintings.motifs.colour_fields import colour_fields
from lib.data.paintings.motifs.garden import garden
from lib.data.paintings.motifs.sea_at_dusk import sea_at_dusk
from lib.data.paintings.motifs.starry_night import starry_night
from lib.data.paintings.motifs.sunflowers import sunflowers
from lib.data.paintings.motifs.wheat_field import wheat_field

MOTIFS = (starry_night, wheat_field, sunflowers, sea_at_dusk, garden, colour_fields)
