"""`python3 book`: what it says when something is wrong. The good case is the run that runs these tests."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from book.digest import digest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book")
    spec = importlib.util.spec_from_file_location("command", ROOT / "book" / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_unknown_command_lists_those_there_are():
    done = subprocess.run([sys.executable, ROOT / "book", "biuld"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no command 'biuld'" in done.stderr
    assert "python3 book test" in done.stderr


def test_a_failure_is_one_line_and_a_status(command, monkeypatch, capsys):
    monkeypatch.setattr(command, "install", lambda: None)
    monkeypatch.setattr(command, "build", lambda: command.run([sys.executable, "-c", "exit(3)"], "do this instead."))
    assert command.main(["build"]) == 1
    assert capsys.readouterr().err == "\nbook: do this instead.\n"


def test_an_old_python_is_told_so(command, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10))
    with pytest.raises(command.Failure, match=r"Python 3\.11 or newer is needed"):
        command.install()


def test_a_python_without_venv_is_told_what_to_install(command, monkeypatch, tmp_path):
    def fails(*_, **__):
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr(command, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(command.venv, "create", fails)
    with pytest.raises(command.Failure, match="apt install python3-venv"):
        command.install()
    assert not (tmp_path / ".venv").exists()


def test_a_build_that_fails_leaves_no_mark_of_success(command, monkeypatch, tmp_path):
    def fails(*_, **__):
        raise command.Failure("the book did not build")

    monkeypatch.setattr(command, "HTML", tmp_path / "html")
    monkeypatch.setattr(command, "run", fails)
    (tmp_path / "built").write_text("an older state")
    with pytest.raises(command.Failure, match="did not build"):
        command.build()
    assert not (tmp_path / "built").exists()


def test_what_other_versions_have_compiled_is_deleted(command, monkeypatch, tmp_path):
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
    (tmp_path / "lib" / "__pycache__").mkdir()
    (tmp_path / "lib" / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert digest(tmp_path, "lib") == states[-1]
