"""To study in the summary."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Prediction, Question


def _rank(scores: np.ndarray, model: int) -> float:
    return float(((scores > scores[model]).sum(axis=0) + 1).mean())


ITEMS = (
    Prediction(
        "summary-best",
        "Which of these has the largest share of valid pictures?",
        {"diffusion": "diffusion", "KDE": "the KDE, on 48 numbers", "GAN": "the GAN"},
        "Diffusion tempts, since it is the best by many scores, and the GAN, since its detective asks for valid "
        "pictures. But the easiest way to a valid picture is to copy one.",
    ),
    Prediction(
        "summary-frechet",
        "Which of these is among the best two by the Fréchet distance?",
        {
            "diffusion": "diffusion, which has the lowest TV",
            "Gaussian": "a Gaussian, none of whose pictures is a person",
            "GAN": "the GAN, since papers on GANs report it",
        },
        "“Diffusion” tempts, since it comes nearest to the law. But this distance sees means and covariances alone, "
        "and these are just what a Gaussian is fitted to.",
    ),
    Exercise(
        "summary-rank",
        _rank,
        (
            Mistake(
                lambda scores, model: _rank(scores, model) - 1,
                "You counted those that are better. The rank is one more: the best has rank 1.",
            ),
            Mistake(
                lambda scores, model: _rank(-scores, model),
                "You ranked from the bottom. More is better here, so count those that have more.",
            ),
            Mistake(
                lambda scores, model: float(((scores > scores[model]).sum(axis=0) + 1).sum()),
                "This is the sum of the ranks. Take their mean over the columns.",
            ),
            Mistake(
                lambda scores, model: float((scores >= scores[model]).sum(axis=0).mean() + 1),
                "A model is not better than itself: use > in place of ≥.",
            ),
        ),
        (
            "Step 1: compare all rows with that of the model, `scores[model]`.",
            "Step 2: in each column, how many are better, plus one: `better.sum(axis=0) + 1`.",
            "Step 3: the mean over the columns, `rank.mean()`.",
        ),
        """
def answer(scores, model):
    better = scores > scores[model]  # 1. who is better
    rank = better.sum(axis=0) + 1  # 2. the rank in each column
    return rank.mean()  # 3. the mean over the columns, one or more
""",
        inputs=(
            (np.array([[0.9, 0.1, 0.3], [0.5, 0.8, 0.2], [0.7, 0.4, 0.9], [0.6, 0.6, 0.1]]), 1),
            (np.array([[0.9, 0.2], [0.5, 0.1], [0.7, 0.3], [0.2, 0.4]]), 2),
            (np.array([[0.3, 0.9, 0.8], [0.5, 0.8, 0.9], [0.1, 0.7, 0.2], [0.2, 0.95, 0.4]]), 0),
        ),
    ),
    Exercise(
        "summary-new",
        200,
        (
            Mistake(250, "2.5 % of all draws. But only the valid ones can be new people: 8000 of them."),
            Mistake(8000, "These are the valid ones. 2.5 % of them are new."),
            Mistake(20_000, "A percentage is a hundredth: 2.5 % is 0.025."),
        ),
        ("0.8 · 10,000 are valid.", "`10_000 * 0.8 * 0.025`"),
        """
answer = round(10_000 * 0.8 * 0.025)
""",
    ),
    Question(
        "summary-recall-memoriser",
        "A stranger shows you a model of pictures with a validity of 1, a coverage of 0.88 and a small Fréchet "
        "distance. What do you ask for?",
        (
            Choice(
                "novelty",
                "The memoriser of 3000 people has such scores, and a novelty of 0.",
                "The share of new pictures among the valid ones",
            ),
            Choice(
                "TV",
                "The memoriser's TV is lower than that of most models: see [People](#people).",
                "The total variation",
            ),
            Choice(
                "more",
                "The memoriser would pass with any number of draws: see [People](#people).",
                "The same scores, from more draws",
            ),
        ),
        recall=True,
    ),
    Question(
        "summary-recall-zero",
        "Why is KL(law ‖ memoriser) infinite?",
        (
            Choice(
                "zero",
                "The law makes things that the memoriser never saw, and to these it gives the probability 0. One of "
                "them is enough.",
                "It gives the probability 0 to something that can happen",
            ),
            Choice(
                "few",
                "A thousand times as many data leave it infinite, as long as anything is missing: see "
                "[The other two grounds](#the-other-two-grounds).",
                "It has too few data",
            ),
            Choice(
                "copies",
                "Copies cost nothing by themselves. What costs is what is missing: see "
                "[The other two grounds](#the-other-two-grounds).",
                "It draws copies",
            ),
        ),
        recall=True,
    ),
)
