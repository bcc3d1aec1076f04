"""How fast is counting? Ours against NumPy, scikit-learn, pandas and the memory bandwidth of this machine.

    .venv/bin/python benchmarks/counting.py

It checks that all of them agree, then measures in turn (about four minutes) and writes benchmarks/counting.json, which
the page book/pages/counting.md shows. pandas is not among the locked packages. Without it, its rows say so:

    .venv/bin/python -m pip install pandas

The data are outfits: five categorical features, one byte a code, 4032 combinations. Pixels: images of 1024 pixels with
256 levels each. Streaming: outfits in a file of 500 MB, which is made in a temporary folder and deleted in the end.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import jax
import numpy as np
from sklearn.naive_bayes import CategoricalNB

from benchmarks import timing
from benchmarks.timing import OURS, Candidates
from lib import Categorical, NaiveBayes
from lib.data import outfits

try:
    import pandas
except ImportError:
    pandas = None

RESULTS = Path(__file__).with_suffix(".json")
NUMPY, SKLEARN, PANDAS, GENERATOR, MEMORY = "NumPy", "scikit-learn", "pandas", "NumPy Generator", "memory bandwidth"
SIZES = outfits.sizes
ROUNDS = dict.fromkeys((50, 10**3, 10**4, 10**5, 10**6), 15) | {10**7: 3}  # by number of outfits
IMAGES, PIXELS, LEVELS, PIXEL_ROUNDS = 50_000, 1024, 256, 3
STREAMED, STREAM_ROUNDS, ONE_CORE = 10**8, 3, "ours, one core"
LAW = np.exp(np.float64(outfits.stylist.log_probs).ravel())
LAW /= LAW.sum()  # np.random.choice wants a sum of 1 within 10⁻⁸
OUTFITS = np.stack(np.unravel_index(np.arange(len(LAW)), SIZES), axis=-1)


# --- The candidates ------------------------------------------------------------------------------


def data(n: int) -> np.ndarray:
    return np.asarray(outfits.stylist.sample(jax.random.key(n), n)).astype(np.uint8)


def images(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, LEVELS, (n, PIXELS), dtype=np.uint8)


def margins(x: np.ndarray, sizes: tuple[int, ...]) -> Candidates:
    """How often each value of each feature occurs."""
    frame = pandas and pandas.DataFrame(x)
    one_class = np.zeros(len(x), int)
    return {
        OURS: lambda: NaiveBayes.count(x, sizes),
        NUMPY: lambda: [np.bincount(column, minlength=size) for column, size in zip(x.T, sizes, strict=True)],
        SKLEARN: lambda: CategoricalNB(min_categories=sizes).fit(x, one_class),
        PANDAS: pandas and (lambda: [frame[column].value_counts() for column in frame]),
    }


def joint(x: np.ndarray) -> Candidates:
    """How often each combination occurs."""
    frame = pandas and pandas.DataFrame(x)
    return {
        OURS: lambda: Categorical.count(x, SIZES),
        NUMPY: lambda: np.bincount(np.ravel_multi_index(tuple(x.T), SIZES), minlength=len(LAW)),
        PANDAS: pandas and (lambda: frame.value_counts()),
    }


def log_prob(x: np.ndarray, sizes: tuple[int, ...], seen: np.ndarray) -> Candidates:
    """The log-probability of each row under naive Bayes, fitted to `seen`."""
    model = NaiveBayes.fit(seen, sizes, alpha=1.0)
    theirs = CategoricalNB(min_categories=sizes, alpha=1.0).fit(seen, np.zeros(len(seen), int))
    tables = [np.asarray(table) for table in model.log_probs]
    return {
        OURS: lambda: model.log_prob(x),
        NUMPY: lambda: sum(table[column] for table, column in zip(tables, x.T, strict=True)),
        SKLEARN: lambda: theirs.predict_joint_log_proba(x)[:, 0],
    }


def sampling(n: int) -> Candidates:
    """n outfits from a table of 4032 probabilities."""
    key, generator = jax.random.key(0), np.random.default_rng(0)
    frame = pandas and pandas.DataFrame(OUTFITS)
    return {
        OURS: lambda: outfits.stylist.sample(key, n),
        NUMPY: lambda: OUTFITS[np.random.choice(len(LAW), n, p=LAW)],  # noqa: NPY002
        GENERATOR: lambda: OUTFITS[generator.choice(len(LAW), n, p=LAW)],
        PANDAS: pandas and (lambda: frame.sample(n, replace=True, weights=LAW)),
    }


def streaming(file: Path) -> Candidates:
    """How often each value occurs in a file of outfits, of which only a part is in memory at a time."""

    def mapped() -> np.ndarray:
        return np.memmap(file, np.uint8, "r").reshape(-1, len(SIZES))

    def in_parts(x: np.ndarray, rows: int = 2**20) -> list[np.ndarray]:
        tables = [np.zeros(size, int) for size in SIZES]
        for start in range(0, len(x), rows):
            for table, column in zip(tables, x[start : start + rows].T, strict=True):
                table += np.bincount(column, minlength=len(table))
        return tables

    return {OURS: lambda: NaiveBayes.count(mapped(), SIZES), NUMPY: lambda: in_parts(mapped())}


@contextmanager
def one_core(file: Path) -> Iterator[Callable[[], Any] | None]:
    """Our streaming, in a process that has one core to itself; None where a process cannot be bound to a core."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    here, there = get_context("spawn").Pipe()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})  # which the process inherits, before XLA counts the cores
    process = get_context("spawn").Process(target=_stream_on_demand, args=(there, file), daemon=True)
    process.start()
    os.sched_setaffinity(0, cores)

    def ask() -> Any:
        here.send("count")
        return here.recv()

    yield ask
    process.terminate()
    process.join()


def _stream_on_demand(pipe: Connection, file: Path) -> None:
    while pipe.recv():
        pipe.send([np.asarray(table) for table in streaming(file)[OURS]()])


# --- Do they agree? ------------------------------------------------------------------------------


def check(n: int) -> None:
    """Raise AssertionError unless ours counts as the others do, gives their log-probabilities and draws its law."""
    x = data(n)
    _same_counts(x, SIZES)
    table = joint(x)
    np.testing.assert_array_equal(np.ravel(table[OURS]()), table[NUMPY]())
    if table[PANDAS]:
        theirs = table[PANDAS]()
        np.testing.assert_array_equal(table[OURS]()[tuple(np.array(theirs.index.tolist()).T)], theirs.to_numpy())
    _same_log_probs(log_prob(x, SIZES, seen=x))
    for draw in sampling(n).values():
        if draw:
            _drawn_from_law(np.asarray(draw()))
    pixels = images(min(n, 1000))
    _same_counts(pixels, (LEVELS,) * PIXELS)
    _same_log_probs(log_prob(pixels, (LEVELS,) * PIXELS, seen=pixels))


def check_streaming(file: Path) -> None:
    """Raise AssertionError unless all count the same in a file."""
    with one_core(file) as alone:
        ours, *others = [work() for work in [*streaming(file).values(), alone] if work]
    for theirs in others:
        for table, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(table, expected)


def _same_counts(x: np.ndarray, sizes: tuple[int, ...]) -> None:
    results = {who: work() for who, work in margins(x, sizes).items() if work}
    for j, ours in enumerate(results[OURS]):
        np.testing.assert_array_equal(ours, results[NUMPY][j])
        np.testing.assert_array_equal(ours, results[SKLEARN].category_count_[j][0])
        if PANDAS in results:
            np.testing.assert_array_equal(ours, results[PANDAS][j].reindex(range(sizes[j]), fill_value=0))


def _same_log_probs(candidates: Candidates) -> None:
    results = {who: np.asarray(work()) for who, work in candidates.items() if work}
    for theirs in results.values():
        np.testing.assert_allclose(results[OURS], theirs, rtol=1e-5)


def _drawn_from_law(x: np.ndarray) -> None:
    """Pearson's χ² over the outfits expected at least 5 times, and all others as one: at most 7 σ from its mean."""
    expected = len(x) * LAW
    seen = np.bincount(np.ravel_multi_index(tuple(x.T), SIZES), minlength=len(LAW))
    often = expected >= 5
    seen, expected = (np.append(counts[often], counts[~often].sum()) for counts in (seen, expected))
    freedom = len(seen) - 1
    if freedom:
        statistic = ((seen - expected) ** 2 / expected).sum()
        assert abs(statistic - freedom) < 7 * np.sqrt(2 * freedom), (statistic, freedom)


# --- The measurements ----------------------------------------------------------------------------


def memory(rounds: int = 15) -> dict[str, list[float]]:
    """Bytes per second of a large read and of a large copy, which reads and writes."""
    large = np.ones(2**25)  # 256 MB
    other = np.empty_like(large)
    turns = timing.round_robin({"read": large.sum, "copy": partial(np.copyto, other, large)}, rounds)
    volume = {"read": large.nbytes, "copy": 2 * large.nbytes}
    return {kind: [volume[kind] / second for turn in turns[kind] for second in turn] for kind in volume}


def measure(work: str, n: int, moved: int, candidates: Candidates, rounds: int, speeds: list[float]) -> list[dict]:
    """Rows of one piece of work that has to move so many bytes, at the least, at one of these speeds."""
    turns = timing.round_robin(candidates, rounds)
    return timing.rows(work, n, turns | {MEMORY: [[moved / speed] for speed in speeds]})


def main() -> None:
    machine = timing.facts() | {"pandas": pandas.__version__ if pandas else None}  # of the code as it is loaded, now
    for n in (50, 100_000):
        print(f"checking that all agree on {n:,} outfits …", flush=True)
        check(n)
    print("measuring the memory …", flush=True)
    speeds = memory()
    print(", ".join(f"{kind} {np.median(speed) / 1e9:.3g} GB/s" for kind, speed in speeds.items()), flush=True)
    read, rows = speeds["read"], []
    for n, rounds in ROUNDS.items():
        x = data(n)
        rows += measure("margins", n, x.nbytes, margins(x, SIZES), rounds, read)
        rows += measure("joint table", n, x.nbytes, joint(x), rounds, read)
        rows += measure("log_prob", n, x.nbytes, log_prob(x, SIZES, x[:100_000]), rounds, read)
        # What is drawn is written, and writing is not faster than a copy.
        rows += measure("sampling", n, n * len(SIZES) * 4, sampling(n), rounds, speeds["copy"])
    x, sizes = images(IMAGES), (LEVELS,) * PIXELS
    rows += measure("pixels: margins", IMAGES, x.nbytes, margins(x, sizes), PIXEL_ROUNDS, read)
    rows += measure("pixels: log_prob", IMAGES, x.nbytes, log_prob(x, sizes, x[:1000]), PIXEL_ROUNDS, read)
    with tempfile.TemporaryDirectory() as folder:
        file, some = Path(folder) / "outfits", data(10**6)
        with file.open("wb") as stream:
            for _ in range(STREAMED // len(some)):
                some.tofile(stream)
        check_streaming(file)
        with one_core(file) as alone:
            candidates = streaming(file) | {ONE_CORE: alone}
            rows += measure("streaming", STREAMED, file.stat().st_size, candidates, STREAM_ROUNDS, read)
    bandwidth = {f"{kind}_bytes_per_s": float(np.median(speed)) for kind, speed in speeds.items()}
    timing.write(RESULTS, {"machine": machine, "memory": bandwidth, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
