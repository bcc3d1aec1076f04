r"""Cut the font of the formulas, `book/_static/fonts/book-math.woff2`, out of TeX Gyre Termes Math.

A formula needs a font with a MATH table, which says how roots, braces and brackets grow and where scripts stand; many
machines have none. The whole font has 530 KB, and what the book may use of it a seventh. With Debian's package
fonts-texgyre-math 20180621 and the extra `fonts` of pyproject.toml:

    python book/tools/cut_font.py /usr/share/texmf/fonts/opentype/public/tex-gyre-math/texgyretermes-math.otf
"""

import sys
from pathlib import Path

from fontTools import subset

TARGET = Path(__file__).parents[1] / "_static" / "fonts" / "book-math.woff2"
NAME = "BookMath"  # the licence asks that a changed font gets another name
CHANGE = "A cut of TeX Gyre Termes Math (http://www.gust.org.pl), made by cut_font.py: most characters are gone."

ALPHABETS = (
    range(0x20, 0x7F),  # ASCII
    range(0x391, 0x3CA),  # Greek
    range(0x1D400, 0x1D4D0),  # bold, italic, bold italic, script
    range(0x1D538, 0x1D56C),  # blackboard
    range(0x1D6A8, 0x1D756),  # Greek in bold, italic, bold italic
)
# Letters that Unicode had before it had these alphabets: `<mi>h</mi>` is drawn as ℎ.
LETTERS = "ℎℏℓℬℰℱℋℐℒℳℛℯℊℴℂℍℕℙℚℝℤϵϑϕϱϖ"
OPERATORS = "−±×÷·⋅∗∘•∑∏∫∮∂∇√∞∀∃∅¬∧∨∩∪∖∈∉∋⊂⊃⊆⊇⊕⊗⊙⊥⊤∥∣‖≤≥≠≈≡≃≅∼∝≪≫≺≻⪯⪰≔≜"
ARROWS = "←→↔↑↓↦⇐⇒⇔⟵⟶⟸⟹⟺"
FENCES = "⟨⟩⌈⌉⌊⌋⏞⏟⎴⎵"
ACCENTS = "′″‴ˆˇ˜¯˙¨´`\u0302\u0303\u0304\u0305\u0307\u0308\u030c\u20d7"
OTHERS = "…⋯⋮⋱†‡°\u00a0\u2061\u2062\u2063\u2064"


def cut(source: Path, target: Path) -> None:
    options = subset.Options(
        flavor="woff2",
        hinting=False,
        layout_features=[],  # Chromium draws the same without them, and they would double the size
        name_IDs=["*"],
        notdef_outline=True,
    )
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB"]
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    characters = {code for alphabet in ALPHABETS for code in alphabet}
    subsetter.populate(unicodes=characters.union(map(ord, LETTERS + OPERATORS + ARROWS + FENCES + ACCENTS + OTHERS)))
    subsetter.subset(font)  # the grown forms of roots, braces and brackets in the MATH table stay
    for record, text in {1: NAME, 4: NAME, 6: NAME, 10: CHANGE, 16: NAME}.items():
        font["name"].setName(text, record, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames = [NAME]
    outlines[0].FullName = outlines[0].FamilyName = NAME
    subset.save_font(font, target, options)


if __name__ == "__main__":
    cut(Path(sys.argv[1]), TARGET)
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} KB")
