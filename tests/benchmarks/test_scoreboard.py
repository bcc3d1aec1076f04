"""The scoreboard gives constructed models the scores that NumPy says, and what it stored is whole.

No network is trained here. Whether the stored rows are of the code of now, benchmarks/scoreboard.py --check asks, every
week.
"""

import ast
import dataclasses
import functools
import inspect
import json
import re
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lib
from benchmarks import contestants, scoreboard, scoring
from benchmarks.contestants import AVATARS, GROUNDS, OUTFITS, WORLD, Entry
from lib import scores
from lib.data import avatars, outfits, world

KEY = jax.random.key(7)
CONSTRUCTED = ("exact sampler", "memoriser", "uniform", "cheater")
DRAWS = 1000  # here; the scoreboard has ten times as many
SEA = 648  # the outcome after 36 × 18 cells
SHARES = {"valid", "valid_at_10", "TV", "coverage", "novelty", "factors"}
KEYS = {
    *("ground", "model", "seed", "n_train", *scoring.SCORES, "why_null", "standard_error"),
    *("can", "numbers", "train_s", "draw_1000_s"),
}
NOT_THERE = {
    "MarkovMesh": "it is a model of grey pictures of few levels, and no ground has such",
}


# --- What NumPy says -----------------------------------------------------------------------------


@functools.cache
def outfit_law():
    p = np.exp(np.float64(np.ravel(outfits.stylist.log_probs)))
    return p / p.sum()


@functools.cache
def picture_law():
    """Outfits of one and the same picture are one outcome; in the order of the first of them."""
    _, first, number = np.unique(avatars.pictures().reshape(4032, -1), axis=0, return_index=True, return_inverse=True)
    p = np.bincount(number, outfit_law())
    return p[np.argsort(first)]


@functools.cache
def land(first=-90.0, last=90.0):
    """Steradians of land between two latitudes: a cell has its width times what sin φ gains."""
    edges = np.linspace(90, -90, 361)
    cells = np.deg2rad(0.5) * -np.diff(np.sin(np.deg2rad(edges)))
    inside = (edges[1:] >= first) & (edges[:-1] <= last)
    return float(world.land_mask().sum(1) @ (cells * inside))


def entropy(p):
    return float(-p @ np.log(p))


def outfits_cheater():
    p = outfit_law()
    return float(p @ np.log(p / (0.99 / 4032 + 0.01 * p)))


DIVERGENCES = {
    ("outfits", "exact sampler"): lambda: 0.0,
    ("outfits", "uniform"): lambda: np.log(4032) - entropy(outfit_law()),
    ("outfits", "cheater"): outfits_cheater,
    ("world", "exact sampler"): lambda: 0.0,
    ("world", "uniform"): lambda: np.log(4 * np.pi / land()),
    ("world", "cheater"): lambda: np.log(100),
    ("avatars", "exact sampler"): lambda: 0.0,
    ("avatars", "uniform"): lambda: 3072 * 8 - entropy(picture_law()) / np.log(2),
    ("avatars", "cheater"): lambda: np.log2(100),
}  # the memoriser's are infinite
VALID = {
    **{("outfits", model): lambda: 1.0 for model in CONSTRUCTED},
    **{(ground, model): lambda: 1.0 for ground in ("world", "avatars") for model in ("exact sampler", "memoriser")},
    **{(ground, "cheater"): lambda: 0.01 for ground in ("world", "avatars")},
    ("world", "uniform"): lambda: land() / (4 * np.pi),
    ("avatars", "uniform"): lambda: 0.0,
}


@functools.cache
def unseen(ground, seed, n):
    """The probability of what was not in training."""
    data = GROUNDS[ground].data(jax.random.key(1000 + seed), n)
    codes = np.ravel_multi_index(tuple((data.codes if ground == "avatars" else data).T), outfits.sizes)
    p = outfit_law()
    if ground == "avatars":
        p, codes = picture_law(), avatars.law().numbers[codes]
    return float(np.delete(p, np.unique(codes)).sum())


@functools.cache
def expected_of_the_law(ground, draws):
    """The scores that as many draws of the law itself have on average."""
    p = {"outfits": outfit_law, "world": contestants.world_probabilities, "avatars": picture_law}[ground]()
    any_draws = np.zeros(draws, int)
    both = {"TV": scores.outcome_total_variation, "coverage": scores.outcome_coverage}
    return {"valid": 1.0} | {name: score(any_draws, p).exact for name, score in both.items()}


def check_exact_sampler(row, draws):
    marks = expected_of_the_law(row["ground"], draws)
    if row["ground"] == "world":
        marks |= {"novelty": 1.0}  # no place is drawn twice
    else:
        marks |= {"novelty": unseen(row["ground"], row["seed"], row["n_train"])}
    for score, mark in marks.items():
        assert abs(row[score] - mark) <= 5 * row["standard_error"][score], (scoreboard.identity(row), score, mark)


def check_memoriser(row):
    assert (row["divergence"], row["valid"], row["novelty"]) == (None, 1, 0)
    assert row["why_null"]["divergence"] == "infinite: it rules out what can happen"


def check_row(row):
    """What is so of each row, whoever made it."""
    assert set(row) == KEYS
    assert set(row["why_null"]) == {score for score in scoring.SCORES if row[score] is None}
    assert all(row["why_null"].values())
    values = {score: row[score] for score in scoring.SCORES if row[score] is not None}
    assert np.isfinite([*values.values()]).all()
    assert all(0 <= values[score] <= 1 for score in SHARES & set(values))
    assert all(values[score] >= -1e-6 for score in set(values) - SHARES)  # divergences and distances
    errors = row["standard_error"]
    assert set(errors) <= set(values) - {"divergence", "frechet"}  # these two are not estimated from draws, or biased
    assert np.isfinite([*errors.values()]).all()
    assert min(errors.values()) >= 0
    assert set(row["can"]) <= {"density", "bound", "latent", "condition"}
    is_infinite = row["why_null"].get("divergence", "").startswith("infinite")
    assert ("density" in row["can"]) == (row["divergence"] is not None or is_infinite)
    assert ("bound" in row["can"]) == (row["divergence_bound"] is not None)
    assert min(row["numbers"], row["train_s"], row["draw_1000_s"]) >= 0
    # What cannot happen is too much, and what never occurs too little.
    assert row["TV"] >= max(1 - row["valid"], 1 - row["coverage"]) - 1e-9
    if row["ground"] == "avatars":
        assert row["valid_at_10"] >= row["valid"]


# --- Rows of constructed models ------------------------------------------------------------------


@pytest.fixture(scope="module")
def row_of():
    """Ground and model to a row, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "DRAWS", DRAWS)
        patch.setattr(scoring, "TIMED", 10)
        yield functools.cache(lambda ground, model: scoring.row(ground, model, 0, GROUNDS[ground].sizes[0]))


@pytest.fixture
def rows(row_of):
    return {(ground, model): row_of(ground, model) for ground in GROUNDS for model in CONSTRUCTED}


constructed = pytest.mark.parametrize(
    ("ground", "model"), [(ground, model) for ground in GROUNDS for model in CONSTRUCTED]
)


@constructed
def test_each_score_of_a_row_has_a_value_or_a_reason(row_of, ground, model):
    check_row(row_of(ground, model))


@pytest.mark.parametrize(("ground", "model"), DIVERGENCES)
def test_a_divergence_is_what_numpy_says(row_of, ground, model):
    assert row_of(ground, model)["divergence"] == pytest.approx(DIVERGENCES[ground, model](), rel=1e-5, abs=2e-7)


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_memoriser_rules_out_what_can_happen_and_draws_nothing_new(row_of, ground):
    check_memoriser(row_of(ground, "memoriser"))


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_exact_sampler_is_as_near_to_the_law_as_its_draws_can_be(row_of, ground):
    check_exact_sampler(row_of(ground, "exact sampler"), DRAWS)


@constructed
def test_so_much_is_valid(row_of, ground, model):
    row = row_of(ground, model)
    valid = VALID[ground, model]()
    assert abs(row["valid"] - valid) <= 5 * np.sqrt(valid * (1 - valid) / DRAWS)


def test_of_uniform_outfits_all_that_was_not_seen_is_new(row_of):
    seen = np.unique(OUTFITS.data(jax.random.key(1000), 3000), axis=0)
    row = row_of("outfits", "uniform")
    assert abs(row["novelty"] - (1 - len(seen) / 4032)) <= 5 * row["standard_error"]["novelty"]


def test_the_worst_attribute_of_uniform_outfits(row_of):
    p = outfit_law().reshape(outfits.sizes)
    margins = [p.sum(axis=tuple(i for i in range(5) if i != j)) for j in range(5)]
    row = row_of("outfits", "uniform")
    worst = max(abs(margin - 1 / len(margin)).sum() / 2 for margin in margins)
    assert abs(row["factors"] - worst) <= 5 * row["standard_error"]["factors"]


def test_numbers_to_keep_are_those_of_the_data_or_none(rows):
    assert {key: row["numbers"] for key, row in rows.items() if row["numbers"]} == {
        ("outfits", "memoriser"): 3000 * 5,
        ("world", "memoriser"): 5000 * 2,
        ("avatars", "memoriser"): 3000 * 32 * 32 * 3,
    }


@pytest.mark.parametrize("people", [1, 2, 5])
def test_a_row_of_a_few_pictures_among_noise_can_be_saved(monkeypatch, people, results):
    """A few people have no hair, or are one draw: there is no standard error, which JSON has no number for."""

    def draw(key, n):
        return np.concatenate([contestants._exact_pictures(key, people), contestants._noise(key, n - people)])

    ground = dataclasses.replace(AVATARS, entries={"few": lambda *_: Entry(draw)})
    monkeypatch.setattr(scoring, "GROUNDS", {"avatars": ground})
    monkeypatch.setattr(scoring, "DRAWS", 60)
    monkeypatch.setattr(scoring, "TIMED", 10)
    row = scoring.row("avatars", "few", 0, 100)
    check_row(row)
    assert row["valid"] == pytest.approx(people / 60)
    scoreboard.save([row])
    assert json.loads(results.read_text())["rows"] == [row]


# --- The world -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        ((13.4, 52.5), 3 * 36 + 19),  # Berlin
        ((-30, 40), SEA),
        ((180, 67), 2 * 36 + 35),  # the date line crosses Chukotka
        ((-180, 67), 2 * 36),
        ((0, -90), 17 * 36 + 18),
        ((180, -90), 17 * 36 + 35),
        ((-180, -90), 17 * 36),
        ((0, 90), SEA),
        ((-180, 90), SEA),
        ((200, 0), SEA),  # off the map, as is the next
        ((13.4, -91), SEA),
    ],
)
def test_a_point_on_land_is_in_its_cell_and_all_others_are_one_outcome(place, outcome):
    assert contestants.world_outcomes(np.array([place], np.float32)).tolist() == [outcome]


def test_the_cells_are_as_likely_as_their_land_is_large():
    p = contestants.world_probabilities()
    area = np.diff(np.sin(np.deg2rad(np.linspace(-90, 90, 361))))[:, None] * world.land_mask()
    by_cells = area.reshape(18, 20, 36, 20).sum((1, 3)).ravel()
    np.testing.assert_allclose(p, np.append(by_cells / by_cells.sum(), 0), rtol=1e-4, atol=1e-9)
    assert p.sum() == pytest.approx(1, abs=1e-12)


def test_many_points_of_the_law_fall_into_cells_as_often_as_they_must():
    n = 100_000
    expected = n * contestants.world_probabilities()
    counts = np.bincount(contestants.world_outcomes(np.asarray(world.sample(KEY, n))), minlength=len(expected))
    assert counts[expected == 0].sum() == 0
    often = expected > 10
    chi_squared = ((counts - expected)[often] ** 2 / expected[often]).sum()
    assert abs(chi_squared - often.sum()) < 5 * np.sqrt(2 * often.sum())


def hemispheres(x):
    """Four fifths of the probability is in the north, and it is uniform in each hemisphere."""
    return world.log_area(x) + jnp.where(x[..., 1] > 0, np.log(0.8), np.log(0.2)) - np.log(2 * np.pi)


def hemispheres_divergence():
    north, south = land(0, 90), land(-90, 0)
    return np.log(2 * np.pi / land()) - (north * np.log(0.8) + south * np.log(0.2)) / land()


@pytest.mark.parametrize("parts", [(), (np.zeros(3),)], ids=["formula", "trained"])
def test_the_divergence_of_another_law_on_the_globe(parts):
    found = scoring.divergence(WORLD, Entry(lambda *_: None, parts, hemispheres))
    assert found["divergence"] == (pytest.approx(hemispheres_divergence(), rel=1e-5), None)


def test_a_density_that_is_its_own_bound():
    uniform = WORLD.entries["uniform"](None, KEY).log_prob
    value, error = scoring.world_bound(Entry(lambda *_: None, bound=lambda x, _: uniform(x)))
    assert value == pytest.approx(np.log(4 * np.pi / land()), rel=1e-5)
    assert error < 1e-6
    found = scoring.divergence(WORLD, Entry(lambda *_: None, bound=lambda x, _: hemispheres(x)))
    value, error = found["divergence_bound"]
    assert 0 < error < 0.05
    assert abs(value - hemispheres_divergence()) < 5 * error
    assert isinstance(found["divergence"], str)


# --- Pictures ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def population():
    """Pictures as often as they are likely."""
    at = (np.arange(6000) + 0.5) / 6000
    number = np.searchsorted(np.cumsum(picture_law()), at)
    return np.float32(avatars.pictures()[avatars.law().outfits[number]])


def test_the_frechet_distance_of_the_law_is_zero(population):
    assert 0 <= scoring.frechet(population) < 0.01


def test_the_frechet_distance_of_pictures_half_as_varied(population):
    """Standard deviations are halved: Σ (σ − σ/2)² is a quarter of the sum of variances."""
    mean = population.mean(0, dtype=np.float64).astype(np.float32)
    half = scoring.frechet((population + mean) / 2)
    assert half == pytest.approx(scoring.COMPONENTS / 4, abs=0.1)


def test_the_frechet_distance_of_one_picture_is_all_variances_and_its_distance_from_the_mean(population):
    known = scoring.features()
    x = np.float64(known.pca.encode(population)) / known.scale
    for i in (100, 5000):
        away = ((x[i] - x.mean(0)) ** 2).sum()
        found = scoring.frechet(population[[i, i]])
        assert found == pytest.approx(away + scoring.COMPONENTS, rel=0.01)


def test_what_a_model_gives_is_rounded_to_grey_levels():
    assert contestants.whole(np.array([-3.0, 0.4, 12.6, 300.0])).tolist() == [0, 0, 13, 255]
    assert contestants.whole(np.zeros(1)).dtype == np.uint8


# --- Who takes part ------------------------------------------------------------------------------


def test_no_row_is_planned_twice():
    assert len(set(scoreboard.plan())) == len(scoreboard.plan())


def test_each_model_is_planned_at_each_size_of_its_ground_and_five_times_at_the_first():
    seeds = {}
    for ground, model, seed, n in scoreboard.plan():
        seeds.setdefault((ground, model, n), []).append(seed)
    assert seeds == {
        (ground.name, model, n): list(range(1 if i else 5))
        for ground in GROUNDS.values()
        for model in ground.entries
        for i, n in enumerate(ground.sizes)
    }
    assert all(set(CONSTRUCTED) <= set(ground.entries) for ground in GROUNDS.values())


def test_each_model_of_the_book_takes_part_or_says_why_not():
    source = Path(contestants.__file__).read_text(encoding="utf-8")
    there = set(re.findall(r"\blib\.(\w+)(?:\.fit)?\(", source))
    classes = {name: getattr(lib, name) for name in lib.__all__ if inspect.isclass(getattr(lib, name))}
    models = {name for name, each in classes.items() if issubclass(each, lib.Sampler) and not inspect.isabstract(each)}
    assert models - there == set(NOT_THERE)


# --- Which code the rows are of ------------------------------------------------------------------

TREE = {
    "lib/__init__.py": "from lib.model import mean\n",
    "lib/model.py": '"""A model."""\n\n\ndef mean(x):\n    """The mean."""\n    return sum(x) / len(x)  # of all\n',
    "lib/unused.py": "x = 1\n",
    "lib/map.png": "map",
    "book/digest.py": "x = 1\n",
    "benchmarks/contestants.py": "import lib\nfrom book import digest\n\nSIZES = (3000,)\n",
    "benchmarks/scoring.py": "from benchmarks.contestants import SIZES\n\nDRAWS = 10\n",
    "benchmarks/scoreboard.py": "x = 1\n",
    "benchmarks/scoreboard.json": "{}",
    "requirements.txt": "jax==1\n",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name, content in TREE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(scoreboard, "ROOT", tmp_path)
    return tmp_path


def _code_after(tree, name, old, new):
    content = (tree / name).read_text()
    assert old in content
    (tree / name).write_text(content.replace(old, new))
    return scoreboard.code.__wrapped__()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lib/model.py", "len(x)", "(len(x) - 1)"),
        ("lib/model.py", "def mean(x)", "def mean(x, y=None)"),
        ("lib/map.png", "map", "Map"),
        ("benchmarks/contestants.py", "3000", "1000"),
        ("benchmarks/scoring.py", "10", "20"),
        ("requirements.txt", "1", "2"),
    ],
)
def test_rows_are_of_other_code_after_a_change(tree, name, old, new):
    assert scoreboard.code.__wrapped__() != _code_after(tree, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lib/model.py", "  # of all", ""),
        ("lib/model.py", "The mean.", "Their mean."),
        ("lib/model.py", '    """The mean."""\n', ""),
        ("lib/model.py", '"""A model."""\n\n\n', ""),
        ("lib/model.py", "sum(x) / len(x)", "(sum(x)\n            / len(x))"),
        ("lib/unused.py", "1", "2"),
        ("book/digest.py", "1", "2"),
        ("benchmarks/contestants.py", "import lib", "# Who?\nimport lib"),
        ("benchmarks/scoreboard.py", "1", "2"),
        ("benchmarks/scoreboard.json", "{}", "[]"),
    ],
)
def test_rows_are_of_the_same_code_after_a_change_of_words(tree, name, old, new):
    assert scoreboard.code.__wrapped__() == _code_after(tree, name, old, new)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = '1'"),
        ("x = 1", "x = True"),
        ("x = 'a'", "x = b'a'"),
        ("f(a, b)", "f(a, b=b)"),
        ("x = []", "x"),
    ],
)
def test_code_that_differs_has_another_meaning(one, other):
    assert scoreboard._meaning(ast.parse(one)) != scoreboard._meaning(ast.parse(other))


def test_a_newer_python_gives_code_the_same_meaning():
    """Since 3.12, a function has type parameters, which are empty here."""
    older, newer = (ast.parse("def f(x):\n    return x") for _ in range(2))
    fields = tuple(field for field in ast.FunctionDef._fields if field != "type_params")
    older.body[0]._fields = fields
    newer.body[0]._fields = (*fields, "type_params")
    newer.body[0].type_params = []
    assert ast.dump(older) != ast.dump(newer)
    assert scoreboard._meaning(older) == scoreboard._meaning(newer)


def test_the_rows_depend_on_the_models_the_maps_and_nothing_of_the_book(monkeypatch):
    paths = []
    monkeypatch.setattr(scoreboard, "_code", lambda path: paths.append(path) or "")
    scoreboard.code.__wrapped__()
    names = {path.relative_to(scoreboard.ROOT).as_posix() for path in paths}
    assert {"lib/gan.py", "lib/data/world.png", "lib/data/avatars.webp", "lib/scores/outcomes.py"} <= names
    assert {name for name in names if not name.startswith("lib/")} == {
        "benchmarks/contestants.py",
        "benchmarks/scoring.py",
    }


# --- How rows are kept ---------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path, monkeypatch):
    path = tmp_path / "scoreboard.json"
    monkeypatch.setattr(scoreboard, "RESULTS", path)
    monkeypatch.setattr(scoreboard, "code", lambda: "of now")
    return path


def _bare(each):
    return dict(zip(("ground", "model", "seed", "n_train"), each, strict=True))


def _made(*each):
    return _bare(each) | dict.fromkeys(scoring.SCORES)


def test_what_is_saved_comes_back(results, rows):
    scoreboard.save([*rows.values()])
    assert scoreboard.stored()["rows"] == [*rows.values()]
    assert scoreboard.stored()["code"] == "of now"
    assert scoreboard.stored()["draws"] == scoreboard.DRAWS
    assert len(results.read_text().splitlines()) == len(rows) + 2  # one a line


def test_what_is_missing_is_named(results):
    rows = [_bare(each) for each in scoreboard.plan()]
    assert scoreboard.missing() == scoreboard.plan()
    scoreboard.save(rows)
    assert scoreboard.missing() == []
    dropped = rows.pop(17)
    scoreboard.save(rows)
    assert scoreboard.missing() == [scoreboard.identity(dropped)]
    assert results.is_file()


@pytest.mark.usefixtures("results")
def test_rows_of_other_code_do_not_count(monkeypatch):
    scoreboard.save([_bare(each) for each in scoreboard.plan()])
    monkeypatch.setattr(scoreboard, "code", lambda: "of then")
    assert scoreboard.missing() == scoreboard.plan()


def test_a_row_that_json_cannot_say_leaves_the_older_file(results):
    scoreboard.save([{"TV": 0.5}])
    older = results.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        scoreboard.save([{"TV": np.nan}])
    assert results.read_bytes() == older


def test_an_interrupted_save_leaves_the_older_file(results, monkeypatch):
    scoreboard.save([{"TV": 0.5}])
    older = results.read_bytes()

    def half(path, text, **_):
        path.write_bytes(text.encode()[: len(text) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        scoreboard.save([{"TV": 0.25}])
    assert results.read_bytes() == older


@pytest.mark.usefixtures("results")
def test_the_check_says_what_to_run(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["scoreboard.py", "--check"])
    monkeypatch.setattr(scoreboard, "row", lambda *_: pytest.fail("the check trains nothing"))
    scoreboard.save([_bare(each) for each in scoreboard.plan()[1:]])
    with pytest.raises(SystemExit) as end:
        scoreboard.main()
    assert str(end.value.code).startswith("1 row")
    assert str(scoreboard.plan()[0]) in end.value.code
    assert "benchmarks/scoreboard.py" in end.value.code


@pytest.mark.usefixtures("results")
def test_the_check_is_silent_where_nothing_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["scoreboard.py", "--check"])
    scoreboard.save([_bare(each) for each in scoreboard.plan()])
    scoreboard.main()
    assert capsys.readouterr().out == ""


def test_what_was_stopped_goes_on_where_it_was(results, monkeypatch):
    plan = [("outfits", "tree", seed, 10) for seed in range(4)]
    made = []

    def row(*each):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(each)
        return _made(*each)

    monkeypatch.setattr(sys, "argv", ["scoreboard.py"])
    monkeypatch.setattr(scoreboard, "plan", lambda: plan)
    monkeypatch.setattr(scoreboard, "row", row)
    scoreboard.save([_made(*plan[1])])
    with pytest.raises(KeyboardInterrupt):
        scoreboard.main()
    monkeypatch.setattr(scoreboard, "row", lambda *each: made.append(each) or _made(*each))
    scoreboard.main()
    assert made == [plan[0], plan[2], plan[3]]
    assert list(map(scoreboard.identity, json.loads(results.read_text())["rows"])) == plan


# --- What is stored ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored():
    return json.loads(Path(scoreboard.__file__).with_suffix(".json").read_text(encoding="utf-8"))


def test_each_planned_row_is_stored_in_the_order_of_the_plan(stored):
    assert list(map(scoreboard.identity, stored["rows"])) == scoreboard.plan()
    assert stored["draws"] == scoreboard.DRAWS
    assert set(stored["versions"]) == {"jax", "equinox", "optax", "numpy"}


def test_each_stored_row_is_whole(stored):
    for row in stored["rows"]:
        check_row(row)


def test_what_is_stored_of_constructed_models_is_known(stored):
    checked = set()
    for row in stored["rows"]:
        who = row["ground"], row["model"]
        checked.add(who)
        if who in DIVERGENCES:
            assert row["divergence"] == pytest.approx(DIVERGENCES[who](), rel=1e-5, abs=2e-7)
        if row["model"] == "memoriser":
            check_memoriser(row)
        if row["model"] == "exact sampler":
            check_exact_sampler(row, stored["draws"])
        if row["model"] in CONSTRUCTED:
            valid = VALID[who]()
            assert abs(row["valid"] - valid) <= 5 * np.sqrt(valid * (1 - valid) / stored["draws"]), who
    assert checked >= {*DIVERGENCES, *VALID}
