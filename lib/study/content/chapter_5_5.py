"""To study in chapter 5.5."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Prediction, Question


def _mean(off: np.ndarray, width: float, points: np.ndarray, p: np.ndarray) -> float:
    """Of the points, if each is `off` by so much, under a bell of this width."""
    w = p * np.exp(-(off**2) / (2 * width**2))
    return float(w @ points / w.sum())


def _denoised(z: float, t: float, points: np.ndarray, p: np.ndarray) -> float:
    return _mean(z - np.cos(t) * points, np.sin(t), points, p)


ITEMS = (
    Prediction(
        "5.5-noise",
        "At a right angle, z is noise alone. What does the best guess of x become, for a z of 0.3?",
        {"nearest": "1, the data point that is nearer", "mean": "0, the mean of the data", "same": "0.3, as z itself"},
        "The point 1 is nearer, but where all is noise, nearness says nothing. Both points keep their shares, and the "
        "mean is 1/3 · (−2) + 2/3 · 1.",
    ),
    Prediction(
        "5.5-floor",
        "The copier guesses the 3000 people that it knows. Where is its loss?",
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
        "From guidance 1 to 8, what happens to the variety of the pictures, if both denoisers are exact?",
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
                lambda z, t, points, p: _mean(z - points, np.sin(t), points, p),
                "Without noise, z would be at cos(t) times the point, not at the point: the points have faded.",
            ),
            Mistake(
                lambda z, t, points, p: _mean(z - np.cos(t) * points, np.sqrt(np.sin(t)), points, p),
                "The variance of the noise is the *square* of the sine.",
            ),
            Mistake(
                lambda z, t, points, p: float(
                    p * np.exp(-((z - np.cos(t) * points) ** 2) / (2 * np.sin(t) ** 2)) @ points
                ),
                "The weights do not sum to 1. Divide them by their sum, so that they are probabilities.",
            ),
            Mistake(
                lambda z, t, points, p: _denoised(z, t, points, np.ones_like(p)),
                "The probabilities of the points are missing. Bayes' rule starts from them.",
            ),
            Mistake(
                lambda z, t, points, p: float(
                    points[np.argmax(np.log(p) - (z - np.cos(t) * points) ** 2 / (2 * np.sin(t) ** 2))]
                ),
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
            Mistake(0.8 * 1 + 0.6 * (0.2 - 0.6), "The noise in z is (z − 0.6 · 1) / 0.8: divide by the sine."),
            Mistake(0.8 * 1 + 0.6 * 0.2, "You mixed the guess with z. Mix it with the noise that is in z."),
            Mistake(
                0.6 * 1 + 0.8 * (0.2 - 0.6) / 0.8,
                "This is z itself. For the guess and the noise in the new mixture, take the new angle.",
            ),
        ),
        (
            "The noise that would be in z: (0.2 − 0.6 · 1) / 0.8.",
            "The new place is the new cosine times the guess, plus the new sine times this noise.",
        ),
        """
noise = (0.2 - 0.6 * 1) / 0.8
answer = 0.8 * 1 + 0.6 * noise
""",
    ),
    Question(
        "5.5-recall-cross",
        "In flow matching, straight lines cross. Why can paths along the mean arrows not cross?",
        (
            Choice(
                "one",
                "At one place and one time there is one mean arrow. Two paths that met would go on together, and "
                "backwards they would have come together.",
                "At each place and time there is only one mean arrow",
            ),
            Choice(
                "straight",
                "They bend: that is why they need not cross. See "
                "[Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
                "They are straight",
            ),
            Choice(
                "apart",
                "Many end at the same data point, so they do not keep away from each other: see "
                "[Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
                "They keep away from each other",
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
