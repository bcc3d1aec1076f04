"""The benchmarks measure things that agree, and what they stored is whole. Nothing here is timed: see benchmarks/."""

import json

import pytest

from benchmarks import counting, timing

STORED = json.loads(counting.RESULTS.read_text(encoding="utf-8"))
ROWS = {(row["work"], row["n"], row["who"]): row for row in STORED["rows"]}
N = tuple(counting.ROUNDS)
# Who is measured at what, and for how many rows.
CANDIDATES = {
    "margins": (["NumPy", "scikit-learn", "pandas"], N),
    "joint table": (["NumPy", "pandas"], N),
    "log_prob": (["NumPy", "scikit-learn"], N),
    "sampling": (["NumPy", "NumPy Generator", "pandas"], N),
    "pixels: margins": (["NumPy", "scikit-learn", "pandas"], (counting.IMAGES,)),
    "pixels: log_prob": (["NumPy", "scikit-learn"], (counting.IMAGES,)),
    "streaming": (["NumPy", counting.ONE_CORE], (counting.STREAMED,)),
}


@pytest.mark.parametrize("n", [1, 50, 3000])
def test_all_candidates_agree(n):
    counting.check(n)


def test_a_file_is_counted_alike_on_one_core_and_on_all(tmp_path):
    counting.data(3000).tofile(tmp_path / "outfits")
    counting.check_streaming(tmp_path / "outfits")


def test_the_check_finds_a_wrong_count(monkeypatch):
    monkeypatch.setattr(counting.NaiveBayes, "count", lambda x, sizes: [[len(x)] * size for size in sizes])
    with pytest.raises(AssertionError):
        counting.check(50)


def test_the_check_finds_a_wrong_sampler(monkeypatch):
    monkeypatch.setattr(counting.outfits.stylist.__class__, "sample", lambda _, __, n: counting.OUTFITS[[0] * n])
    with pytest.raises(AssertionError):
        counting._drawn_from_law(counting.sampling(3000)["ours"]())


def test_every_row_is_stored():
    wanted = set()
    for work, (whos, sizes) in CANDIDATES.items():
        wanted |= {(work, n, who) for n in sizes for who in ("ours", *whos, "memory bandwidth")}
    assert set(ROWS) == wanted
    assert len(STORED["rows"]) == len(wanted)


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: f"{row['work']}-{row['n']}-{row['who']}")
def test_the_numbers_of_a_row_fit_together(row):
    if row["median_s"] is None:
        assert row["who"] == "pandas"
        assert row["q1_s"] is row["q3_s"] is row["ratio"] is None
        return
    assert 0 < row["q1_s"] <= row["median_s"] <= row["q3_s"]
    assert row["ratio"] == pytest.approx(row["median_s"] / ROWS[row["work"], row["n"], "ours"]["median_s"])


def test_the_machine_is_described_and_not_named():
    assert set(STORED["machine"]) == {
        *("date", "load", "cores", "architecture", "python", "jax", "numpy", "scikit-learn", "pandas", "lib and lock")
    }
    assert STORED["memory"]["read_bytes_per_s"] > 1e8


def test_candidates_take_turns_and_the_first_call_does_not_count():
    calls = []
    seconds = timing.round_robin({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2)
    assert calls == ["a", "b"] * 3
    assert {who: len(times) for who, times in seconds.items()} == {"a": 2, "b": 2}


def test_what_is_not_installed_has_a_row(capsys):
    ours, theirs, missing = timing.rows("work", 7, {"ours": [1.0, 2.0, 9.0], "theirs": [4.0], "missing": None})
    assert (ours["median_s"], ours["q1_s"], ours["q3_s"], ours["ratio"]) == (2, 1.5, 5.5, 1)
    assert theirs["ratio"] == 2
    assert missing == {"work": "work", "n": 7, "who": "missing", **dict.fromkeys(("median_s", "q1_s", "q3_s", "ratio"))}
    assert "theirs 2, missing not installed" in capsys.readouterr().out


def test_an_interrupted_write_leaves_the_older_file(tmp_path):
    path = tmp_path / "results.json"
    timing.write(path, {"a": 1})
    with pytest.raises(TypeError):
        timing.write(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]
