"""To study in chapter 2."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_hill = math.exp(-1 / 2) / math.sqrt(2 * math.pi)
_kl = 0.5 * (math.log(0.5 / 0.6) + math.log(0.5 / 0.2))

ITEMS = (
    Prediction(
        "2-box",
        "Three boxes: a *tight* one leaves out the outermost points on each side, the *smallest* one just holds all, "
        "and a *roomy* one takes the whole rectangle. Which has the largest likelihood?",
        {"tight": "the tight one", "smallest": "the smallest that holds all", "roomy": "the roomy one"},
        "The tight one calls impossible what did happen. The roomy one wastes its probability on empty margins.",
    ),
    Question(
        "2-density",
        "You draw one point from this model of two boxes. Where will it most probably be?",
        (
            Choice(
                "zero",
                "The density is highest there, but on an area of a hundredth of a unit. Density times area is the "
                "probability, and that is 1 %. See [A density is not a probability](#a-density-is-not-a-probability).",
                "In the tiny box, where the density is highest",
            ),
            Choice(
                "elsewhere",
                "Density times area decides. The large box has a low density on a very large area, and 99 % of the "
                "draws.",
                "Somewhere else in the large box",
            ),
            Choice(
                "equal",
                "The two have neither equal densities nor equal shares of the draws: see "
                "[A density is not a probability](#a-density-is-not-a-probability).",
                "Both are equally probable",
            ),
        ),
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
        "The box would have said A and C. Read on, and see what went wrong at A and at B.",
    ),
    Prediction(
        "2-precision",
        "A point is drawn from the smallest box around the fifty. With what probability does it fall on land?",
        Scale(0, 100, 1, " %"),
        "The box is nearly the whole map, and a third of the map is land.",
    ),
    Question(
        "2-infinite",
        "The box covers more than nine tenths of the land. What is KL(data‖model)?",
        (
            Choice(
                "small",
                "KL is an average, and a single infinite surprise with a probability above 0 makes an average "
                "infinite: see [KL: the score with everything in it](#kl-the-score-with-everything-in-it).",
                "Small: most of the land is covered",
            ),
            Choice(
                "infinite",
                "Some land lies outside of the box. There p is above 0, and −log q is infinite.",
                "Infinite",
            ),
            Choice(
                "negative",
                "A KL is never below 0. [Tools](0_tools.ipynb#kl-what-a-wrong-model-costs) says why.",
                "Negative: the box makes more than there is",
            ),
        ),
    ),
    Prediction(
        "2-bandwidth",
        "Which bandwidth is best for the held-out points? Give the one that you found.",
        Scale(2, 40, 1, "°"),
        "Near its top the curve is flat: a degree more or less costs next to nothing, and ten degrees more cost a lot.",
    ),
    Question(
        "2-held-out",
        "Someone chooses the bandwidth that is best for *the thousand points themselves*. What is chosen?",
        (
            Choice(
                "needles",
                "Each point lies under a needle of its own. The narrower it is, the higher it is there: seen points "
                "reward copying.",
                "The smallest bandwidth on offer: needles",
            ),
            Choice(
                "same",
                "The curve of the points themselves has no top in the middle, it only falls. See "
                "[A kernel density estimate](#a-kernel-density-estimate).",
                "About the same as for held-out points",
            ),
            Choice(
                "wide",
                "A wide hill is low everywhere, also on the points. See "
                "[A kernel density estimate](#a-kernel-density-estimate).",
                "The largest: the smoothest estimate",
            ),
        ),
    ),
    Prediction(
        "2-mixture",
        "How many Gaussians are best for the held-out points, if the mixture was fitted to a thousand?",
        {k: str(k) for k in (1, 4, 16, 64)},
        "Each Gaussian has six numbers: one weight, two for its place, three for its shape. Compare 4, 16 and 64 of "
        "them in the figure.",
    ),
    Prediction(
        "2-last",
        "The mixture may have at most 64 Gaussians. Which family comes *last* with a hundred thousand points?",
        {name: f"the {name}" for name in ("histogram", "KDE", "mixture")},
        "With a thousand it was still ahead of the histogram. The figure shows all three, and what their best members "
        "see.",
    ),
    Number(
        "2-recall-kl",
        "Four regions have the probabilities 1/2, 1/4, 1/8 and 1/8. A model takes all four to be equally likely. What "
        "is KL(data‖model), in *bits*?",
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
        "2-recall-independent",
        "Within one Gaussian hill of the KDE, longitude and latitude are independent. Are they independent in the "
        "whole KDE, too?",
        (
            Choice(
                "no",
                "A mean of products is no product. Where you are in longitude says on which continents you can be, and "
                "so how far north.",
            ),
            Choice(
                "yes",
                "Each hill is a product, and their *mean* is not. Compare a slice at one longitude with another: see "
                "[A probability table](0_tools.ipynb#a-probability-table).",
            ),
        ),
        recall=True,
    ),
    Exercise(
        "2-histogram",
        lambda counts, edges, alpha: (counts + alpha) / (counts.sum() + alpha * len(counts)) / np.diff(edges),
        (
            Mistake(
                lambda counts, _, alpha: (counts + alpha) / (counts.sum() + alpha * len(counts)),
                "These are the shares of the cells: probabilities. A density is a share *per unit of width*.",
            ),
            Mistake(
                lambda counts, edges, alpha: (counts + alpha) / (counts.sum() + alpha) / np.diff(edges),
                "Alpha was added to the total once, and to the counts once for each cell. So the shares add up to more "
                "than 1.",
            ),
            Mistake(
                lambda counts, edges, _: counts / counts.sum() / np.diff(edges),
                "Alpha is missing: it is added to each count, before the shares are taken.",
            ),
            Mistake(
                lambda counts, edges, alpha: (counts + alpha) / (counts.sum() + alpha * len(edges)) / np.diff(edges),
                "You counted the edges. There is one cell less than there are edges.",
            ),
            Mistake(
                lambda counts, edges, alpha: (counts + alpha) / counts.sum() / np.diff(edges),
                "The total must grow by what was added to the counts, or the shares add up to more than 1.",
            ),
            Mistake(
                lambda counts, edges, alpha: (counts + alpha) / (counts.sum() + alpha * len(counts)) * np.diff(edges),
                "You multiplied by the width. The wider a cell is, the thinner its share is spread: divide.",
            ),
        ),
        (
            "Step 1: alpha is added to each count, so that the total grows by alpha times the number of cells.",
            "Step 2: `np.diff(edges)` are the widths.",
            "Step 3: a density is a share divided by a width.",
        ),
        """
import numpy as np


def answer(counts, edges, alpha):
    share = (counts + alpha) / (counts.sum() + alpha * len(counts))  # 1. the share of each cell
    width = np.diff(edges)  # 2. its width
    return share / width  # 3. share per unit of width
""",
        inputs=(
            (np.array([3, 1]), np.array([0.0, 1.0, 4.0]), 0.5),
            (np.array([0, 7, 2]), np.array([-2.0, 0.5, 1.0, 5.0]), 0.1),
        ),
    ),
    Exercise(
        "2-kde",
        _hill,
        (
            Mistake(2 * _hill, "You added the two hills. The density is their *mean*, so that it integrates to 1."),
            Mistake(
                math.exp(-1 / 2),
                "The factor 1/√(2π) is missing. Without it a hill has an area of √(2π) instead of 1.",
            ),
            Mistake(
                _hill / math.sqrt(2 * math.pi),
                "You took the hill of the plane, which has 1/2π. On a line the factor is 1/√(2π).",
            ),
            Mistake(
                1 / math.sqrt(2 * math.pi),
                "This is the top of a hill. The two points lie one unit away from 0, on both sides.",
            ),
            Mistake(
                2 * math.exp(-1 / 2),
                "Two things: take the *mean* of the two hills, and give each its factor 1/√(2π).",
            ),
            Mistake(
                math.exp(-2) / math.sqrt(2 * math.pi),
                "You took 2, the way from one point to the other. From 0 it is 1 to each.",
            ),
            Mistake(
                math.exp(-1) / math.sqrt(2 * math.pi),
                "The 2 in the exponent is missing: it is −(x − xᵢ)²/2h².",
            ),
        ),
        (
            "Both points are one unit away from 0, so both hills have the same height there.",
            "The mean of two equal heights is that height: e^(−1/2)/√(2π).",
        ),
        """
import math

answer = math.exp(-1 / 2) / math.sqrt(2 * math.pi)
""",
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
