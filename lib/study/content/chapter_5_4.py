"""To study in chapter 5.4."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale


def _score(noisy: float, points: np.ndarray, sigma: float) -> float:
    log_weight = -((noisy - points) ** 2) / (2 * sigma**2)
    share = np.exp(log_weight) / np.exp(log_weight).sum()
    return float((share @ points - noisy) / sigma**2)


def _nearest(noisy: float, points: np.ndarray, sigma: float) -> float:
    return float((points[np.argmin(abs(points - noisy))] - noisy) / sigma**2)


ITEMS = (
    Prediction(
        "5.4-shift",
        "5 is added to all three energies. What becomes of the probability of the first place?",
        {"less": "it becomes smaller", "same": "it stays 0.665", "more": "it becomes larger"},
        "A higher energy is less likely, so “smaller” tempts. But all three weights become smaller, and by the same "
        "factor.",
    ),
    Prediction(
        "5.4-step",
        "The steps are large, s = 3. After 100 of them, how do the points lie, compared with the bell?",
        {"right": "as the bell", "wide": "wider than the bell", "narrow": "narrower than the bell"},
        "It tempts to say “as the bell”, since 100 steps are many. But time does not help. With s = 3, the noise "
        "of one step is already wider than the bell, and the pull overshoots: from 2 it leads to −1.",
    ),
    Prediction(
        "5.4-ocean",
        "500 points begin in Brazil. After 3000 steps of about 3 degrees, what share of them is in the west?",
        Scale(0, 100, 1, " %"),
        "31 % tempts, since this is the share of the land, and the law that the walk should reach. But to leave the "
        "Americas, a point must cross a sea.",
    ),
    Question(
        "5.4-z",
        "For which of these must you know Z?",
        (
            Choice(
                "one",
                "One probability is exp(−E) divided by Z. In ratios and slopes, Z cancels or drops out.",
                "The probability of the first place",
            ),
            Choice(
                "ratio",
                "Z stands in both probabilities, and cancels: the ratio is exp(−E₁ + E₂). See "
                "[Low is likely](#low-is-likely).",
                "How many times the first place is as likely as the second",
            ),
            Choice(
                "score",
                "log Z is the same everywhere, so it has no slope. See [The slope needs no Z](#the-slope-needs-no-z).",
                "The score at a place on a line",
            ),
        ),
    ),
    Exercise(
        "5.4-score",
        _score,
        (
            Mistake(
                lambda noisy, points, sigma: _score(noisy, points, sigma) * sigma**2,
                "This is the way from the noisy point to the mean. Divide it by the variance of the noise.",
            ),
            Mistake(
                lambda noisy, points, sigma: _score(noisy, points, sigma) * sigma,
                "You divided by σ. The score is the way divided by σ².",
            ),
            Mistake(
                lambda noisy, points, sigma: -_score(noisy, points, sigma),
                "The sign is turned: the score points from the noisy point to the mean.",
            ),
            Mistake(
                lambda noisy, points, sigma: _score(noisy, points, sigma) * sigma**2 + noisy,
                "This is the denoised place. The score is the way to it, from the noisy point.",
            ),
            Mistake(
                lambda noisy, points, sigma: float((points.mean() - noisy) / sigma**2),
                "All data points have the same share here. A near one is more likely.",
            ),
            Mistake(
                _nearest,
                "Only the nearest data point counts here. Each has its share.",
            ),
        ),
        (
            "Step 1: the shares must sum to 1. So divide by the sum of all weights.",
            "Step 2: each data point times its share, added up: `share @ points`.",
            "Step 3: from the noisy point to the mean, divided by the variance: `(clean - noisy) / sigma**2`.",
        ),
        """
import numpy as np


def answer(noisy, points, sigma):
    log_weight = -((noisy - points) ** 2) / (2 * sigma**2)
    share = np.exp(log_weight) / np.exp(log_weight).sum()  # 1. share of each point
    clean = share @ points  # 2. the mean of the data points
    return (clean - noisy) / sigma**2  # 3. the score, by Tweedie's formula
""",
        inputs=(
            (0.5, np.array([-1.0, 1.0]), 1.0),
            (1.0, np.array([0.0, 3.0, 4.0]), 2.0),
            (-2.0, np.array([-1.5, 0.5, 2.0]), 0.5),
        ),
    ),
    Exercise(
        "5.4-tweedie",
        3 + 2**2 * -0.6,
        (
            Mistake(3 + 2 * -0.6, "You multiplied the score by σ. It is multiplied by σ²."),
            Mistake(3 + 2**2 * 0.6, "The sign is turned. A negative score says: go left."),
            Mistake(2**2 * -0.6, "This is the way. Add it to the noisy point."),
            Mistake(3 - 0.6, "The score is a slope. Multiply it by the variance of the noise first."),
        ),
        (
            "It is the noisy point plus σ² times the score.",
            "`3 + 2**2 * -0.6`",
        ),
        """
answer = 3 + 2**2 * -0.6
""",
    ),
    Number(
        "5.4-recall-mean",
        "A network sees the same input three times, with the answers 0, 0 and 6. It is trained by least squares. What "
        "does it learn to say?",
        "Least squares finds the mean, also where no answer is near it.",
        (
            Mistake(
                0.0,
                "This is the answer that comes most often. With it, the squared errors add up to 36, and with the mean "
                "to 24: see [Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
            ),
            Mistake(
                3.0,
                "This is the middle of 0 and 6. But 0 comes twice: see "
                "[Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
            ),
        ),
        "Add up the three answers and divide by 3: see [Flow matching](5_2_normalizing_flows.ipynb#flow-matching).",
        recall=True,
    ),
    Question(
        "5.4-recall-area",
        "Somebody changes the weights of a trained flow at random. What is now the area under its density?",
        (
            Choice(
                "one",
                "Each layer moves the sand and loses none, whatever its weights are. The density may be a bad one, but "
                "it is a density. An energy has no such promise: it needs Z.",
                "Still 1",
            ),
            Choice(
                "any",
                "So it would be with an energy. A layer of a flow divides the density by the stretch, so that the sand "
                "stays: see [Stretch the sand](5_2_normalizing_flows.ipynb#stretch-the-sand).",
                "Any number, since nothing holds it at 1",
            ),
            Choice(
                "less",
                "Sand is neither made nor lost, only moved: see "
                "[Stretch the sand](5_2_normalizing_flows.ipynb#stretch-the-sand).",
                "Less than 1, since sand is lost",
            ),
        ),
        recall=True,
    ),
)
