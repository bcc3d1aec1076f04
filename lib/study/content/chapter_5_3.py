"""To study in chapter 5.3."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale


def _log_mean(log_w: np.ndarray) -> float:
    top = log_w.max()
    return float(top + np.log(np.exp(log_w - top).mean()))


ITEMS = (
    Prediction(
        "5.3-meet",
        "You may choose the probability of rain in the guess. At which one is the bound highest?",
        Scale(0, 100, 1, " %"),
        "It tempts to say 50 %, which is how often it rains. But you have seen an umbrella. Of p(x) = 0.5, a part of "
        "0.4 comes with rain, and with 80 % both weights are equal: 0.4 / 0.8 = 0.1 / 0.2 = 0.5.",
    ),
    Prediction(
        "5.3-collapse",
        "The points spread by 80° from west to east, and by 40° from south to north. The noise is 50°. How many of its "
        "two latent numbers does the encoder still use?",
        {"none": "none of them", "one": "one", "both": "both"},
        "“Both” tempts, since a point has two numbers and the encoder is free to tell both. But to tell costs nats. "
        "Under a noise of 50° it hardly helps to know where in a spread of 40° a point lies.",
    ),
    Prediction(
        "5.3-prior",
        "Which draws will be valid pictures more often?",
        {
            "prior": "those from the prior",
            "same": "both equally often, within 10 of 100",
            "mixture": "those from the mixture",
        },
        "The training pulled each guess towards the prior, so it tempts to think that all guesses together fill it. "
        "They do not: between them are places that the decoder has never seen.",
    ),
    Question(
        "5.3-better",
        "On the same held-out points, a VAE has a mean bound of −10.2 nats. Another model has an exact mean log "
        "density of −10.3. Which is the better model of these points?",
        (
            Choice(
                "vae",
                "Its log density is at least its bound, so it is at least −10.2. Had the bound been −10.4, nobody "
                "could say.",
                "The VAE, surely",
            ),
            Choice(
                "other",
                "Exact is no advantage in itself. And −10.3 is less than −10.2: see [A hidden state](#a-hidden-state).",
                "The other one, since its number is exact",
            ),
            Choice(
                "open",
                "Most often a bound and an exact number cannot be compared. Here they can, since the bound is the "
                "higher one: see [A hidden state](#a-hidden-state).",
                "Nobody can say: a bound is no density",
            ),
        ),
    ),
    Exercise(
        "5.3-log-mean",
        _log_mean,
        (
            Mistake(
                lambda log_w: float(log_w.mean()),
                "This is the mean of the logarithms: the bound of one draw. Take the logarithm of the mean.",
            ),
            Mistake(
                lambda log_w: float(log_w.max() + np.log(np.exp(log_w - log_w.max()).sum())),
                "You added up the weights. Their mean is the sum divided by their number.",
            ),
            Mistake(
                lambda log_w: float(np.log(np.exp(log_w - log_w.max()).mean())),
                "The largest was taken out, and is still missing: add it again at the end.",
            ),
            Mistake(
                lambda log_w: float(log_w.max() + np.exp(log_w - log_w.max()).mean()),
                "Here the mean weight is added to a logarithm. Take its logarithm first.",
            ),
        ),
        (
            "Step 1: `log_w.max()`.",
            "Step 2: to divide weights by the largest is to subtract logarithms: `np.exp(log_w - top)`.",
            "Step 3: `top` plus the logarithm of the mean of `rest`.",
        ),
        """
import numpy as np


def answer(log_w):
    top = log_w.max()  # 1. the largest
    rest = np.exp(log_w - top)  # 2. the weights, in units of it
    return top + np.log(rest.mean())  # 3. the log of their mean
""",
        inputs=(
            (np.array([-5661.2, -5659.8]),),
            (np.array([-3.0, -1.0, -2.0]),),
            (np.array([-900.0, -910.0, -905.0, -899.0]),),
        ),
    ),
    Exercise(
        "5.3-price",
        float(np.log(3)),
        (
            Mistake(0.0, "The cost is 0 only if the noise is larger than the spread. Here it is smaller."),
            Mistake(
                float(np.log(9)),
                "This is the logarithm of the two variances' ratio, 900 to 100. The cost is half of it.",
            ),
            Mistake(float(np.log2(3)), "This is in bits. For nats, take the natural logarithm."),
            Mistake(3.0, "This is the ratio of spread and noise. The cost is its logarithm."),
        ),
        (
            "It is the logarithm of the spread over the noise.",
            "`np.log(30 / 10)`",
        ),
        """
import numpy as np

answer = np.log(30 / 10)
""",
    ),
    Question(
        "5.3-recall-list",
        "Each of 2000 cans gets a number at random, and the decoder is the list of the cans. The error on these cans "
        "is 0. Why is this a bad representation?",
        (
            Choice(
                "apart",
                "Neighbours have nothing in common, so there is nothing between them, and nothing can be drawn.",
                "Near numbers stand for cans that differ as much as any two",
            ),
            Choice(
                "near",
                "For this list one number is enough: the error is 0. What is missing is order: see "
                "[What it has found](4_2_representation_learning.ipynb#what-it-has-found).",
                "One number can never be enough for a can",
            ),
            Choice(
                "law",
                "The law of latent points can be anything, and is learnt afterwards. What is missing is order: see "
                "[What it has found](4_2_representation_learning.ipynb#what-it-has-found).",
                "The numbers are not Gaussian",
            ),
        ),
        recall=True,
    ),
    Number(
        "5.3-recall-held-out",
        "Held-out points have a mean log density of −10.4 nats under a KDE, and of −10.7 under a mixture. By how many "
        "nats is KL(truth‖mixture) estimated to be larger than KL(truth‖KDE)?",
        "KL is a constant less the mean log density of held-out points. The constant is the same for both models.",
        (
            Mistake(
                -0.3,
                "The sign is turned: a lower log density is a larger KL. See "
                "[A hill on each point](3_4_back_to_the_map.ipynb#a-hill-on-each-point).",
            ),
            Mistake(
                21.1,
                "Take the difference, not the sum: see "
                "[A hill on each point](3_4_back_to_the_map.ipynb#a-hill-on-each-point).",
            ),
        ),
        "The constant cancels, and what is left is the difference: see "
        "[A hill on each point](3_4_back_to_the_map.ipynb#a-hill-on-each-point).",
        tolerance=0.02,
        recall=True,
    ),
)
