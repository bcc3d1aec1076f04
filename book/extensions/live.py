"""Figures have numbers; the program of a live one goes to a file of its own, loaded when the reader comes near.

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
FIGURE = re.compile(r'<figure class="(plot|live)">(.*?)</figure>', re.DOTALL)
HOW = re.compile(r'(<p class="how">[^<]*)</p>')
LIVE = re.compile(
    rf'(?P<content>.*?)<script type="{PROGRAM}">(?P<program>.*?)</script>'
    rf'<script type="{EXPECTED}">(?P<expected>.*?)</script>',
    re.DOTALL,
)


def ask_for_pages(_app: Sphinx, _config: Config) -> None:
    os.environ[VARIABLE] = "1"


def number_figures(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if not doctree or app.builder.format != "html":
        return
    folder, numbers = Path(app.outdir, FOLDER), count(1)
    measured = {row["figure"]: row for row in json.loads((app.srcdir / MEASURED).read_text(encoding="utf-8"))["rows"]}

    def numbered(match: re.Match[str]) -> str:
        number, kind, content, data = next(numbers), match[1], match[2], ""
        label = f'<a class="figure-number" href="#figure-{number}">Figure {number}.</a> '
        if live := LIVE.fullmatch(content):
            content, program = live["content"], live["program"]
            file = folder / f"{digest_of(program)}.js"
            write(file, program)
            write(Path(app.outdir).parent / "live" / page / f"{number}.json", live["expected"])
            data = f' data-program="{context["pathto"](f"{FOLDER}/{file.name}", resource=True)}"'
            content = HOW.sub(rf"\1 {agreement(measured, page, number)}</p>", content)
            if not (folder / avatars.SHEET.name).exists():
                shutil.copy(avatars.SHEET, folder)
        content = content.replace("<figcaption>", f"<figcaption>{label}")
        return f'<figure class="{kind}" id="figure-{number}"{data}>{content}</figure>'

    context["body"] = FIGURE.sub(numbered, context["body"])


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
    app.connect("html-page-context", number_figures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
