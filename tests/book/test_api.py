"""The page "The library": each public name has its entry, and the chapters lead to it where they first use it."""

import ast
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path
from pydoc import locate

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag

from book.extensions import api, first_use
from tests.book.conftest import ROOT
from tests.book.test_build import build

PAGE = "book/pages/api.html"
PUBLIC = [
    f"{package}.{name}"
    for package in api.PACKAGES
    for name in import_module(package).__all__
    if not inspect.ismodule(getattr(import_module(package), name))
]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))


@pytest.fixture(scope="module")
def entries(built: Path) -> dict[str, Tag]:
    """What stands below each signature, by the full name."""
    page = BeautifulSoup((built / PAGE).read_text(encoding="utf-8"), "html.parser")
    return {str(dt["id"]): dt.find_next_sibling("dd") for dt in page.select("dt.sig")}  # type: ignore[misc]


def words(entry: Tag) -> str:
    """The entry's own paragraphs, without those of its members."""
    return " ".join(p.get_text() for p in entry.find_all("p", recursive=False))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_an_entry_of_a_sentence_or_more(entries: dict[str, Tag], name: str) -> None:
    assert re.match(r"[^.]+\w{2}.*[.:]", words(entries[name]))


def test_nothing_private_has_an_entry(entries: dict[str, Tag]) -> None:
    assert [name for name in entries if "._" in name] == []


def test_an_entry_names_the_errors(entries: dict[str, Tag]) -> None:
    silent = [name for name, entry in entries.items() if may_raise(locate(name)) and "aises" not in words(entry)]
    assert silent == []


def may_raise(thing: object) -> bool:
    """Whether a function, or the constructor of a class, raises or checks in its own lines."""
    if not inspect.isroutine(thing) and not inspect.isclass(thing):
        return False
    node = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]
    if isinstance(node, ast.ClassDef):
        node.body = [part for part in node.body if getattr(part, "name", "") in ("__init__", "__check_init__")]
    return any(
        isinstance(part, ast.Raise)
        or (
            isinstance(part, ast.Call)
            and re.match(r"checks\.(?!is_traced)|find\(|_check|edges_of\(|_varied\(", ast.unparse(part))
        )
        for part in ast.walk(node)
    )


def test_a_function_that_raises_is_recognised() -> None:
    assert may_raise(locate("lib.scores.kl"))
    assert may_raise(locate("lib.Box"))
    assert not may_raise(locate("lib.live.table"))


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("lib.Box", "class Box(low: ArrayLike, high: ArrayLike)"),
        ("lib.Box.low", "low: Float[Array, 'd']"),
        ("lib.NaiveBayes", "class NaiveBayes(log_probs: Float[Array, 'features values'], num_values: tuple[int, ...])"),
        ("lib.Density.log_prob", "log_prob(x: ArrayLike) → Float[Array, '*batch']"),
        ("lib.Box.fit", "classmethod fit(x: ArrayLike) → Self"),
    ],
)
def test_a_signature_is_short(built: Path, name: str, signature: str) -> None:
    page = BeautifulSoup((built / PAGE).read_text(encoding="utf-8"), "html.parser")
    assert " ".join(page.find(id=name).get_text().split()) == f"{signature}#"  # type: ignore[union-attr]


def test_docstrings_become_what_autodoc_reads() -> None:
    text = "`fit` of *one* (n, *event_shape), n_ and `_p`: TypeError."
    marked = r"\ :py:obj:`fit <lib.Box.fit>`\  of *one* (n, \*event\_shape), n\_ and \ ``_p``\ : \ ``TypeError``\ ."
    assert api.prose(text, "lib.Box", locate("lib.Box")) == marked


# --- The links -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_leads_to_what_it_uses(built: Path, entries: dict[str, Tag], name: str) -> None:
    notebook = nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code = "\n".join(cell.source for cell in cells if "remove-input" not in cell.metadata.get("tags", []))
    imports = re.findall(r"^from (lib[\w.]*) import (.+)$", code, re.MULTILINE)
    wanted = {f"{module}.{word}" for module, words in imports for word in words.split(", ")}
    wanted |= {f"lib.scores.{word}" for word in re.findall(r"\bscores\.(\w+)", code)}
    chapter = BeautifulSoup((built / "chapters" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    found = {str(link["href"]).partition("#")[2] for link in chapter.select("article a[href*='pages/api.html#']")}
    assert {name.removeprefix("module-") for name in found} >= wanted > set()
    assert found & set(entries)


def test_links_to_the_library_stand_in_prose_only(built: Path) -> None:
    for path in (*built.glob("chapters/*.html"), *built.glob("book/pages/*.html")):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        assert page.select("article :is(h1, h2, h3, h4, .highlight, a) a[href*='api.html#lib']") == [], path.name


def test_a_word_is_a_name_only_where_it_is_imported() -> None:
    names = first_use.distinctive()
    assert names["Categorical"] == "lib.Categorical"
    assert names["log_prob"] == "lib.Density.log_prob"
    assert not {"table", "check", "share", "fit", "scores"} & set(names)


def test_a_name_without_an_entry_stops_the_build(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path, "First `table`, then `Categorical.fit`.", "first_use") == 1
    assert "reference target not found: lib.counted.Counted.fit" in capfd.readouterr().err
