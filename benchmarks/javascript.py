"""How long do the functions of the figures take in the page, and how much do they weigh?

    .venv/bin/python benchmarks/javascript.py

It runs the chapters up to their last figure, compiles each function that a figure is given, and others as later
chapters will have them, and times them in Chromium (about three minutes). It writes benchmarks/javascript.json, which
the page book/pages/javascript.md shows.
"""

import gzip
import inspect
import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

os.environ["MPLBACKEND"] = "agg"

import jax
import jax.numpy as jnp
import nbformat
import numpy as np
from jax import lax, random

import lib.live
from benchmarks import timing
from book.browser import chromium
from lib.live import to_javascript

RESULTS = Path(__file__).with_suffix(".json")
CALLS = 60  # of each function, timed one by one, with eight settings in turn

# --- The functions -------------------------------------------------------------------------------

Translated = tuple[str, dict[str, str], tuple[Any, ...]]


def translated(name: str, fn: Callable, arguments: tuple[Any, ...]) -> Translated:
    """The function in JavaScript, all at once and in slices; with its name and the example arguments."""
    programs = {"plain": to_javascript(fn, *arguments), "sliced": to_javascript(fn, *arguments, sliced=True)}
    return name, programs, arguments


def of_chapters() -> Iterator[Translated]:
    """The functions that the chapters give to `explore`, with the arguments that the sliders give.

    They are translated at once: a later cell may give another meaning to a name that they use.
    """
    for path in sorted((timing.ROOT / "chapters").glob("*.ipynb")):
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        last = max((n for n, cell in enumerate(cells) if "explore(" in cell), default=-1)
        chapter, found = path.stem.split("_the")[0], []

        def explore(
            _fig: Any,
            fn: Callable,
            _artists: Any,
            *,
            frames: Any = None,
            chapter: str = chapter,
            found: list = found,
            **sliders: Any,
        ) -> None:
            for other in ("alt", "caption", "drag"):
                sliders.pop(other, None)  # no arguments of the function
            if frames is None:  # else the page has results, and no function
                given = {name: slider.argument(slider.setting) for name, slider in sliders.items()}
                for function in (
                    fn,
                    *(slider.step for slider in sliders.values() if isinstance(slider, lib.live.Play)),
                ):
                    arguments = tuple(given[name] for name in inspect.signature(function).parameters)
                    found.append(translated(f"{chapter}: {function.__name__}", function, arguments))

        with mock.patch.object(lib.live, "explore", explore):
            names: dict[str, Any] = {}
            for cell in cells[: last + 1]:
                exec(cell, names)
        yield from found


def kde(bandwidth: jax.Array) -> jax.Array:
    """A density of 500 points on 128 × 64 places: a product of two normal kernels is a product of two matrices."""
    points = random.normal(random.key(0), (500, 2))

    def kernel(grid: jax.Array, x: jax.Array) -> jax.Array:
        z = (grid[:, None] - x[None, :]) / bandwidth
        return jnp.exp(-0.5 * z**2) / bandwidth

    return kernel(jnp.linspace(-3, 3, 128), points[:, 0]) @ kernel(jnp.linspace(-3, 3, 64), points[:, 1]).T / 500


def kde_point_by_point(bandwidth: jax.Array) -> jax.Array:
    """The same with an exponential for each pair of a point and a place, four million of them."""
    points = random.normal(random.key(0), (500, 2))
    x, y = jnp.linspace(-3, 3, 128)[:, None, None], jnp.linspace(-3, 3, 64)[None, :, None]
    square = (x - points[:, 0][None, None]) ** 2 + (y - points[:, 1][None, None]) ** 2
    return jnp.exp(-0.5 * square / bandwidth**2).mean(-1) / bandwidth**2


def layers(*sizes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    draw = np.random.default_rng(0)
    return [
        (draw.normal(0, n**-0.5, (n, m)).astype(np.float32), draw.normal(0, 0.1, m).astype(np.float32))
        for n, m in pairwise(sizes)
    ]


def network(weights: list[tuple[np.ndarray, np.ndarray]], x: jax.Array) -> jax.Array:
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b[None])
    return x @ weights[-1][0] + weights[-1][1][None]


def decoder(x: jax.Array, y: jax.Array) -> jax.Array:
    """A picture of 32 × 32 pixels from a point of the plane: 2 → 128 → 256 → 3072."""
    return jax.nn.sigmoid(network(layers(2, 128, 256, 3072), jnp.stack([x, y])[None]))


def diffusion(key: jax.Array) -> jax.Array:
    """200 points that go through 50 steps of a network 3 → 64 → 64 → 2."""
    weights = layers(3, 64, 64, 2)

    def step(x: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        t, key = now
        score = network(weights, jnp.concatenate([x, jnp.full((200, 1), t)], 1))
        return x + 0.02 * score + 0.1 * random.normal(key, x.shape), None

    first, rest = random.split(key)
    return lax.scan(step, random.normal(first, (200, 2)), (jnp.linspace(1, 0, 50), random.split(rest, 50)))[0]


def mixture(spread: jax.Array) -> jax.Array:
    """The log density of five normals on 128 × 64 places."""
    centres = random.normal(random.key(1), (5, 2))
    grid = jnp.stack(jnp.meshgrid(jnp.linspace(-3, 3, 64), jnp.linspace(-3, 3, 128)), -1)
    square = (((grid[:, :, None] - centres[None, None]) / spread) ** 2).sum(-1)
    return jax.nn.logsumexp(-0.5 * square, axis=-1) - jnp.log(2 * jnp.pi * spread**2 * 5)


def to_come() -> Iterator[tuple[str, Callable, tuple[Any, ...]]]:
    number = np.float32(0.4)
    for fn in (kde, kde_point_by_point, mixture):
        yield fn.__name__.replace("_", " "), fn, (number,)
    yield decoder.__name__, decoder, (number, number)
    yield diffusion.__name__, diffusion, (random.key(0),)


# --- The measurements ----------------------------------------------------------------------------

TIMES = """([arrays, count]) => {
  const settings = arrays.map((setting) => setting.map(([kind, numbers]) => globalThis[kind].from(numbers)));
  const run = (setting) => {
    let result = measured(...setting);
    if (!result.next) return result;
    let step;
    while (!(step = result.next()).done);
    return step.value;
  };
  for (const setting of settings) run(setting);
  const often = [];  // the clock is coarse: what is quick is called several times for each reading
  let start = performance.now();
  for (const setting of settings) run(setting);
  const repeats = Math.ceil(5 * settings.length / Math.max(performance.now() - start, 0.05));
  for (let i = 0; i < count; i++) {
    start = performance.now();
    for (let j = 0; j < repeats; j++) run(settings[i % settings.length]);
    often.push((performance.now() - start) / repeats);
  }
  return often;
}"""
ARRAYS = {"f": "Float32Array", "i": "Int32Array", "u": "Uint32Array", "b": "Uint8Array"}


def settings(arguments: tuple[Any, ...]) -> list[list[tuple[str, list]]]:
    """Eight settings of the sliders: numbers a little different, and other keys."""

    def moved(x: Any, n: int) -> tuple[str, list]:
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            return "Uint32Array", np.asarray(random.key_data(random.fold_in(x, n))).tolist()
        x = np.ravel(x)
        return ARRAYS[x.dtype.kind], (x * (1 + 0.05 * n) if x.dtype.kind == "f" else x).tolist()

    return [[moved(x, n) for x in jax.tree.leaves(arguments)] for n in range(8)]


def weight(text: str) -> dict[str, int]:
    """Bytes after gzip, of all of it and of all but the constants."""
    code = re.sub(r'"[A-Za-z0-9+/=]{40,}"', '""', text)
    return {name: len(gzip.compress(part.encode(), mtime=0)) for name, part in (("bytes", text), ("code_bytes", code))}


def measure(page: Any, name: str, programs: dict[str, str], arguments: tuple[Any, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"function": name, **weight(programs["plain"])}
    for kind, text in programs.items():
        page.goto("about:blank")
        page.evaluate(f"globalThis.measured = {text}; 0")
        times = page.evaluate(TIMES, [settings(arguments), CALLS])
        median, late = np.percentile(times, [50, 95])
        row |= {f"{kind}_median_ms": float(median), f"{kind}_p95_ms": float(late)}
    print(json.dumps(row), flush=True)
    return row


def main() -> None:
    functions = [*of_chapters(), *(translated(*function) for function in to_come())]
    with chromium() as browser:
        page = browser.new_page()
        rows = [measure(page, *function) for function in functions]
        facts = timing.facts() | {"chromium": browser.version}
    timing.write(RESULTS, {"machine": facts, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
