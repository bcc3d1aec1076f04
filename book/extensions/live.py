"""Live figures: the program of each goes to a file of its own, which the page loads when the reader comes near.

While the notebooks run, an environment variable tells lib.live that figures are made for pages. What JAX gave at some
settings is kept beside the pages, in `_build/live`; benchmarks/live.py and the tests compare it with what the page
draws. How well it agreed in the stored run stands under each figure.
"""

import json
import os
import re
import shutil
from itertools import count
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from book.digest import digest_of
from lib.data import avatars
from lib.live.page import EXPECTED, PROGRAM
from lib.medium import VARIABLE

FOLDER = "_figures"
MEASURED = "benchmarks/live.json"
FIGURE = re.compile(
    rf'<figure class="live">(?P<content>.*?)<script type="{PROGRAM}">(?P<program>.*?)</script>'
    rf'<script type="{EXPECTED}">(?P<expected>.*?)</script>',
    re.DOTALL,
)


def ask_for_pages(_app: Sphinx, _config: Config) -> None:
    os.environ[VARIABLE] = "1"


def move_programs(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if not doctree or app.builder.format != "html":
        return
    folder, numbers = Path(app.outdir, FOLDER), count(1)
    measured = {row["figure"]: row for row in json.loads((app.srcdir / MEASURED).read_text(encoding="utf-8"))["rows"]}

    def moved(match: re.Match[str]) -> str:
        number, program = next(numbers), match["program"]
        file = folder / f"{digest_of(program)}.js"
        write(file, program)
        write(Path(app.outdir).parent / "live" / page / f"{number}.json", match["expected"])
        address = context["pathto"](f"{FOLDER}/{file.name}", resource=True)
        content = match["content"].replace("</figcaption>", f" {agreement(measured, page, number)}</figcaption>")
        return f'<figure class="live" id="figure-{number}" data-program="{address}">{content}'

    context["body"] = FIGURE.sub(moved, context["body"])
    if next(numbers) > 1:
        shutil.copy(avatars.SHEET, folder)


def agreement(measured: dict[str, dict[str, Any]], page: str, number: int) -> str:
    """How far a figure differed from JAX in the stored run; nothing for a new figure, which the tests would tell."""
    row = measured.get(f"{page}#figure-{number}")
    if not row:
        return ""
    if not row["disagreement"]:
        return f"Compared with JAX at {row['settings']} settings: equal."
    digits, power = f"{row['disagreement']:.0e}".split("e")
    size = f"{digits}·10<sup>{int(power)}</sup>"
    return f"Compared with JAX at {row['settings']} settings: equal to within {size} of a result's size."


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("config-inited", ask_for_pages)
    app.connect("html-page-context", move_programs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
