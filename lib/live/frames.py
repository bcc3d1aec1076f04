"""Results stored at some settings, for a figure whose function cannot run in the page: a training, a slow simulation.

Each number is stored as a code of 16 bits. Whole numbers are stored exactly if they span fewer than 65,000; all others
as the nearest of 65,000 equal steps from the smallest to the largest, or of their logarithms on a logarithmic axis.
The script of the page, book/_static/live.js, computes the numbers from the codes. A frame is stored as its difference
from the frame before, since small differences compress well.
"""

import base64
import itertools
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lib.live.sliders import Slider

MAX_BYTES = 100_000  # that the frames of one figure may take, compressed
NAN, POSITIVE, NEGATIVE = 65535, 65534, 65533  # the codes of nan, ∞ and −∞
LEVELS = 65000


def chosen(frames: Mapping[str, Sequence[Any]], sliders: Mapping[str, Slider]) -> dict[str, list[Any]]:
    """The settings at which each slider is stored: those that `frames` names, and all of a slider that it leaves out.

    Raises ValueError where a name is no slider's, a setting is not the slider's, or where it stands is not stored.
    """
    if unknown := frames.keys() - sliders.keys():
        raise ValueError(f"frames must name sliders of the figure, {list(sliders)}; got {sorted(unknown)}")
    result = {}
    for name, slider in sliders.items():
        known = slider.settings()
        stored = [_found(name, setting, known) for setting in frames[name]] if name in frames else known
        if slider.setting not in stored:
            raise ValueError(f"frames[{name!r}] must hold the setting {slider.setting!r}, at which the figure starts")
        result[name] = stored
    return result


def compute(draw: Callable[..., Sequence[np.ndarray]], settings: Mapping[str, Sequence[Any]]) -> list[np.ndarray]:
    """The results of `draw` at every combination of settings, one array (combinations, *shape) for each artist."""
    combinations = itertools.product(*settings.values())
    results = [draw(**dict(zip(settings, combination, strict=True))) for combination in combinations]
    return [np.stack(of) for of in zip(*results, strict=True)]


def encode(values: np.ndarray, logarithmic: bool = False) -> dict[str, Any]:
    """What the page needs to make the frames (combinations, *shape) again.

    Each number is off by at most half a step: 1/130,000 of the range of them all, or of their logarithms.
    """
    flat = values.reshape(len(values), -1).astype(np.float64)
    logarithmic = logarithmic and not (flat < 0).any()  # as those of the other axis may be
    if logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            flat = np.log10(flat)
    finite = flat[np.isfinite(flat)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    whole = np.issubdtype(values.dtype, np.integer) and high - low < LEVELS and not logarithmic
    step = 1.0 if whole or high == low else (high - low) / LEVELS
    with np.errstate(invalid="ignore"):
        codes = np.rint((flat - low) / step)
    codes = np.select([np.isnan(flat), flat == np.inf, flat == -np.inf], [NAN, POSITIVE, NEGATIVE], codes)
    codes = codes.astype(np.uint16)
    changes = np.diff(codes, axis=0, prepend=np.zeros_like(codes[:1]))  # wraps around, as the page does too
    planes = changes.astype("<u2").reshape(-1).view(np.uint8).reshape(-1, 2).T  # low bytes, then high bytes
    return {
        "width": flat.shape[1],
        "low": float(low),
        "step": float(step),
        "whole": bool(whole),
        "logarithmic": logarithmic,
        "data": base64.b64encode(planes.tobytes()).decode(),
    }


def error(values: np.ndarray, stored: Mapping[str, Any]) -> float:
    """How far a stored number may be off, as a part of the largest number of its frame; float32 rounds it besides."""
    if stored["whole"]:
        return 0.0
    if stored["logarithmic"]:
        return 10 ** (stored["step"] / 2) - 1
    largest = np.abs(values, where=np.isfinite(values), out=np.zeros(values.shape)).reshape(len(values), -1).max(axis=1)
    return float(stored["step"] / 2 / largest.min(where=largest > 0, initial=np.inf) + np.finfo(np.float32).eps)


def check_weight(program: str) -> None:
    """Raise ValueError where a figure's frames are too heavy for a page."""
    weight = len(zlib.compress(program.encode(), 6))
    if weight > MAX_BYTES:
        raise ValueError(f"frames must take at most {MAX_BYTES:,} bytes compressed; they take {weight:,}: store fewer")


def _found(name: str, setting: Any, known: Sequence[Any]) -> Any:
    """The slider's own setting that the author named."""
    try:
        return next(own for own in known if math.isclose(setting, own, rel_tol=1e-6))
    except (TypeError, StopIteration):
        raise ValueError(f"frames[{name!r}] must be settings of the slider; {setting!r} is none of them") from None
