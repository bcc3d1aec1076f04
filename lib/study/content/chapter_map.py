"""To study in Back to the map."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_hill = math.exp(-1 / 2) / math.sqrt(2 * math.pi)

ITEMS = (
    Prediction(
        "map-bandwidth",
        "Which bandwidth is best for the held-out points? Give the one that you found.",
        Scale(2, 40, 1, "°"),
        "A wide hill tempts, for coasts are long. Near its top the curve is flat: a degree more or less costs about "
        "0.01 nats, ten degrees more 0.28.",
    ),
    Prediction(
        "map-held-out",
        "Someone chooses the bandwidth that is best for *the thousand points themselves*. What is chosen?",
        {
            "needles": "the smallest bandwidth on offer: needles",
            "same": "about the same as for held-out points",
            "wide": "the largest: the smoothest estimate",
        },
        "“About the same” tempts, since maximum likelihood has worked so far. But each point lies under a hill of its "
        "own, and the narrower the hill, the higher it is there.",
    ),
    Prediction(
        "map-mixture",
        "How many Gaussians are best for the held-out points, if the mixture was fitted to a thousand?",
        {k: str(k) for k in (1, 4, 16, 64)},
        "64 tempts, since it is best for the points seen. But each Gaussian has six numbers: a weight, two for its "
        "centre, two variances and a covariance. The weights sum to 1, so 6 · 64 − 1 = 383 are free for a thousand "
        "points, and some of them follow single points. 4 are too few to follow the coasts.",
    ),
    Prediction(
        "map-last",
        "The mixture may have at most 64 Gaussians. Which family comes *last* with a hundred thousand points?",
        {name: f"the {name}" for name in ("histogram", "KDE", "mixture")},
        "The histogram tempts, since it is the last with a thousand points. But it can take smaller and smaller cells. "
        "The mixture may not take more than 64 hills, and has learnt nearly all that they can say.",
    ),
    Question(
        "map-recall-independent",
        "Within one Gaussian hill of the KDE, longitude and latitude are independent. Are they independent in the "
        "whole KDE, too?",
        (
            Choice(
                "no",
                "A mean of products is not a product. Where you are in longitude says on which continents you can be, "
                "and so how far north.",
            ),
            Choice(
                "yes",
                "It tempts, since each hill is a product. But their *mean* is not. Compare a slice at one longitude "
                "with another: see [Two features at once](0_tools.ipynb#two-features-at-once).",
            ),
        ),
        recall=True,
    ),
    Number(
        "map-belongs",
        "Two hills on a line stand at 2 and at 5. Both have a standard deviation of 1 and half of the probability. "
        "With what probability does the point 4 belong to the second?",
        "It is 2 away from the first hill, and 1 from the second. The heights are e^(−2) = 0.135 and e^(−1/2) = 0.607, "
        "and 0.607 / (0.135 + 0.607) = 0.82.",
        (
            Mistake(
                2 / 3,
                "You compared the distances, 2 and 1. Compare the *heights* of the bells there, e^(−z²/2): see "
                "[A mixture of Gaussians](#a-mixture-of-gaussians).",
            ),
            Mistake(
                math.exp(-1 / 2),
                "This is the height of the second bell, as a part of its top. Divide it by the sum of both: see "
                "[A mixture of Gaussians](#a-mixture-of-gaussians).",
            ),
            Mistake(
                math.exp(-2) / (math.exp(-2) + math.exp(-1 / 2)),
                "This is the probability of the *first* hill: see [A mixture of Gaussians](#a-mixture-of-gaussians).",
            ),
        ),
        "Divide the height of the second bell at 4 by the sum of both heights: see "
        "[A mixture of Gaussians](#a-mixture-of-gaussians).",
    ),
    Number(
        "map-recall-unseen",
        "Chapter 3.1: fifty people, 4032 outfits, and Laplace's rule (α = 1). What is the probability of one outfit "
        "that nobody wore?",
        "Each of the 4032 gets one more, so it is 1 / (50 + 4032).",
        (
            Mistake(
                1 / 51,
                "You added 1 to the total once. It is added once for *each* outfit: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                1 / 55,
                "You took the number of features for d. It is the number of outfits: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
        ),
        "It is (0 + 1) / (N + d), with d the number of outfits: see "
        "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
        recall=True,
    ),
    Exercise(
        "map-histogram",
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
        "map-kde",
        _hill,
        (
            Mistake(2 * _hill, "You added the two hills. The density is their *mean*, so that its area is 1."),
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
)
