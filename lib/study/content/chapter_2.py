"""To study in chapter 2."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_kl = 0.5 * (math.log(0.5 / 0.6) + math.log(0.5 / 0.2))


def _kl_of_world(area: np.ndarray, land: np.ndarray, model: np.ndarray) -> float:
    truth = area[land] / area[land].sum()
    return np.sum(truth * np.log(truth / model[land]))


ITEMS = (
    Prediction(
        "2-box",
        "Three boxes: one is *too small* and leaves out the outermost points on each side, one *just holds all*, and "
        "one is the *whole picture*. Which has the largest likelihood?",
        {"small": "the one that is too small", "just": "the one that just holds all", "whole": "the whole picture"},
        "The box that is too small has the highest density at most points, which tempts. But at the points that it "
        "leaves out its density is 0, and one factor of 0 makes the product 0. The whole picture is possible, and "
        "wastes its probability on the empty places at its edges.",
    ),
    Number(
        "2-density",
        "At the origin the tiny part of this model is more than 50,000 times as dense as the large one. Of a hundred "
        "draws, how many fall into the tiny box?",
        "Density times area is the probability: 1 · 0.01 = 1 %. The tiny box is dense, and tiny.",
        (
            Mistake(
                99,
                "This is the share of the large box. “Most dense” tempts us to say “most often”. Density times area "
                "decides: see [A density is not a probability](#a-density-is-not-a-probability).",
            ),
            Mistake(
                50,
                "The two boxes have neither equal densities nor equal shares of the draws: see "
                "[A density is not a probability](#a-density-is-not-a-probability).",
            ),
        ),
        "Multiply the density in the tiny box by its area, 0.1 · 0.1: see "
        "[A density is not a probability](#a-density-is-not-a-probability).",
    ),
    Prediction(
        "2-next",
        "At which of the three places can the rule put its next point?",
        {
            ("C",): "only at C",
            ("A", "C"): "at A and C",
            ("B", "C"): "at B and C",
            ("A", "B", "C"): "at all three",
        },
        "The box says A and C. A is tempting, since it lies between points. But A is in the sea, and B is land.",
    ),
    Prediction(
        "2-precision",
        "A point is drawn from the smallest box around the fifty. With what probability does it fall on land?",
        Scale(0, 100, 1, " %"),
        "29 % of the *Earth* is land, and that is tempting. But the box is a rectangle on the map, and the map "
        "stretches the far north and south, where there is much land: of the map 33 % is land.",
    ),
    Prediction(
        "2-infinite",
        "The box covers more than nine tenths of the land. What is KL(truth‖model)?",
        {
            "small": "Small: most of the land is covered",
            "infinite": "Infinite",
            "negative": "Negative: the box makes more than there is",
        },
        "“Small” tempts, since more than nine tenths are covered. But KL is an average over *all* land, and a single "
        "infinite surprise with a probability above 0 makes an average infinite.",
    ),
    Number(
        "2-recall-kl",
        "Four regions have the probabilities 1/2, 1/4, 1/8 and 1/8. A model takes all four to be equally likely. What "
        "is KL(truth‖model), in *bits*?",
        "The model needs 2 bits on average, and the law itself 1.75.",
        (
            Mistake(
                1.75,
                "This is the entropy of the law, which no model can save. KL is what the model needs *more*: see "
                "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
            ),
            Mistake(
                2.0,
                "This is what the model needs in all. Subtract what the law itself needs: see "
                "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
            ),
            Mistake(
                0.25 * math.log(2),
                "This is in nats. Divide by log 2: see [Why logarithms](0_tools.ipynb#why-logarithms).",
            ),
        ),
        "Average log₂(p/q) over the four regions, with the weights of the law: see "
        "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
        recall=True,
    ),
    Question(
        "2-failure",
        "A model draws only from a small box in the Sahara. Which of the two failures does it have?",
        (
            Choice(
                "A",
                "All that it makes is land, so it never makes what cannot happen: its precision is 1. What does it "
                "*never* make? See [Two scores, and what they miss](#two-scores-and-what-they-miss).",
                "A: it makes what never happens",
            ),
            Choice("B", "Its precision is 1, and its coverage is nearly 0.", "B: it never makes what happens"),
            Choice(
                "both",
                "What it makes is land, always. Only the rest of the land is missing: see "
                "[Two scores, and what they miss](#two-scores-and-what-they-miss).",
                "both",
            ),
        ),
    ),
    Number(
        "2-recall-given",
        "Of the visitors in Tools, 14 % wear a hoodie, 34 % wear sunglasses, and 6 % wear both. What is "
        "p(sunglasses | hoodie)?",
        "Keep those with a hoodie, and divide: 0.06 / 0.14.",
        (
            Mistake(
                0.06 / 0.34,
                "You divided by the share of sunglasses. That is p(hoodie | sunglasses). What stands behind the bar is "
                "known: divide by *its* share. See [Turn it around](0_tools.ipynb#turn-it-around-bayes-rule).",
            ),
            Mistake(
                0.34 * 0.14,
                "This is what independence would make of both together: see "
                "[Two features at once](0_tools.ipynb#two-features-at-once).",
            ),
            Mistake(
                0.06,
                "This is the share of both among *all* visitors. You know of a hoodie: divide. See "
                "[Two features at once](0_tools.ipynb#two-features-at-once).",
            ),
        ),
        "The share of both, divided by the share of what is given: see "
        "[Two features at once](0_tools.ipynb#two-features-at-once).",
        recall=True,
    ),
    Exercise(
        "2-world",
        _kl_of_world,
        (
            Mistake(
                lambda _area, land, model: np.sum(np.log(1 / land.sum() / model[land])) / land.sum(),
                "You gave each land region the same probability. The truth is uniform over the *area* of the land: a "
                "region twice as large has twice as much.",
            ),
            Mistake(
                lambda area, land, model: np.sum(
                    (area[land] / area.sum()) * np.log(area[land] / area.sum() / model[land])
                ),
                "You divided by the area of the whole world. The truth puts nothing into the sea: divide by the area "
                "of the land.",
            ),
            Mistake(
                lambda area, land, model: np.sum(model[land] * np.log(area[land] / area[land].sum() / model[land])),
                "You weighted by the model. The points come from the truth.",
            ),
            Mistake(
                lambda area, land, model: np.sum(np.log(area[land] / area[land].sum() / model[land])),
                "You added the extra surprises up. Each is weighted by how often it comes: by the truth.",
            ),
        ),
        (
            "Step 1: the truth gives each land region its share of the area of all land.",
            "Step 2: the extra surprise is the logarithm of the truth divided by the model.",
            "Step 3: multiply by the truth, and sum.",
        ),
        """
import numpy as np


def answer(area, land, model):
    truth = area[land] / area[land].sum()  # 1. the truth on land
    extra = np.log(truth / model[land])  # 2. the extra surprise there
    return np.sum(truth * extra)  # 3. weighted by the truth, and summed
""",
        inputs=(
            (np.array([2.0, 1, 1]), np.array([True, True, False]), np.array([0.5, 0.3, 0.2])),
            (np.array([1.0, 3, 2, 2]), np.array([False, True, True, True]), np.array([0.1, 0.3, 0.2, 0.4])),
        ),
    ),
    Exercise(
        "2-square",
        -10 * math.log(20),
        (
            Mistake(-math.log(20), "This is the log density of one point. There are ten of them, and they add up."),
            Mistake(
                10 * math.log(20), "The density is 1/20, which is below 1: its logarithm is negative. Mind the sign."
            ),
            Mistake(-10 * math.log(9), "You added the sides. The area is their product."),
            Mistake(-10 * math.log(18), "This is the way around the box. The density is one over its *area*, 4 · 5."),
            Mistake(20.0**-10, "This is the likelihood. The exercise asks for its logarithm."),
            Mistake(-10 * math.log2(20), "This is in bits. The exercise asks for nats: take the natural logarithm."),
        ),
        ("The box has an area of 20, and a density of 1/20 for each point.", "Logarithms of ten equal factors add up."),
        """
import math

answer = 10 * math.log(1 / (4 * 5))
""",
    ),
    Exercise(
        "2-four",
        _kl,
        (
            Mistake(
                math.inf,
                "You averaged over the model, which makes points in the sea. Here the truth comes first, and the truth "
                "is never in the sea.",
            ),
            Mistake(_kl / math.log(2), "This is in bits. The exercise asks for nats."),
            Mistake(
                0.6 * math.log(0.6 / 0.5) + 0.2 * math.log(0.2 / 0.5),
                "You swapped the two: the weights and the numerators are those of the truth, 1/2 and 1/2.",
            ),
            Mistake(
                0.25 * (math.log(0.25 / 0.6) + math.log(0.25 / 0.2)),
                "The truth is uniform over the *land*. The two land squares have 1/2 each.",
            ),
            Mistake(0.8, "This is the precision. KL compares the densities."),
            Mistake(-_kl, "The sign: it is log(p/q), with the truth on top. A KL is never below 0."),
            Mistake(2 * _kl, "The weights are missing. Each of the two land squares has a probability of 1/2."),
            Mistake(
                _kl + math.log(0.8),
                "You scaled the model so that all of it is on land. What it wastes in the sea is part of its error.",
            ),
            Mistake(
                -math.log(0.8),
                "That would be the price if the model spread its 0.8 evenly over the land. It gives 0.6 to one square "
                "and 0.2 to the other.",
            ),
        ),
        (
            "The truth gives 1/2 to each of the two land squares, and 0 to the sea.",
            "So there are two terms: ½ log(½ / 0.6) + ½ log(½ / 0.2).",
        ),
        """
import math

answer = 0.5 * math.log(0.5 / 0.6) + 0.5 * math.log(0.5 / 0.2)
""",
    ),
)
