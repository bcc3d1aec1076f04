"""The folder `.venv`, which holds exactly what the lock says.

The standard library only: `python3 book` reads this file before anything is installed.
"""

from __future__ import annotations

import ast
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from book.alone import alone
from book.digest import digest, is_done
from book.programs import PYTHON, ROOT, SPACE, VENV, Failure, follow, full_disk, is_full, ours, quoted, show

LOCK = ROOT / "requirements.txt"

# What a reader may tell pip: how packages reach this machine. What is installed, and where, says the lock alone.
REACH = {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_KEYRING_PROVIDER"}
REACH |= {"PIP_PROXY", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_TRUSTED_HOST", "PIP_USE_FEATURE", "PIP_USE_DEPRECATED"}
REACH |= {"PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR"}


def install() -> None:
    """Make `.venv` hold exactly what the lock says, unless it does already."""
    if sys.version_info < (3, 11):  # noqa: UP036
        raise Failure(f"Python 3.11 or newer is needed, and this is {sys.version.split()[0]}: run a newer python3.")
    stamp = VENV / "installed"
    wanted = os.fsencode(f"{ROOT} {digest(ROOT, LOCK.name)}")  # bytes: a path is not always a text
    if is_done(stamp, wanted):
        return
    with alone(ROOT / "_build" / "lock"):
        if is_done(stamp, wanted):  # by the run that had the lock
            return
        print("Setting up .venv from requirements.txt (once; 1.4 GB, some minutes) …", flush=True)
        make_environment()
        install_packages()
        put_on_path(VENV)
        show("building the list of fonts …")  # else matplotlib says so in the first notebook
        subprocess.run([str(PYTHON), "-c", "import matplotlib.font_manager"], env=ours(os.environ), capture_output=True)
        show(" ")
        stamp.write_bytes(wanted)


def make_environment() -> None:
    """Make `.venv` anew, with nothing but pip in it."""
    if VENV.is_dir() and not VENV.is_symlink():
        shutil.rmtree(VENV)  # before the space is measured
    VENV.mkdir(exist_ok=True)
    if shutil.disk_usage(VENV).free < SPACE:
        raise Failure(full_disk())
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    done = subprocess.run(
        command,
        env=ours(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if not done.returncode:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if is_full(done.stdout):
        raise Failure(full_disk())
    if not importlib.util.find_spec("ensurepip"):
        raise Failure(
            "this Python cannot make environments: install venv (Debian: apt install python3-venv), then run again."
        )
    raise Failure(f"this Python could not make .venv. It said:\n{done.stdout}")


def install_packages() -> None:
    """Install the lock with pip, and show how far it is. What pip says goes to a log."""
    packages = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    fetched = itertools.count(1)

    def step(line: str) -> str:
        if line.startswith(("Collecting ", "Processing ")):  # from a registry; from a folder
            return f"{next(fetched)} of at most {packages} packages"
        return "unpacking …" if line.startswith("Installing ") else ""

    log = VENV / "pip.log"
    options = ("--progress-bar=off", "--require-hashes", "-r", LOCK)
    said = follow((PYTHON, "-m", "pip", "install", *options), log, step, **for_pip())
    if said:
        raise Failure(full_disk() if is_full(said) else f"{advice(said)}\n{quoted(said, log, '^ERROR')}")


def advice(said: str) -> str:
    """What to do after pip has failed with these words."""
    if "DO NOT MATCH THE HASHES" in said:
        return "the packages that came are not those of requirements.txt: check the index of pip, then run again."
    if re.search(r"Retrying|HTTPError|URLError|Could not fetch|ConnectionError|timed out|SSLError|ProxyError", said):
        return "the packages could not be fetched: check the network (a proxy: set HTTPS_PROXY), then run again."
    if "No matching distribution" in said:
        python = sys.version.split()[0]
        return f"a package was not found: check the network and pip's index, or try Python 3.11 to 3.13, not {python}."
    return "the packages could not be installed."


def for_pip() -> dict[str, str]:
    """pip's settings as variables: of the reader's variables and files, what leads to packages, and nothing else."""
    theirs = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    unset = dict.fromkeys(theirs, "")  # so pip takes an empty variable
    file = {name: value for name, value in theirs.items() if name == "PIP_CONFIG_FILE"}
    command = [str(PYTHON), "-m", "pip", "--verbose", "config", "list"]  # verbose: a file may tell pip to be quiet
    environment = {**ours(os.environ), **unset, **file}
    listed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", errors="replace").stdout
    settings = {}
    for section in ("global", "install"):  # the later one counts
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.*)$", listed, re.MULTILINE):
            settings[f"PIP_{name}".upper().replace("-", "_")] = ast.literal_eval(value)
    return {
        **unset,
        **{name: value for name, value in {**settings, **theirs}.items() if name in REACH},
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


def put_on_path(environment: Path) -> None:
    """Put the folder of an environment first on its path, so that every notebook imports our `lib` and not another.

    Python (until 3.13) reads a .pth file in the encoding of the locale, and puts a folder that it names last, behind
    those of PYTHONPATH. A line of code needs no name, and puts ours first.
    """
    site = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
    line = "import os, sys; sys.path.insert(0, os.path.dirname(sys.prefix))\n"
    Path(site, "generative_ai_foundations.pth").write_text(line, encoding="ascii")
