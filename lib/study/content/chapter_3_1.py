"""To study in chapter 3.1."""

import math

import numpy as np

from lib import scores
from lib.data import outfits
from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_tables = [(np.array([3, 1, 0, 0]), 1.0), (np.array([5, 0, 2]), 0.5), (np.array([[4, 0, 1], [0, 7, 2]]), 0.1)]
_d = math.prod(outfits.sizes)
_entropy = float(scores.entropy(outfits.stylist.log_probs))  # nats


def _smooth(n: np.ndarray, alpha: float) -> np.ndarray:
    return (n + alpha) / (n.sum() + alpha * n.size)


ITEMS = (
    Prediction(
        "3.1-new",
        "We draw ten outfits from the model. How many of them will be new?",
        Scale(0, 10, 1, " of 10"),
        "“Some” is tempting: one draws at random, after all. But one draws from a list, and only the fifty are on it "
        "with a probability above 0.",
    ),
    Prediction(
        "3.1-share",
        "At α = 1, Laplace's choice: what share of the draws is new?",
        Scale(0, 100, 1, " %"),
        "Adding 1 sounds like little. But it is added 4032 times, and the real people are fifty: (4032 − 47) / 4082 of "
        "the draws are new. Which α makes half of them new? Find it with the slider below.",
    ),
    Prediction(
        "3.1-saved",
        f"A model with no idea pays {math.log(_d) - _entropy:.2f} nats. After 50 people, what share of these nats "
        "has the *best* table saved?",
        Scale(0, 100, 1, " %"),
        "Many people say half or more. But fifty people show at most 50 of 4032 cells. And this is at the best α that "
        "there is, with a lucky crowd, as we shall see.",
    ),
    Question(
        "3.1-zero",
        "“0 or one in a thousand million, what is the difference?” The 51st visitor comes in blue. What happens to the "
        "mean surprise of the 51?",
        (
            Choice(
                (False, True),
                "A zero is not a small number: −log 0 is infinite, and an average with it is infinite too. See "
                "[What it can make](#what-it-can-make).",
                "In both cases it rises by less than half a nat",
            ),
            Choice(
                (True, True),
                f"−log of 10⁻⁹ is {-math.log(1e-9):.1f} nats. The mean of 51 rises by "
                f"({-math.log(1e-9):.1f} − 3.8)/51 = {(-math.log(1e-9) - 3.8) / 51:.2f}. An infinite number stays "
                f"infinite, however many people share it. (3.8 is the mean of the fifty.)",
                "With 0 it is infinite; with 10⁻⁹ it rises by less than half a nat",
            ),
            Choice(
                (True, False),
                f"A tiny probability makes a large surprise, but a finite one: {-math.log(1e-9):.0f} nats, shared by "
                f"51 people. Only 0 has an infinite surprise. See [What it can make](#what-it-can-make).",
                "With 0 it is infinite; with 10⁻⁹ it rises by many nats",
            ),
        ),
    ),
    Question(
        "3.1-novel",
        "Fit the table to 50 people of the stylist. At α = 100 practically every draw is new. How good is that model?",
        (
            Choice(
                "best",
                "Novelty is not quality. Almost every outfit is new, so nonsense is new too; look where α = 100 lies "
                "in [the figure of KL](#the-exact-score).",
                "The best: what we want is new outfits",
            ),
            Choice(
                "some",
                "Look at the right end of its curve: it has almost reached the dotted line of the model that knows "
                "nothing. See [The exact score](#the-exact-score).",
                "Clearly better than no idea, though not the best",
            ),
            Choice(
                "nothing",
                "Novelty is not quality. It makes new outfits because it has forgotten the people.",
                "Hardly better than no idea at all",
            ),
        ),
    ),
    Question(
        "3.1-smoothing",
        "The table for 50 people of the stylist has a KL above 1 nat. What brings it below 1?",
        (
            Choice(
                (True, False),
                "Smoothing does not add data: α slides you along *one* curve, whose lowest point is above 1. See "
                "[“Smoothing adds data”](#smoothing-adds-data).",
                "A better α",
            ),
            Choice(
                (True, True),
                "One of them does. Smoothing does not add data; compare the lowest points of the curves for 50 and for "
                "500 in [the figure](#the-exact-score).",
                "Either a better α or 450 more people",
            ),
            Choice((False, True), "Only people add data. Each α has its point on the one curve.", "450 more people"),
            Choice(
                (False, False),
                "Look at the lowest point of the curve for 500 people in [the figure](#the-exact-score).",
                "Neither",
            ),
        ),
    ),
    Question(
        "3.1-typical",
        "A coin shows heads 9 times in 10. You throw it fifty times. What will you typically see?",
        (
            Choice(
                0,
                "That is the most probable *list*, but one among very many. The most probable is not the typical: see "
                "[the favourite outfit](#the-most-probable-outfit-is-what-people-typically-wear).",
                "fifty heads",
            ),
            Choice(
                5,
                f"Each list with five tails is rarer than fifty heads, but there are {math.comb(50, 5):,} of them.",
                "about five tails",
            ),
            Choice(
                25,
                "That would be typical of a fair coin. This one shows tails once in ten, and its law decides what is "
                "typical: see [the favourite outfit](#the-most-probable-outfit-is-what-people-typically-wear).",
                "about 25 tails",
            ),
        ),
    ),
    Number(
        "3.1-double",
        "A model doubles its cells without need: each outfit comes left-handed or right-handed, and both are equally "
        "likely. How many times as large is its loss, for the same large N?",
        f"From {_d - 1} to {2 * _d - 1} free parameters: it must learn the same thing twice. More parameters are not "
        f"more knowledge.",
        (
            Mistake(
                1,
                "The law is no harder, but the model does not know that: it must learn each half by itself. See "
                "[How slowly it learns](#how-slowly-it-learns).",
            ),
            Mistake(
                0.5,
                "More parameters are not more knowledge: each of them costs. See "
                "[How slowly it learns](#how-slowly-it-learns).",
            ),
            Mistake(
                4,
                "The loss grows like the number of free parameters, and not like its square. See "
                "[How slowly it learns](#how-slowly-it-learns).",
            ),
        ),
        "For large N the loss is (d − 1)/(2N). See [How slowly it learns](#how-slowly-it-learns).",
    ),
    Number(
        "3.1-recall-bits",
        f"The stylist's law has an entropy of {_entropy:.2f} nats. How many bits are that?",
        "A bit is 0.693 nats, so there are more bits than nats.",
        (
            Mistake(
                _entropy,
                "Nats are not bits. A bit is 0.693 nats: see [Why logarithms](0_tools.ipynb#why-logarithms).",
            ),
            Mistake(
                _entropy * math.log(2),
                "You multiplied by log 2. A bit is smaller than a nat, so divide: see "
                "[Why logarithms](0_tools.ipynb#why-logarithms).",
            ),
            Mistake(
                math.exp(_entropy),
                "This is the perplexity, among how many the choice would be as uncertain. See "
                "[Entropy](0_tools.ipynb#entropy-how-uncertain-a-law-is).",
            ),
        ),
        "Divide by log 2: see [Why logarithms](0_tools.ipynb#why-logarithms).",
        recall=True,
    ),
    Question(
        "3.1-recall-direction",
        "KL(truth‖memoriser) is infinite. And KL(memoriser‖truth)?",
        (
            Choice("finite", "All that the memoriser makes, the truth allows. That is why its samples look flawless."),
            Choice(
                "infinite",
                "KL has a direction. Here the memoriser stands first, and all that *it* can do the truth allows: see "
                "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
            ),
            Choice(
                "zero",
                "It is zero only where the two laws are the same: see "
                "[What a wrong model costs](0_tools.ipynb#kl-what-a-wrong-model-costs).",
            ),
        ),
        recall=True,
    ),
    Exercise(
        "3.1-theta",
        _smooth,
        (
            Mistake(
                lambda n, alpha: (n + alpha) / (n.sum() + alpha),
                "Alpha was added to the total once, not once for each cell: the probabilities sum to more than 1.",
            ),
            Mistake(
                lambda n, alpha: (n + alpha) / (n.sum() + alpha * len(n)),
                "`len` counts the rows. Every cell gets its alpha, and `n.size` counts the cells.",
            ),
            Mistake(
                lambda n, alpha: n / n.sum() + alpha,
                "You smoothed after dividing: alpha is a number of *people*, so it is added to the counts, before.",
            ),
            Mistake(
                lambda n, alpha: (n / n.sum() + alpha) / (1 + alpha * n.size),
                "You smoothed after dividing. It sums to 1, but alpha now counts in whole crowds: each cell got N "
                "times as much as it should.",
            ),
            Mistake(
                lambda n, alpha: (n + alpha) / n.sum(),
                "The pretended people are missing in the total: divide by the sum of what you have *after* adding "
                "alpha.",
            ),
            Mistake(
                lambda n, alpha: (n + alpha * (n > 0)) / (n.sum() + alpha * (n > 0).sum()),
                "Only what was seen got its alpha. Every cell gets it, and those that were never seen need it most.",
            ),
            Mistake(
                lambda n, _alpha: (n + 1) / (n.sum() + n.size),
                "This is Laplace's rule, with 1 in place of alpha.",
            ),
            Mistake(lambda n, _alpha: n / n.sum(), "This is maximum likelihood: alpha is not used, and zeros remain."),
            Mistake(
                lambda n, alpha: (n + alpha) / (n + alpha).sum(axis=-1, keepdims=True),
                "You normalised over the wrong axis: each row sums to 1. The whole table should.",
            ),
        ),
        (
            "Step 1: the worked problem adds 1 to each count. Here it is `alpha`.",
            "Step 2: the total is the sum of what step 1 gave, so that the result sums to 1.",
            "Step 3: counts divided by their total are shares.",
        ),
        """
def answer(n, alpha):
    more = n + alpha  # 1. alpha more in each cell
    total = more.sum()  # 2. people, real and pretended
    return more / total  # 3. shares
""",
        inputs=tuple(_tables),
    ),
    Exercise(
        "3.1-pair",
        [(n + 0.1) / (50 + 0.1 * _d) for n in (2, 0)],
        (
            Mistake(
                [(n + 0.1) / (50 + 0.1) for n in (2, 0)],
                "Alpha was added to the total once, not once for each of the 4032 cells.",
            ),
            Mistake(
                [(n + 0.1) / (50 + 0.1 * 5) for n in (2, 0)],
                "You took d for the number of features, as the article does. It is the number of cells, 4032.",
            ),
            Mistake([(n + 1) / (50 + _d) for n in (2, 0)], "This is at alpha = 1. The exercise asks for 0.1."),
            Mistake(
                [n / 50 + 0.1 for n in (2, 0)],
                "You smoothed after dividing. Add alpha to the count, and then divide by the new total.",
            ),
            Mistake([2 / 50, 0], "This is maximum likelihood, without any smoothing."),
            Mistake([(n + 0.1) / (50 + 0.1 * _d) for n in (0, 2)], "You have the blue one first. Swap the two."),
        ),
        (
            "The numerator is the count of the outfit plus alpha: 2.1 and 0.1.",
            "The denominator is 50 real people and 0.1 for each of 4032 cells.",
        ),
        """
import numpy as np
from lib import Categorical
from lib import scores
from lib.data import outfits

rest = "ShirtScoopNeck", "Red", "LongHairStraight"
pair = [outfits.encode("Round", colour, *rest) for colour in ("White", "Blue01")]
model = Categorical.fit(outfits.fifty, outfits.sizes, alpha=0.1)
answer = np.exp(model.log_prob(np.array(pair)))
""",
    ),
    Exercise(
        "3.1-coin",
        (3 + 1) / (3 + 2),
        (
            Mistake(
                1.0,
                "After three throws nobody should be certain. Is it maximum likelihood, 3/3? Or was one added to the "
                "total once, not once for each side?",
            ),
            Mistake(3 / (3 + 2), "The total is right, and the heads have not got their own extra one."),
            Mistake(1 / 2, "That is the coin before you saw it. Three heads should have taught you something."),
            Mistake((0 + 1) / (3 + 2), "This is the probability of tails."),
        ),
        ("Here d = 2: heads and tails.", "Heads were seen 3 times in 3 throws; each side gets one more."),
        "answer = (3 + 1) / (3 + 2)",
    ),
)
