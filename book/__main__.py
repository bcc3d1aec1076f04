"""The two commands of the README, with Python and nothing else.

    python3 book          build the book and serve it on this machine
    python3 book test     run all tests
    python3 book build    build to _build/html, without serving
    python3 book lab      open the notebooks in JupyterLab
    python3 book pdf      print the whole book to _build/book.pdf, with Chromium
    python3 book zip      pack the built pages to _build/book.zip, to be read anywhere without a network

On Windows: `py book`. The first run makes `.venv` from the locked requirements; later runs start at once.
This file uses the standard library only: nothing else is there when it starts.
"""

from __future__ import annotations  # so that an older Python gets as far as the message that it is too old

import functools
import http.server
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

# Files beside this one: their folder is on the path when this is run.
from browser import BROWSERS, find
from digest import digest
from serving import HTML, Quiet

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.txt"
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120")
COMMANDS = ("serve", "build", "lab", "pdf", "zip", "test")


class Failure(Exception):
    """Something went wrong; the message is one line that says what to do."""


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else "serve"
    if command in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    if command not in COMMANDS or len(arguments) > 1:
        print(f"book: there is no command {' '.join(arguments)!r}.\n\n{__doc__.strip()}", file=sys.stderr)
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
    return 0


# --- The environment -----------------------------------------------------------------------------


def install() -> None:
    """Make `.venv` hold exactly what the lock says, unless it does already."""
    if sys.version_info < (3, 11):  # noqa: UP036
        raise Failure(f"Python 3.11 or newer is needed, and this is {sys.version.split()[0]}: run a newer python3.")
    stamp = VENV / "installed"
    wanted = f"{ROOT} {digest(ROOT, LOCK.name)}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("Setting up .venv from requirements.txt (once; 1 to 3 minutes) …", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, ImportError):
        shutil.rmtree(VENV, ignore_errors=True)
        raise Failure(
            "this Python cannot make environments: install venv (Debian: apt install python3-venv), then run again."
        ) from None
    install_packages()
    # A .pth file puts the repository on the path, so that `import lib` works in every notebook.
    site = subprocess.check_output([PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    Path(site.strip(), "generative_ai_foundations.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    stamp.write_text(wanted)


def install_packages() -> None:
    """Install the lock with pip, and show how far it is."""
    packages = sum(1 for line in LOCK.read_text().splitlines() if "==" in line)
    command = [str(PYTHON), "-m", "pip", "install", "--progress-bar=off", "--require-hashes", "-r", str(LOCK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        fetched = 0
        for line in pip.stdout or ():
            fetched += line.startswith("Collecting ")
            progress("unpacking …" if line.startswith("Installing") else f"{fetched} of at most {packages} packages")
    progress("")
    if pip.returncode:
        raise Failure("the packages could not be installed: check the network (see the lines above), then run again.")


def progress(text: str) -> None:
    """Write over the last such line, where somebody watches."""
    if sys.stdout.isatty():
        print(f"\r{text:40}", end="\n" if not text else "", flush=True)


def run(command: list[str | Path], advice: str, **environment: str) -> None:
    """Run a command from the root of the repository, its output on ours; a failure ends with the advice."""
    path = os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env={**os.environ, "PATH": path, **environment})
    if done.returncode:
        raise Failure(advice)


# --- The book ------------------------------------------------------------------------------------


def build() -> None:
    """Execute every notebook and write the pages to `_build/html`, unless they are up to date."""
    stamp = HTML.parent / "built"
    wanted = digest(ROOT, "_config.yml", "_toc.yml", "requirements.txt", "benchmarks", "book", "chapters", "lib")
    if stamp.exists() and stamp.read_text() == wanted and (HTML / "index.html").exists():
        print("The book is up to date.")
        return
    stamp.unlink(missing_ok=True)
    print("Running the notebooks whose code has changed, and writing the pages (up to 3 minutes) …", flush=True)
    # Warnings are errors, and every page is written anew: a stale page cannot hide a fault.
    shutil.rmtree(HTML, ignore_errors=True)
    run(
        [BIN / "jupyter-book", "build", ".", "--all", "-W", "--keep-going", "--quiet"],
        "the book did not build: the first line above with WARNING or ERROR names the page and the fault.",
        **compiled_once(),
    )
    if not (HTML / "index.html").exists():
        raise Failure("the book did not build: _build/html/index.html is missing; delete _build and run again.")
    stamp.write_text(wanted)
    print(f"Built: {HTML / 'index.html'}")


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
    for port in (*range(8000, 8020), 0):  # 0: any free port
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
            break
        except OSError:
            continue
    with server:
        print(f"\nThe book is at  http://127.0.0.1:{server.server_port}/  (stop with Ctrl+C)", flush=True)
        server.serve_forever()


def lab() -> None:
    # JupyterLab does not start as root unless told so; in a container one often is.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    run([BIN / "jupyter-lab", "chapters", *root], "JupyterLab ended with an error: see the lines above.")


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
    sys.exit(main(sys.argv[1:]))
