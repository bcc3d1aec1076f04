"""To study in chapter 3.2."""

import math

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_tables = [np.array([[3, 1], [2, 2], [0, 4]]) / 12, np.array([[1, 2, 3, 4], [4, 3, 1, 2]]) / 20]


def _product(joint: np.ndarray) -> np.ndarray:
    return np.outer(joint.sum(axis=1), joint.sum(axis=0))


# Black clothes, never seen among 50, and the most frequent value of each other feature: counts and numbers of values.
_n, _d = np.array([22, 0, 19, 24, 23]), np.array([3, 8, 4, 6, 7])

ITEMS = (
    Prediction(
        "3.2-copies",
        "Draws from the smoothed table looked like chaos, and those from the memoriser were all copies. Of ten draws "
        "from naive Bayes, how many are copies of one of the fifty?",
        Scale(0, 10, 1, " of 10"),
        "If you think of the memoriser, you say many. But naive Bayes combines the seen values in new ways. A draw is "
        "a copy with probability 11 %, so one of ten is usual; three or more come about once in eleven times.",
    ),
    Prediction(
        "3.2-new",
        "How does the share of new outfits change as α grows from 0.01 to 1?",
        {"much": "it grows much, as it did for the table", "little": "it hardly changes"},
        "Without α the table makes nothing new. Naive Bayes makes new outfits without any α, "
        "since it combines the values in new ways.",
    ),
    Prediction(
        "3.2-alpha",
        "Someone takes α = 10 for every crowd. Which model suffers more?",
        {"table": "the table", "naive": "naive Bayes"},
        "It is the same α, so one may think that both suffer alike. But α is added to each number of a model, and the "
        "table has 4032 of them.",
    ),
    Prediction(
        "3.2-cross",
        "The table of chapter 3.1 and naive Bayes, each at its best α: which is nearer to the stylist's law, and when?",
        {  # whether naive Bayes is ahead with few people, and with many
            (True, True): "naive Bayes, however many people",
            (False, False): "the table, however many people",
            (True, False): "naive Bayes with few people, the table with many",
            (False, True): "the table with few people, naive Bayes with many",
        },
        "“The table” tempts, since it assumes nothing. But it has 4031 things to learn, and with few people it has "
        "learnt none of them well.",
    ),
    Question(
        "3.2-assumption",
        "A million people of the stylist are fitted by naive Bayes. In the *fitted* model, hair colour and hair type "
        "have a mutual information of 0. What does that show?",
        (
            Choice(
                "assumed",
                "Independence is an assumption, not a finding. The law itself has a mutual information above 0.",
                "Nothing: it was put in",
            ),
            Choice(
                "found",
                "It would be 0 with any data: independence went in as an assumption, and cannot come out as a "
                "finding. In the stylist's law the two do depend on each other. See [One assumption](#one-assumption).",
                "In the stylist's law the two are independent",
            ),
            Choice(
                "learnt",
                "More people do not help: naive Bayes cannot say that two features depend on each other. See "
                "[What it costs, exactly](#what-it-costs-exactly).",
                "That a million people are too few",
            ),
        ),
    ),
    Question(
        "3.2-parameters",
        "At 500 people, by what does each model lose most?",
        (
            Choice(
                ("cannot say", "learnt badly"),
                "It is the other way round. The table has a cell for everything and can say all; naive Bayes has 23 "
                "numbers, learns them fast, and cannot say more. See [Which model wins?](#which-model-wins)",
                "The table by what it cannot say, naive Bayes by what it learnt badly",
            ),
            Choice(
                ("learnt badly", "learnt badly"),
                "23 numbers are learnt well from 500 people. Look at the two parts of its error in "
                "[What it costs, exactly](#what-it-costs-exactly).",
                "Both by what they learnt badly",
            ),
            Choice(
                ("learnt badly", "cannot say"),
                "More parameters are not more knowledge: 4031 of them are learnt badly from 500 people. And 23 cannot "
                "say everything.",
                "The table by what it learnt badly, naive Bayes by what it cannot say",
            ),
        ),
    ),
    Number(
        "3.2-bias",
        "A friend measures the mutual information of two features with 10 values each on 60 people, finds 0.6 nats, "
        "and concludes that they depend on each other. How many nats would chance alone make, by the rule above?",
        "So 0.6 nats are no finding. “Shuffle one of the columns and measure again” is the right answer to your "
        "friend.",
        (
            Mistake(
                100 / 120,
                "You took all 100 cells. The rule has (d₁ − 1)(d₂ − 1), since the margins are given: see "
                "[What real dependence looks like](#what-real-dependence-looks-like).",
            ),
            Mistake(
                81 / 60,
                "The 2 of 2N is missing: see [What real dependence looks like](#what-real-dependence-looks-like).",
            ),
            Mistake(
                0,
                "Independent features have 0 in their *law*. Counted shares come out above it, always on one side: see "
                "[What real dependence looks like](#what-real-dependence-looks-like).",
            ),
        ),
        "The rule is (d₁ − 1)(d₂ − 1)/(2N): see [What real dependence looks like](#what-real-dependence-looks-like).",
    ),
    Number(
        "3.2-recall-people",
        "Chapter 3.1: Laplace smoothing of the *table*. How many people are there in all, real and pretended?",
        "Fifty of them are real, against 4032 that were added. Naive Bayes pretends only a few for each feature.",
        (
            Mistake(
                50 + 1,
                "One was added to the total once, not once for each cell: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                50 + 5,
                "You took d for the number of features. It is the number of cells: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                50 + 28,
                "28 are the values of all features, as in naive Bayes. The table has a cell for each combination: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                4032,
                "These are the pretended ones. The fifty are there too: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
        ),
        "Each of 4032 cells got one pretended person: see "
        "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
        tolerance=0,
        recall=True,
    ),
    Question(
        "3.2-recall-zero",
        "Someone with a hair bun walks by, and is dressed in the most frequent way otherwise. What is the surprise of "
        "naive Bayes *without* smoothing?",
        (
            Choice(
                "small",
                "A zero is not a small number. One factor 0 makes the product 0, whatever the others are: see "
                "[Zeros remain](#zeros-remain).",
                "Small: four of the five features are the most frequent",
            ),
            Choice(
                "large",
                "Chapter 3.1 had the same zero: −log 0 is beyond all numbers. See "
                "[What it can make](3_1_the_simplest_model.ipynb#what-it-can-make).",
                "Large, and finite",
            ),
            Choice("infinite", "One factor 0 makes the product 0, and −log 0 is infinite.", "Infinite"),
        ),
        recall=True,
    ),
    Exercise(
        "3.2-independent",
        _product,
        (
            Mistake(
                lambda joint: joint, "You returned what came in. Independence replaces it by a product of margins."
            ),
            Mistake(
                lambda joint: np.outer(joint.sum(axis=0), joint.sum(axis=1)),
                "You summed over the wrong axis: the table came out with rows and columns swapped.",
            ),
            Mistake(
                lambda joint: joint.sum(axis=1)[:, None] + joint.sum(axis=0),
                "You added the margins. Independence multiplies.",
            ),
            Mistake(
                lambda joint: np.outer(joint.mean(axis=1), joint.mean(axis=0)),
                "These are means. A margin is a *sum* over the other feature, and the table no longer sums to 1.",
            ),
            Mistake(
                lambda joint: np.full(joint.shape, 1 / joint.size),
                "This table is uniform. Independent features keep their margins, which need not be even.",
            ),
        ),
        (
            "Step 1: for the margin of the rows sum over the columns, which are axis 1.",
            "Step 2: for the margin of the columns sum over axis 0.",
            "Step 3: `np.outer(a, b)` has a[i] · b[j] in row i and column j.",
        ),
        """
def answer(joint):
    row_margin = joint.sum(axis=1)  # 1. the margin of the rows
    column_margin = joint.sum(axis=0)  # 2. the margin of the columns
    return np.outer(row_margin, column_margin)  # 3. all products, in the shape of joint
""",
        inputs=tuple((table,) for table in _tables),
    ),
    Exercise(
        "3.2-black",
        np.prod((_n + 1) / (50 + _d)),
        (
            Mistake(0.0, "A zero remains: this is without smoothing. At alpha = 1 black is one of 58."),
            Mistake(
                np.prod((_n + 1) / 51),
                "Alpha was added to the total once, not once for each value: each feature has its own N + α d.",
            ),
            Mistake(
                np.prod((_n + 1) / (50 + 4032)),
                "You added 4032 to each total. Each feature has a table of its own, with its own number of values.",
            ),
            Mistake(
                np.prod((_n + 1) / (50 + 28)),
                "You added 28, the values of all features. Each feature has its own: 3, 8, 4, 6, 7.",
            ),
            Mistake(1 / 4082, "This is the table of chapter 3.1. Naive Bayes multiplies five margins."),
            Mistake(
                np.prod(((_n + 1) / (50 + _d))[[0, 2, 3, 4]]),
                "The factor of black clothes is missing. It was never seen, and counts 1 of 58.",
            ),
        ),
        (
            "Each factor is (count + 1) / (50 + number of values). Black was never seen: 1/58.",
            "The others are the highest bars of chapter 3: counts of 22, 19, 24 and 23, of features with 3, 4, 6 and 7 "
            "values.",
            "Or fit `NaiveBayes` with `alpha=1.0`, and take `np.exp` of `log_prob(person)`.",
        ),
        """
import numpy as np
from lib import NaiveBayes
from lib.data import outfits

model = NaiveBayes.fit(outfits.fifty, outfits.sizes, alpha=1.0)
person = outfits.encode("Round", "Black", "ShirtScoopNeck", "SilverGray", "LongHairStraight")
answer = np.exp(model.log_prob(np.array(person)))
""",
    ),
    Exercise(
        "3.2-tree",
        (3 - 1) + 3 * (8 - 1) + 7 * (4 - 1) + 6 * (7 - 1) + 8 * (6 - 1),
        (
            Mistake(
                3 + 3 * 8 + 7 * 4 + 6 * 7 + 8 * 6,
                "These are all numbers. In each row they sum to 1, so that one of each row is not free.",
            ),
            Mistake(
                3 * 7 + 7 * 3 + 6 * 6 + 8 * 5,
                "The root is missing: it has a table of its own, with 3 − 1 free numbers.",
            ),
            Mistake(
                (3 - 1) + (8 - 1) + (4 - 1) + (6 - 1) + (7 - 1),
                "This is naive Bayes. A feature with a parent has a table for *each value of the parent*.",
            ),
            Mistake(
                (3 - 1) + (3 - 1) * (8 - 1) + (7 - 1) * (4 - 1) + (6 - 1) * (7 - 1) + (8 - 1) * (6 - 1),
                "You took one off the parents as well. Each value of a parent has its own row: none follows from the "
                "others.",
            ),
        ),
        (
            "The root has d − 1 free numbers.",
            "A feature with d values whose parent has u values has u rows, with d − 1 free numbers each.",
        ),
        "answer = (3 - 1) + 3 * (8 - 1) + 7 * (4 - 1) + 6 * (7 - 1) + 8 * (6 - 1)",
    ),
    Exercise(
        "3.2-coins",
        math.log(2),
        (
            Mistake(1.0, "This is in bits. The exercise asks for nats: one bit is log 2 of them."),
            Mistake(
                0.0,
                "That is what each *pair* says, and what a tree of pairs would find. Look at all three together.",
            ),
            Mistake(math.log(4), "This is the entropy of the three together. Independent ones would have log 8."),
            Mistake(
                3 * math.log(2), "This is the entropy that three independent coins would have. Subtract the real one."
            ),
        ),
        (
            "Each coin alone is fair, so independence would give 1/8 to each of 8 outcomes.",
            "Really 4 outcomes have 1/4 each. So the ratio in the definition is 2 in each of them.",
        ),
        """
import math

answer = math.log((1 / 4) / (1 / 8))
""",
    ),
)
