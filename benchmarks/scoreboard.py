"""Every model of the book on the same data, against the laws that the data come from.

    .venv/bin/python benchmarks/scoreboard.py
    .venv/bin/python benchmarks/scoreboard.py --check

The first trains what is not in benchmarks/scoreboard.json yet, row by row, and can be stopped and started again; all of
it takes about an hour and a half on two cores. Rows of other code than now, and of other packages than those of the
lock, are made anew. The second trains nothing, and fails where there are such rows or one is missing.
benchmarks/scoring.py says what a row holds, and the summary of the book shows them.
"""

import ast
import functools
import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

from benchmarks import timing
from benchmarks.contestants import GROUNDS
from benchmarks.scoring import DRAWS, SCORES, Row, row
from book.digest import digest_of
from book.imports import files

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
MODULES = ("contestants", "scoring")  # of benchmarks, on which the rows depend
SEEDS, SEEDS_OF_OTHER_SIZES = 5, 1


@functools.cache
def code() -> str:
    """A hash of all that the rows depend on: the code that makes them, without its comments, and the lock."""
    modules = files(ROOT, [f"benchmarks.{name}" for name in MODULES])
    ours = [path for path in modules if ROOT / "lib" in path.parents or path.stem in MODULES]
    return digest_of("\0".join([*map(_code, ours), (ROOT / "requirements.txt").read_text(encoding="utf-8")]))


def _code(path: Path) -> str:
    if path.suffix != ".py":
        return path.read_bytes().hex()
    return repr(_meaning(ast.parse(path.read_text(encoding="utf-8"))))


def _meaning(x: Any) -> Any:
    """A syntax tree without docstrings, and without what is empty: versions of Python differ in that."""
    if isinstance(x, list):
        return [_meaning(each) for each in x if not _is_docstring(each)]
    if not isinstance(x, ast.AST):
        return repr(x)
    fields = [(name, _meaning(value)) for name, value in ast.iter_fields(x) if value is not None and value != []]
    return type(x).__name__, fields


def _is_docstring(x: Any) -> bool:
    return isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant)


def plan() -> list[tuple[str, str, int, int]]:
    """Ground, model, seed and size of each row: all seeds of the first size of each ground, then the other sizes."""
    return [
        (ground.name, model, seed, n)
        for sizes, seeds in ((slice(1), SEEDS), (slice(1, None), SEEDS_OF_OTHER_SIZES))
        for seed in range(seeds)
        for ground in GROUNDS.values()
        for n in ground.sizes[sizes]
        for model in ground.entries
    ]


def identity(row: Row) -> tuple[str, str, int, int]:
    return row["ground"], row["model"], row["seed"], row["n_train"]


def stored() -> dict[str, Any]:
    """What the file holds, if its rows are of this code; else nothing."""
    if RESULTS.is_file():
        content = json.loads(RESULTS.read_text(encoding="utf-8"))
        if content["code"] == code():
            return content
    return {"code": code(), "rows": []}


def save(rows: list[Row]) -> None:
    """All rows, one a line, or the older file as it was."""
    versions = {name: version(name) for name in ("jax", "equinox", "optax", "numpy")}
    head = json.dumps({"code": code(), "versions": versions, "draws": DRAWS})[:-1]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    timing.replace(RESULTS, f'{head}, "rows": [\n{lines}\n]}}\n')


def missing() -> list[tuple[str, str, int, int]]:
    there = set(map(identity, stored()["rows"]))
    return [each for each in plan() if each not in there]


def main() -> None:
    if "--check" in sys.argv:
        if rows := missing():
            sys.exit(f"{len(rows)} rows are missing or of older code, such as {rows[0]}: run benchmarks/scoreboard.py")
        return
    order = {each: i for i, each in enumerate(plan())}
    rows = stored()["rows"]
    for each in missing():
        start = time.monotonic()
        rows.append(row(*each))
        save(sorted(rows, key=lambda row: order[identity(row)]))
        shown = {score: round(rows[-1][score], 3) for score in SCORES if rows[-1][score] is not None}
        print(*each, shown, f"{time.monotonic() - start:.0f} s", flush=True)
        jax.clear_caches()  # else the memory maps of compiled functions add up


if __name__ == "__main__":
    main()
