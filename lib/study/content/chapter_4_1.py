"""To study in chapter 4.1."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_SHIRTS = ((np.array([0.6, 0.4]), 3), (np.array([0.5, 0.25, 0.25]), 2), (np.full(8, 1 / 8), 4))

ITEMS = (
    Prediction(
        "4.1-ghosts",
        "You draw ten pictures from it. What do you expect to see?",
        {
            "people": "ten people, in new combinations of clothes",
            "blur": "ten times nearly the same blurred average",
            "specks": "ten heads made of coloured specks, all alike",
        },
        "With clothes it combined features into new people, so “people” tempts. But here a feature is one number of "
        "one pixel. And a draw is no average: each number is one that somebody really has.",
    ),
    Question(
        "4.1-why",
        "You have moved both sliders. What would turn these pictures into people?",
        (
            Choice(
                "people",
                "A hundred times as many people made the margins better, and the specks are as many as before. Nothing "
                "that is learnt about single pixels says how two of them go together: see "
                "[One assumption](3_2_naive_bayes.ipynb#one-assumption).",
                "Many more people to learn from",
            ),
            Choice(
                "alpha",
                "A smaller α cleans up the background, where all people agree. Where they differ, the specks stay: see "
                "[Naive Bayes, three thousand times](#naive-bayes-three-thousand-times).",
                "A still smaller α",
            ),
            Choice(
                "together",
                "Every number is right on its own. What is missing is which numbers go together, and naive Bayes "
                "cannot say it.",
                "Pixels that are drawn together",
            ),
        ),
    ),
    Prediction(
        "4.1-bits",
        "How often does naive Bayes draw exactly one of the 3552 real pictures?",
        {
            "million": "about once in a million draws",
            "atoms": "about once in 10⁸⁰ draws, as many as there are atoms in the universe",
            "rarer": "far more rarely than that",
        },
        "3552 chances seem to be many. But every bit of surprise halves a probability, and here there are thousands of "
        "bits.",
    ),
    Prediction(
        "4.1-small",
        "4 × 4 pixels, black and white: there are 65,536 pictures, and people show 30 of them. What share of the draws "
        "of naive Bayes are people?",
        Scale(0, 100, 1, " %"),
        "30 of 65,536 is next to nothing, and the specks were ugly. But at this size most pixels are nearly always "
        "white, and few are left that could disagree.",
    ),
    Prediction(
        "4.1-lines",
        "The tree joins the pixels that tell most about each other, and where several tell equally much, one that "
        "touches. How many of its lines, among pixels that change, join two pixels that touch?",
        Scale(0, 100, 1, " %"),
        "Neighbours are alike, so “nearly all” tempts. But at the edge of a shape the next pixel belongs to something "
        "else, and a pixel of the same shape at the other side tells more.",
    ),
    Exercise(
        "4.1-shirt",
        lambda theta, pixels: -np.log2((theta**pixels).sum()),
        (
            Mistake(
                lambda theta, pixels: (theta**pixels).sum(),
                "This is the probability. Its surprise in bits is −log₂ of it.",
            ),
            Mistake(
                lambda theta, pixels: np.log2((theta**pixels).sum()),
                "The sign: a probability below 1 has a surprise above 0.",
            ),
            Mistake(
                lambda theta, pixels: -np.log((theta**pixels).sum()),
                "This is in nats. For bits take the logarithm to the base 2.",
            ),
            Mistake(
                lambda theta, pixels: -np.log2(theta.max() ** pixels),
                "You took the most frequent colour only. Any colour will do, as long as all pixels have it: add up.",
            ),
        ),
        (
            "Step 1: `theta**pixels` has the probability of each colour in all pixels.",
            "Step 2: one colour or another: add them up.",
            "Step 3: the truth has surprise 0; the model −log₂ of this sum.",
        ),
        """
import numpy as np


def answer(theta, pixels):
    all_one = theta**pixels  # 1. each colour, in all pixels
    one_colour = all_one.sum()  # 2. one or the other
    return -np.log2(one_colour)  # 3. beside the truth
""",
        inputs=_SHIRTS,
    ),
    Exercise(
        "4.1-price",
        99 * 3.0,
        (
            Mistake(300.0, "This is what independent pixels need: 3 bits each. The law needs some too: subtract them."),
            Mistake(99 * np.log(8), "This is in nats. The question asks for bits."),
            Mistake(3.0, "This is what the law needs: 3 bits for the colour. What do independent pixels need?"),
            Mistake(700.0, "You counted free parameters. The price is in bits for each picture."),
        ),
        (
            "The law chooses one of 8 colours: log₂ 8 bits. It needs no more.",
            "Independent pixels choose a colour each. The total correlation is the difference.",
        ),
        "answer = 100 * 3 - 3",
    ),
    Exercise(
        "4.1-parameters",
        7 + 1023 * 8 * 7,
        (
            Mistake(1024 * 8 * 8, "These are all numbers. In each table of 8 they sum to 1, so 7 of 8 are free."),
            Mistake(1024 * 8 * 7, "The root looks at nobody: it has one table, not eight."),
            Mistake(1023 * 8 * 7, "The root is missing. It has a table too, with 7 free numbers."),
            Mistake(1024 * 7, "This is naive Bayes. A pixel with a parent has a table for each level of the parent."),
            Mistake(1023 * 7 * 7, "A parent has 8 levels, and none of its 8 tables follows from the others."),
            Mistake(1024 * 1023 // 2 * 64, "These are the tables of *all* pairs, which were counted to find the tree."),
        ),
        (
            "A table of 8 probabilities has 7 free ones.",
            "The root has one table. Each of the other 1023 pixels has 8.",
        ),
        "answer = 7 + 1023 * 8 * 7",
    ),
    Number(
        "4.1-recall-alpha",
        "Naive Bayes learns a number with 256 values from 20 people, with α = 0.5. Which share of the draws of this "
        "number comes from the pseudo-counts?",
        "128 pretended people against 20 real ones. This is chapter 3.1 again: what is right for few cells drowns the "
        "data where there are many.",
        (
            Mistake(
                0.5 / 20.5,
                "α was added once in all, not once for each value: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                20 / 148,
                "This is the share of the real people. The rest comes from the pseudo-counts: see "
                "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
            ),
            Mistake(
                1536 / (20 + 1536),
                "Each number has a table of its own, of 256 values: see "
                "[Zeros remain](3_2_naive_bayes.ipynb#zeros-remain).",
            ),
        ),
        "256 · 0.5 pretended people join the 20: see "
        "[Laplace smoothing](3_1_the_simplest_model.ipynb#laplace-smoothing).",
        recall=True,
    ),
    Question(
        "4.1-recall-floor",
        "Chapter 3.2: naive Bayes on five features, and a million people of the stylist. Its KL is …",
        (
            Choice(
                "vanishes",
                "Parameters are learnt better and better. What it cannot say stays: see "
                "[What it costs, exactly](3_2_naive_bayes.ipynb#what-it-costs-exactly).",
                "next to 0",
            ),
            Choice(
                "stays",
                "The total correlation of the law, about half a nat. It is a property of the law, and no data lower "
                "it. With pixels it is the same, only thousands of times larger.",
                "half a nat",
            ),
        ),
        recall=True,
    ),
)
