"""What moves an artist draws it where matplotlib would draw it."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.patches import Polygon
from PIL import Image

from lib.data import avatars, outfits
from lib.live.artists import bind
from lib.live.avatars import AvatarGrid
from lib.live.show import Picture

X = np.array([0.5, 1.0, 2.0, 4.0])
Y = np.array([3.0, 0.2, 5.0, 1.0])


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def axes(xscale="linear", yscale="linear"):
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.set(xscale=xscale, yscale=yscale, xlim=(0.3, 6), ylim=(0.1, 8))
    return fig, ax


def by_matplotlib(fig, tag):
    """The elements that matplotlib draws under the name 'moved'."""
    file = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        fig.savefig(file, format="svg")
    root = ElementTree.fromstring(file.getvalue())
    groups = [element for element in root.iter() if element.get("id") == "moved"]
    return [element for group in groups for element in group.iter() if element.tag.endswith(f"}}{tag}")]


def numbers(path):
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


def box(path):
    """Left, top, right and bottom of a path that says only M, L, H, V and z."""
    xs, ys = [], []
    for command, rest in re.findall(r"([MLHV])([^MLHVz]*)", path):
        values = numbers(rest)
        xs += values[:1] if command != "V" else []
        ys += values[-1:] if command != "H" else []
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("scales", [("linear", "linear"), ("log", "linear"), ("linear", "log"), ("log", "log")])
def test_a_line(scales):
    fig, ax = axes(*scales)
    (line,) = ax.plot(X, X)
    bound = bind(line, fig)
    bound.move(Y)
    bound.name("moved")
    (path,) = by_matplotlib(fig, "path")
    np.testing.assert_allclose(numbers(bound.draw(Y)[0]), numbers(path.get("d")), atol=0.011)


def test_a_line_has_a_gap_where_it_has_no_number():
    fig, ax = axes()
    bound = bind(ax.plot(X, X), fig)
    assert bound.draw(np.array([1, np.nan, np.inf, 2.0]))[0].count("M") == 2
    assert re.sub(r"[\d. -]", "", bound.draw(np.array([1, 2, np.nan, 2.0]))[0]) == "MLM"


@pytest.mark.parametrize("scales", [("linear", "linear"), ("log", "log")])
def test_a_polygon(scales):
    fig, ax = axes(*scales)
    polygon = ax.add_patch(Polygon(np.eye(4)[:, :2] + np.eye(4)[:, 1:3]))
    bound = bind(polygon, fig)
    assert bound.shape == (4, 2)
    ours = bound.draw(np.stack([X, Y], axis=1))
    polygon.set_gid("moved")
    bound.move(np.stack([X, Y], axis=1))
    (theirs,) = by_matplotlib(fig, "path")
    np.testing.assert_allclose(numbers(ours[0]), numbers(theirs.get("d"))[:8], atol=0.01)


def test_a_polygon_with_a_corner_that_has_no_place_is_not_drawn():
    fig, ax = axes()
    bound = bind(ax.add_patch(Polygon(np.eye(3)[:, :2])), fig)
    assert bound.draw(np.array([[1, 1], [2, np.nan], [2, 2]])) == [""]


@pytest.mark.parametrize("yscale", ["linear", "log"])
def test_bars(yscale):
    fig, ax = axes(yscale=yscale)
    bars = ax.bar(X, X, width=0.2)
    bound = bind(bars, fig)
    bound.move(Y)
    bound.name("moved")
    for path, other in zip(bound.draw(Y), by_matplotlib(fig, "path"), strict=True):
        ours, theirs = box(path), box(other.get("d"))
        np.testing.assert_allclose(ours[:3], theirs[:3], atol=0.011)
        assert ours[3] == pytest.approx(theirs[3], abs=0.011) if yscale == "linear" else ours[3] > 216  # below the axes
    assert bound.draw(np.array([np.nan, 1, 1, 1]))[0] == ""
    assert "V-1000000" in bound.draw(np.array([np.inf, 1, 1, 1]))[0]  # up to the edge and beyond


@pytest.mark.parametrize("scales", [("linear", "linear"), ("log", "log")])
@pytest.mark.parametrize("edge", ["#112233", "#aabbcc"])
def test_a_scatter(scales, edge):
    fig, ax = axes(*scales)
    scatter = ax.scatter(X, X, s=49, color="#112233", edgecolor=edge, linewidth=2)
    bound = bind(scatter, fig)
    places = np.stack([X, Y], axis=1)
    picture = Picture(fig, "points", [bound])
    np.testing.assert_array_equal(scatter.get_offsets(), np.stack([X, X], axis=1))  # as it was
    bound.move(places)
    bound.name("moved")
    scatter.set_offsets(places)
    theirs = [[float(use.get("x")), float(use.get("y"))] for use in by_matplotlib(fig, "use")]
    ours = bound.draw(places)
    np.testing.assert_allclose(np.reshape(numbers(" ".join(ours).replace("h0", " ")), (-1, 2)), theirs, atol=0.011)
    nowhere = places + np.array([[0, np.nan]])
    if edge == "#112233":  # one path of dots
        assert bound.draw(nowhere) == [""]
        assert "stroke: #112233; stroke-width: 9;" in picture.draw([places])  # √49 across, and an edge of 2
    else:
        assert bound.draw(nowhere) == ["scale(0)"] * 4
        assert picture.draw([places]).count("data-artist") == 4


@pytest.mark.parametrize("marker", [".", "o"])
def test_dots_without_an_edge_are_as_wide_as_matplotlib_draws_them(marker):
    fig, ax = axes()
    scatter = ax.scatter(X, X, s=49, linewidth=2, edgecolor="none", marker=marker)
    picture = Picture(fig, "points", [bind(scatter, fig)]).draw([np.stack([X, Y], axis=1)])
    assert picture.count("stroke-width: 7;") == (marker == "o")
    assert picture.count("data-artist") == (1 if marker == "o" else 4)


@pytest.mark.parametrize("origin", ["upper", "lower"])
@pytest.mark.parametrize("norm", [None, LogNorm(0.1, 8)])
def test_an_image(origin, norm):
    fig, ax = plt.subplots()
    limits = {"norm": norm} if norm else {"vmin": 0.1, "vmax": 8}
    image = ax.imshow(np.ones((2, 2)), origin=origin, interpolation="none", **limits)
    values = np.array([[0.05, 0.1], [3.0, 9.0]])
    bound = bind(image, fig)
    (address,) = bound.draw(values)
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))
    theirs = image.cmap(image.norm(values), bytes=True)
    np.testing.assert_array_equal(drawn, theirs)
    assert bound.draw(np.full((2, 2), np.nan)) != [address]


def test_an_image_of_colours():
    fig, ax = plt.subplots()
    bound = bind(ax.imshow(np.zeros((1, 2, 3))), fig)
    (address,) = bound.draw(np.array([[[0, 0.5, 1], [2, -1, 0.2]]]))
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))
    assert drawn.tolist() == [[[0, 128, 255], [255, 0, 51]]]


@pytest.mark.parametrize(("method", "sharp"), [("bilinear", False), ("none", True), ("nearest", True)])
def test_a_picture_may_be_smooth(method, sharp):
    fig, ax = plt.subplots()
    bound = bind(ax.imshow(np.zeros((2, 2, 3)), interpolation=method), fig)
    drawn = Picture(fig, "a picture", [bound]).draw([np.zeros((2, 2, 3))])
    assert ("pixelated" in re.search(r"<image[^>]*>", drawn)[0]) == sharp


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_whole_colours_go_up_to_255(dtype):
    fig, ax = plt.subplots()
    bound = bind(ax.imshow(np.full((1, 2, 3), 128)), fig)
    (address,) = bound.draw(np.array([[[128, 0, 255], [1, 2, 3]]], dtype))
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))
    assert drawn.tolist() == [[[128, 0, 255], [1, 2, 3]]]


def test_the_box_of_an_image_is_where_matplotlib_puts_it():
    fig, ax = axes()
    bound = bind(ax.imshow(np.eye(2), extent=(1, 2, 3, 5), interpolation="none", aspect="auto"), fig)
    fig.draw_without_rendering()
    bound.name("moved")
    (image,) = by_matplotlib(fig, "image")
    a, _, _, d, x, y = numbers(image.get("transform"))
    picture = Picture(fig, "an image", [bound]).draw([np.eye(2)])
    ours = numbers(re.search(r'<image[^>]* transform="([^"]*)"', picture)[1])
    # matplotlib's first row is at the bottom here, and its y axis upwards.
    np.testing.assert_allclose(ours, [a, 0, 0, abs(d), x, y - 2 * abs(d) if d < 0 else y], atol=0.02)


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("KL = {:.2f} nats", np.float32(1.005), "KL = 1.00 nats"),
        ("{:.1f} %", np.float32(0.25), "0.2 %"),
        ("{:.0%} new", np.float32(0.125), "12% new"),
        ("{:,} people", np.int32(1234567), "1,234,567 people"),
        ("seen {} times", np.int32(3), "seen 3 times"),
        ("{:,.1f}", np.float32(12345.678), "12,345.7"),
        ("{:.2f}", np.float32(np.inf), "∞"),
        ("{:.2f}", np.float32(-np.inf), "−∞"),
        ("{:.2f}", np.float32(np.nan), "nan"),
        ("{:.1f}", np.float32(-0.04), "0.0"),
        ("{:.3f}", np.float32(-0.0), "0.000"),
        ("{:,.1f}", np.float32(-1234.56), "−1,234.6"),
    ],
)
def test_a_text(template, value, shown):
    fig, ax = plt.subplots()
    assert bind(ax.text(0, 0, template), fig).draw(value) == [shown]


@pytest.mark.parametrize("template", ["no number", "{} and {}", "{:.3g}", "$x$ {}", "two\n{}", "{0}", "{{}}{:.1f}"])
def test_a_text_must_hold_one_number(template):
    fig, ax = plt.subplots()
    with pytest.raises(ValueError, match="must hold one number"):
        bind(ax.text(0, 0, template), fig)


def test_avatars():
    fig, ax = plt.subplots()
    codes = outfits.fifty[:3].astype(int)
    bound = bind(AvatarGrid(ax, codes, columns=2), fig)
    codes[1] = -1
    (address,) = bound.draw(codes)
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))))
    assert drawn.shape == (64, 64, 4)
    np.testing.assert_array_equal(drawn[:32, :32, :3], avatars.draw(codes[:1])[0])
    np.testing.assert_array_equal(drawn[32:, :32, :3], avatars.draw(codes[2:])[0])
    assert not drawn[:, 32:, 3].any()


@pytest.mark.parametrize(
    ("artist", "error", "message"),
    [
        (lambda ax: ax, TypeError, "artists must be lines, polygons, bars"),
        (lambda ax: [*ax.plot(X, X), *ax.plot(X, Y)], TypeError, "artists must be lines, polygons, bars"),
        (lambda _: plt.subplots()[1].plot(X, X), ValueError, "part of another figure"),
        (lambda ax: ax.imshow(np.ones((2, 2))), ValueError, "must have vmin below vmax"),
    ],
)
def test_what_cannot_move_is_refused(artist, error, message):
    fig, ax = axes()
    with pytest.raises(error, match=message):
        bind(artist(ax), fig)


def test_an_axis_of_another_kind_is_refused():
    fig, ax = axes(yscale="logit")
    with pytest.raises(ValueError, match="axes must be linear or logarithmic; got 'logit'"):
        bind(ax.plot(X, X), fig)
