"""A training that is killed goes on to the same bytes, and no file is taken for what it is not."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lib.training import minimise
from tests.training.breaks import interrupt

X = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)

# A process of its own: its first argument names the checkpoint, its second what kills it.
CHILD = """
import os, signal, sys
import jax, jax.numpy as jnp, numpy as np
from lib.training import bar, minimise

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

path, end = sys.argv[1:]
replace, update = os.replace, bar.ProgressBar.update
if end == "between":
    bar.ProgressBar.update = lambda self, step, loss: kill() if step >= 350 else update(self, step, loss)
if end == "writing":
    os.replace = lambda source, to: kill() if os.path.exists(to) else replace(source, to)

def loss(p, x, key):
    return jnp.mean((x @ p - 1 + jax.random.normal(key)) ** 2)

x = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
train = lambda path: minimise(
    loss, jnp.zeros(8), x, key=jax.random.key(3), num_steps=520, checkpoint=path, checkpoint_every=120
)
resumed = train(path)
if end == "compared":
    whole = train(None)
    assert whole.parameters.tobytes() == resumed.parameters.tobytes(), "other parameters"
    assert whole.losses.tobytes() == resumed.losses.tobytes(), "other losses"
    print("the same")
"""


def child(path, end):
    return subprocess.run([sys.executable, "-c", CHILD, path, end], capture_output=True, text=True)


@pytest.mark.parametrize(("end", "kept"), [("between", 240), ("writing", 120)])
def test_a_killed_training_goes_on_to_the_same_bytes(tmp_path, end, kept):
    path = tmp_path / "training.ckpt"
    assert child(path, end).returncode == -signal.SIGKILL
    assert header(path)["steps"] == kept
    done = child(path, "compared")
    assert done.stdout == "the same\n", done.stderr
    assert header(path)["steps"] == 520
    assert os.listdir(tmp_path) == ["training.ckpt"]


# --- In this process -----------------------------------------------------------------------------


def squares(p, x, _):
    return jnp.mean((x @ p["w"] - 1) ** 2)


START = {"w": jnp.zeros(3)}


def train(path, **changes):
    settings = {"loss": squares, "parameters": START, "data": X, "key": jax.random.key(5), "num_steps": 130}
    settings |= {"checkpoint": path, "checkpoint_every": 40}
    return minimise(**settings | changes)


def header(path: Path) -> dict:
    return json.loads(path.read_bytes().split(b"\n")[1])


@pytest.fixture
def path(tmp_path):
    train(tmp_path / "training.ckpt")
    return tmp_path / "training.ckpt"


def test_a_finished_training_returns_at_once(path, monkeypatch):
    before, expected = path.stat(), train(None)
    interrupt(monkeypatch, 0)
    found = train(path)
    assert found.parameters["w"].tobytes() == expected.parameters["w"].tobytes()
    assert found.losses.tobytes() == expected.losses.tobytes()
    assert path.stat() == before


def test_how_often_it_is_saved_changes_nothing(path):
    assert train(None).parameters["w"].tobytes() == train(path, checkpoint_every=7).parameters["w"].tobytes()


def test_a_path_may_be_a_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train("here.ckpt", num_steps=2)
    assert header(Path("here.ckpt"))["steps"] == 2


# --- Stopped on the way --------------------------------------------------------------------------


def test_an_interrupted_training_is_kept_and_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "training.ckpt"
    with monkeypatch.context() as patch:
        interrupt(patch, 90)
        with pytest.raises(KeyboardInterrupt):
            train(path, checkpoint_every=1000)
    assert header(path)["steps"] == 100
    assert train(path).parameters["w"].tobytes() == train(None).parameters["w"].tobytes()


def test_an_interrupted_training_without_a_checkpoint_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    interrupt(monkeypatch, 90)
    with pytest.raises(KeyboardInterrupt):
        train(None)
    assert os.listdir() == []


def test_after_a_loss_that_is_nan_the_checkpoint_before_is_whole(tmp_path):
    """The loss knows step 97 by its key, and divides by 0."""
    unlucky = jax.random.key_data(jax.random.split(jax.random.fold_in(jax.random.key(5), 97))[1])

    def loss(p, x, key):
        return squares(p, x, key) / jnp.where((jax.random.key_data(key) == unlucky).all(), 0, 1)

    path = tmp_path / "training.ckpt"
    for _ in range(2):  # also when it has gone on
        with pytest.raises(FloatingPointError) as error:
            train(path, loss=loss)
        kept = f"Checkpoint before it: {str(path)!r} keeps the first 80 steps."
        assert f"step 97, of steps 0 to 129: the loss is inf. {kept}" in str(error.value)
        assert header(path)["steps"] == 80
        assert os.listdir(tmp_path) == ["training.ckpt"]


# --- Files that are refused ----------------------------------------------------------------------


def sealed(content: bytes, **changes) -> bytes:
    """The content with a first line that fits it, but for the changes."""
    seal = {"format": 1, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return json.dumps(seal | changes).encode() + b"\n" + content


def body(file: bytes) -> bytes:
    return file.partition(b"\n")[2]


def flipped(file: bytes, place: int) -> bytes:
    return file[:place] + bytes([file[place] ^ 1]) + file[place + 1 :]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda _: b"", "is no checkpoint, or its first line is damaged. Name another file."),
        (lambda _: b"a,b\n1,2\n", "is no checkpoint, or its first line is damaged"),
        (lambda _: b"[1, 2]\n", "is no checkpoint, or its first line is damaged"),
        (lambda file: b"{}\n" + file, "is no checkpoint, or its first line is damaged"),
        (lambda file: b"\xff" + file, "is no checkpoint, or its first line is damaged"),
        (lambda file: file[:20], "is no checkpoint, or its first line is damaged"),
        (
            lambda file: sealed(body(file), format=2),
            "has format 2, and this version of the book reads format 1. Delete",
        ),
        (lambda file: file[:-1], "is cut off: "),
        (lambda file: file[: file.index(b"\n") + 1], "is cut off: 0 of "),
        (lambda file: file + b"\0", "is damaged: its bytes do not fit their checksum. Delete it, and the"),
        (lambda file: flipped(file, len(file) - 1), "is damaged"),
        (lambda file: flipped(file, file.index(b'"steps": 130') + 11), "is damaged"),
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(path, damage, message):
    path.write_bytes(damaged := damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"^checkpoint '.*training.ckpt' ") as error:
        train(path)
    assert message in str(error.value)
    assert path.read_bytes() == damaged


def other_squares(p, x, _):
    return jnp.mean((x @ p["w"] - 2) ** 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_steps": 200}, "its num_steps was 130, and now is 200. Call as you did then"),
        ({"batch_size": 10}, "its batch_size was 128, and now is 10"),
        ({"batch_size": None}, "its batch_size was 128, and now is None"),
        ({"learning_rate": 0.1}, "its learning_rate was 0.002, and now is 0.1"),
        ({"weight_decay": 0.1}, "its weight_decay was 0.0, and now is 0.1"),
        ({"key": jax.random.key(6)}, "its key was ['threefry2x32', 0, 5], and now is ['threefry2x32', 0, 6]"),
        ({"key": jax.random.key(5, impl="rbg")}, "its key was"),
        ({"data": X + 1}, "its data was sha256 "),
        ({"data": X[:40]}, "its data was sha256 "),
        ({"parameters": {"w": jnp.ones(3)}}, "its start was sha256 "),
        (
            {"parameters": {"w": jnp.zeros(3), "v": jnp.zeros(2)}},
            "its model was dict of 3 numbers in 1 arrays (sha256 ",
        ),
        ({"parameters": START | {"n": jnp.arange(2)}}, "its start was sha256 "),
        ({"loss": other_squares}, "its program of loss and optimiser was sha256 "),
        ({"optimiser": optax.sgd}, "its program of loss and optimiser was sha256 "),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(path, changes, message):
    kept = path.read_bytes()
    with pytest.raises(ValueError, match=r"^checkpoint '.*' is of another training: ") as error:
        train(path, **changes)
    assert message in str(error.value)
    assert path.read_bytes() == kept


def test_a_number_that_the_loss_takes_from_around_it_counts(tmp_path):
    def towards(target):
        return lambda p, x, _: jnp.mean((x @ p["w"] - target) ** 2)

    path, far = tmp_path / "training.ckpt", jnp.linspace(0, 1, 128)
    train(path, loss=towards(far))
    train(path, loss=towards(far + 0))
    with pytest.raises(ValueError, match="its program of loss and optimiser was"):
        train(path, loss=towards(far + 1))


def test_a_checkpoint_of_another_version_of_jax_is_refused(path, monkeypatch):
    monkeypatch.setattr(jax, "__version__", "99.0")
    with pytest.raises(ValueError, match=r"its version of JAX was .*, and now is 99.0 with jaxlib"):
        train(path)
