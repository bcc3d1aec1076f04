"""What matplotlib draws, Jupyter and the page draw too: its own PNG beside ours in Chromium. All else is refused."""

import io
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Affine2D
from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Browser, Page

from lib.data import avatars, outfits
from lib.live import AvatarGrid, Checkbox, explore, page
from lib.live.exploration import Exploration
from lib.live.show import drawing

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # matplotlib's, of NaN colours
FAR = 70  # half a pixel gives up to 60, a lost mark or another opacity above 100
ROOT = Path(__file__).resolve().parents[2]
X = np.array([1.0, 2.0, 4.0, 7.0])
HEIGHTS, HOLES = np.array([6.0, 1.5, 7.0, 3.0]), np.array([6.0, np.nan, 7.0, 3.0])
SIGNED, TINY = np.array([-6.0, 1.5, 7.0, -3.0]), np.array([6.0, 0.0, 7.0, -3.0])
PLACES = np.array([[2, 2], [2.6, 2.2], [5, 6.0], [5.5, 6.5]])
LEVELS = np.array([[-1.0, 0, 2.5], [7.5, np.nan, 9]])
COLOURS = np.array([[[255, 0, 0], [0, 200, 0]], [[9, 9, 90], [-40, 128, 300]]])
TINTS = np.array([[[1, 0, 0], [0, 0.5, 0]], [[-0.5, 0.2, 1.7], [np.nan, 1, 0]]])
CLEAR = np.concatenate([np.nan_to_num(TINTS), [[[1], [0.5]], [[0.2], [0]]]], axis=2)
SHORT = ListedColormap(["#440154", "#21918c", "#fde725"]).with_extremes(under="red", over="blue", bad="lime")


def with_axes(make: Callable[..., Any], **settings: Any) -> Callable[..., Any]:
    """The same on axes with these settings."""

    def made(ax: Axes, values: np.ndarray) -> Any:
        ax.set(**settings)
        return make(ax, values)

    return made


def line(**look: Any) -> Callable[..., Any]:
    return lambda ax, values: ax.plot(X, values, **look)


def polygon(**look: Any) -> Callable[..., Any]:
    return lambda ax, values: ax.add_patch(Polygon(values, **look))


def bars(**look: Any) -> Callable[..., Any]:
    return lambda ax, values: ax.bar(X, values, **look)


def barh(**look: Any) -> Callable[..., Any]:
    return lambda ax, values: ax.barh(X, values, **look)


def scatter(**look: Any) -> Callable[..., Any]:
    return lambda ax, values: ax.scatter(*values.T, **{"s": 90, **look})


def image(**look: Any) -> Callable[..., Any]:
    look = {"extent": (1, 7, 1, 7), "aspect": "auto", "interpolation": "none", "norm": Normalize(0, 8), **look}
    return lambda ax, values: ax.imshow(values, **look)


def clipped(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(ax: Axes, values: np.ndarray) -> Any:
        artist = make(ax, values)
        (artist[0] if type(artist) is list else artist).set_clip_path(Circle((4, 4), 2.5, transform=ax.transData))
        return artist

    return made


def twin(ax: Axes, values: np.ndarray) -> Any:
    other = ax.twinx()
    other.set(ylim=(0, 16))
    return other.plot(X, values)


def below_another(ax: Axes, values: np.ndarray) -> Any:
    look = {"aspect": "auto", "interpolation": "nearest", "vmin": 0, "vmax": 8}
    ax.imshow(LEVELS, extent=(0, 3, 0, 3), **look)
    return ax.imshow(values, extent=(3, 7, 3, 7), **look)


def masked_log(ax: Axes, values: np.ndarray) -> Any:
    ax.set_ylim(0.5, 8)
    ax.set_yscale("log", nonpositive="mask")
    return ax.plot(X, values)


def avatar_grid(ax: Axes, values: np.ndarray) -> Any:
    ax.set(xlim=(-0.5, 63.5), ylim=(63.5, -0.5))
    return AvatarGrid(ax, values, columns=2)


def histogram(ax: Axes, values: np.ndarray) -> Any:
    return ax.hist([1, 3, 5, 7], bins=[0, 2, 4, 6, 8], weights=values, orientation="horizontal")[2]


def askew(ax: Axes, values: np.ndarray) -> Any:
    return ax.imshow(values, vmin=0, vmax=9, transform=Affine2D().rotate(1) + ax.transData)


LOG = {"yscale": "log", "ylim": (0.5, 8)}
BOTH_LOG = {"xscale": "log", "xlim": (0.5, 8), **LOG}
DRAWN = {
    "line": (line(), HEIGHTS),
    "dashed line": (line(ls="--", lw=4, alpha=0.4, dash_capstyle="round"), HEIGHTS),
    "steep line": (line(), np.array([1, 4e3, 2, -1e3])),
    "line with holes": (line(), HOLES),
    "masked x": (lambda ax, values: ax.plot(np.ma.masked_equal(X, 4), values), HEIGHTS),
    "masked line": (line(), np.ma.masked_less(HEIGHTS, 2)),
    "line on a log axis": (with_axes(line(), **LOG), HEIGHTS),
    "line to 0 on a log axis": (with_axes(line(), **LOG), TINY),
    "line masked on a log axis": (masked_log, np.array([2.0, 0, 7, 3])),
    "inverted axes": (with_axes(line(), xlim=(8, 0), ylim=(8, -1)), HEIGHTS),
    "clipped line": (clipped(line(lw=6)), HEIGHTS),
    "line beyond its axes": (line(clip_on=False, lw=6), HEIGHTS + 2),
    "twin axes": (twin, HEIGHTS),
    "polygon": (polygon(alpha=0.4), PLACES[[0, 2, 3, 1]] * [1, 0.7]),
    "polygon on log axes": (with_axes(polygon(), **BOTH_LOG), PLACES[[0, 2, 3, 1]]),
    "bars": (bars(alpha=0.4, edgecolor="k", linewidth=3), HEIGHTS),
    "bars both ways": (with_axes(bars(), ylim=(-8, 8)), SIGNED),
    "stacked bars": (bars(bottom=[1, 2, 0, 4], color=["r", "g", "b", "k"]), HEIGHTS / 2),
    "hanging bars": (with_axes(bars(bottom=4), ylim=(8, 0)), SIGNED / 2),
    "bars on a log axis": (with_axes(bars(), **LOG), TINY),
    "bars with holes": (bars(), HOLES),
    "flat bars": (barh(height=0.4), HEIGHTS),
    "flat bars both ways": (with_axes(barh(left=1, alpha=0.5), xlim=(8, -8)), SIGNED),
    "flat bars on a log axis": (with_axes(barh(), **BOTH_LOG), HEIGHTS),
    "a flat histogram": (histogram, HEIGHTS),
    "points": (scatter(), PLACES),
    "clear points": (scatter(alpha=0.3), PLACES),
    "rings": (scatter(facecolors="none", edgecolors="r", linewidths=3), PLACES),
    "edged points": (scatter(edgecolors="w", linewidths=3), PLACES),
    "points without edges": (scatter(linewidths=9, edgecolors="none"), PLACES),
    "points with wide edges": (scatter(linewidths=9), PLACES),
    "points of all sizes": (scatter(s=[20, 90, 300, 500], alpha=0.5), PLACES),
    "coloured points": (scatter(c=[1, 3, 2, 0], cmap="brg"), PLACES),
    "points of two colours": (scatter(color=["r", "b", "r", "b"]), PLACES),
    "crosses": (scatter(marker="x", linewidths=4), PLACES),
    "small points": (scatter(marker="."), PLACES),
    "dashed points": (scatter(s=900, linestyle="--", linewidths=5), PLACES),
    "points with holes": (scatter(alpha=0.5), np.where(PLACES == 5, np.nan, PLACES)),
    "points on log axes": (with_axes(scatter(alpha=0.5), **BOTH_LOG), PLACES),
    "clipped points": (clipped(scatter(s=900, alpha=0.5)), PLACES),
    "many clear points": (scatter(s=[20], alpha=0.1), np.tile(PLACES, (20, 1))),
    "image": (image(cmap=SHORT), LEVELS),
    "clear image": (image(alpha=0.3), LEVELS),
    "image from below": (image(origin="lower"), LEVELS),
    "mirrored image": (with_axes(image(), xlim=(8, 0)), LEVELS),
    "turned image": (with_axes(image(origin="lower"), xlim=(8, 0), ylim=(8, 0)), LEVELS),
    "image with a reversed extent": (image(extent=(7, 1, 6, 1)), LEVELS),
    "image of few levels": (image(cmap=plt.get_cmap("viridis", 5)), LEVELS),
    "clipping norm": (image(cmap=SHORT, norm=Normalize(0, 8, clip=True)), LEVELS),
    "logarithmic norm": (image(cmap=SHORT, norm=LogNorm(1, 8)), LEVELS),
    "infinite image": (image(cmap=SHORT), np.where(LEVELS == 9, np.inf, LEVELS)),
    "masked image": (image(cmap=SHORT), np.ma.masked_equal(np.nan_to_num(LEVELS), 2.5)),
    "nearest image": (image(interpolation="nearest"), LEVELS),
    "automatic image": (image(interpolation="auto"), LEVELS),
    "one image of two": (below_another, LEVELS),
    "clipped image": (clipped(image()), LEVELS),
    "whole colours": (image(), COLOURS),
    "bytes": (image(), np.uint8(np.clip(COLOURS, 0, 255))),
    "colours": (image(), TINTS),
    "clear colours": (image(alpha=0.5, origin="lower"), CLEAR),
    "avatars": (avatar_grid, outfits.fifty[:4]),
}  # fmt: skip


def draw(make: Callable[..., Any], values: np.ndarray) -> tuple[Figure, Any]:
    fig, ax = plt.subplots(figsize=(2, 1.5))
    ax.set(xlim=(0, 8), ylim=(0, 8))
    artist = make(ax, values)
    for ax in fig.axes:
        ax.set_axis_off()  # the words of axes are set in the page's own font
    return fig, artist


def as_matplotlib_draws(make: Callable[..., Any], values: np.ndarray) -> Image.Image:
    fig, _ = draw(make, values)
    with drawing(path_snap=False):
        fig.savefig(file := io.BytesIO(), dpi=192)
    plt.close(fig)
    return Image.open(file).convert("RGB")


def moving(make: Callable[..., Any], values: np.ndarray) -> Exploration:
    """A live figure that stands at other values, and takes these when its box is ticked."""
    first = values[::-1] if len(values) > 2 or values.ndim < 3 else values[:, ::-1]
    fig, artist = draw(make, first)
    artist = artist[0] if type(artist) is list else artist
    fn = lambda on: values if on else first  # noqa: E731
    return explore(fig, fn, artist, alt="moves", frames={}, on=Checkbox(value=False))


def far(one: Image.Image, other: Image.Image) -> float:
    """The largest difference of a colour, of 255, once edges are blurred, which lie up to half a pixel apart."""
    blur = ImageFilter.BoxBlur(2)
    return max(high for _, high in ImageChops.difference(one.filter(blur), other.filter(blur)).getextrema())


def ticked(tab: Page, folder: Path, lives: list[Exploration], faults: Iterable[tuple[str, str]] = ()) -> None:
    """Open a page of these figures, each after what Jupyter shows when its box is ticked, and tick all boxes.

    `faults` are planted in the page's script: what is right, and what is wrong.
    """
    script = (ROOT / "book" / "_static" / "live.js").read_text(encoding="utf-8")
    for right, wrong in faults:
        assert script.count(right) == 1
        script = script.replace(right, wrong)
    (folder / "live.js").write_text(script, encoding="utf-8")
    shutil.copy(avatars.SHEET, folder / "avatars.webp")
    bodies = []
    for i, live in enumerate(lives):
        html = page.figure(live).replace("<figure", f'<figure data-program="{i}.js"', 1)
        (folder / f"{i}.js").write_text(
            re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)[0], encoding="utf-8"
        )
        bodies.append(f"<div>{live.draw(on=True)}</div>{html}")
    style = "svg {display: block} figure {margin: 0} figure > :not(.plot) {display: none} body > * {float: left}"
    text = f"<!DOCTYPE html><meta charset=utf-8><style>{style}</style>{''.join(bodies)}<script src=live.js></script>"
    (folder / "all.html").write_text(text, encoding="utf-8")
    tab.goto((folder / "all.html").as_uri())
    tab.wait_for_function("[...document.querySelectorAll('fieldset')].every(controls => !controls.disabled)")
    tab.evaluate("document.querySelectorAll('[name=on]').forEach(box => box.click())")
    tab.wait_for_function("[...document.querySelectorAll('figure')].every(figure => figure.results)")


def pictures_of(browser: Browser, folder: Path, names: Iterable[str], **planted: Any) -> dict[str, list[Image.Image]]:
    """Each of these as Jupyter draws it, and as the page does once it was moved there."""
    with browser.new_page(viewport={"width": 1600, "height": 3000}, device_scale_factor=2) as tab:
        ticked(tab, folder, [moving(*DRAWN[name]) for name in names], **planted)
        tab.wait_for_function("[...document.images].every(image => image.complete)")
        shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        boxes = tab.locator(":is(div:not(.plot), .plot) > svg").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(({x, y}) => [x, y, x + 192, y + 144])"
        )
    crops = [shot.crop([2 * place for place in box]) for box in boxes]
    return {name: crops[2 * i : 2 * i + 2] for i, name in enumerate(names)}


@pytest.fixture(scope="module")
def pictures(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Image.Image]]:
    return pictures_of(browser, tmp_path_factory.mktemp("drawings"), DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_drawn_as_matplotlib_draws_it(pictures: dict[str, list[Image.Image]], name: str) -> None:
    theirs = as_matplotlib_draws(*DRAWN[name])
    jupyter, in_page = pictures[name]
    assert far(theirs, jupyter) < FAR
    assert far(theirs, in_page) < FAR


FAULTS = {
    "line to 0 on a log axis": ("-1000", "NaN"),
    "flat bars": ("if (horizontal)", "if (false)"),
    "clear points": ("`translate(${place})`", '"scale(0)"'),
    "image": ("return colours[n];", "return colours[n + 1];"),
    "masked image": ("return colours[n + 2];", "return colours[0];"),
    "whole colours": ("Float32Array ? 255 : 1,", "Float32Array ? 255 : 2,"),
    "colours": ("= 0; // no colour: clear", "= 255;"),
}


def test_a_fault_of_the_page_is_found(browser: Browser, tmp_path: Path) -> None:
    for name, (jupyter, in_page) in pictures_of(browser, tmp_path, FAULTS, faults=FAULTS.values()).items():
        theirs = as_matplotlib_draws(*DRAWN[name])
        assert far(theirs, jupyter) < FAR < far(theirs, in_page), name


WORDS = [
    ("{:.3f}", -0.0, "0.000"),
    ("{:.2f} nats", -0.004, "0.00 nats"),
    ("{:.2f}", -0.006, "−0.01"),
    ("{:,.2f}", -1234567.75, "−1,234,567.75"),
    ("{:,.1f}", 1e22, "9,999,999,778,196,308,361,216.0"),
    ("{:.0f}", -3e21, "−2999999989753887850496"),
    ("{:.1%}", 0.12345, "12.3%"),
    ("{:.0f}", 0.5, "0"),
    ("{:.0f}", 1.5, "2"),
    ("{:.9f}", 0.1, "0.100000001"),
    ("{:.2f}", np.nan, "nan"),
    ("{:,.2f}", np.inf, "∞"),
    ("{:.0%}", -np.inf, "−∞%"),
    ("{:,}", np.int32(-1234567), "−1,234,567"),
    ("seen {} times", np.int32(3), "seen 3 times"),
]


def test_jupyter_and_the_page_write_a_number_alike(browser: Browser, tmp_path: Path) -> None:
    fig, ax = plt.subplots()
    artists = tuple(ax.text(0, 0, template) for template, _, _ in WORDS)
    values = [jnp.asarray(value, None if isinstance(value, np.int32) else jnp.float32) for _, value, _ in WORDS]
    fn = lambda on: tuple(jnp.where(on, value, value.astype(value.dtype) * 0 + 7) for value in values)  # noqa: E731
    live = explore(fig, fn, artists, alt="numbers", on=Checkbox(value=False))
    with browser.new_page() as tab:
        ticked(tab, tmp_path, [live])
        ours = [tab.locator(f"{where} > svg").inner_html() for where in ("div:not(.plot)", "figure .plot")]
    jupyter, in_page = ([re.search(rf'<text[^>]*data-artist="{i}"[^>]*>([^<]*)<', text)[1] for i in range(len(WORDS))]
                        for text in ours)  # fmt: skip
    assert jupyter == in_page == [shown for _, _, shown in WORDS]


# --- What is refused, by its name ----------------------------------------------------------------

EFFECT = {"path_effects": [withStroke(linewidth=4)]}


def words(**look: Any) -> Callable[..., Any]:
    return lambda ax, _: ax.text(4, 4, "{:.2f}", **look)


def on(projection: str) -> Callable[..., Any]:
    return lambda ax, values: ax.figure.add_subplot(projection=projection).plot(X, values)


def after(make: Callable[..., Any], change: Callable[[Any, Axes], Any]) -> Callable[..., Any]:
    """The same, with the artist changed, or its axes."""

    def made(ax: Axes, values: np.ndarray) -> Any:
        artist = make(ax, values)
        change(artist[0] if type(artist) is list else artist, ax)
        return artist

    return made


REFUSED = {
    "polar axes": (on("polar"), HEIGHTS, "axes must be rectilinear; got 'polar'"),
    "axes in three dimensions": (on("3d"), HEIGHTS, "axes must be rectilinear; got '3d'"),
    "a map": (on("mollweide"), HEIGHTS, "axes must be rectilinear; got 'mollweide'"),
    "symlog": (with_axes(line(), yscale="symlog"), HEIGHTS, "linear or logarithmic; got 'symlog'"),
    "transform": (lambda ax, v: ax.plot(X, v, transform=ax.transAxes), HEIGHTS, "must have the data's transform"),
    "a line without end": (lambda ax, _: ax.axline((0, 0), slope=1), HEIGHTS[:2], "must have the data's transform"),
    "a line of the figure": (lambda ax, _: ax.figure.add_artist(plt.Line2D([0, 1], [0, 1])), HEIGHTS, "must have axes"),
    "steps": (line(drawstyle="steps-mid"), HEIGHTS, "drawstyle 'default', if they are lines; got 'steps-mid'"),
    "markers": (line(marker="o"), HEIGHTS, "must have no markers"),
    "gaps": (line(ls="--", gapcolor="r"), HEIGHTS, "must have no gapcolor, if they are lines; got 'r'"),
    "line effects": (line(**EFFECT), HEIGHTS, "must have no path effects, if they are lines"),
    "sketch": (line(sketch_params=(1, 100, 2)), HEIGHTS, "must have no sketch parameters"),
    "rasterized": (line(rasterized=True), HEIGHTS, "must have no rasterization"),
    "rasterized axes": (after(line(), lambda _, ax: ax.set_rasterization_zorder(9)), HEIGHTS, "rasterization_zorder"),
    "filter": (line(agg_filter=lambda image, _: (image, 0, 0)), HEIGHTS, "must have no agg_filter"),
    "invisible": (line(visible=False), HEIGHTS, "matplotlib draws it by 0 elements, where 1 would move"),
    "no line": (line(ls="none"), HEIGHTS, "matplotlib draws it by 0 elements, where 1 would move"),
    "open polygon": (polygon(closed=False), PLACES, "must have closed=True, if they are polygons"),
    "bar effects": (bars(**EFFECT), HEIGHTS, "must have no path effects, if they are bars"),
    "turned bars": (bars(angle=3), HEIGHTS, "must have angle 0, if they are bars; got 3"),
    "no bars": (lambda ax, _: ax.bar([], []), HEIGHTS[:0], "must hold at least one bar"),
    "scatter effects": (scatter(**EFFECT), PLACES, "must have no path effects, if they are scatters"),
    "offset": (lambda ax, v: ax.scatter(*v.T, transform=ax.transAxes), PLACES, "must have the data's transform"),
    "smooth image": (image(interpolation="bilinear"), LEVELS, r"colours\), if they are images; got 'bilinear'"),
    "fine image": (image(interpolation="auto"), np.ones((90, 90)), "if they are images of pixels of at most 3 dots"),
    "alphas": (image(alpha=np.ones((2, 3))), LEVELS, r"must have one alpha, if they are images; got \(2, 3\)"),
    "power norm": (image(norm=PowerNorm(2, 0, 8)), LEVELS, "must have Normalize or LogNorm"),
    "no range": (image(norm=Normalize(8, 0)), LEVELS, "must have vmin below vmax"),
    "image on a log axis": (with_axes(image(), **LOG), LEVELS, "must have linear axes"),
    "askew": (askew, LEVELS, "must have the data's transform"),
    "truths": (image(), COLOURS > 0, "must be given numbers"),
    "inverted avatars": (after(avatar_grid, lambda _, ax: ax.invert_xaxis()), outfits.fifty[:4], "not inverted"),
    "text effects": (words(**EFFECT), np.float32(1), "must have no path effects, if they are texts"),
    "box": (words(bbox={}), np.float32(1), "must have no bbox"),
    "wrap": (words(wrap=True), np.float32(1), "must have no wrap"),
    "tex": (words(usetex=True), np.float32(1), "must have no usetex"),
    "rotation": (words(rotation=30), np.float32(1), "must have rotation_mode 'anchor'"),
    "arrow": (lambda ax, _: ax.annotate("{:.1f}", (1, 1), (2, 2), arrowprops={}), np.float32(1), "must have no arrow"),
    "complex": (line(), HEIGHTS + 1j, "must return real numbers for artist 0; got complex128"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(name: str) -> None:
    make, values, message = REFUSED[name]
    fig, artist = draw(make, values)
    with pytest.raises(ValueError, match=message):
        explore(fig, lambda **_: values, artist, alt="moves", frames={}, on=Checkbox(value=False))
    plt.close("all")


def test_one_artist_cannot_be_moved_twice() -> None:
    fig, artist = draw(line(), HEIGHTS)
    with pytest.raises(ValueError, match="artist 0, Line2D.*draws it by 0 elements, where 1 would move"):
        explore(fig, lambda **_: (HEIGHTS, HEIGHTS), (*artist, *artist), alt="a", frames={}, on=Checkbox(value=False))
    plt.close("all")
