"""Figures and tables as the page gets them."""

import base64
import html
import io
import re
from decimal import Decimal
from xml.etree import ElementTree

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from lib.data import outfits
from lib.live import AvatarGrid, FloatSlider, Link, Missing, Value, draw_density, explore, show, table
from lib.live.show import STYLE
from lib.medium import VARIABLE


def picture(alt, title="a"):
    with plt.style.context("lib.book"):
        fig, ax = plt.subplots()
        ax.plot([1, 2], label=title)
        ax.legend()
        return show(fig, alt=alt).data


def test_a_figure_says_what_it_shows():
    root = ElementTree.fromstring(picture('Rises & "doubles" <from> 1 to 2'))
    svg = root.find("{http://www.w3.org/2000/svg}svg")
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == 'Rises & "doubles" <from> 1 to 2'


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        picture("  ")


def test_the_ids_of_two_figures_do_not_meet():
    one, two = picture("one"), picture("two")
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for text, own in zip((one, two), ids, strict=True):
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
        assert used
        assert used <= own


def image_of(pixels):
    """What an <image> of a figure holds: the format, and the pixels."""
    fig, ax = plt.subplots()
    ax.imshow(pixels, interpolation="none")
    found = re.search(r'href="data:image/(\w+);base64,\s*([^"]+)"', show(fig, alt="an image").data)
    with Image.open(io.BytesIO(base64.b64decode(found[2]))) as image:
        return found[1], np.asarray(image.convert("RGB"))


def test_a_painting_is_stored_as_webp_and_a_chart_is_not():
    y, x = np.mgrid[:80, :80] / 80
    painting = np.uint8(np.stack([255 * x, 255 * y, 128 + 100 * np.sin(6 * x * y)], axis=-1))
    kind, pixels = image_of(painting)
    assert kind == "webp"
    assert np.abs(pixels.astype(int) - painting).mean() < 4
    kind, pixels = image_of(painting // 64 * 64)
    assert kind == "png"
    np.testing.assert_array_equal(pixels, painting // 64 * 64)


def test_avatars_keep_their_pixels():
    fig, ax = plt.subplots()
    AvatarGrid(ax, outfits.fifty)
    shown = show(fig, alt="fifty people").data
    assert "data:image/png" in shown
    assert "pixelated" in shown


# --- Words and numbers are the author's ----------------------------------------------------------

TRAPS = [
    "0.123456",
    " 3.14159 ",
    "#1b1b1b",
    '"#m1',
    "url(#c)",
    'id="m1"',
    "font-family: x;",
    "<style>a</style>",
    "&amp;",
]
CHARACTERS = st.characters(max_codepoint=0x17F, exclude_categories=["C"], exclude_characters="$")
WORDS = st.lists(st.sampled_from(TRAPS) | st.text(CHARACTERS, max_size=5), max_size=5).map(" ".join)


def texts(svg: str) -> list[str | None]:
    return [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith(("}text", "}tspan"))]


@settings(max_examples=10)
@given(WORDS, WORDS)
def test_every_word_of_a_figure_stays_as_it_is(one, other):
    fig = Figure()
    ax = fig.subplots()
    ax.plot([0, 1], label=one or "a")
    ax.set(
        title=one, xlabel=f"KL is 0.00123 {other}", ylabel=r"$\alpha = 0.12345$", xticks=[0.12345], xticklabels=[other]
    )
    ax.annotate(one, (0, 0.5), (0.2, 0.7), arrowprops={})
    ax.legend(title=other)
    with plt.rc_context({"svg.fonttype": "none"}):
        fig.savefig(file := io.StringIO(), format="svg")
    figure = show(fig, alt=f"{one}0.123456 #1b1b1b").data
    assert texts(figure) == texts(file.getvalue())
    svg, _caption = ElementTree.fromstring(figure)
    assert svg.get("aria-label") == f"{one}0.123456 #1b1b1b"
    assert (
        len(
            re.findall(r"\d\.\d{3,}", re.sub(r">[^<]*<|aria-label=\"[^\"]*\"|(transform|style)=\"[^\"]*\"", "", figure))
        )
        == 0
    )


def test_words_stay_as_they_are_beside_what_moves():
    fig, ax = plt.subplots()
    line = ax.plot([0, 1])
    ax.set_title("0.123456 #1b1b1b")
    live = explore(fig, lambda a: a * jnp.ones(2), line, alt="0.123456", a=FloatSlider(value=1, min=0, max=2))
    assert "0.123456 #1b1b1b" in texts(live.draw())
    assert 'aria-label="0.123456"' in live.draw()


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_character_that_no_page_holds_is_refused():
    with pytest.raises(ValueError, match=r"a page can hold no '\\x07'"):
        picture("a line", title="a\abell")


# --- A reader's matplotlibrc ---------------------------------------------------------------------

HOSTILE = {
    "savefig.bbox": "tight",
    "savefig.pad_inches": 1,
    "savefig.facecolor": "black",
    "svg.fonttype": "path",
    "svg.hashsalt": "other",
    "image.origin": "lower",
    "image.interpolation": "bicubic",
    "image.cmap": "gray",
    "lines.marker": "o",
    "lines.linestyle": "--",
    "text.usetex": True,
    "path.sketch": (1, 100, 2),
    "path.simplify": False,
    "axes.grid": True,
    "axes.xmargin": 0.3,
    "axes.unicode_minus": False,
    "axes.spines.left": False,
    "xtick.direction": "in",
    "xtick.minor.visible": True,
    "font.size": 30,
    "legend.loc": "center",
    "scatter.marker": "x",
    "patch.force_edgecolor": True,
    "errorbar.capsize": 9,
    "figure.dpi": 50,
}


def figures():
    """Three figures, drawn as a chapter draws them: still, a map, and one that moves."""
    plt.style.use(STYLE)
    fig, ax = plt.subplots()
    ax.plot([-1, 2, 1], label="a")
    ax.bar([0, 1], [1, 2])
    ax.legend()
    still = show(fig, alt="still").data
    fig, axes = plt.subplots(2)
    draw_density(axes[0], np.eye(3))
    AvatarGrid(axes[1], [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    density = show(fig, alt="a map").data
    fig, ax = plt.subplots()
    artists = *ax.plot([0, 1]), ax.imshow(np.eye(2), vmin=0, vmax=1), ax.scatter([0, 1], [0, 1])
    fn = lambda a: (a * jnp.ones(2), a * jnp.eye(2), a * jnp.eye(2))  # noqa: E731
    live = explore(fig, fn, artists, alt="moves", a=FloatSlider(value=1, min=0, max=2))
    return still, density, live.draw(), live._repr_mimebundle_()["image/png"]


def test_a_readers_own_settings_change_no_figure():
    with plt.rc_context():
        expected = figures()
    with plt.rc_context(HOSTILE):
        assert figures() == expected


def test_a_colour_is_no_reference():
    fig, ax = plt.subplots()
    ax.pcolormesh([[0.0, 1], [1, 0]], shading="gouraud")  # whose triangles have colours outside of a style
    colours = set(re.findall(r' fill="#(.*?)"', show(fig, alt="shades").data))
    assert {len(colour) for colour in colours} == {6}


def test_two_equal_images_do_not_share_an_id():
    with plt.style.context("lib.book"):
        fig, axes = plt.subplots(1, 2)
        for ax in axes:
            ax.imshow([[0.0, 1.0]])
        text = show(fig, alt="Twice the same image.").data
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert text.count("<image") == 2
    assert len(ids) == len(set(ids))


def test_a_figure_takes_its_ink_and_font_from_the_page():
    text = picture("a line")
    assert "currentColor" in text
    assert "#1b1b1b" not in text
    assert "font-family" not in text
    assert "<style" not in text


def test_the_same_figure_is_the_same_text():
    assert picture("a line") == picture("a line")


def test_a_table():
    text = table(["value", "n"], [["<Round>", 22], ["Blank", 11]]).data
    assert '<th scope="col">value</th>' in text
    assert '<td>&lt;Round&gt;</td><td class="number">22</td>' in text


@pytest.mark.parametrize(
    "number", [2, 0.5, np.int64(2), np.float32(0.5), np.array(2), jnp.float32(0.5), jnp.bfloat16(0.5), Decimal("0.5")]
)
def test_numbers_of_every_kind_are_set_flush_right(number):
    assert f'<td class="number">{number}</td>' in table(["n"], [[number]]).data


@pytest.mark.parametrize("words", [True, np.bool(True), "22", None, np.array([1, 2])])
def test_all_else_is_set_as_words(words):
    assert f"<td>{html.escape(str(words))}</td>" in table(["n"], [[words]]).data


def test_a_value_is_read_as_words_and_sorted_as_a_number():
    rows = [[Value(jnp.float32(-3.5), "≥ −3.5"), Value(0.23, "<0.23 ± 0.004>")]]
    text = table(["a", "b"], rows).data
    assert '<td class="number" data-value="-3.5">≥ −3.5</td>' in text
    assert '<td class="number" data-value="0.23">&lt;0.23 ± 0.004&gt;</td>' in text


GAN, NAIVE = "a GAN has no formula for its density", "it learns <nothing>"


@pytest.mark.parametrize("page", ["1", ""])
def test_a_reason_stands_once_below_the_table(monkeypatch, page):
    monkeypatch.setenv(VARIABLE, page)
    text = table(["a", "b"], [[Missing(GAN), Missing(NAIVE, "none")], [Missing(GAN), 1]]).data
    cells, notes = text.split("</div>")
    assert re.findall(r'<td class="missing">(.*?)</td>', re.sub("</?a.*?>", "", cells)) == [
        "–<sup>a</sup>",
        "none<sup>b</sup>",
        "–<sup>a</sup>",
    ]
    items = re.findall(r'<li id="(.*?)">(.*?)</li>', notes)
    assert [words for _, words in items] == [f"<sup>a</sup> {GAN}", f"<sup>b</sup> {html.escape(NAIVE)}"]
    one, other = (note for note, _ in items)
    assert re.findall('href="#(.*?)" aria-describedby="(.*?)"', cells) == (
        [(one, one), (other, other), (one, one)] if page else []
    )


def test_the_notes_of_two_tables_do_not_meet():
    one, two, again = (re.findall('id="(.*?)"', table(["a"], [[Missing(GAN)], [n]]).data) for n in (1, 2, 1))
    assert one == again
    assert len({*one, *two}) == 2


def test_after_z_letters_come_twice():
    text = table(["a"], [[Missing(f"reason {i}")] for i in range(28)]).data
    assert re.findall("<li.*?<sup>(.*?)</sup>", text)[24:] == ["y", "z", "aa", "bb"]


def test_a_missing_value_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="reason must say why there is no value"):
        table(["a"], [[Missing(" ")]])


def test_a_sortable_table_has_names_of_rows():
    rows = [["GAN", 1], [Value(2, "two"), 3]]
    text = table(["model", "n"], rows, sortable=True).data
    assert text.startswith('<div class="table sortable"><table><thead><tr><th scope="col">model</th>')
    assert '<tr><th scope="row">GAN</th><td class="number">1</td></tr>' in text
    assert '<tr><th scope="row" class="number" data-value="2.0">two</th><td class="number">3</td></tr>' in text
    assert 'scope="row"' not in table(["model", "n"], rows).data


# --- Links ---------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def linked(monkeypatch, page):
    """The SVG of a figure whose box and word have one address, and another word its own, in a page or in a notebook."""
    monkeypatch.setenv(VARIABLE, "1" if page else "")
    fig, ax = plt.subplots()
    ax.add_patch(plt.Rectangle((0, 0), 1, 0.5, url="#a-heading"))
    ax.text(0.2, 0.2, "one", url="#a-heading")
    ax.text(0.2, 0.8, "two", url="other.html#axes_1")
    return ElementTree.fromstring(show(fig, alt="two words").data).find(f"{SVG}svg")


def test_what_has_an_address_is_one_link_of_a_page(monkeypatch):
    svg = linked(monkeypatch, page=True)
    links = {link.get("href"): link for link in svg.iter(f"{SVG}a")}
    assert {to: "".join(link.itertext()).strip() for to, link in links.items()} == {
        "#a-heading": "one",
        "other.html#axes_1": "two",
    }
    assert len(list(svg.iter(f"{SVG}a"))) == 2
    assert len(list(links["#a-heading"].iter(f"{SVG}path"))) == 1  # the box is part of it
    assert {name for link in links.values() for name in link.attrib} == {"href"}  # no other window
    assert svg.get("role") == "group"  # a screen reader goes into it
    assert svg.get("aria-label") == "two words"


def test_a_notebook_has_no_links(monkeypatch):
    svg = linked(monkeypatch, page=False)
    assert list(svg.iter(f"{SVG}a")) == []
    assert "href" not in {name for element in svg.iter() for name in element.attrib}
    assert svg.get("role") == "img"
    assert [text.text for text in svg.iter(f"{SVG}text") if text.text in ("one", "two")] == ["one", "two"]


def test_a_cell_of_a_table_may_lead_somewhere(monkeypatch):
    cells = [[Link("yes & no", 'a.html#b"'), 1]]
    monkeypatch.setenv(VARIABLE, "1")
    assert '<td><a href="a.html#b&quot;">yes &amp; no</a></td>' in table(["a", "b"], cells).data
    monkeypatch.delenv(VARIABLE)
    assert "<td>yes &amp; no</td>" in table(["a", "b"], cells).data
