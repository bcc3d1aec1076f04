"""`python3 book`: what it says when something is wrong. The good case is the run that runs these tests."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import book.__main__ as command
from book.digest import digest, is_source
from book.programs import ROOT, follow, quoted

HOLD = """
import sys, pathlib, book.alone
with book.alone.alone(pathlib.Path(sys.argv[1])):
    print("alone", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run_build(monkeypatch, capsys):
    """Run `python3 book build` with a function in the place of the build; the status and what it says."""

    def run(build):
        monkeypatch.setattr(command, "install", lambda: None)
        monkeypatch.setattr(command, "build", build)
        return command.main(["build"]), capsys.readouterr().err

    return run


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder in the place of `_build`."""
    monkeypatch.setattr(command, "HTML", tmp_path / "html")
    return tmp_path


def test_an_unknown_command_lists_those_there_are():
    done = subprocess.run([sys.executable, ROOT / "book", "biuld"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no command 'biuld'" in done.stderr
    assert "python3 book test" in done.stderr


@pytest.mark.parametrize("options", [["-OO", "book"], ["-m", "book"]])
def test_each_way_to_start_it_works(options):
    done = subprocess.run([sys.executable, *options, "help"], cwd=ROOT, capture_output=True, text=True)
    assert "python3 book test" in done.stdout, done.stderr


# --- Failures ------------------------------------------------------------------------------------


def test_a_failure_is_one_line_and_a_status(run_build):
    fails = [sys.executable, "-c", "exit(3)"]
    assert run_build(lambda: command.run(fails, "do this instead.")) == (1, "\nbook: do this instead.\n")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), r"full\. 1\.4 GB are needed in \S+, and [\d.]+ GB are free"),
        (PermissionError(errno.EACCES, "Permission denied", "_build/lock"), r"Permission denied: _build/lock\)\. Make"),
        (OSError(errno.EROFS, "Read-only file system", "_build"), r"Read-only file system: _build\)\. Make"),
        (FileExistsError(errno.EEXIST, "File exists", ".venv"), r"\.venv is in the way \(File exists\): move it away"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "_build/lock"), r"_build/lock is in the way"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_disk_or_a_folder_that_cannot_be_used_is_one_line(error, says, run_build):
    def build():
        raise error

    status, said = run_build(build)
    assert status == 1
    assert re.fullmatch(rf"\nbook: .*{says}.*\n", said)


def test_what_nobody_foresaw_is_shown_and_asks_for_a_report(run_build):
    status, said = run_build(lambda: {}["no such key"])
    assert status == 1
    assert "KeyError: 'no such key'" in said
    assert "Please report it" in said.splitlines()[-1]


def test_output_that_the_terminal_cannot_show_stops_nothing():
    code = "import book.__main__ as command; command.install = lambda: print('…'); command.build = lambda: None"
    code += "; exit(command.main(['build']))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stdout.strip()) == (0, b"?"), done.stderr


# --- What it starts ------------------------------------------------------------------------------


def test_what_a_program_says_goes_to_a_log_and_its_steps_are_seen(tmp_path):
    code = r"print('\x1b[1mreading sources... \x1b[m[ 50%] \x1b[35mchapters/a\x1b[m\nünd…'); exit(3)"
    steps = []
    log = follow([sys.executable, "-c", code], tmp_path / "log", lambda line: steps.append(command.page(line)) or "")
    assert log == (tmp_path / "log").read_text(encoding="utf-8")
    assert log.splitlines() == ["reading sources... [ 50%] chapters/a", "ünd…", "It ended with status 3."]
    assert steps == ["reading chapters/a (50%)", ""]
    assert follow([sys.executable, "-c", ""], tmp_path / "log", str) == ""


def test_a_log_is_quoted_from_its_first_fault_or_from_its_end():
    log = "\n".join(["a", "b.md: WARNING: c", "", *map(str, range(9)), "ERROR: d"])
    assert quoted(log, Path("x.log"), "WARNING|ERROR").splitlines() == [
        "All that was said is in x.log; of it:",
        "    b.md: WARNING: c",
        "    ERROR: d",
    ]
    assert quoted(log, Path("x.log"), "Exception").splitlines()[1:] == ["    7", "    8", "    ERROR: d"]


def test_one_run_waits_for_another_and_for_none_that_was_killed(tmp_path):
    start = [sys.executable, "-c", HOLD, str(tmp_path / "_build" / "lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(start, cwd=ROOT, **pipes) as first:
        assert first.stdout.readline() == "alone\n"
        with subprocess.Popen(start, cwd=ROOT, **pipes) as second:
            assert "is at work in this folder: waiting for it" in second.stdout.readline()
            first.kill()
            assert second.stdout.readline() == "alone\n"
            second.stdin.close()
            assert second.wait() == 0


# --- The book ------------------------------------------------------------------------------------


def test_a_build_that_fails_leaves_no_mark_of_success_and_quotes_its_log(folder, monkeypatch):
    monkeypatch.setattr(command, "follow", lambda *_, **__: "a\nchapters/x.ipynb:3: WARNING: y\nb\n")
    (folder / "built").write_text("an older state")
    with pytest.raises(
        command.Failure, match=r"did not build\.\n.*build\.log; of it:\n    chapters/x\.ipynb:3: WARNING"
    ):
        command.build()
    assert not (folder / "built").exists()


def test_pages_that_were_deleted_are_written_again(folder, monkeypatch):
    (folder / "built").write_text(digest(ROOT, *command.SOURCES))
    monkeypatch.setattr(command, "write_pages", lambda: (folder / "again").touch())
    command.build()
    assert (folder / "again").exists()


def test_a_build_on_a_full_disk_says_so(folder, monkeypatch):
    monkeypatch.setattr(command, "follow", lambda *_, **__: "OSError: [Errno 28] No space left on device\n")
    with pytest.raises(command.Failure, match="the disk is full"):
        command.build()
    assert not (folder / "built").exists()


@pytest.mark.parametrize(("taken", "says"), [(0, False), (1, True)])
def test_another_port_is_said_to_have_another_progress(taken, says, monkeypatch, capsys):
    class Server:
        def __init__(self, address, _):
            self.server_port = address[1]
            if self.server_port < command.PORT + taken:
                raise OSError(errno.EADDRINUSE, "Address already in use")

        __enter__ = serve_forever = lambda self: self
        __exit__ = lambda *_: None  # noqa: E731

    monkeypatch.setattr(command, "build", lambda: None)
    monkeypatch.setattr(command, "Server", Server)
    command.serve()
    said = capsys.readouterr().out
    assert f"The book is at  http://127.0.0.1:{8000 + taken}/" in said
    assert ("what you did at http://127.0.0.1:8000/ is not seen" in said) == says


# --- The digest ----------------------------------------------------------------------------------


def test_what_other_versions_have_compiled_is_deleted(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "ROOT", tmp_path)
    for lock in ("jax==1", "jax==2"):
        (tmp_path / "requirements.txt").write_text(lock)
        folder = Path(command.compiled_once()["JAX_COMPILATION_CACHE_DIR"])
        folder.mkdir(parents=True)
        assert [*(tmp_path / "_build" / "compiled").iterdir()] == [folder]
        assert command.compiled_once()["JAX_COMPILATION_CACHE_DIR"] == str(folder)
        assert folder.exists()


def test_the_digest_sees_every_change(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("1")
    states = [digest(tmp_path, "lib")]
    (tmp_path / "lib" / "a.py").write_text("2")
    states.append(digest(tmp_path, "lib"))
    (tmp_path / "lib" / "a.py").rename(tmp_path / "lib" / "b.py")
    states.append(digest(tmp_path, "lib"))
    (tmp_path / "lib" / "c.webp").write_bytes(b"")
    states.append(digest(tmp_path, "lib"))
    assert len(set(states)) == 4


LEFT_BEHIND = ".kde.py.swp .DS_Store ._kde.py .#kde.py #kde.py# kde.py~ kde.py.orig kde.py.rej kde.py.bak Thumbs.db"
LEFT_BEHIND += " desktop.ini 4913 .idea/a.py .ipynb_checkpoints/a.ipynb __pycache__/a.pyc kde.py___jb_tmp___ a.prof"


@pytest.mark.parametrize("name", LEFT_BEHIND.split())
def test_the_digest_does_not_see_what_programs_leave_beside_the_sources(name, tmp_path):
    root = tmp_path / ".hidden"  # where the repository lies does not matter
    (root / "lib").mkdir(parents=True)
    (root / "lib" / "a.py").write_text("1")
    before = digest(root, "lib")
    path = root / "lib" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    assert digest(root, "lib") == before
    (root / "lib" / "a.py").write_text("2")
    assert digest(root, "lib") != before


def test_the_digest_sees_every_file_of_the_repository():
    listed = subprocess.run(["git", "ls-files", *command.SOURCES], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a clone")
    unseen = [name for name in listed.stdout.splitlines() if not is_source(Path(name))]
    assert not unseen
