"""To study in chapter 5.1."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale


def _factors(row: np.ndarray, ones: np.ndarray) -> np.ndarray:
    return np.where(row == 1, ones, 1 - ones)


def _bits(row: np.ndarray, ones: np.ndarray) -> float:
    return float(-np.log2(_factors(row, ones).prod()))


_COLDER = 0.8**2 / (0.8**2 + 0.2**2)

ITEMS = (
    Prediction(
        "5.1-rows",
        "How many rows has the last of the five tables?",
        Scale(0, 1000, 1),
        "It is 3 · 8 · 4 · 6 = 576. To add is tempting, 3 + 8 + 4 + 6 = 21, as naive Bayes does. But each combination "
        "of the four has a row of its own.",
    ),
    Prediction(
        "5.1-peek",
        "The entropy of the law is the least loss that an honest model can have. Where does the loss of the network "
        "that peeks end?",
        {"above": "above the entropy", "near": "near it", "below": "far below it"},
        "It reads four of the five answers from its input, so they cost almost nothing. Only the glasses come first "
        "and cannot be read: their entropy, about 1 nat, is nearly all of the loss. A low loss looks like success.",
    ),
    Prediction(
        "5.1-orders",
        "The tree loses 0.28 nats. How far apart will the best and the worst of the 120 orders be?",
        {"none": "less than 0.005 nats", "some": "between 0.005 and 0.14 nats", "much": "more than 0.14 nats"},
        "By the chain rule all orders are equal, so the smallest gap is tempting. But a factor that is hard to learn "
        "from 3000 people in one order may be split into easy ones in another.",
    ),
    Prediction(
        "5.1-haste",
        "All five tokens are filled in at once, each by its exact probabilities when nothing is shown. Which model "
        "is this?",
        {"joint": "the law itself", "tree": "the best tree", "naive": "naive Bayes"},
        "The conditionals are exact, so “the law” tempts. But with nothing shown, each of them is a margin, and the "
        "five are drawn without a look at one another.",
    ),
    Question(
        "5.1-temperature",
        "The temperature of all tokens rises from 1 to 2. What becomes of the entropy of the law that the model "
        "draws from?",
        (
            Choice(
                "more",
                "All probabilities of a token move towards each other, so that the draws are more varied.",
                "It grows",
            ),
            Choice(
                "less",
                "This is what a low temperature does: the likely values grow. See "
                "[Five tokens, scored exactly](#five-tokens-scored-exactly).",
                "It falls",
            ),
            Choice(
                "same",
                "The product sums to one at each temperature. But how evenly the one is shared changes: see "
                "[Five tokens, scored exactly](#five-tokens-scored-exactly).",
                "It stays: the product still sums to one",
            ),
        ),
    ),
    Exercise(
        "5.1-bits",
        _bits,
        (
            Mistake(
                lambda _row, ones: float(-np.log2(ones.prod())),
                "You took the probability of a 1 for each token. Where the row has a 0, the factor is 1 − `ones`.",
            ),
            Mistake(
                lambda row, ones: float(-np.log(_factors(row, ones).prod())),
                "These are nats. For bits, take the logarithm to the base 2.",
            ),
            Mistake(
                lambda row, ones: float(_factors(row, ones).prod()),
                "This is the probability of the row. Its surprise is −log₂ of it.",
            ),
            Mistake(
                lambda row, ones: float(-np.log2(_factors(row, ones).mean())),
                "You took the mean of the factors. The chain rule multiplies them.",
            ),
            Mistake(
                lambda row, ones: float(np.log2(_factors(row, ones).prod())),
                "The sign is turned. The logarithm of a probability is negative, and a surprise is not.",
            ),
        ),
        (
            "Step 1: `np.where(row == 1, ones, 1 - ones)` picks the factor of each token.",
            "Step 2: the product of an array is `factors.prod()`.",
            "Step 3: the surprise in bits is `-np.log2(p_row)`.",
        ),
        """
import numpy as np


def answer(row, ones):
    factors = np.where(row == 1, ones, 1 - ones)  # 1. the factor of each token
    p_row = factors.prod()  # 2. their product
    return -np.log2(p_row)  # 3. its surprise
""",
        inputs=(
            (np.array([1, 0]), np.array([0.4, 0.75])),
            (np.array([0, 0, 1]), np.array([0.1, 0.3, 0.6])),
            (np.array([1, 1, 1, 0]), np.array([0.9, 0.8, 0.7, 0.2])),
        ),
    ),
    Exercise(
        "5.1-colder",
        _COLDER,
        (
            Mistake(0.8**2, "You took the square, which is right. But the two squares no longer sum to one: divide."),
            Mistake(0.4 / 0.5, "Both were halved, so nothing has changed. The *logits* are divided, not p."),
            Mistake(
                0.8**0.5 / (0.8**0.5 + 0.2**0.5),
                "This is temperature 2. To divide the logarithm by 0.5 is to double it.",
            ),
            Mistake(1 - _COLDER, "This is the probability of the other value."),
        ),
        (
            "The logits are log 0.8 and log 0.2. Divided by 0.5 they double.",
            "e to the power of 2 · log 0.8 is 0.8². Divide by the sum of both.",
        ),
        """
answer = 0.8**2 / (0.8**2 + 0.2**2)
""",
    ),
    Number(
        "5.1-recall-tree",
        "In a Chow–Liu tree over the five features of an outfit, how many features have a parent?",
        "All but the root: a tree of five has four edges.",
        (
            Mistake(
                5,
                "One feature is the root, and depends on nothing: see "
                "[One step further: a tree](3_2_naive_bayes.ipynb#one-step-further-a-tree).",
            ),
            Mistake(
                10,
                "These are all pairs of features. A tree keeps only so many that there are no rounds: see "
                "[One step further: a tree](3_2_naive_bayes.ipynb#one-step-further-a-tree).",
            ),
        ),
        "Each feature but one has a parent: see "
        "[One step further: a tree](3_2_naive_bayes.ipynb#one-step-further-a-tree).",
        recall=True,
    ),
    Question(
        "5.1-recall-valid",
        "A model of avatars has a validity of 1.000. What must you know besides, to see whether it only copies?",
        (
            Choice(
                "novelty",
                "A memoriser is 100 % valid. None of its pictures is new, where the law itself has some.",
                "Its share of new pictures",
            ),
            Choice(
                "curve",
                "The curve over the radius tells how exact the pictures are. A copy is exact at each radius: see "
                "[How ugly, exactly?](4_1_high_dimensional_data.ipynb#how-ugly-exactly).",
                "Its validity at other radii",
            ),
            Choice(
                "loss",
                "A loss on the training pictures is low for copies too: see "
                "[How ugly, exactly?](4_1_high_dimensional_data.ipynb#how-ugly-exactly).",
                "Its loss on the training pictures",
            ),
        ),
        recall=True,
    ),
)
