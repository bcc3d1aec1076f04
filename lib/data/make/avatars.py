"""Draws the 4032 avatars and writes the sprite sheet `avatars.webp`, which is committed: readers need not run this.

    pip install py-avataaars-no-png==1.0.1 resvg-py==0.5.0
    python -m lib.data.make.avatars

It takes about two minutes, and every run gives the same pixels. The first package writes the drawing of an outfit as
SVG; the second turns SVG into pixels, and rightly (another that we tried cuts off the hair).

The artwork is Avataaars, designed by Pablo Stanley (https://avataaars.com), free for personal and commercial use. It
reached us as code: avataaars, MIT, © 2017 Pablo Stanley, Fang-Pen Lin, ported to Python as py-avataaars, MIT, © 2019
kebu, of which py-avataaars-no-png, by Mawoka, is a fork.
"""

import enum
import io
import os
import re

import numpy as np
import py_avataaars_no_png as avataaars
import resvg_py
from PIL import Image

from lib.data.avatars import COLUMNS, ORDER, SHEET, SIDE
from lib.data.outfits import decode, sizes

BACKGROUND = "#DCE9F5"  # a pale blue: white clothes vanish on white


def main() -> None:
    places = np.array(list(np.ndindex(*(sizes[j] for j in ORDER))))
    outfits = decode(places[:, np.argsort(ORDER)])
    sheet = Image.new("RGB", (COLUMNS * SIDE, len(outfits) // COLUMNS * SIDE))
    for i, outfit in enumerate(outfits):
        row, column = divmod(i, COLUMNS)
        sheet.paste(_draw(*outfit), (column * SIDE, row * SIDE))
        print(f"\r{i + 1} of {len(outfits)} avatars", end="", flush=True)
    unfinished = SHEET.with_suffix(".tmp")  # renamed at the end, so that a run that was stopped leaves the old sheet
    sheet.save(unfinished, "WEBP", lossless=True, quality=100, method=6)
    os.replace(unfinished, SHEET)
    print(f"\n{SHEET}: {SHEET.stat().st_size} bytes")


def _draw(accessories: str, clothing_colour: str, clothing_type: str, hair_colour: str, hair_type: str) -> Image.Image:
    avatar = avataaars.PyAvataaar(
        accessories_type=_member(avataaars.AccessoriesType, accessories),
        clothe_color=_member(avataaars.Color, clothing_colour),
        clothe_type=_member(avataaars.ClotheType, clothing_type),
        hair_color=_member(avataaars.HairColor, hair_colour),
        top_type=_member(avataaars.TopType, hair_type),
        # The same for all of them.
        style=avataaars.AvatarStyle.TRANSPARENT,
        skin_color=avataaars.SkinColor.LIGHT,
        eyebrow_type=avataaars.EyebrowType.DEFAULT_NATURAL,
        eye_type=avataaars.EyesType.DEFAULT,
        nose_type=avataaars.NoseType.DEFAULT,
        mouth_type=avataaars.MouthType.SMILE,
        facial_hair_type=avataaars.FacialHairType.DEFAULT,
    )
    svg = avatar.render_svg().replace('viewBox="-6 0 274 280"', 'viewBox="-8 0 280 280"')  # makes it square
    png = resvg_py.svg_to_bytes(svg, width=SIDE, height=SIDE, background=BACKGROUND, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGB")


def _member(kind: type[enum.Enum], value: str) -> enum.Enum:
    """The package's name of a value: ShirtVNeck is SHIRT_V_NECK, Blue01 is BLUE_01, and Blank is DEFAULT."""
    return kind["DEFAULT" if value == "Blank" else re.sub(r"(?<=.)(?=[A-Z])|(?<=[a-z])(?=\d)", "_", value).upper()]


if __name__ == "__main__":
    main()
