"""To study in chapter 5.5."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Prediction, Question


def _weights(z: float, t: float, points: np.ndarray, p: np.ndarray, variance: float = 1.0) -> np.ndarray:
    w = p * np.exp(-((z - np.cos(t) * points) ** 2) / (2 * np.sin(t) ** 2 * variance))
    return w / w.sum()


def _denoised(z: float, t: float, points: np.ndarray, p: np.ndarray) -> float:
    return float(_weights(z, t, points, p) @ points)


ITEMS = (
    Prediction(
        "5.5-noise",
        "At a right angle, z is noise alone. What does the best guess of x become, for a z of 0.3?",
        {"nearest": "1, the data point that is nearer", "mean": "0, the mean of the data", "same": "0.3, as z itself"},
        "The point 1 is nearer, but where all is noise, nearness says nothing. Both points keep their shares, and the "
        "mean is 1/3 · (−2) + 2/3 · 1.",
    ),
    Prediction(
        "5.5-one",
        "The exact denoiser of all people takes noise to a picture in one single step. What will the picture be?",
        {"person": "one of the 4032 people", "ghost": "one and the same ghost, always", "noise": "noise"},
        "The denoiser is exact, so a person tempts. But from noise alone, each person is still possible, and the best "
        "guess is the mean of them all.",
    ),
    Prediction(
        "5.5-floor",
        "A denoiser that knows only the 3000 people of the training guesses those same people. Where is its loss?",
        {
            "above": "above the floor of the law, since it knows less",
            "below": "below the floor of the law",
            "same": "at the floor",
        },
        "It knows less of the law. But on these people it has an advantage: it knows that no others will be asked for. "
        "So it is right more often than the law allows.",
    ),
    Prediction(
        "5.5-guidance",
        "From guidance 1 to 8, what happens to the number of kinds of pictures, if both denoisers are exact?",
        {"more": "it grows", "same": "it stays", "fewer": "it falls"},
        "The denoisers are perfect, so nothing should be lost, one thinks. But 8 times the difference is no answer to "
        "any question of Bayes' rule: it prefers what is most typical of red hair.",
    ),
    Question(
        "5.5-copy",
        "A larger network, more training, a lower and lower loss on the training people: towards what does the sampler "
        "go?",
        (
            Choice(
                "copies",
                "The least loss on these people is that of their exact denoiser, and it draws nobody new.",
                "Towards copies of the training people",
            ),
            Choice(
                "law",
                "The least loss *on the training people* is not that of the law, but lower: see "
                "[A network learns it](#a-network-learns-it).",
                "Towards the law of all people",
            ),
            Choice(
                "mean",
                "The mean is the guess where all is noise. With small steps it is left behind: see "
                "[One step back](#one-step-back).",
                "Towards the mean of the training people",
            ),
        ),
    ),
    Exercise(
        "5.5-denoise",
        _denoised,
        (
            Mistake(
                lambda z, t, points, p: float(_denoised(z / np.cos(t), np.arctan(np.tan(t) * np.cos(t)), points, p)),
                "Without noise, z would be at cos(t) times the point, not at the point: the points have faded.",
            ),
            Mistake(
                lambda z, t, points, p: float(
                    (p * np.exp(-((z - np.cos(t) * points) ** 2) / (2 * np.sin(t) ** 2))) @ points
                ),
                "The weights do not sum to 1. Divide them by their sum, so that they are probabilities.",
            ),
            Mistake(
                lambda z, t, points, _: float(_weights(z, t, points, np.ones(len(points))) @ points),
                "The probabilities of the points are missing. Bayes' rule starts from them.",
            ),
            Mistake(
                lambda z, t, points, p: float(points[np.argmax(_weights(z, t, points, p))]),
                "This is the likeliest point. Least squares asks for the mean.",
            ),
        ),
        (
            "Step 1: a point would be at `np.cos(t) * points`. The bell has the variance `np.sin(t) ** 2`.",
            "Step 2: divide the weights by `w.sum()`.",
            "Step 3: the mean of the points under the weights is `w @ points`.",
        ),
        """
import numpy as np


def answer(z, t, points, p):
    off = z - np.cos(t) * points
    w = p * np.exp(-(off**2) / (2 * np.sin(t) ** 2))  # 1. Bayes' rule
    w = w / w.sum()  # 2. these become probabilities
    return w @ points  # 3. the mean under them
""",
        inputs=(
            (1.5, 0.9, np.array([0.0, 2.0]), np.array([0.5, 0.5])),
            (-0.4, 0.6, np.array([-2.0, 1.0, 0.5]), np.array([0.2, 0.5, 0.3])),
            (0.3, 1.3, np.array([-1.0, 3.0]), np.array([0.9, 0.1])),
        ),
    ),
    Exercise(
        "5.5-step",
        0.8 * 1 + 0.6 * (0.2 - 0.6) / 0.8,
        (
            Mistake(0.8 * 1 + 0.6 * (0.2 - 0.6), "The noise in z is $(z - 0.6 \\cdot 1) / 0.8$: divide by the sine."),
            Mistake(0.8 * 1 + 0.6 * 0.2, "You mixed the guess with z. Mix it with the noise that is in z."),
            Mistake(
                0.6 * 1 + 0.8 * (0.2 - 0.6) / 0.8,
                "This is z itself. For the guess and the noise in the new mixture, take the new angle.",
            ),
        ),
        (
            "The noise that would be in z: $\\hat\\varepsilon = (0.2 - 0.6 \\cdot 1) / 0.8$.",
            "The new place is the new cosine times the guess, plus the new sine times this noise.",
        ),
        """
noise = (0.2 - 0.6 * 1) / 0.8
answer = 0.8 * 1 + 0.6 * noise
""",
    ),
    Question(
        "5.5-recall-arrow",
        "In flow matching, many straight arrows pass one place. Which one does the network learn?",
        (
            Choice("mean", "Least squares finds means, and so it learns the mean arrow.", "The mean of them"),
            Choice(
                "ends",
                "No single arrow is right for all that pass: see "
                "[Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
                "The arrow to the nearest data point",
            ),
            Choice(
                "longest",
                "Long arrows count more in squares, but it is their mean that has the least error: see "
                "[Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
                "The longest of them",
            ),
        ),
        recall=True,
    ),
    Question(
        "5.5-recall-table",
        "A table of counts without pseudo-counts: what probability has an outfit that was never seen?",
        (
            Choice("zero", "It memorises: what was never seen cannot come. So does the copier here.", "0"),
            Choice(
                "small",
                "Only a pseudo-count gives it some: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
                "Small, but above 0",
            ),
            Choice(
                "fair",
                "Equal shares for all would be the uniform law: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
                "1/4032, as for each",
            ),
        ),
        recall=True,
    ),
)
