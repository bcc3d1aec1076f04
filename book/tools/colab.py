"""Copies of the notebooks for Colab, which has no `lib`: a first cell in each installs it.

The sources stay clean. These copies are the branch `colab`, to which .github/workflows/pages.yml pushes them and the
pages' buttons lead. The address is that of `repository` in `_config.yml`:

    .venv/bin/python book/tools/colab.py      writes _build/colab/*.ipynb
"""

import sys
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "_build" / "colab"


def copy(notebook: nbformat.NotebookNode, address: str, branch: str) -> nbformat.NotebookNode:
    """The notebook with a first cell that installs `lib`, and all that it needs, from the branch at the address."""
    command = f"# Colab does not have the book's own package yet.\n%pip install --quiet git+{address}@{branch}"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(command, id="install"))
    return notebook


def main() -> int:
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    if not repository["url"]:
        print("colab: _config.yml has no address: set `url` of `repository`.", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        notebook = copy(nbformat.read(path, as_version=4), repository["url"], repository["branch"])
        nbformat.write(notebook, TARGET / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
