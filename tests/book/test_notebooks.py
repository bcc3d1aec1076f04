"""Every notebook runs, its numbers are compared, its sliders move, and it is written to be read.

nbval (on the command line, over chapters/) runs the notebooks and compares stored outputs. The build of the book runs
them too, and moves every slider (lib/live/page.py). Here stands what both miss: a checked cell without a stored output
would pass, and no slider has moved in Jupyter.
"""

import ast
import json
import re
import statistics
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from book import reading_time
from book.extensions import contents, execution_cache
from book.reading_time import is_open, words

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
ENTRIES = {entry.file: entry for entry in contents.load(ROOT)}
SHORT = ROOT / "chapters" / "3_0_a_first_generative_model.ipynb"  # it runs for a few seconds
WATCH = """
import sys

_opened = set()
sys.addaudithook(lambda event, arguments: event == "open" and _opened.add(str(arguments[0])))
"""
MOVE_EVERY_SLIDER = """
import gc
import json
from lib.live.exploration import Exploration

explorations = [thing for thing in gc.get_objects() if isinstance(thing, Exploration)]
for exploration in explorations:
    for setting in exploration.ends():
        exploration.draw(**setting)
modules = [getattr(module, "__file__", None) for module in sys.modules.values()]
print(json.dumps([len(explorations), [*_opened, *filter(None, modules)]]))
"""


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 3


@pytest.fixture(scope="module")
def run_in_jupyter():
    """The short notebook once it has run: how many figures moved to both ends, and the files that it has read."""
    notebook = nbformat.read(SHORT, as_version=4)
    first, last = (nbformat.v4.new_code_cell(source) for source in (WATCH, MOVE_EVERY_SLIDER))
    notebook.cells = [first, *notebook.cells, last]
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": ROOT / "chapters"}}).execute()
    return json.loads(notebook.cells[-1].outputs[0].text)


def explored(notebook):
    """How many figures a notebook explores."""
    return sum(len(re.findall(r"\bexplore\(", cell.source)) for cell in code_cells(notebook))


def test_every_slider_moves_to_both_ends_in_jupyter(run_in_jupyter):
    assert run_in_jupyter[0] == explored(nbformat.read(SHORT, as_version=4)) > 0


def test_every_figure_has_moved_in_the_build(path, notebook, built):
    assert len([*(built.parent / "live" / "chapters" / path.stem).glob("*.json")]) == explored(notebook)


def test_a_notebook_reads_no_file_that_its_cache_overlooks(run_in_jupyter):
    """Python's own list of what was imported and opened; the list of book/imports.py was made without running it."""
    read = {Path(name) for name in run_in_jupyter[1] if Path(name).suffix != ".pyc"}
    ours = {file for file in read if file.is_relative_to(ROOT / "lib") or file.is_relative_to(ROOT / "benchmarks")}
    assert ROOT / "lib" / "data" / "avatars.webp" in ours
    code = "\n".join(cell.source for cell in code_cells(nbformat.read(SHORT, as_version=4)))
    assert ours <= set(execution_cache.read_by(ROOT, code))


def test_what_is_compared_is_stored_and_nothing_else_is(notebook):
    for cell in code_cells(notebook):
        checked = "nbval-check-output" in tags(cell)
        assert bool(cell.outputs) == checked, f"run book/tools/store.py:\n{cell.source}"
        assert bool(cell.execution_count) == checked, f"run book/tools/store.py:\n{cell.source}"
        assert "nbval-skip" not in tags(cell), cell.source


@pytest.mark.parametrize(
    ("chapter", "printed"),
    [
        ("2_the_framework", "A: the rule can make it: False, the box can: True"),
        ("2_the_framework", "B: the rule can make it: True, the box can: False"),
        ("2_the_framework", "C: the rule can make it: True, the box can: True"),
        ("2_the_framework", "the box:              inf nats"),
        ("3_0_a_first_generative_model", "3 * 8 * 4 * 6 * 7 = 4032"),
        ("3_1_the_simplest_model", "4032 cells, 4031 free parameters"),
        ("3_1_the_simplest_model", "and 2/50 is 0.04"),
        ("3_1_the_simplest_model", "white: 0.0007349   by hand: 0.0007349"),  # 3/4082
        ("3_1_the_simplest_model", "blue: 0.0002450   by hand: 0.0002450"),  # 1/4082
        ("3_2_naive_bayes", "3 + 8 + 4 + 6 + 7 = 28 numbers\nfree: 23"),
        ("3_2_naive_bayes", "= 0.0054146   (seen 2 times)"),
        ("3_2_naive_bayes", "= 0.00098447   (seen 0 times)"),
        ("3_2_naive_bayes", "1008 of 4032 outfits are impossible"),
    ],
)
def test_the_numbers_of_the_article_are_compared(chapter, printed):
    cells = code_cells(nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4))
    assert printed in "".join(output.text for cell in cells for output in cell.outputs)


def test_code_is_short_and_prose_carries_the_chapter(notebook):
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= 20, cell.source
        assert max(map(len, cell.source.splitlines())) <= 80, cell.source
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook) if is_open(cell)]
    assert statistics.median(lengths) <= 7
    assert words(notebook.cells) >= 8 * sum(lengths)


def test_a_chapter_is_one_sitting(notebook):
    assert sum(len(cell.source.splitlines()) for cell in code_cells(notebook) if is_open(cell)) <= 130
    assert words(notebook.cells) <= 2700


def test_a_chapter_says_what_it_is_and_how_long_it_takes(path, notebook):
    entry = ENTRIES[f"chapters/{path.stem}"]
    opening = notebook.cells[0].source
    assert opening.startswith(f"# {entry.heading}\n")
    assert "After this" in opening
    assert tuple(entry.minutes) == reading_time.minutes(path)
    reading, doing = entry.minutes
    assert f"It takes about {reading} minutes to read, and {doing} with the exercises." in opening


def test_figures_have_words(notebook):
    """What is drawn is shown by show() or explore(), which ask for a text alternative; nothing is shown otherwise."""
    cells = code_cells(notebook)
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        drawn = re.search(r"^\w.*= plt.subplots", cell.source, re.MULTILINE)  # not within a function
        shown = cell.source + (following.source if following and not is_open(following) else "")
        assert not drawn or re.search(r"\b(show|explore)\(", shown), cell.source
        assert "plt.show" not in cell.source


def test_figures_have_captions(notebook):
    for cell in code_cells(notebook):
        assert len(re.findall(r"\b(?:show|explore)\(", cell.source)) == cell.source.count("    caption="), cell.source


def names(cell, kind):
    """The names that the code of a cell stores or loads."""
    found = set()
    for node in ast.walk(ast.parse(cell.source)):
        match node:
            case ast.Name() if isinstance(node.ctx, kind):
                found.add(node.id)
            case ast.FunctionDef() | ast.arg() | ast.alias() if kind is ast.Store:
                found.add(getattr(node, "arg", None) or getattr(node, "asname", None) or node.name)
    return found


def test_code_that_is_shown_runs_as_shown(notebook):
    """No cell that a reader can see needs a name that only a cell defines that the page does not show."""
    seen, hidden = set(), set()
    for cell in code_cells(notebook):
        if "remove-input" in tags(cell):
            hidden |= names(cell, ast.Store)
        else:
            seen |= names(cell, ast.Store)
            assert not names(cell, ast.Load) & (hidden - seen), cell.source


def test_figures_are_in_the_book_s_style_whatever_a_reader_s_own_is(notebook):
    styles = [line for cell in code_cells(notebook) for line in cell.source.splitlines() if "plt.style" in line]
    assert styles == ['plt.style.use(["default", "lib.book"])']


def test_only_our_own_notebook_settings(notebook):
    assert set(notebook.metadata) == {"kernelspec"}
    assert notebook.metadata.kernelspec == {"display_name": "Python 3", "language": "python", "name": "python3"}
