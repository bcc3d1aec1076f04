"""The chapters ask what stands in lib/study/content, all of it and once, and compute what is right."""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from book.extensions.contents import load
from book.extensions.study import names_in
from lib.study.content import everything
from lib.study.items import Exercise, Number, Prediction, Question

ROOT = Path(__file__).parents[2]
CHAPTERS = [entry for entry in load(ROOT) if entry.file.startswith("chapters/")]
KINDS = {"question": (Question, Number), "predict": (Prediction,), "check": (Exercise,)}


@pytest.fixture(params=CHAPTERS, ids=lambda entry: entry.file)
def entry(request):
    return request.param


@pytest.fixture
def cells(entry):
    return nbformat.read(ROOT / f"{entry.file}.ipynb", as_version=4).cells


@pytest.fixture
def calls(cells):
    """(cell, function, name, what is passed) for each call, in the order of the notebook."""
    found = []
    for cell in cells:
        nodes = ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ()
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                name, value = [*node.args, *(keyword.value for keyword in node.keywords)]
                found.append((cell, node.func.id, name.value, value))
    return found


def test_there_is_enough_to_study():
    assert len(everything(Prediction)) >= 3
    assert len(everything(Question, Number)) >= 9
    assert len(everything(Exercise)) >= 6


def test_names_begin_with_the_key_of_their_chapter_and_all_belong_to_one():
    """Also where an entry has neither number nor key, such as the bibliography."""
    everywhere = [
        name for entry in load(ROOT) for kind, names in names_in(entry).items() if kind != "pages" for name in names
    ]
    assert Counter(everywhere) == Counter(list(everything(Prediction, Question, Number, Exercise)))


def test_a_chapter_asks_all_that_is_its_own_once(entry, calls):
    own = names_in(entry)
    assert Counter(name for _, _, name, _ in calls) == Counter(own["questions"] + own["exercises"])
    for _, function, name, _ in calls:
        assert name in everything(*KINDS[function])


def test_what_is_right_is_computed(calls):
    for cell, function, _, value in calls:
        if function != "check":
            assert any(isinstance(node, ast.Name | ast.BinOp) for node in ast.walk(value)), cell.source


def test_an_exercise_is_delivered_unanswered(calls):
    for cell, function, _, _ in calls:
        assert ("..." in cell.source) == (function == "check"), cell.source


def test_a_question_has_a_cell_of_its_own_and_its_code_is_hidden(calls):
    assert max(Counter(cell.id for cell, *_ in calls).values()) == 1
    for cell, function, _, _ in calls:
        asks = function != "check"
        assert cell.metadata.get("jupyter", {}).get("source_hidden", False) == asks, cell.source
        assert ("remove-input" in cell.metadata.get("tags", [])) == asks, cell.source


def test_a_chapter_ends_with_two_questions_that_look_back(calls):
    found = everything(Question, Number)
    recalls = [found[name].recall for _, function, name, _ in calls if function == "question"]
    assert recalls == [False] * (len(recalls) - 2) + [True] * 2


def test_a_chapter_has_a_problem_worked_half_done_and_alone(cells):
    text = "\n".join(cell.source for cell in cells)
    places = [text.index(words) for words in ("## Work it through", "**Worked.**", "**Half done.**", "**Yours.**")]
    assert places == sorted(places)


def test_the_steps_of_code_hints_and_solution_agree(calls, cells):
    """What is half done has the steps of what was worked, by their numbers and words; a hint speaks of each."""
    (worked,) = [steps(cell.source) for cell in cells if cell.id == "study-worked-code"]
    ((source, name),) = [(cell.source, name) for cell, _, name, _ in calls if cell.id == "study-faded-code"]
    exercise, half_done = everything(Exercise)[name], steps(source)
    assert list(worked) == ["1", "2", "3"]
    assert list(half_done) in (["1", "2", "3"], ["2", "3"])
    assert half_done == steps(exercise.solution)
    assert all([*worked.values(), *half_done.values()])
    assert re.findall(r"^Step (\d): ", "\n".join(exercise.hints), re.MULTILINE) == list(half_done)


def steps(code):
    """The words of each step that the comments of some code number."""
    return dict(re.findall(r"# (\d)\. ?(.*)", code))
