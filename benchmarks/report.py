"""How the pages write what the benchmarks stored: times with their units, ratios, and names in a list."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from IPython.display import HTML

from lib.live import table

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def stored(name: str) -> dict[str, Any]:
    """What a benchmark stored."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def by_name(rows: list[Row]) -> dict[tuple[str, int, str], Row]:
    """The rows by work, n and who."""
    return {(row["work"], row["n"], row["who"]): row for row in rows}


def seconds(s: float) -> str:
    """A time with its unit, to three digits."""
    unit, name = next((u, name) for u, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs"), (0, "ns")) if s >= u)
    return f"{s / (unit or 1e-9):.3g}\u00a0{name}"  # no line ends between a number and its unit


def quartiles(row: Row) -> str:
    """The middle half of the times, as short as can be, on one line."""
    low, high = seconds(row["q1_s"]).split(), seconds(row["q3_s"]).split()
    return "\u2060–\u2060".join([low[0] if low[1] == high[1] else "\u00a0".join(low), "\u00a0".join(high)])


def ratio(row: Row) -> str:
    """How many times as long as ours it takes."""
    return "not installed" if row["ratio"] is None else f"{row['ratio']:.3g}"


def times(row: Row) -> tuple[str, str, str]:
    """The median, the quartiles, and how many times as long as ours."""
    if row["median_s"] is None:
        return "–", "–", ratio(row)
    return seconds(row["median_s"]), quartiles(row), ratio(row)


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def run(machine: dict[str, Any]) -> HTML:
    """A table of the machine that measured, and of its packages."""
    return table(
        ["", "in this run"],
        [[name, "not installed" if value is None else str(value)] for name, value in machine.items()],
    )
