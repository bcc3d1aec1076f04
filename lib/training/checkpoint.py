"""A training on disk: killed at any moment and called again, it ends with the same bytes as without a break.

The file has three parts: a line of JSON with the number of the format and the digest of all that follows; a line of
JSON that says which training this is, by whatever its result depends on; and the arrays, as equinox writes them. It is
written beside its place and then moved there in one go, so that at each moment it is whole, whatever happens.
"""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

FORMAT = 1


class Checkpoint:
    """The file of one training. `training` says by name on what its result depends, in texts, numbers and lists.

    Raises ValueError where `path` is a folder, or lies in none.
    """

    def __init__(self, path: str | os.PathLike[str], training: dict[str, Any]) -> None:
        self.path, self._training = Path(path), training
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise ValueError(f"checkpoint must be the path of a file, in a folder that exists; got {str(path)!r}")

    def save(self, state: Any, losses: np.ndarray) -> None:
        """Store the state after len(losses) steps, and their losses."""
        file = io.BytesIO()
        eqx.tree_serialise_leaves(file, (state, losses))
        body = _line({"steps": len(losses), "training": self._training}) + file.getvalue()
        seal = _line({"format": FORMAT, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()})
        beside = self.path.with_name(self.path.name + ".tmp")
        with beside.open("wb") as out:
            out.write(seal + body)
            out.flush()
            os.fsync(out.fileno())  # else a power cut could leave a file that is in place, and empty
        os.replace(beside, self.path)

    def load(self, like: Any) -> tuple[Any, np.ndarray] | None:
        """The state, a tree as `like`, and the losses that were saved last; None where there is no file yet.

        Raises ValueError for a file that is none of these, or of another format, damaged, or of another training.
        """
        try:
            seal, _, body = self.path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        self._check_seal(seal, body)
        line, _, arrays = body.partition(b"\n")
        header = json.loads(line)
        self._check_training(header["training"])
        losses = np.zeros(header["steps"], np.float32)
        return eqx.tree_deserialise_leaves(io.BytesIO(arrays), (like, losses))

    def _check_seal(self, seal: bytes, body: bytes) -> None:
        try:
            found = json.loads(seal)
            version, size, digest = found["format"], found["bytes"], found["sha256"]
        except (ValueError, TypeError, KeyError):
            raise self._refusal("is no checkpoint, or its first line is damaged", "Name another file") from None
        anew = "Delete it, and the training starts anew"
        if version != FORMAT:
            raise self._refusal(f"has format {version}, and this version of the book reads format {FORMAT}", anew)
        if len(body) < size:
            raise self._refusal(f"is cut off: {len(body)} of {size} bytes are left", anew)
        if hashlib.sha256(body).hexdigest() != digest:
            raise self._refusal("is damaged: its bytes do not fit their checksum", anew)

    def _check_training(self, found: dict[str, Any]) -> None:
        for name, ours in self._training.items():
            if (theirs := found.get(name)) != ours:
                raise self._refusal(
                    f"is of another training: its {name} was {theirs}, and now is {ours}",
                    "Call as you did then to go on with it, or name another file to start anew",
                )

    def _refusal(self, what: str, advice: str) -> ValueError:
        return ValueError(f"checkpoint {str(self.path)!r} {what}. {advice}.")


def digest(tree: Any) -> str:
    """A short text that tells apart trees of arrays, or texts, with other values, shapes, dtypes or names."""
    total = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array = np.asarray(leaf)
        total.update(f"{jax.tree_util.keystr(path)} {array.shape} {array.dtype}\n".encode())
        total.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return f"sha256 {total.hexdigest()[:16]}"


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"
