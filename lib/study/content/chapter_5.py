"""To study in chapter 5."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question


def _gap(joint: np.ndarray, q: np.ndarray) -> float:
    return np.log(joint.sum()) - np.sum(q * np.log(joint / q))


_SUM = 1 + 2 * math.exp(-1) + math.exp(-2)  # of e^(−E) over the energies 0, 1, 1 and 2

ITEMS = (
    Prediction(
        "5-area",
        "A variational autoencoder gives a lower bound of the log density. We take e to the power of this bound, at "
        "each x. What is the area under that curve?",
        {"less": "less than 1", "one": "1", "more": "more than 1"},
        "Every density has the area 1, so 1 tempts. But this curve is no density. It is nowhere above the true "
        "density, and below it in most places.",
    ),
    Question(
        "5-exact",
        "You must know how surprising one given picture is, as exactly as you like, and you have time. Which of these "
        "models can tell?",
        (
            Choice(
                "Diffusion models",
                "It follows the slopes from the picture to noise, and counts how the steps stretch space. That takes "
                "many passes through the network.",
                "A diffusion model",
            ),
            Choice(
                "Variational autoencoders",
                "It gives a bound. The surprise is at most so large, and you do not know by how much less: see "
                "[Is the bound below?](#is-the-bound-below)",
                "A variational autoencoder",
            ),
            Choice(
                "Adversarial networks",
                "It only draws. You may draw for years without meeting this picture: see "
                "[Adversarial networks](#adversarial-networks).",
                "An adversarial network",
            ),
            Choice(
                "Energy-based models",
                "Its energy is the surprise but for a constant, the logarithm of the area, and nobody can compute "
                "this area for pictures: see [Energy-based models](#energy-based-models).",
                "An energy-based model",
            ),
        ),
    ),
    Exercise(
        "5-gap",
        _gap,
        (
            Mistake(
                lambda joint, q: -_gap(joint, q),
                "The sign is turned. The bound is below the truth: take the truth less the bound.",
            ),
            Mistake(
                lambda joint, q: np.log(joint.sum()) - np.sum(np.log(joint / q)),
                "You added the logarithms up. Each is weighted by the guess.",
            ),
            Mistake(
                lambda joint, q: np.log(joint.sum()) - np.sum(joint * np.log(joint / q)),
                "You weighted by the joint probabilities. The mean is taken under the guess `q`.",
            ),
            Mistake(
                lambda joint, q: np.log(joint.sum()) - np.mean(np.log(joint / q)),
                "You gave both values the same weight. Each is weighted by the guess.",
            ),
            Mistake(
                lambda joint, q: np.sum(q * np.log(joint / q)),
                "This is the bound itself. How far is it below log p(x)? p(x) is the sum of the joint probabilities.",
            ),
        ),
        (
            "Step 1: it is there already, `np.log(joint / q)`.",
            "Step 2: multiply each by the guess, and sum: `np.sum(q * each)`.",
            "Step 3: `np.log(joint.sum())` is the truth. Subtract the bound.",
        ),
        """
import numpy as np


def answer(joint, q):
    each = np.log(joint / q)  # 1. the logarithm of joint over guess
    bound = np.sum(q * each)  # 2. its mean under the guess
    return np.log(joint.sum()) - bound  # 3. how far below the truth
""",
        inputs=(
            (np.array([0.3, 0.1]), np.array([0.5, 0.5])),
            (np.array([0.05, 0.2, 0.15]), np.array([0.2, 0.3, 0.5])),
        ),
    ),
    Exercise(
        "5-energy",
        1 / _SUM,
        (
            Mistake(1, "This is e⁰, without the factor. Divide by the sum over all four outcomes."),
            Mistake(1 / 4, "The energies differ. The outcome with the lowest energy is the most probable."),
            Mistake(
                1 / (1 + 2 * math.e + math.e**2),
                "You took e to the power of E. It is e to the power of −E: a low energy is probable.",
            ),
            Mistake(
                1 / (1 + math.exp(-1) + math.exp(-2)),
                "There are two outcomes with the energy 1. Add both.",
            ),
        ),
        (
            "Take e to the power of −E for each outcome: 1, e⁻¹, e⁻¹ and e⁻².",
            "Divide the first by the sum of all four.",
        ),
        """
import math

weights = [math.exp(-energy) for energy in (0, 1, 1, 2)]
answer = weights[0] / sum(weights)
""",
    ),
    Number(
        "5-recall-density",
        "A model is uniform on a rectangle with sides of 0.5 and 0.4. What is its density inside?",
        "One divided by the area, 0.2. A density may exceed 1.",
        (
            Mistake(
                0.2,
                "This is the area. The density times the area is 1: see "
                "[A density is not a probability](2_the_framework.ipynb#a-density-is-not-a-probability).",
            ),
            Mistake(
                1,
                "This is the whole probability. It is spread over an area below 1: see "
                "[A density is not a probability](2_the_framework.ipynb#a-density-is-not-a-probability).",
            ),
        ),
        "Divide the probability, 1, by the area: see "
        "[A density is not a probability](2_the_framework.ipynb#a-density-is-not-a-probability).",
        recall=True,
    ),
    Question(
        "5-recall-naive",
        "Naive Bayes multiplies one number for each feature too. What do its tables leave out, which those of an "
        "autoregressive model have?",
        (
            Choice(
                "earlier",
                "Each table is the same whatever the other features are. That is the assumption of independence.",
                "The features that came before",
            ),
            Choice(
                "counts",
                "Its tables are the shares that were counted, with α added: see "
                "[How many parameters?](3_2_naive_bayes.ipynb#how-many-parameters)",
                "How often each value was seen",
            ),
        ),
        recall=True,
    ),
)
