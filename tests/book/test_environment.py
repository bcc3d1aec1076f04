"""`.venv`, and the environment of what `python3 book` starts: ours, whatever the reader has set."""

import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from book import installation, programs
from book.programs import BIN, VENV, Failure, meaning, ours, run

HOSTILE = {
    "PYTHONPATH": "/elsewhere",
    "PYTHONHOME": "/elsewhere",
    "PYTHONSTARTUP": "/elsewhere/start.py",
    "PYTHONOPTIMIZE": "1",
    "PYTHONWARNINGS": "error",
    "IPYTHONDIR": "/elsewhere",
    "JUPYTER_PATH": "/elsewhere",
    "JUPYTER_CONFIG_DIR": "/elsewhere",
    "JUPYTERLAB_SETTINGS_DIR": "/elsewhere",
    "MATPLOTLIBRC": "/elsewhere/matplotlibrc",
    "MPLBACKEND": "TkAgg",
    "MPLCONFIGDIR": "/elsewhere",
    "JAX_ENABLE_X64": "1",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
    "DOCUTILSCONFIG": "/elsewhere/docutils.conf",
    "PYTEST_ADDOPTS": "-x",
    "VIRTUAL_ENV": "/elsewhere",
}


# --- Variables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_setting_of_the_reader_does_not_reach_what_we_start(name):
    assert HOSTILE[name] != ours(HOSTILE).get(name)


def test_what_leads_to_the_network_and_to_browsers_stays():
    theirs = dict.fromkeys(("HTTPS_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL", "CHROMIUM", "BOOK_PROGRESS", "HOME"), "x")
    assert theirs.items() <= ours(theirs).items()
    assert ours({"PATH": "x"})["PATH"] == f"{BIN}{os.pathsep}x"


def test_no_program_needs_a_home():
    """Jupyter, IPython and matplotlib keep what they store in `.venv`."""
    code = (
        "import IPython.paths, jupyter_core.paths as jupyter, matplotlib as mpl\n"
        "print(IPython.paths.get_ipython_dir(), jupyter.jupyter_config_dir(), jupyter.jupyter_data_dir(), "
        "jupyter.jupyter_runtime_dir(), mpl.get_configdir(), mpl.get_cachedir(), sep='\\n')"
    )
    environment = ours({"HOME": "/nonexistent"})
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 6
    assert all(line.startswith(str(VENV)) for line in done.stdout.splitlines()), done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, names of folders are Unicode")
def test_a_folder_whose_name_is_in_an_older_encoding_is_read_in_that(monkeypatch):
    for name, mode in (("生成".encode(), "1"), ("生成".encode("gbk"), "0")):
        monkeypatch.setattr(programs, "ROOT", Path(os.fsdecode(b"/" + name)))
        assert ours({})["PYTHONUTF8"] == mode


def test_a_setting_for_one_program_comes_last(capfd):
    run([sys.executable, "-c", "import os; print(os.environ['PYTHONWARNINGS'])"], "", PYTHONWARNINGS="ignore::Warning")
    assert capfd.readouterr().out.strip() == "ignore::Warning"


# --- The path ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain", "生成", 'it\'s 100% "[x]" #1;'])
def test_our_lib_comes_before_that_of_a_pythonpath_whatever_the_folder_and_the_locale(name, tmp_path):
    root, foreign = tmp_path / name, tmp_path / "foreign"
    for folder in (root, foreign):
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "__init__.py").write_text(f"name = {folder.name!r}", encoding="utf-8")
    venv.create(root / ".venv", symlinks=os.name != "nt")
    installation.put_on_path(root / ".venv")
    python = root / ".venv" / BIN.name / "python"
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONPATH": str(foreign)}
    command = [python, "-c", "import lib; print(ascii(lib.name))"]
    done = subprocess.run(command, env=ascii_only, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == ascii(name), done.stderr


# --- pip -----------------------------------------------------------------------------------------

FILE = """
[global]
index-url = https://mirror.example/simple
find-links =
    /wheels/a
    /wheels/b
quiet = 1
target = /elsewhere
[install]
index-url = https://install.example/simple
no-deps = true
"""


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """What pip is told where the reader has this file, and these variables."""
    monkeypatch.setattr(installation, "PYTHON", sys.executable)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    (tmp_path / "pip.conf").write_text(FILE)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))

    def told(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return {name: value for name, value in installation.for_pip().items() if value}

    return told


def test_pip_hears_how_to_reach_packages_and_nothing_else(pip):
    told = pip(PIP_TARGET="/elsewhere", PIP_QUIET="2", PIP_PYTHON="/elsewhere", PIP_PROXY="http://proxy.example")
    assert told["PIP_INDEX_URL"] == "https://install.example/simple"
    assert told["PIP_FIND_LINKS"].split() == ["/wheels/a", "/wheels/b"]
    assert told["PIP_PROXY"] == "http://proxy.example"
    assert told["PIP_CONFIG_FILE"] == os.devnull
    assert not {"PIP_TARGET", "PIP_NO_DEPS", "PIP_QUIET", "PIP_PYTHON"} & told.keys()


def test_for_pip_a_variable_comes_before_a_file(pip):
    assert pip(PIP_INDEX_URL="https://variable.example/simple")["PIP_INDEX_URL"] == "https://variable.example/simple"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "WARNING: Retrying (Retry(total=4)) after connection broken\nERROR: No matching distribution",
            "check the network",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "check the index"),
        ("ERROR: No matching distribution found for jaxlib==0.10.2", r"or try Python 3\.11 to 3\.13"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            r"1\.4 GB are needed",
        ),
        ("ERROR: something else", "could not be installed"),
    ],
)
def test_where_pip_fails_its_own_words_say_why(said, advice, monkeypatch):
    monkeypatch.setattr(installation, "follow", lambda *_, **__: said)
    monkeypatch.setattr(installation, "for_pip", dict)
    with pytest.raises(Failure, match=advice) as failure:
        installation.install_packages()
    assert ("the network" in str(failure.value)) == ("No matching distribution" in said)


# --- Making it -----------------------------------------------------------------------------------


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A folder where `.venv` is not yet made."""
    monkeypatch.setattr(installation, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(installation, "SPACE", 0)
    return tmp_path


def test_an_old_python_is_told_so(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10))
    with pytest.raises(Failure, match=r"Python 3\.11 or newer is needed"):
        installation.install()


def test_a_python_without_venv_is_told_what_to_install(empty, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "ensurepip"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Failure, match="apt install python3-venv"):
        installation.make_environment()
    assert not (empty / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "advice"), [("Illegal instruction", "Illegal instruction"), ("Errno 28]", "disk is full")]
)
@pytest.mark.usefixtures("empty")
def test_a_venv_that_fails_otherwise_says_how(said, advice, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, said))
    with pytest.raises(Failure, match=advice):
        installation.make_environment()


@pytest.mark.usefixtures("empty")
def test_too_little_space_is_said_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(installation, "SPACE", 1e18)
    with pytest.raises(Failure, match=r"the disk is full\. 1\.4 GB are needed"):
        installation.make_environment()


def test_a_file_in_the_place_of_the_environment_is_named(empty):
    (empty / ".venv").touch()
    with pytest.raises(FileExistsError) as error:
        installation.make_environment()
    assert ".venv is in the way" in meaning(error.value)
