"""How the benchmarks measure: in turn, in one process, and by medians.

A machine is faster in one minute than in the next, above all a shared one. So the candidates take turns, round after
round: what slows one down slows them all down, and the ratio of their medians stays.

A turn is many calls in a row where they are short. For the first call after other work waits until the data and the
code are back in the processor's caches, and on a virtual machine for more than that. This can take a millisecond,
whatever is called, and would hide what differs. What the first calls take is stored beside it.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from book.digest import digest

ROOT = Path(__file__).resolve().parent.parent
OURS = "ours"
TURN = 0.02  # seconds
Candidates = Mapping[str, Callable[[], Any] | None]  # None: not installed


def round_robin(candidates: Candidates, rounds: int) -> dict[str, list[list[float]] | None]:
    """The seconds of each call in `rounds` turns of each candidate. What is not installed has None.

    A turn is one call, and more until TURN is over. One turn before them, to compile, does not count. A call ends when
    its result is there, which JAX would otherwise work out later.
    """
    installed = {who: work for who, work in candidates.items() if work}
    turns = {who: [] if work else None for who, work in candidates.items()}
    for round_ in range(rounds + 1):
        for who, work in installed.items():
            turn = [_seconds(work)]
            while sum(turn) < TURN:
                turn.append(_seconds(work))
            if round_:
                turns[who].append(turn)
    return turns


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(work())
    return time.perf_counter() - start


def rows(work: str, n: int, turns: Mapping[str, list[list[float]] | None]) -> list[dict[str, Any]]:
    """A row for each candidate, and a line on the screen. `ratio` is how many times as long as ours it takes.

    `first_s` is the median of the turns' first calls. Where a candidate is not installed, it has no turns, and the
    numbers in its row are None.
    """
    ours = float(np.median(np.concatenate(turns[OURS])))
    result = []
    for who, calls in turns.items():
        row: dict[str, Any] = {"work": work, "n": n, "who": who}
        q1, median, q3, first, ratio = (None,) * 5
        if calls:
            q1, median, q3 = map(float, np.percentile(np.concatenate(calls), [25, 50, 75]))
            first, ratio = float(np.median([turn[0] for turn in calls])), median / ours
        row |= {"median_s": median, "q1_s": q1, "q3_s": q3, "first_s": first, "ratio": ratio}
        result.append(row)
    ratios = {row["who"]: row["ratio"] for row in result if row["who"] != OURS}
    said = (f"{who} {'not installed' if ratio is None else format(ratio, '.3g')}" for who, ratio in ratios.items())
    print(f"{work:22} {n:>10,}   ours {ours * 1e3:9.4g} ms; times as long: {', '.join(said)}", flush=True)
    return result


def facts() -> dict[str, Any]:
    """What the figures were measured on and with."""
    return {
        "date": date.today().isoformat(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("jax", "numpy", "scikit-learn")},
        "lib and lock": digest(ROOT, "requirements.txt", "lib"),
    }


def write(path: Path, content: Any) -> None:
    """Write JSON, all of it or nothing."""
    replace(path, json.dumps(content, indent=1) + "\n")


def replace(path: Path, text: str) -> None:
    """Write a text, all of it or nothing: an interrupted run leaves the older file as it was."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
