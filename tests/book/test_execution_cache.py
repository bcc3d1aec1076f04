"""A notebook runs again when, and only when, something that it reads has changed."""

import os
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from myst_nb.core.config import NbParserConfig
from myst_parser.config.main import MdParserConfig

from book.extensions import execution_cache
from book.imports import files, imported
from tests.book.conftest import PAGES, ROOT

# --- What a piece of Python reads ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("import numpy", []),
        ("import a", ["a/__init__.py", "a/data.json"]),
        ("from a import name", ["a/__init__.py", "a/data.json"]),
        ("from a import b", ["a/__init__.py", "a/data.json", "a/b/__init__.py"]),
        ("import a.b.c as d", ["a/__init__.py", "a/data.json", "a/b/__init__.py", "a/b/c.py", "e/__init__.py"]),
        (
            "def f():\n    from e import f",
            ["a/__init__.py", "a/data.json", "a/b/__init__.py", "a/b/c.py", "e/__init__.py"],
        ),
    ],
)
def test_the_files_that_a_source_reads(tmp_path: Path, source: str, read: list[str]) -> None:
    for name, content in {
        "a/__init__.py": "",
        "a/data.json": "{}",
        "a/other.py": "",
        "a/b/__init__.py": "from . import missing",
        "a/b/c.py": "import e",
        "e/__init__.py": "from a.b import c",  # a circle
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert set(files(tmp_path, imported(source))) == {tmp_path / name for name in read}


@pytest.fixture(scope="module")
def read() -> dict[str, set[str]]:
    """What each notebook of the book reads."""
    found = {}
    for path in (ROOT / "chapters").glob("*.ipynb"):
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        files = execution_cache.read_by(ROOT, "\n".join(cells))
        found[path.stem] = {file.relative_to(ROOT).as_posix() for file in files}
    return found


@pytest.mark.parametrize(
    "file", ["lib/data/make/avatars.py", "benchmarks/jupyter.py", "tests/data/paintings.png", "book/tools/pdf.py"]
)
def test_what_no_notebook_reads_runs_none_again(read: dict[str, set[str]], file: str) -> None:
    assert (ROOT / file).exists()
    assert not any(file in files for files in read.values())


@pytest.mark.parametrize(
    "file", ["lib/density.py", "lib/live/page.py", "lib/javascript/runtime.js", "lib/data/avatars.webp"]
)
def test_what_all_notebooks_read_runs_all_again(read: dict[str, set[str]], file: str) -> None:
    assert all(file in files for files in read.values())


def test_the_words_of_a_chapter_run_its_notebook_again_and_no_other(read: dict[str, set[str]]) -> None:
    words = {name: {file for file in files if "content/chapter" in file} for name, files in read.items()}
    assert words["3_0_a_first_generative_model"] == {"lib/study/content/chapter_3.py"}
    assert words["3_1_the_simplest_model"] == {"lib/study/content/chapter_3_1.py"}


# --- The folder of a notebook --------------------------------------------------------------------


@pytest.fixture
def choose(tmp_path: Path):
    """Chooses the folder of a notebook with one cell, which imports a module; and says which it is."""
    (tmp_path / "requirements.txt").write_text("jax==1")
    (tmp_path / "used.py").write_text("1")
    (tmp_path / "other.py").write_text("1")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import used")])
    env = SimpleNamespace(
        myst_config=MdParserConfig(), mystnb_config=NbParserConfig(), doc2path=lambda page: f"{tmp_path}/{page}.ipynb"
    )
    app = SimpleNamespace(env=env, srcdir=tmp_path, outdir=tmp_path / "_build" / "html")

    def folder() -> Path:
        execution_cache.choose_folder(app, "chapters/one", [nbformat.writes(notebook)])
        return Path(env.mystnb_config.execution_cache_path)

    return folder


def test_a_change_in_what_is_read_has_a_folder_of_its_own(choose, tmp_path: Path) -> None:
    first = choose()
    assert first.is_dir()
    (tmp_path / "other.py").write_text("2")
    assert choose() == first
    (tmp_path / "used.py").write_text("2")
    second = choose()
    (tmp_path / "requirements.txt").write_text("jax==2")
    assert len({first, second, choose()}) == 3
    (tmp_path / "requirements.txt").write_text("jax==1")
    (tmp_path / "used.py").write_text("1")
    assert choose() == first


def test_the_three_folders_used_last_are_kept(choose, tmp_path: Path) -> None:
    folders = []
    for i in (1, 2, 3, 1, 4):  # the first is used again, so the second is the oldest
        (tmp_path / "used.py").write_text(str(i))
        folders.append(choose())
        os.utime(folders[-1], (len(folders), len(folders)))
    assert folders[0] == folders[3]
    assert [folder.exists() for folder in folders] == [True, False, True, True, True]


def test_the_book_was_built_from_these_folders(built: Path) -> None:
    """The build has asked for them: each page with cells has an executed notebook in one of its folders."""
    caches = built.parent / ".jupyter_cache"
    kept = {page for page in PAGES if [*(caches / page).glob("*/executed/*/base.ipynb")]}
    assert {f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.ipynb")} <= kept
    assert "book/pages/javascript" in kept
