"""How the benchmarks measure: in turn, in one process, and by medians.

A machine is faster in one minute than in the next, above all a shared one. So the candidates take turns, a call each,
round after round: what slows one down slows them all down, and the ratio of their medians stays.
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
Candidates = Mapping[str, Callable[[], Any] | None]  # None: not installed


def round_robin(candidates: Candidates, rounds: int) -> dict[str, list[float] | None]:
    """The seconds of `rounds` calls of each candidate, taken in turn. One call before them, to compile, does not count.

    A call ends when its result is there, which JAX would otherwise work out later. What is not installed has None.
    """
    installed = {who: work for who, work in candidates.items() if work}
    seconds = {who: [] if work else None for who, work in candidates.items()}
    for round_ in range(rounds + 1):
        for who, work in installed.items():
            start = time.perf_counter()
            jax.block_until_ready(work())
            if round_:
                seconds[who].append(time.perf_counter() - start)
    return seconds


def rows(work: str, n: int, seconds: Mapping[str, list[float] | None]) -> list[dict[str, Any]]:
    """A row for each candidate, and a line on the screen. `ratio` is how many times as long as ours it takes.

    Where a candidate is not installed, its seconds are None, and so are the numbers in its row.
    """
    ours = float(np.median(seconds[OURS]))
    result = []
    for who, times in seconds.items():
        row: dict[str, Any] = {"work": work, "n": n, "who": who}
        q1, median, q3 = (None,) * 3 if times is None else map(float, np.percentile(times, [25, 50, 75]))
        row |= {"median_s": median, "q1_s": q1, "q3_s": q3, "ratio": None if median is None else median / ours}
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
    """Write JSON, all of it or nothing: an interrupted run leaves the older file as it was."""
    text = json.dumps(content, indent=1) + "\n"
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
