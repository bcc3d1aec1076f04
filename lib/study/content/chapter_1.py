"""To study in chapter 1."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale


def _posterior(share: float, of_v: np.ndarray, of_others: np.ndarray) -> np.ndarray:
    return share * of_v / (share * of_v + (1 - share) * of_others)


_densities = np.array([3.0, 0.2, 0.0, 1.5]), np.array([0.5, 0.8, 2.0, 1.5])

ITEMS = (
    Question(
        "1-which",
        "Which of the two is V's?",
        (
            Choice(
                "right",
                "Curved, vivid strokes that run around whirls: that is V's hand. The laws of the painters, which we "
                "know, say so too.",
                "the right one",
            ),
            Choice(
                "left",
                "V paints starry nights, and so do others. Look at the hand: V's strokes are curved, and V's "
                "colours are vivid. See [A picture paints itself](#a-picture-paints-itself).",
                "the left one",
            ),
        ),
    ),
    Question(
        "1-museum",
        "Another museum has the same P(V | swirly) and the same P(V | calm), but only one picture in a hundred is "
        "swirly. Which of the two models is the same there?",
        (
            Choice(
                (True, False),
                "P(y | x) fits both museums, and so it cannot tell them apart. It leaves open which pictures there "
                "are. That is what a generative model has to say.",
                "the discriminative one, and only that",
            ),
            Choice(
                (True, True),
                "P(swirly) has changed, so the law of what comes is another one. Only the sentences that begin with "
                "“if” are the same: see [One small table](#one-small-table).",
                "both",
            ),
            Choice(
                (False, False),
                "P(V | swirly) and P(V | calm) are all that the discriminative model has, and they have not changed: "
                "see [One small table](#one-small-table).",
                "neither",
            ),
        ),
    ),
    Prediction(
        "1-truth",
        "Among the pictures whose two numbers are nearest to those of this one, what share is by V?",
        Scale(50, 100, 1, " %"),
        "83 % tempts, since the detector says so. But it may only draw straight lines through the cloud, and the true "
        "lines bend. Of some pictures it says too much, and of others too little.",
    ),
    Prediction(
        "1-price",
        "A painter has seen 200 of V's notes. About how large is KL(V‖painter)?",
        {0.01: "a hundredth of a nat", 0.1: "a tenth of a nat", 1.0: "one nat", 10.0: "ten nats"},
        "Whole nats tempt, since a picture has 12,288 numbers. But a note has only eight, and the law of notes has 51 "
        "free numbers, which 200 notes pin down well.",
    ),
    Prediction(
        "1-noise",
        "We start from grey noise, and climb until the detector says V with more than 99 %. What shall we see?",
        {
            "painting": "a painting in V's manner",
            "blurred": "a blurred swirl, as if seen through frosted glass",
            "noise": "coloured lines, rougher than any painting",
        },
        "“A painting” tempts: the detector is so sure. But it sees two numbers only, and there are many ways to raise "
        "them. Nearly none of them is a painting.",
    ),
    Number(
        "1-calibrated",
        "A calibrated detector says 0.83 of each of 200 pictures. How many of them do you expect to be V's?",
        "0.83 · 200 = 166, on average. It is no promise about any single one of them.",
        (
            Mistake(
                200,
                "If all of them were V's, it should have said 1: see [Is the detector right?](#is-the-detector-right).",
            ),
            Mistake(
                34,
                "So many are by others, 0.17 · 200: see [Is the detector right?](#is-the-detector-right).",
            ),
            Mistake(
                100,
                "One expects a half where it says 0.5: see [Is the detector right?](#is-the-detector-right).",
            ),
        ),
        "Calibrated means: of those pictures of which it says 0.83, a share of 0.83 is V's. See "
        "[Is the detector right?](#is-the-detector-right).",
    ),
    Question(
        "1-perfect",
        "Somebody builds a *perfect* detector of V: it knows P(V | x) exactly, for each picture x that can come. Can "
        "one draw V's paintings with its help alone?",
        (
            Choice(
                False,
                "P(V | x) does not say how probable x is. It needs, beside it, a law of pictures: take many pictures "
                "from that law and keep those that the detector likes. Then the law makes and the detector selects.",
                "No: it says nothing about which x there are",
            ),
            Choice(
                True,
                "It tempts: look for the x of which it is most sure. But that may be an x that never comes, of which "
                "nothing was promised. See "
                "[From detector to painter?](#from-detector-to-painter).",
                "Yes: look for the x of which it is most sure",
            ),
        ),
    ),
    Number(
        "1-recall-surprise",
        "A detector says 0.83 of a picture that is V's. What is its surprise, in *bits*?",
        "−log₂ 0.83. A fair coin has 1 bit.",
        (
            Mistake(
                -math.log(0.83), "This is in nats. Divide by log 2: see [Why logarithms](0_tools.ipynb#why-logarithms)."
            ),
            Mistake(
                -math.log2(0.17),
                "This is the surprise if another painted it: see [Why logarithms](0_tools.ipynb#why-logarithms).",
            ),
        ),
        "Surprise is −log p, and the logarithm to base 2 gives bits: see "
        "[Why logarithms](0_tools.ipynb#why-logarithms).",
        recall=True,
    ),
    Question(
        "1-recall-direction",
        "Our painter has learnt from V, and V never paints the sea. The painter of dabs does, in a quarter of the "
        "pictures, and paints all that V paints. Which KL is infinite?",
        (
            Choice(
                (True, False),
                "The truth stands first. Dabs paint seas, which to our painter are impossible: an infinite surprise. "
                "The other way round, nothing that our painter makes is impossible to dabs.",
                "KL(dabs‖painter)",
            ),
            Choice(
                (False, True),
                "The first one makes the pictures, and the second is surprised. Dabs know each motif of our painter's: "
                "see [What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
                "KL(painter‖dabs)",
            ),
            Choice(
                (True, True),
                "All that our painter makes can be made by dabs, so that direction is finite: see "
                "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
                "both",
            ),
        ),
        recall=True,
    ),
    Exercise(
        "1-posterior",
        _posterior,
        (
            Mistake(
                lambda _share, of_v, of_others: of_v / (of_v + of_others),
                "You left out how many of all pictures are V's. Each density is multiplied by the share of its side.",
            ),
            Mistake(
                lambda share, of_v, _of_others: share * of_v,
                "This is the joint density of the picture and “by V”. Divide it by the sum over both sides.",
            ),
            Mistake(
                lambda share, of_v, of_others: share * of_v / (share * of_v + of_others),
                "You multiplied only V's density by its share. The others have the rest, 1 − share.",
            ),
            Mistake(
                lambda share, of_v, of_others: 1 - _posterior(share, of_v, of_others),
                "This is the probability that another painted it.",
            ),
        ),
        (
            "Step 1: the share of V, times how well V explains the picture.",
            "Step 2: the same for the others. Their share is 1 − share.",
            "Step 3: the first, divided by the sum of both.",
        ),
        """
def answer(share, of_v, of_others):
    for_v = share * of_v  # 1. share times density
    for_others = (1 - share) * of_others  # 2. the same for the others
    return for_v / (for_v + for_others)  # 3. Bayes' rule
""",
        inputs=((0.5, *_densities), (0.1, *_densities)),
    ),
    Exercise(
        "1-rare",
        0.4,
        (
            Mistake(6 / 7, "You took one half for V's share. Here it is 0.1."),
            Mistake(0.3, "This is 0.1 · 3. Divide it by the sum over both sides."),
            Mistake(0.6, "This is the probability that another painted it."),
            Mistake(0.3 / 3.5, "Under the fraction bar each density is multiplied by its share, too."),
        ),
        (
            "For V: 0.1 · 3. For the others: 0.9 · 0.5.",
            "Divide the first by the sum of both.",
        ),
        """
answer = 0.1 * 3 / (0.1 * 3 + 0.9 * 0.5)
""",
    ),
)
