"""Writes `_toc.yml`, from which Jupyter Book takes the order of the pages, from the one list, book/contents.yml.

.venv/bin/python -m book.tools.toc
"""

from pathlib import Path

from book.extensions import contents

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    (ROOT / "_toc.yml").write_text(contents.toc(contents.load(ROOT)), encoding="utf-8")
