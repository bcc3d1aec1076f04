"""To study in chapter 5.6."""

import math

from lib.study.items import Choice, Exercise, Mistake, Prediction, Question


def _real(share_real: float, share_forged: float) -> float:
    return share_real / (share_real + share_forged)


ITEMS = (
    Prediction(
        "5.6-perfect",
        "The forger is perfect. What does the best detective now say of each coin?",
        {"real": "“surely real”", "half": "“one half, I can't tell”", "forged": "“surely forged”"},
        "“Surely real” tempts, since each coin looks real. But half of all coins that he sees are forged, and they "
        "look the same. log (0.5 / 0.5) = 0, for each kind.",
    ),
    Prediction(
        "5.6-losses",
        "From step 500 on, how much does the forger's loss say about the TV?",
        {"little": "little: the two hardly move together", "much": "much: they rise and fall together"},
        "It tempts to say “much”, because a loss that falls has always meant a better model in this book. But this "
        "loss is measured against a detective who moves too.",
    ),
    Prediction(
        "5.6-collapse",
        "10,000 draws of each forger. What is the coverage of the second one, without the blur?",
        {
            "few": "less than that of the first",
            "all": "about as much",
            "more": "more, since nothing is blurred",
        },
        "“More” tempts, since a detective who sees sharply should ask for everybody. But he sees one picture at a "
        "time. He does not see that it is always the same one, and a sharp eye is pleased by few.",
    ),
    Exercise(
        "5.6-real",
        _real,
        (
            Mistake(
                lambda share_real, _: share_real,
                "This is the share among the real. The detective must compare it with the share among the forged.",
            ),
            Mistake(
                lambda share_real, share_forged: share_real / share_forged,
                "These are the odds. Turn them into a probability: odds / (1 + odds).",
            ),
            Mistake(
                lambda share_real, share_forged: math.log(share_real / share_forged),
                "These are the log odds. The probability is 1 / (1 + exp(−log odds)).",
            ),
            Mistake(
                lambda share_real, share_forged: 1 - _real(share_real, share_forged),
                "This is the probability of “forged”: mind the sign in the exponential.",
            ),
        ),
        (
            "Step 1: the share among the real, divided by the share among the forged.",
            "Step 2: its logarithm, `np.log(odds)`.",
            "Step 3: `1 / (1 + np.exp(-log_of))`.",
        ),
        """
import numpy as np


def answer(share_real, share_forged):
    odds = share_real / share_forged  # 1. how many times as often among the real
    log_of = np.log(odds)  # 2. the log odds
    return 1 / (1 + np.exp(-log_of))  # 3. the probability
""",
        inputs=((0.5, 0.2), (0.1, 0.3), (0.25, 0.2)),
    ),
    Exercise(
        "5.6-sorted",
        (1 + 0 + 3 + 2) / 4,
        (
            Mistake((7 + 1 + 3 + 7) / 4, "Sort both lists first: the shortest way carries the first to the first."),
            Mistake(6.0, "This is the sum of the ways. Divide it by how many there are."),
            Mistake(1.0, "This is the difference of the two means. Ways to the left and to the right do not cancel."),
        ),
        (
            "Sorted, the forged are 1, 2, 2, 7.",
            "The ways are 1, 0, 3 and 2.",
        ),
        """
answer = (1 + 0 + 3 + 2) / 4
""",
    ),
    Question(
        "5.6-recall-copier",
        "Which of these numbers tells a model that has learnt a law from one that repeats its 3000 pictures?",
        (
            Choice(
                "novelty",
                "A copier has no new valid picture at all, and the exact sampler has 12 %.",
                "The share of new pictures among the valid ones",
            ),
            Choice(
                "valid",
                "All copies are valid: see [People](#people).",
                "The share of valid pictures",
            ),
            Choice(
                "coverage",
                "3000 people have most of the law's probability, so a copier covers more than most models: see "
                "[People](#people).",
                "The coverage",
            ),
        ),
        recall=True,
    ),
    Question(
        "5.6-recall-bayes",
        "A detective knows both laws of the coins, and uses Bayes' rule. Another one is a network that was trained on "
        "very many labelled coins. What do their log odds have to do with one another?",
        (
            Choice(
                "equal",
                "Both come to the difference of the log probabilities. The first is a generative classifier, the "
                "second a discriminative one.",
                "They come to be the same",
            ),
            Choice(
                "more",
                "No classifier can do better than Bayes' rule: see [The best detective](#the-best-detective).",
                "The network's are better, since it saw the coins",
            ),
            Choice(
                "nothing",
                "The loss is least at the true probability of the label: see "
                "[The best detective](#the-best-detective).",
                "Nothing: a network may give any number",
            ),
        ),
        recall=True,
    ),
)
