"""The commands of the README, with Python and nothing else: see HELP.

This file and those that it imports use the standard library only: nothing else is there when they start.
"""

from __future__ import annotations  # so that an older Python gets as far as the message that it is too old

import functools
import os
import platform
import re
import shutil
import signal
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from book.alone import alone
from book.browser import BROWSERS, find
from book.digest import digest, is_done
from book.installation import LOCK, install
from book.programs import BIN, PYTHON, ROOT, Failure, follow, full_disk, is_full, meaning, quoted, run
from book.serving import HTML, Quiet, Server

HELP = """\
The two commands of the README, and four more:

    python3 book          build the book and serve it on this machine
    python3 book test     run all tests
    python3 book build    build to _build/html, without serving
    python3 book lab      open the notebooks in JupyterLab
    python3 book pdf      print the whole book to _build/book.pdf, with Chromium
    python3 book zip      pack the built pages to _build/book.zip, to be read anywhere without a network

On Windows: `py book`. The first run makes `.venv` from the locked requirements; later runs start at once."""
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300")
COMMANDS = ("serve", "build", "lab", "pdf", "zip", "test")
SOURCES = ("_config.yml", "_toc.yml", "requirements.txt", "benchmarks", "book", "chapters", "lib")  # of the pages
PORT = 8000


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # not every terminal has every character
    command = arguments[0] if arguments else "serve"
    if command in ("-h", "--help", "help"):
        print(HELP)
        return 0
    if command not in COMMANDS or len(arguments) > 1:
        print(f"book: there is no command {' '.join(arguments)!r}.\n\n{HELP}", file=sys.stderr)
        return 2
    try:
        install()
        {"serve": serve, "build": build, "lab": lab, "pdf": pdf, "zip": pack, "test": test}[command]()
    except Failure as failure:
        print(f"\nbook: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbook: stopped.")
        return 130
    except Exception as error:
        advice = meaning(error) if isinstance(error, OSError) else ""
        if not advice:
            traceback.print_exc()
            machine = f"Python {platform.python_version()}, {platform.platform()}"
            advice = f"nobody foresaw this. Please report it where you found the book, with all these lines. {machine}."
        print(f"\nbook: {advice}", file=sys.stderr)
        return 1
    return 0


# --- The book ------------------------------------------------------------------------------------


def build() -> None:
    """Execute every notebook and write the pages to `_build/html`, unless they are up to date."""
    stamp = HTML.parent / "built"
    wanted = digest(ROOT, *SOURCES).encode()

    def is_built() -> bool:
        return is_done(stamp, wanted) and (HTML / "index.html").exists()

    if is_built():
        print("The book is up to date.")
        return
    with alone(HTML.parent / "lock"):
        if not is_built():  # by the run that had the lock
            stamp.unlink(missing_ok=True)
            write_pages()
            stamp.write_bytes(wanted)
    print(f"Built: {HTML / 'index.html'}")


def write_pages() -> None:
    print("Running the notebooks whose code has changed, and writing the pages (some minutes) …", flush=True)
    if HTML.exists():  # every page is written anew: a stale page cannot hide a fault
        shutil.rmtree(HTML)
    log = HTML.parent / "build.log"
    # Warnings are errors. Not the script `jupyter-book`: its first line cannot hold every name of a folder.
    start = "from jupyter_book.cli.main import main; main()"
    said = follow(
        [PYTHON, "-c", start, "build", ".", "--all", "-W", "--keep-going"], log, page, NO_COLOR="1", **compiled_once()
    )
    if said:
        why = full_disk() if is_full(said) else "the book did not build."
        raise Failure(f"{why}\n{quoted(said, log, 'WARNING|ERROR|Error')}")
    if not (HTML / "index.html").exists():
        raise Failure("the book did not build: _build/html/index.html is missing; delete _build and run again.")


def page(line: str) -> str:
    """What Sphinx is at, if this line of its says so."""
    found = re.match(r"(reading|writing).*\[ *(\d+%)\] (.+)", line)
    return f"{found[1]} {found[3]} ({found[2]})" if found else ""


def compiled_once() -> dict[str, str]:
    """Settings by which JAX and Python store what they compile, so that no other process compiles it again."""
    caches = ROOT / "_build" / "compiled"
    current = caches / digest(ROOT, LOCK.name)
    if not current.exists():  # all that is there was compiled by other versions
        shutil.rmtree(caches, ignore_errors=True)
    return {
        "JAX_COMPILATION_CACHE_DIR": str(current),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        # Where one process reads what another is about to write, it says so and compiles it itself.
        "PYTHONWARNINGS": "ignore:Error reading persistent compilation cache entry",
        "PYTHONDONTWRITEBYTECODE": "",  # else each process of pytest rewrites 150 modules
    }


def serve() -> None:
    build()
    handler = functools.partial(Quiet, directory=str(HTML))
    for port in (*range(PORT, PORT + 20), 0):  # 0: any free port
        try:
            server = Server(("127.0.0.1", port), handler)
            break
        except OSError:
            continue
    with server:
        if server.server_port != PORT:
            print(
                f"\nPort {PORT} is taken, perhaps by another `python3 book`. A browser keeps your progress by address:"
                f"\nwhat you did at http://127.0.0.1:{PORT}/ is not seen at the address below."
            )
        print(f"\nThe book is at  http://127.0.0.1:{server.server_port}/  (stop with Ctrl+C)", flush=True)
        server.serve_forever()


def lab() -> None:
    # JupyterLab does not start as root unless told so; in a container one often is.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    run([PYTHON, "-m", "jupyterlab", "chapters", *root], "JupyterLab ended with an error: see the lines above.")


def pdf() -> None:
    build()
    chromium = find_browsers()["CHROMIUM"]
    if not chromium:
        raise Failure("no Chromium was found to print with: install one, or set CHROMIUM to its path.")
    run([PYTHON, "-m", "book.tools.pdf"], "the book was not printed: see the lines above.", CHROMIUM=chromium)


def pack() -> None:
    build()
    print(f"Written: {shutil.make_archive(str(HTML.parent / 'book'), 'zip', HTML)}")


# --- The tests -----------------------------------------------------------------------------------


def test() -> None:
    run(
        [BIN / "ruff", "check", "--quiet", "."],
        "the linter found faults: mend them (many by `.venv/bin/ruff check --fix`).",
    )
    run([BIN / "ruff", "format", "--check", "--quiet", "."], "files are not formatted: run `.venv/bin/ruff format`.")
    run([BIN / "mypy"], "the types do not fit: see the lines above.")
    build()
    browsers = find_browsers()
    missing = [name for name, path in browsers.items() if not path]
    if missing:
        print(f"Browser tests will be skipped: install what is missing, or set its path in {' and '.join(missing)}.")
    run(
        # tests/conftest.py says what goes to one worker, and in which order.
        [PYTHON, "-m", "pytest", "-n", "2", *NBVAL, "tests", "lib", "chapters"],
        "tests failed: the lines above that start with FAILED name them.",
        **browsers,
        **compiled_once(),
    )


def find_browsers() -> dict[str, str]:
    """The paths of the browsers on this machine, empty where there is none; on Debian as root, they are installed."""
    found = {name: find(name) for name in BROWSERS}
    missing = [BROWSERS[name][0] for name, path in found.items() if not path]
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {' and '.join(missing)} for the page tests …", flush=True)
        run(["apt-get", "update", "-qq"], "apt-get update failed: see the lines above.")
        run(
            ["apt-get", "install", "-qq", "--yes", "--no-install-recommends", *missing],
            "the browsers could not be installed: see the lines above.",
            DEBIAN_FRONTEND="noninteractive",
        )
        found = {name: find(name) for name in BROWSERS}
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what ends this ends what it started
    sys.exit(main(sys.argv[1:]))
