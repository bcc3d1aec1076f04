"""Run the notebooks and store the outputs that the tests compare, and no others.

    .venv/bin/python book/tools/store.py                 all chapters
    .venv/bin/python book/tools/store.py chapters/3*     some

A cell's output is compared if the cell has the tag `nbval-check-output`. Look at the difference before you commit it:
this command believes whatever the notebooks print.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def store(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code" and "nbval-check-output" not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or map(str, sorted(CHAPTERS.glob("*.ipynb"))):
        print(f"running {name} …", flush=True)
        store(Path(name))
