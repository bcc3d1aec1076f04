"""Draws the land of the world and writes the map `world.png`, which is committed: readers need not run this.

    npm pack world-atlas@2.0.2 && tar -xzf world-atlas-2.0.2.tgz
    python -m lib.data.make.world package/land-110m.json

A cell of the map is land if its centre is. The outlines are those of Natural Earth (naturalearthdata.com) at the scale
1 : 110 million, which are in the public domain. Lakes count as land; the Caspian Sea is a hole in its outline.

The file is a TopoJSON: an outline is a ring of arcs that it may share with others, and an arc is a list of steps in
whole numbers (https://github.com/topojson/topojson-specification).
"""

import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from lib.data.world import COLUMNS, MAP, ROWS


def main(source: str) -> None:
    land = _fill(_rings(json.loads(Path(source).read_text(encoding="utf-8"))))
    unfinished = MAP.with_suffix(".tmp")  # renamed at the end, so that a run that was stopped leaves the old map
    Image.fromarray(land).save(unfinished, "PNG", optimize=True)
    os.replace(unfinished, MAP)
    print(f"{MAP}: {MAP.stat().st_size} bytes")


def _rings(topology: dict) -> Iterator[np.ndarray]:
    """The outlines (k, 2) in degrees: closed, and without a jump in longitude where they cross the date line."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(steps, axis=0) * scale + shift for steps in topology["arcs"]]
    (land,) = topology["objects"]["land"]["geometries"]
    for ring in itertools.chain(*land["arcs"]):
        # ~i is the arc i run backwards; an arc starts where the one before it has ended.
        ring = np.concatenate([(arcs[i] if i >= 0 else arcs[~i][::-1])[:-1] for i in ring])
        ring = np.append(ring, ring[:1], axis=0)
        ring[:, 0] = np.unwrap(ring[:, 0], period=360)
        if ring[0, 0] != ring[-1, 0]:  # Antarctica: once around the world, so it is closed through the pole
            ring = np.append(ring, [[ring[-1, 0], -90], [ring[0, 0], -90], ring[0]], axis=0)
        yield ring


def _fill(rings: Iterator[np.ndarray]) -> np.ndarray:
    """Which cells of the map have their centres within an odd number of rings: bool (ROWS, COLUMNS)."""
    land = np.zeros((ROWS, COLUMNS), bool)
    latitudes = 90 - (np.arange(ROWS) + 0.5) * 180 / ROWS
    for ring in rings:
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        for row, y in enumerate(latitudes):
            crosses = (y0 <= y) != (y1 <= y)
            x = (x0 + (x1 - x0) * (y - y0) / np.where(crosses, y1 - y0, 1))[crosses]
            # The first column whose centre is not west of the crossing. Beyond the date line columns count on.
            first = np.ceil((np.sort(x) + 180) * COLUMNS / 360 - 0.5).astype(int)
            for start, stop in first.reshape(-1, 2):
                land[row, np.arange(start, stop) % COLUMNS] ^= True
    return land


if __name__ == "__main__":
    main(*sys.argv[1:])
