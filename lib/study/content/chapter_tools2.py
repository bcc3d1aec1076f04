"""To study in Tools 2."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_pairs = [
    (np.array([-2.0, 0.0, 0.0, 2.0]), np.array([-1.0, -1.0, 1.0, 1.0])),
    (np.array([1.0, 2.0, 6.0]), np.array([5.0, 1.0, 0.0])),
    (np.array([4.0, 7.0, 1.0, 3.0, 5.0]), np.array([2.0, 3.0, 1.0, 9.0, 2.5])),
]


def _covariance(x: np.ndarray, y: np.ndarray) -> float:
    return np.mean((x - x.mean()) * (y - y.mean()))


ITEMS = (
    Prediction(
        "tools2-within",
        "Draw many numbers from a bell. How many of a hundred lie within one standard deviation of the mean?",
        Scale(0, 100, 1),
        "Many people guess half, because half sounds typical. The bell is high in the middle, so more than half of "
        "its area is there.",
    ),
    Prediction(
        "tools2-inside",
        "How many of a hundred points lie in the curve?",
        Scale(0, 100, 1),
        "68 is tempting. But 68 % counts those that are near in x, and 68 % those that are near in y. For both at "
        "once, 0.68 · 0.68 = 0.46; and the curve cuts off the corners of that square too.",
    ),
    Prediction(
        "tools2-area",
        "The square has an area of 1. The matrix with the rows (2, 1) and (0, 1) moves it. What is the area of the "
        "new shape?",
        Scale(0, 4, 0.5),
        "It is tempting to add up, 2 + 1 = 3. But the 1 in the first row only slants the square, as when you push a "
        "pile of cards. The 2 makes it twice as wide.",
    ),
    Prediction(
        "tools2-rate",
        "With a rate of 0.1 the walk goes down, slowly. What does it do with a rate of 1.05?",
        {
            "there": "it arrives at w = 3 much sooner",
            "away": "it gets farther and farther away from w = 3",
        },
        "A larger step sounds faster. But each step overshoots: it lands on the other side of the valley, 2 · 1.05 − "
        "1 = 1.1 times as far from 3 as before.",
    ),
    Question(
        "tools2-knobs",
        "How many knobs does a network of twelve units have, with one number in and one number out?",
        (
            Choice(36, "Each unit has three knobs: w, b and v.", "36"),
            Choice(
                12,
                "This is the number of units. Each of them has several knobs: see "
                "[A network is a function with knobs](#a-network-is-a-function-with-knobs).",
                "12",
            ),
            Choice(
                24,
                "You counted w and b. The sum gives each unit one more, v: see "
                "[A network is a function with knobs](#a-network-is-a-function-with-knobs).",
                "24",
            ),
        ),
    ),
    Prediction(
        "tools2-best",
        "We train for 3000 steps. When is the loss on *new* points smallest?",
        {
            "end": "at the end: the longer it trains, the better",
            "between": "somewhere in between: then it rises again",
        },
        "On the points seen, longer is better, and this is all that the network is told. It is not what we want.",
    ),
    Number(
        "tools2-determinant",
        "By how much does the matrix with the rows (3, 1) and (1, 2) multiply areas?",
        "3 · 2 − 1 · 1 = 5.",
        (
            Mistake(
                6.0,
                "You multiplied 3 and 2. The slant takes something away: subtract 1 · 1. See "
                "[A matrix stretches and turns](#a-matrix-stretches-and-turns).",
            ),
            Mistake(
                7.0,
                "You added 3 · 2 and 1 · 1. The second product is subtracted: see "
                "[A matrix stretches and turns](#a-matrix-stretches-and-turns).",
            ),
        ),
        "For the rows (a, b) and (c, d) it is |ad − bc|: see "
        "[A matrix stretches and turns](#a-matrix-stretches-and-turns).",
    ),
    Question(
        "tools2-recall-density",
        "A bell has a standard deviation of 0.1. At its top the formula gives a density of about 4. What is wrong?",
        (
            Choice(
                "density",
                "A density is probability per unit of length. On a narrow bell it must be high, so that the area is 1.",
                "nothing: a density may exceed 1",
            ),
            Choice(
                "error",
                "A *probability* never exceeds 1. A density may: only density times length is a probability. See "
                "[A density is not a probability](2_the_framework.ipynb#a-density-is-not-a-probability).",
                "the formula: nothing that belongs to a probability exceeds 1",
            ),
        ),
        recall=True,
    ),
    Number(
        "tools2-recall-free",
        "Naive Bayes on three features with 2, 3 and 4 values (chapter 3.2): how many of its numbers are free?",
        "The numbers of each feature sum to 1, so one of each is not free: 1 + 2 + 3 = 6.",
        (
            Mistake(
                9.0,
                "You counted all numbers. Those of a feature sum to 1: see "
                "[How many parameters?](3_2_naive_bayes.ipynb#how-many-parameters).",
            ),
            Mistake(
                23.0,
                "This is the full table, 2 · 3 · 4 − 1. Naive Bayes keeps a list for each feature only: see "
                "[How many parameters?](3_2_naive_bayes.ipynb#how-many-parameters).",
            ),
        ),
        "Each feature has a list of its own, and each list sums to 1: see [How many "
        "parameters?](3_2_naive_bayes.ipynb#how-many-parameters).",
        recall=True,
    ),
    Exercise(
        "tools2-step",
        lambda slope_at, w, rate: w - rate * slope_at(w),
        (
            Mistake(
                lambda slope_at, w, rate: w + rate * slope_at(w),
                "You stepped *with* the slope: that is uphill. The sign of the step is the opposite of the slope's.",
            ),
            Mistake(
                lambda slope_at, w, rate: -rate * slope_at(w),
                "This is the step. The knob was at `w` before it, so add `w`.",
            ),
            Mistake(
                lambda slope_at, w, _rate: w - slope_at(w),
                "The rate is missing: it says which part of the slope is the step.",
            ),
        ),
        (
            "Step 1: `slope_at` is a function: call it with `w`.",
            "Step 2: multiply the slope by the rate, and change the sign.",
            "Step 3: the knob stood at `w`, and it is turned by `change`.",
        ),
        """
def answer(slope_at, w, rate):
    slope = slope_at(w)  # 1. the slope where we stand
    change = -rate * slope  # 2. the step: against the slope
    return w + change  # 3. where it leads
""",
        inputs=((lambda w: 2 * (w - 3), 1.0, 0.25), (lambda w: 4 * w**3, 1.5, 0.1), (np.cos, 0.3, 0.7)),
    ),
    Exercise(
        "tools2-fourth",
        1 - 0.1 * 4,
        (
            Mistake(1 + 0.1 * 4, "You stepped uphill. The step goes *against* the slope."),
            Mistake(-0.1 * 4, "This is the step. It starts at w = 1."),
            Mistake(1 - 4.0, "The rate is missing: a step is the rate times the slope."),
        ),
        ("The slope at w = 1 is 4 · 1³ = 4.", "The step is −0.1 · 4."),
        """
answer = 1 - 0.1 * 4 * 1**3
""",
    ),
    Exercise(
        "tools2-covariance",
        _covariance,
        (
            Mistake(
                lambda x, y: np.mean(x * y),
                "You multiplied the numbers as they are. Subtract its mean from each list first.",
            ),
            Mistake(
                lambda x, y: np.cov(x, y)[0, 1],
                "`np.cov` divides by n − 1. Here the covariance is the mean: divide by n.",
            ),
            Mistake(
                lambda x, y: np.sum((x - x.mean()) * (y - y.mean())),
                "You summed the products. The covariance is their mean.",
            ),
            Mistake(
                lambda x, y: np.mean(x - x.mean()) * np.mean(y - y.mean()),
                "You took the means first, and they are 0. Multiply pair by pair, then take the mean.",
            ),
            Mistake(
                lambda x, y: _covariance(x, y) / (x.std() * y.std()),
                "You divided by both standard deviations. That is the *correlation*, which has no unit.",
            ),
        ),
        (
            "The differences from the mean are `x - x.mean()`.",
            "Multiply the differences of `x` and `y` pair by pair, and take the mean.",
        ),
        """
def answer(x, y):
    return np.mean((x - x.mean()) * (y - y.mean()))
""",
        inputs=tuple(_pairs),
    ),
)
