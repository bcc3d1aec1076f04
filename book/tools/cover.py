"""The cover pictures: what the book is about, drawn by what the book makes.

Above is the sky of a starry night that nobody painted: the first that the law of chapter 1 draws for V.

Below, at the left, stand the fifty people that were seen. Their pixels scatter, more and more, until in the middle
nothing is left but chance; towards the right they gather again, as fifty people whom nobody has seen: a model drew
them.
"""

import io

import jax
import numpy as np
from PIL import Image

from lib import NaiveBayes
from lib.data import avatars, outfits, paintings

ROWS, COLUMNS = 5, 20  # of avatars; the left half was seen, the right half is drawn
CALM = 0.22  # this share of each half, at its outer end, stays as it is
SPREAD = 70  # pixels: the standard deviation of a step in the very middle
LOST = 0.6  # the share of pixels that vanish there
COLOURS = 128  # as few as the eye allows: a third of the bytes
SKY = slice(0, 448)  # rows of a night of 1024 × 1024 pixels


def picture() -> Image.Image:
    """The people, RGBA, 640 × 160 pixels; its ground is transparent: book.css says what it stands on."""
    model = NaiveBayes.fit(outfits.fifty, outfits.sizes, alpha=0.1)
    people = np.hstack([mosaic(outfits.fifty), mosaic(np.asarray(model.sample(jax.random.key(7), 50)))])
    height, width, _ = people.shape
    row, column = np.mgrid[:height, :width]
    chaos = (
        np.clip((1 - abs(2 * column / width - 1) - CALM) / (1 - CALM), 0, 1) ** 2.6
    )  # 0 at the ends, 1 in the middle
    rng = np.random.default_rng(1)
    to_row, to_column = np.rint([row, column] + rng.normal(size=(2, height, width)) * chaos * SPREAD).astype(int)
    inside = (to_row >= 0) & (to_row < height) & (to_column >= 0) & (to_column < width)
    stays = inside & (rng.random((height, width)) > chaos * LOST)
    dust = np.zeros((height, width, 4), np.uint8)
    dust[to_row[stays], to_column[stays], :3] = people[stays]
    dust[to_row[stays], to_column[stays], 3] = 255
    return Image.fromarray(dust)


def night() -> Image.Image:
    """The upper part of a starry night, RGB, 1024 × 448 pixels."""
    data = paintings.measured()
    first = np.flatnonzero((data.painters == 0) & (data.notes[:, 0] == 0))[:1]
    return Image.fromarray(paintings.paint_all(data.keys[first], data.notes[first], 1024)[0, SKY])


def jpeg() -> bytes:
    """The night as a small JPEG file."""
    file = io.BytesIO()
    night().save(file, "JPEG", quality=85, optimize=True, progressive=True)
    return file.getvalue()


def mosaic(codes: np.ndarray) -> np.ndarray:
    """Fifty outfits (50, 5) as one picture uint8 (160, 320, 3)."""
    tiles = avatars.draw(codes).reshape(ROWS, COLUMNS // 2, avatars.SIDE, avatars.SIDE, 3)
    return tiles.swapaxes(1, 2).reshape(ROWS * avatars.SIDE, COLUMNS // 2 * avatars.SIDE, 3)


def png() -> bytes:
    """The people as a small PNG file."""
    file = io.BytesIO()
    picture().quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()
