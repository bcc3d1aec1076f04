"""Paints 100,000 pictures of the law, and writes what is measured on them to `measured.npz`, which is committed.

    python -m lib.data.make.paintings

takes some minutes on two cores. It is to be run again after a change of the law, the brush or the features; else
tests/data/test_paintings.py fails. Notes and painters are not stored: the law draws them again from the same key.
"""

import os
import time

import numpy as np

from lib.data import paintings
from lib.data.paintings import measurements

AT_ONCE = 2000  # pictures in the memory


def main() -> None:
    notes, _, keys = measurements.drawn()
    stored, start = [], time.monotonic()
    for first in range(0, measurements.PICTURES, AT_ONCE):
        some = slice(first, first + AT_ONCE)
        pictures = paintings.paint_all(keys[some], notes[some])
        stored.append(np.rint(measurements.LEVELS * np.float64(paintings.features(pictures))).astype(np.uint16))
        done, seconds = first + AT_ONCE, time.monotonic() - start
        left = seconds / done * (measurements.PICTURES - done)
        print(f"\r{done:7,} of {measurements.PICTURES:,} pictures, {left:4.0f} s left", end="", flush=True)
    unfinished = measurements.FILE.with_suffix(".tmp.npz")  # renamed at the end, so that what is stopped loses nothing
    np.savez_compressed(unfinished, features=np.concatenate(stored), code=measurements.code())
    os.replace(unfinished, measurements.FILE)
    print(f"\n{measurements.FILE}: {measurements.FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
