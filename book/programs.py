"""The programs that `python3 book` starts: in an environment of ours, with a line that says what to do if one fails.

The standard library only: `python3 book` reads this file before anything is installed.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

SPACE = 1.4e9  # bytes that `.venv` takes on Linux

# Settings of the reader's with these beginnings change what a notebook shows or what a check says.
FOREIGN = (
    *("PYTHON", "IPYTHON", "JUPYTER", "MPL", "MATPLOTLIB", "JAX", "XLA_", "EQX_", "DOCUTILS"),
    *("PYTEST", "HYPOTHESIS", "MYPY", "RUFF_"),
)


class Failure(Exception):
    """Something went wrong; the message is one line that says what to do, and perhaps lines of a log below it."""


def ours(theirs: Mapping[str, str]) -> dict[str, str]:
    """The reader's environment variables, with our settings for Python and its packages in the place of theirs.

    What leads to the network (proxies, certificates), to browsers and to the screen stays.
    """
    settings = VENV / "settings"
    return {
        **{name: value for name, value in theirs.items() if not name.startswith(FOREIGN)},
        "PATH": os.pathsep.join((str(BIN), theirs.get("PATH", os.defpath))),
        "VIRTUAL_ENV": str(VENV),
        "PYTHONNOUSERSITE": "1",
        # Files and pipes are read alike in every locale; but the name of this folder must be readable.
        "PYTHONUTF8": "1" if is_utf8(ROOT) else "0",
        "IPYTHONDIR": str(settings / "ipython"),
        "JUPYTER_CONFIG_DIR": str(settings / "jupyter"),
        "JUPYTER_DATA_DIR": str(settings / "jupyter" / "data"),
        "MPLCONFIGDIR": str(settings / "matplotlib"),
        "DOCUTILSCONFIG": "",  # no file, instead of one at home
    }


def is_utf8(path: Path) -> bool:
    """Whether a name is UTF-8 on the disk, as on all machines but those with an older locale."""
    try:
        os.fsencode(path).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def run(command: Sequence[str | Path], advice: str, **environment: str) -> None:
    """Run a command from the root of the repository, its output on ours. Raises Failure with the advice."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, env={**ours(os.environ), **environment})
    if done.returncode:
        raise Failure(advice)


def follow(command: Sequence[str | Path], log: Path, step: Callable[[str], str], **environment: str) -> str:
    """Run a command from the root of the repository with its output in a log, and show how far it is.

    `step` makes of a line of output what is shown, or "". Returns the log if the command failed, or "".
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**ours(os.environ), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with open(log, "w", encoding="utf-8", buffering=1) as file, process:
        try:
            for line in process.stdout or ():
                plain = re.sub(r"\x1b\[[0-9;]*m", "", line)  # without colours
                file.write(plain)
                show(step(plain))
            if process.wait():
                file.write(f"It ended with status {process.returncode}.\n")
        except BaseException:
            process.kill()  # it does not go on without us
            raise
    show(" ")
    return log.read_text(encoding="utf-8") if process.returncode else ""


def show(text: str) -> None:
    """Write over the last such line, where somebody watches."""
    if text and sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text:{width}.{width}}", end="\r", flush=True)


def quoted(log: str, where: Path, telling: str, count: int = 3) -> str:
    """Where a log is and its first lines that match, or its last lines if none does."""
    lines = [line for line in log.splitlines() if line.strip()]
    found = [line for line in lines if re.search(telling, line)][:count] or lines[-count:]
    return "\n".join([f"All that was said is in {where}; of it:", *(f"    {line:.200}" for line in found)])


# --- What an error of the file system means ------------------------------------------------------


def meaning(error: OSError) -> str:
    """What to do about an error of the file system; empty for those that nobody foresaw."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk()
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"you must be able to write and to run files in {ROOT}, and cannot ({error.strerror}: {error.filename}). "
            "Make the folder yours, or copy it to a place of your own and run the copy."
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return f"{error.filename} is in the way ({error.strerror}): move it away, then run again."
    return ""


def full_disk() -> str:
    """How much space is needed, and how much there is."""
    here, temporary = (f"{shutil.disk_usage(folder).free / 1e9:.2f} GB" for folder in (ROOT, tempfile.gettempdir()))
    return (
        f"the disk is full. {SPACE / 1e9} GB are needed in {ROOT}, and {here} are free; "
        f"while packages are installed, 0.3 GB are needed in {tempfile.gettempdir()}, and {temporary} are free."
    )


def is_full(log: str) -> bool:
    """Whether a program said that a disk is full."""
    return bool(re.search(r"No space left|quota exceeded|Errno (28|122)\]|WinError 112\]", log, re.IGNORECASE))
