"""The benchmarks measure things that agree, and what they stored is whole. Nothing here is timed: see benchmarks/."""

import json
import time
from contextlib import contextmanager

import jax
import numpy as np
import pytest

from benchmarks import classifiers, counting, densities, diffusion, report, timing, training
from lib.data import outfits
from lib.training import Trained

N = tuple(counting.ROUNDS)
# Who is measured at what beside ours, and for how many rows.
COUNTING = {
    "margins": (["NumPy", "scikit-learn", "pandas", "memory bandwidth"], N),
    "joint table": (["NumPy", "pandas", "memory bandwidth"], N),
    "log_prob": (["NumPy", "scikit-learn", "memory bandwidth"], N),
    "sampling": (["NumPy", "NumPy Generator", "pandas", "memory bandwidth"], N),
    "pixels: margins": (["NumPy", "scikit-learn", "pandas", "memory bandwidth"], (counting.IMAGES,)),
    "pixels: log_prob": (["NumPy", "scikit-learn", "memory bandwidth"], (counting.IMAGES,)),
    "streaming": (["NumPy", counting.ONE_CORE, "memory bandwidth"], (counting.STREAMED,)),
}
DENSITIES = {
    "KDE": (["SciPy pdf", "SciPy logpdf", "scikit-learn", "KDEpy"], tuple(densities.KDE_ROUNDS)),
    "KDE on a grid": (["ours, log_prob", "SciPy pdf", "KDEpy"], (densities.GRID_POINTS,)),
    "mixture, d = 2": (["scikit-learn", "scikit-learn, float32"], (densities.MIXTURE_POINTS,)),
    "mixture, d = 16": (["scikit-learn", "scikit-learn, float32"], (densities.MIXTURE_POINTS,)),
    "histogram": (["NumPy", "fast-histogram"], tuple(densities.HISTOGRAM_ROUNDS)),
}
CLASSIFIERS = {
    classifiers.WORK: ([classifiers.SKLEARN, classifiers.SKLEARN32], tuple(classifiers.ROUNDS)),
}
FLOWJAX = ["flowjax", "flowjax, turned round"]
TRAINING = {
    **{f"{kind} flow, step": ([*FLOWJAX, "flowjax, one loop"], (training.FLOW_BATCH,)) for kind in training.KINDS},
    **{f"{kind} flow, log_prob": (FLOWJAX, (training.POINTS,)) for kind in training.KINDS},
    **{f"{kind} flow, sampling": (FLOWJAX, (training.POINTS,)) for kind in training.KINDS},
    "VAE, step": (["PyTorch", "PyTorch, compiled"], (training.VAE_BATCH,)),
}
STORED = {name: report.stored(name) for name in ("counting", "densities", "classifiers", "training")}
ROWS = {name: report.by_name(stored["rows"]) for name, stored in STORED.items()}
OPTIONAL = {
    "counting": {"pandas"},
    "densities": {"KDEpy", "fast-histogram"},
    "classifiers": set(),
    "training": {"PyTorch", "PyTorch, compiled"},
}  # packages that need not be there

# --- Do they agree? ------------------------------------------------------------------------------


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


def test_logistic_regressions_agree():
    classifiers.check(3000)


def test_the_check_finds_a_wrong_logistic_regression(monkeypatch):
    monkeypatch.setattr(classifiers.Categorical, "count", lambda _, sizes: np.ones(sizes, int))
    with pytest.raises(AssertionError):
        classifiers.check(3000)


@pytest.mark.parametrize("n", [20, 700])
def test_all_densities_agree(n):
    densities.check(n)


@pytest.mark.parametrize(
    ("model", "method", "wrong"),
    [
        (densities.KDE, "log_prob", lambda _, x: np.full(len(x), -1.0)),
        (densities.KDE, "on_grid", lambda _, first, second: np.full((len(first), len(second)), -1.0)),
        (densities.em, "expectation_maximisation", lambda _, start, *__: (start, 0)),
        (densities.Histogram, "count", lambda x, bins, _: np.full((bins, bins), len(x) / bins**2)),
    ],
    ids=["log_prob", "on_grid", "EM", "histogram"],
)
def test_the_check_finds_a_wrong_density(monkeypatch, model, method, wrong):
    monkeypatch.setattr(model, method, wrong)
    with pytest.raises(AssertionError):
        densities.check(20)


@contextmanager
def plainly():
    """With the settings that others' code is written for."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


@pytest.fixture(scope="module")
def trainings():
    """All works, small ones."""
    with plainly():
        return {**training.flow("affine", 300, 2), **training.flow("spline", 300, 2), **training.vae(300, (8,))}


@pytest.mark.parametrize("name", TRAINING)
def test_all_trainings_agree(trainings, name):
    with plainly():
        training.differences(trainings[name])


def _wrong_training(*_, **__):
    return Trained(None, np.zeros(training.STEPS))


@pytest.mark.parametrize(
    ("name", "where", "what", "wrong"),
    [
        ("affine flow, step", training, "minimise", _wrong_training),
        ("spline flow, step", training, "minimise", _wrong_training),
        ("spline flow, log_prob", training.Flow, "log_prob", lambda _, x: np.zeros(len(x))),
        ("spline flow, sampling", training.Flow, "sample", lambda _, __, n: np.zeros((n, 2))),
        pytest.param(
            *("VAE, step", training, "minimise", _wrong_training),
            marks=pytest.mark.skipif(not training.torch, reason="PyTorch is not installed"),
        ),
    ],
)
def test_the_check_finds_another_result(monkeypatch, trainings, name, where, what, wrong):
    monkeypatch.setattr(where, what, wrong)
    with plainly(), pytest.raises(AssertionError):
        training.differences(trainings[name])


# --- What is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "candidates"),
    [("counting", COUNTING), ("densities", DENSITIES), ("classifiers", CLASSIFIERS), ("training", TRAINING)],
)
def test_every_row_is_stored(name, candidates):
    wanted = {(work, n, who) for work, (whos, sizes) in candidates.items() for n in sizes for who in ("ours", *whos)}
    assert set(ROWS[name]) == wanted
    assert len(STORED[name]["rows"]) == len(wanted)


@pytest.mark.parametrize(
    ("name", "row"),
    [(name, row) for name, rows in ROWS.items() for row in rows.values()],
    ids=lambda part: part if isinstance(part, str) else f"{part['work']}-{part['n']}-{part['who']}",
)
def test_the_numbers_of_a_row_fit_together(name, row):
    if row["median_s"] is None:
        assert row["who"] in OPTIONAL[name]
        assert row["q1_s"] is row["q3_s"] is row["first_s"] is row["ratio"] is None
        assert row.get("error") is row.get("difference") is None
        return
    assert 0 < row["q1_s"] <= row["median_s"] <= row["q3_s"]
    assert row["first_s"] > 0
    assert row["ratio"] == pytest.approx(row["median_s"] / ROWS[name][row["work"], row["n"], "ours"]["median_s"])


@pytest.mark.parametrize("name", ["densities", "training"])
def test_what_was_wanted_was_measured(name):
    for wanted in STORED[name]["wanted"]:
        assert ROWS[name][wanted["work"], wanted["n"], wanted["who"]]["ratio"] > 0


def test_what_was_trained_agrees():
    rows = [row for row in STORED["training"]["rows"] if row["ratio"]]
    assert all(row["difference"] <= training.ALLOWED for row in rows)


def test_logistic_regression_of_a_million_rows_takes_scikit_learn_a_hundred_times_as_long():
    rows = ROWS["classifiers"]
    assert min(rows[classifiers.WORK, 10**6, who]["ratio"] for who in CLASSIFIERS[classifiers.WORK][0]) >= 100


@pytest.mark.parametrize(
    ("name", "packages"),
    [("counting", set()), ("densities", {"scipy"}), ("classifiers", set()), ("training", {"optax", "flowjax"})],
)
def test_the_machine_is_described_and_not_named(name, packages):
    assert set(STORED[name]["machine"]) == OPTIONAL[name] | packages | {
        *("date", "load", "cores", "architecture", "python", "jax", "numpy", "scikit-learn", "lib and lock")
    }


def test_the_memory_is_measured():
    assert STORED["counting"]["memory"]["read_bytes_per_s"] > 1e8


# --- How it is measured --------------------------------------------------------------------------


def test_candidates_take_turns_and_the_first_turn_does_not_count(monkeypatch):
    monkeypatch.setattr(timing, "TURN", 0)
    calls = []
    candidates = {"a": lambda: calls.append("a"), "missing": None, "b": lambda: calls.append("b")}
    turns = timing.round_robin(candidates, rounds=2)
    assert calls == ["a", "b"] * 3
    assert {who: each and [len(turn) for turn in each] for who, each in turns.items()} == {
        "a": [1, 1],
        "missing": None,
        "b": [1, 1],
    }


def test_a_turn_is_many_short_calls_or_one_long_one():
    turns = timing.round_robin({"short": lambda: None, "long": lambda: time.sleep(1.5 * timing.TURN)}, rounds=1)
    (short,), (long,) = turns.values()
    assert sum(short[:-1]) < timing.TURN <= sum(short)
    assert len(short) > 1 == len(long)


def test_a_row_has_the_calls_of_all_turns_and_what_is_not_installed_has_one(capsys):
    ours, theirs, missing = timing.rows("work", 7, {"ours": [[9.0, 1.0], [2.0]], "theirs": [[4.0]], "missing": None})
    assert ours == {
        **{"work": "work", "n": 7, "who": "ours"},
        **{"median_s": 2, "q1_s": 1.5, "q3_s": 5.5, "first_s": 5.5, "ratio": 1},
    }
    assert theirs["ratio"] == 2
    assert missing == {"work": "work", "n": 7, "who": "missing", **dict.fromkeys([*ours][3:])}
    assert "theirs 2, missing not installed" in capsys.readouterr().out


def test_an_interrupted_write_leaves_the_older_file(tmp_path):
    path = tmp_path / "results.json"
    timing.write(path, {"a": 1})
    with pytest.raises(TypeError):
        timing.write(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


# --- How it is shown -----------------------------------------------------------------------------


def test_times_have_units_and_three_digits():
    row = {"median_s": 1.2345e-3, "q1_s": 0.9e-3, "q3_s": 1.5e-3, "ratio": 2.345}
    assert report.times(row) == ("1.23\u00a0ms", "900\u00a0µs\u2060–\u20601.5\u00a0ms", "2.35")
    assert report.times(dict.fromkeys(row)) == ("–", "–", "not installed")
    assert [report.seconds(s) for s in (2, 3e-9, 0)] == ["2\u00a0s", "3\u00a0ns", "0\u00a0ns"]


def test_names_are_listed():
    assert [report.listed(list(names)) for names in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


# --- What a diffusion learns ---------------------------------------------------------------------


def test_what_is_stored_of_diffusion_is_whole_and_says_what_the_page_says():
    stored = report.stored("diffusion")
    rows = stored["trainings"]
    assert {(row["people"], row["who"]) for row in rows} == {
        (n, who) for n in diffusion.PEOPLE for who in ("network", "memoriser")
    }
    tv = {n: [row["TV"][0] for row in rows if (row["people"], row["who"]) == (n, "network")] for n in diffusion.PEOPLE}
    copies = {row["people"]: row["TV"][0] for row in rows if row["who"] == "memoriser"}
    assert len(tv[3000]) == diffusion.SEEDS
    assert tv[300][0] < copies[300] - 0.05
    assert tv[1000][0] < copies[1000] - 0.05
    assert all(value > row["TV"][2] for row in rows for value in row["TV"][:1])  # nobody is below the floor
    groups = stored["groups"]
    assert groups["same people"] > groups["other people"] > groups["same people"] - 0.15  # "nearly as often"
    assert groups["copiers"] > groups["other people"] > 10 * groups["by chance"]
    assert {row["feature"] for row in stored["obedience"]} == set(outfits.features)
