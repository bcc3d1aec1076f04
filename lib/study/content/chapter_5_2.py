"""To study in chapter 5.2."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question


def _undone(x: float, scales: np.ndarray, shifts: np.ndarray) -> float:
    for scale, shift in zip(scales[::-1], shifts[::-1], strict=True):
        x = (x - shift) / scale
    return x


def _gaussian(z: float) -> float:
    return float(-(z**2) / 2 - np.log(2 * np.pi) / 2)


def _log_density(x: float, scales: np.ndarray, shifts: np.ndarray) -> float:
    return _gaussian(_undone(x, scales, shifts)) - float(np.log(scales).sum())


_PLACE = -np.log(2 * np.pi) - (1 + 4) / 2
_COUPLED = _PLACE - np.log(3)
_DETERMINANT = "[A matrix stretches and turns](3_3_tools_2.ipynb#a-matrix-stretches-and-turns)"

ITEMS = (
    Prediction(
        "5.2-hills",
        "The middle of the hill is stretched by up to 4, its ends hardly at all. What becomes of the one hill?",
        {"one": "one hill, wide and flat", "two": "two hills", "hole": "two hills with no sand between them"},
        "A stretch makes sand thin, and the top of the hill is stretched most: it sinks below its two flanks. But a "
        "finite stretch leaves some sand everywhere.",
    ),
    Prediction(
        "5.2-needles",
        "The needles become thinner and thinner. What does the mean log density of the whole numbers do?",
        {"stops": "it stops at minus the entropy", "grows": "it grows without end", "falls": "it falls"},
        "A probability cannot pass 1, so the entropy tempts as the end. But these are densities: a needle half as wide "
        "is twice as high, and each halving adds log 2.",
    ),
    Prediction(
        "5.2-bridge",
        "Eight layers bend one cloud of sand into the continents. What will the density between America and Africa be?",
        {"zero": "zero, as in the truth", "thin": "thin, but not zero", "same": "about as high as on land"},
        "In the truth it is zero. But layers can only stretch, and no stretch is infinite: some sand is left between "
        "two parts that were one.",
    ),
    Prediction(
        "5.2-onestep",
        "All grains follow the mean arrow at their start, in one single step. Where do they end?",
        {
            "nearest": "each at the data point nearest to it",
            "mean": "all at one place, the mean of the data",
            "shares": "a third at −2 and two thirds at 1",
        },
        "At the start a grain knows nothing of where it will go. So the mean of its arrows leads to the mean of all "
        "ends, from everywhere.",
    ),
    Question(
        "5.2-fold",
        "Which of these functions of one number can be a layer of a flow?",
        (
            Choice(
                "cube",
                "It rises everywhere, with a slope of at least 1, so that no two grains meet.",
                "f(z) = z³ + z",
            ),
            Choice(
                "square",
                "Here 2 and −2 meet at 4, and nobody can say which of them came: see "
                "[Stretch the sand](#stretch-the-sand).",
                "f(z) = z²",
            ),
            Choice(
                "flat",
                "All grains below 0 meet at 0, and the slope there is 0: see [Stretch the sand](#stretch-the-sand).",
                "f(z) = max(z, 0)",
            ),
        ),
    ),
    Question(
        "5.2-latent",
        "The flow gives each latent point of an avatar an exact density. Why is this no density of the *picture*?",
        (
            Choice(
                "sheet",
                "The decoder lays few numbers out among 3072. What it can paint is a thin sheet, and a sheet has no "
                "volume among all pictures.",
                "The decoder can paint only a thin sheet of all pictures",
            ),
            Choice(
                "noise",
                "No noise was added here. And noisy latent points would still have a density of latent points: "
                "see [Avatars](#avatars).",
                "Noise was added to the latent points",
            ),
            Choice(
                "whole",
                "Dequantised grey levels have a density, so whole numbers are not the reason: see "
                "[Whole numbers need noise](#whole-numbers-need-noise).",
                "Grey levels are whole numbers",
            ),
        ),
    ),
    Exercise(
        "5.2-layers",
        _log_density,
        (
            Mistake(
                lambda x, scales, shifts: _gaussian(_undone(x, scales, shifts)) + float(np.log(scales).sum()),
                "The sign of the stretch is turned. Where the line is stretched, sand is thinner: subtract.",
            ),
            Mistake(
                lambda x, scales, shifts: _gaussian(_undone(x, scales, shifts)),
                "You found the grain and its density. Each layer has stretched the line: subtract the logarithms.",
            ),
            Mistake(
                lambda x, scales, shifts: (
                    _gaussian(_undone(x, scales[::-1], shifts[::-1])) - float(np.log(scales).sum())
                ),
                "The first layer was undone first. What was done last must be undone first.",
            ),
            Mistake(
                lambda x, scales, _: _gaussian(x) - float(np.log(scales).sum()),
                "This is the Gaussian's density at x. It belongs to the grain z, which came to x.",
            ),
        ),
        (
            "Step 1: go through the layers from the last to the first, `zip(scales[::-1], shifts[::-1])`. Each is "
            "undone by `(z - shift) / scale`.",
            "Step 2: the log density of the standard Gaussian is `-z**2 / 2 - np.log(2 * np.pi) / 2`.",
            "Step 3: subtract `np.sum(np.log(scales))`.",
        ),
        """
import numpy as np


def answer(x, scales, shifts):
    z = x
    for scale, shift in zip(scales[::-1], shifts[::-1]):
        z = (z - shift) / scale  # 1. undo the layers, the last one first
    log_p = -z**2 / 2 - np.log(2 * np.pi) / 2  # 2. the grain's log density
    return log_p - np.sum(np.log(scales))  # 3. less the stretches
""",
        inputs=(
            (5.0, np.array([2.0, 4.0]), np.array([1.0, -3.0])),
            (-0.3, np.array([0.5, 1.5, 2.0]), np.array([0.2, 0.0, 1.0])),
            (2.0, np.array([3.0]), np.array([-1.0])),
        ),
    ),
    Exercise(
        "5.2-coupled",
        _COUPLED,
        (
            Mistake(_PLACE, "This is the density of the grain (1, 2). The layer has stretched it by 3: subtract."),
            Mistake(_PLACE + np.log(3), "Add for what is squeezed. Here the layer stretches by 3: subtract log 3."),
            Mistake(
                -np.log(2 * np.pi) - (1 + 49) / 2 - np.log(3),
                "You took the Gaussian's density at (1, 7). Undo the layer first.",
            ),
            Mistake(
                _PLACE - 2 * np.log(3),
                "Only the second number is stretched. The first one passes as it is, so subtract nothing for it.",
            ),
        ),
        (
            "Undo it: the first number is 1 in both. The second is (7 − 1) / 3.",
            "Two Gaussian numbers: −log 2π − (z₁² + z₂²) / 2. Then subtract the logarithm of the stretch.",
        ),
        """
import numpy as np

z = np.array([1.0, (7 - 1) / 3])
answer = -np.log(2 * np.pi) - np.sum(z**2) / 2 - np.log(3)
""",
    ),
    Number(
        "5.2-recall-determinant",
        "A matrix has the rows (2, 1) and (0, 3). By what does it multiply areas?",
        "By its determinant, 2 · 3 − 1 · 0 = 6.",
        (
            Mistake(5, f"The stretches along the two directions multiply, they do not add: see {_DETERMINANT}."),
            Mistake(7, f"It is 2 · 3 *minus* 1 · 0: see {_DETERMINANT}."),
        ),
        f"The determinant says it: see {_DETERMINANT}.",
        recall=True,
    ),
    Question(
        "5.2-recall-scores",
        "A model of the world draws one and the same place in Africa every time. Which of its scores is perfect?",
        (
            Choice("precision", "All of its draws are on land. It covers nothing, and its KL is ∞.", "Precision"),
            Choice(
                "coverage",
                "Its densest region is one point, and holds no land to speak of: see "
                "[All of them, by the same numbers](3_4_back_to_the_map.ipynb#all-of-them-by-the-same-numbers).",
                "Coverage",
            ),
            Choice(
                "kl",
                "Almost all land has the density 0 in this model, so KL(truth‖model) is ∞: see "
                "[All of them, by the same numbers](3_4_back_to_the_map.ipynb#all-of-them-by-the-same-numbers).",
                "KL(truth‖model)",
            ),
        ),
        recall=True,
    ),
)
