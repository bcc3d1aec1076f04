"""In JupyterLab, how soon does a moved slider show?

    .venv/bin/python benchmarks/jupyter.py

It starts a Jupyter server on this machine, opens a notebook with the busiest figure of the book in Chromium, moves a
slider from the keyboard, and measures the time from the key to the new picture: of moves with a rest between them, and
of moves in a row, each as soon as the picture of the last one is there. A widget that only writes a number says how
much of this is Jupyter's own. The results, benchmarks/jupyter.json, stand on the page book/pages/javascript.md.
"""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
from playwright.sync_api import Browser, Page

from benchmarks import timing
from book.browser import chromium

RESULTS = Path(__file__).with_suffix(".json")
MOVES = 60
REST = 0.3  # seconds; in some of it JupyterLab is busy with what follows a picture
CHAPTER = timing.ROOT / "chapters" / "3_1_the_simplest_model.ipynb"
SLIDER, PICTURE = ".jp-OutputArea .noUi-handle", ".jp-OutputArea .widget-html-content"

# The time from a key to its picture: a message that is sent when the picture changed comes when that is painted.
WATCH = """picture => {
    addEventListener('keydown', ({timeStamp}) => { window.pressed = timeStamp; }, true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => window.painted(performance.now() - window.pressed);
        port2.postMessage(0);
    })).observe(picture, {childList: true});
}"""


BARE = """
from ipywidgets import HTML, FloatSlider, VBox

slider, words = FloatSlider(), HTML("<svg></svg>")
slider.observe(lambda change: setattr(words, "value", f"<svg></svg>{change.new}"), names="value")
VBox([slider, words])
"""


def figure() -> str:
    """What the figure needs of the chapter, and the figure."""
    cells = [cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells if cell.cell_type == "code"]
    figure = next(i for i, source in enumerate(cells) if "    fig, play," in source)
    needed = [cells[0], *(source for source in cells[1:figure] if "\ncounts = " in source), cells[figure]]
    return "\n".join(needed)


def notebook(source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source)],
        metadata={"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    )


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a Jupyter server over the folder, with settings of its own that ask the reader nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None"]
    command += [f"--LabApp.user_settings_dir={folder / 'settings'}", f"--LabApp.workspaces_dir={folder / 'workspaces'}"]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/api", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.25)
            yield address
        finally:
            process.terminate()


@contextmanager
def in_jupyter(browser: Browser, source: str) -> Iterator[Page]:
    """A page of JupyterLab in which a cell ran and shows sliders and a picture, its first slider focused."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        nbformat.write(notebook(source), Path(folder) / "figure.ipynb")
        with server(Path(folder)) as address, browser.new_page(viewport={"width": 1280, "height": 1000}) as page:
            page.goto(f"{address}/lab/tree/figure.ipynb")
            page.locator(".jp-Notebook .cm-content").first.click(timeout=120_000)
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)  # before, a key would be lost
            page.keyboard.press("Shift+Enter")
            page.locator(f"{PICTURE} svg").first.wait_for(timeout=120_000)
            page.locator(SLIDER).first.focus()
            yield page


def delays(page: Page, rest: float) -> list[float]:
    """Seconds from a key to the picture that it brings."""
    page.locator(PICTURE).first.evaluate(WATCH)
    seconds = []
    for i in range(MOVES):
        time.sleep(rest)
        page.evaluate("() => { window.delay = new Promise(done => { window.painted = done; }); }")
        page.keyboard.press("ArrowLeft" if i % 2 else "ArrowRight")
        seconds.append(page.evaluate("delay") / 1e3)
    return seconds


def main() -> None:
    rows = []
    for widget, source in (("figure", figure()), ("number", BARE)):
        for moves, rest in (("with a rest", REST), ("in a row", 0)):
            with chromium() as browser, in_jupyter(browser, source) as page:
                median, p95 = np.percentile(delays(page, rest), [50, 95]).tolist()
            rows.append({"widget": widget, "moves": moves, "n": MOVES, "median_s": median, "p95_s": p95})
            print(f"{widget}, {moves}: median {median * 1e3:.1f} ms, 95th percentile {p95 * 1e3:.1f} ms", flush=True)
    timing.write(RESULTS, {"machine": timing.facts(), "rest_s": REST, "rows": rows})
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
