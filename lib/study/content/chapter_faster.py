"""To study in Who learns faster?"""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question


def _variance(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean((x - np.where(y == 1, x[y == 1].mean(), x[y == 0].mean())) ** 2))


def _border(x: np.ndarray, y: np.ndarray, by_shares: float = 1.0) -> float:
    """Halfway between the means, less the logarithm of the shares' ratio over the slope, `by_shares` times."""
    low, high = x[y == 0].mean(), x[y == 1].mean()
    slope = (high - low) / _variance(x, y)
    return float((low + high) / 2 - by_shares * np.log((y == 1).sum() / (y == 0).sum()) / slope)


_six = np.array([1.0, 3.0, 5.0, 6.0, 7.0, 6.0]), np.array([0, 0, 1, 1, 1, 1])
_seven = np.array([-1.0, 0.5, 0.0, 2.0, 3.5, 1.5, -0.5]), np.array([0, 0, 0, 1, 1, 0, 0])

ITEMS = (
    Prediction(
        "faster-first",
        "Which way has the smaller error on held-out pictures with 20 pictures, and which with 10,000?",
        {
            ("bells", "bells"): "the bells both times",
            ("detector", "detector"): "the detector both times",
            ("bells", "detector"): "the bells with 20, the detector with 10,000",
            ("detector", "bells"): "the detector with 20, the bells with 10,000",
        },
        "“The detector both times” tempts: it has 3 numbers to find, the bells have 7, and it asks for nothing but the "
        "border. But the 7 are means, which settle early, and what they assume is nearly true. Later “nearly” is not "
        "enough.",
    ),
    Prediction(
        "faster-unlabelled",
        "Twenty pictures have a label, and a thousand more have none. In how many of the three cases does the error "
        "become smaller with them?",
        {3: "in all three", 2: "in two", 1: "in one", 0: "in none"},
        "“In all three” tempts: more pictures, more knowledge. But a picture without a label can only be explained by "
        "the clouds that are on offer. If they are the wrong ones, a thousand pictures explain them into the wrong "
        "places.",
    ),
    Question(
        "faster-trap",
        "“I ran scikit-learn's `GaussianNB` and `LogisticRegression` on the tumours. The second is better at every "
        "number of examples. So Ng and Jordan were wrong.” What is the best reply?",
        (
            Choice(
                "pair",
                "One of them estimates a width for each label from very few examples, and has a curved border; the "
                "other has a straight one. With one width, or with squares for the detector, the bells lead at first.",
                "The two are no pair: their borders are not equally flexible.",
            ),
            Choice(
                "wrong",
                "It tempts, since the figure is right. But the theorem is about one width for both labels: see "
                "[the trap](#the-trap-compare-like-with-like).",
                "Right: a theorem must stand up to data.",
            ),
            Choice(
                "few",
                "More splits make the error bars shorter. They do not move the curves: see "
                "[the trap](#the-trap-compare-like-with-like).",
                "You need more splits.",
            ),
            Choice(
                "always",
                "On the wines there is no clear lead even with one width, so a crossing is no law: see "
                "[three real data sets](#three-real-data-sets).",
                "There is a mistake in your program: the crossing is always there.",
            ),
        ),
    ),
    Number(
        "faster-recall-z",
        "Tools 2: a bell has the mean 2 and the standard deviation 0.8. How many standard deviations is 4 to the right "
        "of the mean?",
        "The distance is 2, and 2 / 0.8 = 2.5.",
        (
            Mistake(
                2.0,
                "This is the distance itself. Count it in standard deviations: see "
                "[Tools 2](3_3_tools_2.ipynb#a-bell-on-a-line).",
            ),
            Mistake(
                5.0,
                "You divided 4 by the deviation. Take the distance from the mean first: see "
                "[Tools 2](3_3_tools_2.ipynb#a-bell-on-a-line).",
            ),
            Mistake(
                2 / 0.8**2,
                "You divided by the variance. The standard deviation is its root: see "
                "[Tools 2](3_3_tools_2.ipynb#a-bell-on-a-line).",
            ),
            Mistake(
                1.6,
                "You multiplied. The wider the bell, the fewer deviations a distance is: see "
                "[Tools 2](3_3_tools_2.ipynb#a-bell-on-a-line).",
            ),
        ),
        "It is z = (x − mean) / standard deviation: see [Tools 2](3_3_tools_2.ipynb#a-bell-on-a-line).",
        recall=True,
    ),
    Number(
        "faster-recall-share",
        "Back to the map: two hills stand at 2 and at 6. Both have a standard deviation of 1. The first has 80 % of "
        "the probability, the second 20 %. With what probability does the point 4 belong to the second?",
        "The point is 2 away from both, so the heights cancel, and the weights are left: 0.2 / (0.2 + 0.8).",
        (
            Mistake(
                0.5,
                "The heights of the two bells are equal, but not their weights. Compare weight times height: see "
                "[A mixture of Gaussians](3_4_back_to_the_map.ipynb#a-mixture-of-gaussians).",
            ),
            Mistake(
                0.8,
                "This is the first hill: see "
                "[A mixture of Gaussians](3_4_back_to_the_map.ipynb#a-mixture-of-gaussians).",
            ),
            Mistake(
                0.25,
                "You divided 0.2 by 0.8. Divide by the sum of both: see "
                "[A mixture of Gaussians](3_4_back_to_the_map.ipynb#a-mixture-of-gaussians).",
            ),
        ),
        "Compare weight times height of the two hills at 4: see "
        "[A mixture of Gaussians](3_4_back_to_the_map.ipynb#a-mixture-of-gaussians).",
        recall=True,
    ),
    Exercise(
        "faster-border",
        _border,
        (
            Mistake(
                lambda x, y: _border(x, y, by_shares=0),
                "This is halfway between the means. The label that comes more often pushes the border away.",
            ),
            Mistake(
                lambda x, y: _border(x, y, by_shares=-1),
                "You moved it the wrong way: the border moves *towards* the label that comes less often.",
            ),
            Mistake(
                lambda x, y: _border(x, y, by_shares=float(np.var(x)) / _variance(x, y)),
                "You took the variance of all pictures about one mean. Each label has a mean of its own.",
            ),
            Mistake(
                lambda x, y: _border(x, y, by_shares=_variance(x, y) ** -0.5),
                "You took the standard deviation. The slope has the variance.",
            ),
            Mistake(
                lambda x, _y: float(x.mean()),
                "This is the mean of all pictures. The border is halfway between the two means, moved by the shares.",
            ),
        ),
        (
            "Step 1: `x[y == 0]` are the pictures by others, and `means[y]` gives each picture the mean of its label.",
            "Step 2: the mean of `(x - means[y]) ** 2`.",
            "Step 3: halfway is `means.mean()`. Subtract the logarithm of the ratio of the two numbers of pictures, "
            "divided by the slope.",
        ),
        """
import numpy as np


def answer(x, y):
    means = np.array([x[y == 0].mean(), x[y == 1].mean()])  # 1. a mean a label
    variance = np.mean((x - means[y]) ** 2)  # 2. one variance for both
    slope = (means[1] - means[0]) / variance
    ratio = (y == 1).sum() / (y == 0).sum()
    return means.mean() - np.log(ratio) / slope  # 3. halfway, then by the shares
""",
        inputs=(_six, _seven),
    ),
    Exercise(
        "faster-numbers",
        [3 * 13 + 1, 13 + 1],
        (
            Mistake([4 * 13 + 1, 13 + 1], "You gave each label a width of its own. Here both share one."),
            Mistake([3 * 13, 13 + 1], "The share of one label is a number too. (That of the other follows.)"),
            Mistake([3 * 13 + 2, 13 + 1], "The two shares sum to 1, so only one of them is free."),
            Mistake([3 * 13 + 1, 13], "The detector has an intercept, too: without it the border goes through 0."),
            Mistake([2 * 13 + 1, 13 + 1], "The bells have widths, too: one for each feature."),
            Mistake([2 * 13 + 2, 13 + 1], "There is a width for each feature, not one for all of them."),
            Mistake([13 + 1, 3 * 13 + 1], "You have the detector first. Swap the two."),
        ),
        (
            "The bells: two means and one width for each of the 13 features, and one share.",
            "The detector: one slope for each feature, and one intercept.",
        ),
        "answer = [3 * 13 + 1, 13 + 1]",
    ),
)
