"""A live figure as HTML for a page: the picture, native controls, and the program that moves it without a kernel.

The program is JavaScript. It stands in the HTML as text; book/extensions/live.py moves it to a file of its own, which
book/_static/live.js loads when the reader comes near. `CHECKS` settings of each slider go with it, and what JAX gave
there, for tests that compare the page with JAX.
"""

from __future__ import annotations

import html
import inspect
import json
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lib.javascript import to_javascript
from lib.live import frames
from lib.live.places import corners, rounded, scales, svg_places
from lib.live.show import captioned
from lib.live.sliders import Slider

if TYPE_CHECKING:
    from lib.live.exploration import Exploration

CHECKS = 7
STEPS = (0, 1, 2, 5, 10, 20, 50)  # of a play, after which it is compared with JAX
TOLERANCE = 1e-5  # of a result's largest number, by which the page may differ from JAX
GREY_LEVEL = 1 / 255  # by which a picture's colours may differ
PROGRAM, EXPECTED = "text/live-program", "application/json"  # types of script that no browser runs


def figure(live: Exploration) -> str:
    """The <figure> with its controls, its program and what the program is expected to give."""
    results = frames.compute(live.results, live.frames) if live.frames else []
    stored = [frames.encode(values, artist.logarithmic) for artist, values in zip(live.artists, results, strict=False)]
    program = f"liveFigure({_program(live, stored)});\n"
    if live.frames:
        frames.check_weight(program)
    pictures = [GREY_LEVEL for artist in live.artists if artist.is_picture]
    tolerance = max([TOLERANCE, *pictures, *map(frames.error, results, stored)])
    controls = "".join(_control(live, name, slider) for name, slider in live.sliders.items())
    return (
        f'<figure class="live"><div class="plot">{live.draw()}</div>'
        f'<fieldset class="controls pst-js-only" disabled>'
        f'<legend class="visually-hidden">Controls of the figure</legend>{controls}'
        f'<button type="reset">Reset</button></fieldset>'
        f'<p class="visually-hidden" role="status"></p>'
        f"{_still(live)}{captioned(live.caption)}{_how(live)}"
        f'<script type="{PROGRAM}">{program}</script>'
        f'<script type="{EXPECTED}">{_script({"tolerance": tolerance, "checks": _checks(live)})}</script></figure>'
    )


# --- What the reader sees ------------------------------------------------------------------------


def _control(live: Exploration, name: str, slider: Slider) -> str:
    settings, start = _settings(live, name), _start(live, name)
    label, attributes = html.escape(slider.description), f'name="{html.escape(name)}" autocomplete="off"'
    match slider.control:
        case "button":
            return f'<button type="button" {attributes}>{label}</button>'
        case "play":
            return (
                f'<button type="button" class="play" autocomplete="off">Play</button>'
                f'<button type="button" {attributes}>One step</button><span class="steps">{label} 0</span>'
            )
        case "checkbox":
            return f'<label><input type="checkbox" {attributes}{" checked" * bool(settings[start])}> {label}</label>'
        case "select":
            options = "".join(
                f"<option{' selected' * (i == start)}>{html.escape(slider.words(setting))}</option>"
                for i, setting in enumerate(settings)
            )
            return f"<label>{label} <select {attributes}>{options}</select></label>"
    shown = html.escape(slider.words(settings[start]))
    return (
        f'<label>{label} <input type="range" {attributes} min="0" max="{len(settings) - 1}" value="{start}" '
        f'aria-valuetext="{shown}"><span class="setting" aria-hidden="true">{shown}</span></label>'
    )


def _still(live: Exploration) -> str:
    """Where the sliders stand, for a page without JavaScript."""
    where = ", ".join(
        f"{slider.description} {slider.words(slider.setting)}"
        for slider in live.sliders.values()
        if slider.control != "button"
    )
    return f"<noscript><p>The picture stands at {html.escape(where)}.</p></noscript>" if where else ""


def _how(live: Exploration) -> str:
    """How the figure moves: the function in Python, and where the page puts it in JavaScript."""
    if live.frames:
        how = f"Computed when the book was built, and stored to 1/{2 * frames.LEVELS:,} of the range."
        return f'<details class="code pst-js-only"><summary>How it works</summary><p class="how">{how}</p></details>'
    these = "these functions run" if live.play else "this function runs"
    source = "\n\n".join(filter(None, map(_source, [live.play.step, live.fn] if live.play else [live.fn])))
    python = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return (
        '<details class="code pst-js-only"><summary>How it works</summary>'
        f'<p class="how">Live: {these} in your browser.</p>'
        f'<div class="highlight"><pre tabindex="0">{python}</pre></div>'
        '<p>Translated for the browser:</p><pre class="javascript" tabindex="0"></pre></details>'
    )


def _source(fn: Any) -> str:
    """What the author wrote, if that is known."""
    try:
        return textwrap.dedent(inspect.getsource(fn))
    except (OSError, TypeError):
        return ""


# --- What the script gets ------------------------------------------------------------------------


def _program(live: Exploration, stored: list[dict[str, Any]]) -> str:
    """An object in JavaScript: the artists, the sliders, and a function of them or frames."""
    artists = [{**artist.spec, "attribute": artist.attribute} for artist in live.artists]
    sliders = [
        {
            "name": name,
            "kind": _kind(slider),
            "settings": _settings(live, name),
            "words": [slider.words(setting) for setting in _settings(live, name)],
            "start": _start(live, name),
        }
        for name, slider in live.sliders.items()
    ]
    drags = [
        {"area": rounded(np.ravel(svg_places(ax, corners(ax)))), "axes": scales(ax), "names": names}
        for ax, names in live.drag.items()
    ]
    work = f"frames: {_script(stored)}" if live.frames else f"run: {_function(live, live.fn)}"
    if play := live.play:
        start = to_javascript(lambda: play.start)  # gives new arrays at each call
        work = f"play: {{\nstart: {start},\nstep: {_function(live, play.update)}\n}},\n{work}"
    return f"{{\nartists: {_script(artists)},\nsliders: {_script(sliders)},\ndrags: {_script(drags)},\n{work}\n}}"


def _function(live: Exploration, fn: Callable[..., Any]) -> str:
    """A function of the sliders in JavaScript; its arguments are the settings of the sliders, in their order."""
    names, examples = zip(
        *((name, slider.argument(slider.setting)) for name, slider in live.sliders.items()), strict=True
    )

    def function(*values: Any) -> Any:
        return fn(**dict(zip(names, values, strict=True)))

    function.__name__ = getattr(fn, "__name__", "function")
    return to_javascript(function, *examples, sliced=True)


def _kind(slider: Slider) -> str:
    """What the function is given: a float, an int, a bool, a key or the arrays of a state."""
    if slider.control in ("button", "play"):
        return {"button": "key", "play": "state"}[slider.control]
    argument = slider.argument(slider.setting)
    return {"f": "float", "i": "int", "b": "bool"}[argument.dtype.kind]


def _settings(live: Exploration, name: str) -> list[Any]:
    return live.frames[name] if live.frames else live.sliders[name].settings()


def _start(live: Exploration, name: str) -> int:
    """Which of the settings the slider stands at."""
    settings = np.array(_settings(live, name), float)
    return int(np.abs(settings - live.sliders[name].setting).argmin())


def _checks(live: Exploration) -> list[dict[str, Any]]:
    """What JAX gives at some settings: the place of each slider, the arrays, and what the artists draw."""
    checks: list[dict[str, int]] = [{}]
    for name, slider in live.sliders.items():
        last = len(_settings(live, name)) - 1
        evenly = np.unique(np.linspace(0, last, CHECKS).round().astype(int))
        checks += [{name: int(i)} for i in (STEPS if slider.control == "play" else evenly)]
    found = []
    for check in checks:
        results = live.results(**{name: _settings(live, name)[i] for name, i in check.items()})
        drawn: list[list[str] | None] = []
        for artist, values in zip(live.artists, results, strict=True):
            attributes = artist.draw(values)  # avatars too: what would fail in Jupyter fails here
            # The page shows avatars by tiles, and Jupyter by a picture: what they have in common are the codes.
            drawn.append(None if artist.spec["kind"] == "avatars" else attributes)
        arrays = [_numbers(values) for values in results]
        found.append({"at": check, "results": arrays, "drawn": drawn})
    return found


def _numbers(values: np.ndarray) -> list[Any]:
    """All numbers, flat; floats by as few digits as tell a float32 from the next one, which halves a picture's text."""
    flat = np.ravel(values)
    return (flat.astype(str).astype(float) if flat.dtype == np.float32 else flat).tolist()


def _script(content: Any) -> str:
    """JSON that can stand in a script element (with NaN and Infinity, which JavaScript knows)."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
