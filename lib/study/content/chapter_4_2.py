"""To study in chapter 4.2."""

import numpy as np

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale


def _entropy(yes: float) -> float:
    return -(yes * np.log2(yes) + (1 - yes) * np.log2(1 - yes))


def _share(p: np.ndarray, says: np.ndarray) -> float:
    return p[says].sum() / p.sum()


def _no(p: np.ndarray, says: np.ndarray) -> float:
    return 1 - _share(p, says)


def _gain(p: np.ndarray, says: np.ndarray) -> float:
    return _entropy(_share(p, says))


_PEOPLE = (
    (np.array([0.5, 0.25, 0.125, 0.125]), np.array([False, True, True, False])),
    (np.array([0.2, 0.1, 0.1]), np.array([True, False, False])),
    (np.full(10, 0.1), np.arange(10) < 3),
)

ITEMS = (
    Prediction(
        "4.2-questions",
        "You ask well, one question after the other. How many questions does it take, on average, to know the outfit?",
        Scale(0, 100, 1),
        "There are 28 questions, and 4032 outfits: it seems to take long. But each good answer halves who is left, "
        "and 4032 is halved twelve times until one is left. The law is uneven, which helps.",
    ),
    Prediction(
        "4.2-blend",
        "What will you see?",
        {
            "middle": "a can of middle height",
            "ghosts": "both cans, each half transparent",
            "grey": "a grey picture without a can",
        },
        "The mean of two numbers is a number in the middle, so one expects a can in the middle. But here the grey of "
        "each pixel is averaged. No edge moves.",
    ),
    Prediction(
        "4.2-dims",
        "From which to which number does the error on new cans fall most?",
        {2: "from one to two", 3: "from two to three", 8: "from three to eight"},
        "More numbers can always hold more, so “three to eight” tempts. But there is no more to hold than height and "
        "width.",
    ),
    Prediction(
        "4.2-turn",
        "You turn the latent plane by 29 degrees, and the decoder first turns it back. What becomes of the error on "
        "new cans?",
        {"larger": "it grows: the axes were learnt", "same": "it stays the same", "smaller": "it falls"},
        "The axes look like something that was learnt. But the decoder gets the very same points as before, so each "
        "can comes out as before.",
    ),
    Exercise(
        "4.2-gain",
        _gain,
        (
            Mistake(
                lambda p, says: -(_share(p, says) * np.log(_share(p, says)) + _no(p, says) * np.log(_no(p, says))),
                "This is in nats. Bits need the logarithm to the base 2.",
            ),
            Mistake(
                lambda p, says: -np.log2(_share(p, says)),
                "This is the surprise of a yes. The answer may be no: take the mean of both.",
            ),
            Mistake(
                lambda p, says: -(np.log2(_share(p, says)) + np.log2(_no(p, says))) / 2,
                "Both answers have the weight 1/2 here. Weigh each by its own probability.",
            ),
            Mistake(
                lambda _, says: _entropy(says.mean()),
                "You counted the people. They have weights: add up `p` where the answer is yes.",
            ),
        ),
        (
            "Step 1: the probability of yes is the weight of those who say yes, divided by the weight of all.",
            "Step 2: the surprise of an answer is −log₂ of its probability; that of no is 1 − yes.",
            "Step 3: each surprise times its probability, added up.",
        ),
        """
import numpy as np


def answer(p, says):
    yes = p[says].sum() / p.sum()  # 1. the probabilities of the two answers
    surprises = -np.log2(yes), -np.log2(1 - yes)  # 2. the surprise of each, in bits
    return yes * surprises[0] + (1 - yes) * surprises[1]  # 3. the mean
""",
        inputs=_PEOPLE,
    ),
    Exercise(
        "4.2-weights",
        2 * 64 + 64 + 64 * 128 + 128 + 128 * 1024 + 1024,
        (
            Mistake(2 * 64 + 64 * 128 + 128 * 1024, "What is added is missing: one number for each unit of a layer."),
            Mistake(2 * 64 * 128 * 1024, "Layers stand one behind the other: add their weights."),
            Mistake(2 + 64 + 128 + 1024, "These are the units. Each unit has a weight for each unit before it."),
            Mistake(
                2 * (2 * 64 + 64 + 64 * 128 + 128 + 128 * 1024 + 1024), "This is about both networks. Take the decoder."
            ),
        ),
        (
            "Between layers of a and b units there are a · b weights.",
            "Each unit but those that come in has one number that is added: 64 + 128 + 1024.",
        ),
        "answer = 2 * 64 + 64 + 64 * 128 + 128 + 128 * 1024 + 1024",
    ),
    Exercise(
        "4.2-worst",
        12,
        (
            Mistake(4031, "That is to ask for one outfit after the other. A question may split them into halves."),
            Mistake(10, "This is the mean of the best splitter under the law. In the worst case it takes more."),
            Mistake(28, "There are 28 questions about values. Here you may ask about any set of outfits."),
            Mistake(11, "2¹¹ = 2048 is less than 4032, so 11 answers cannot tell all outfits apart."),
        ),
        ("Each question halves the outfits that are left.", "How often must 2 be multiplied by itself to reach 4032?"),
        "answer = 12",
    ),
    Question(
        "4.2-recall-held-out",
        "After the training you saw the error on new cans, and that on the cans of the training. Does the autoencoder "
        "overfit?",
        (
            Choice(
                "no",
                "The gap is small beside the 12 levels of two fixed pictures. There are many cans, and only two "
                "numbers in the middle.",
                "Hardly",
            ),
            Choice(
                "yes",
                "Many weights tempt to say so. What shows overfitting is a gap between old and new: see "
                "[When it learns the noise](3_3_tools_2.ipynb#when-it-learns-the-noise).",
                "Yes, it has a quarter of a million weights",
            ),
        ),
        recall=True,
    ),
    Number(
        "4.2-recall-shirt",
        "Chapter 4.1: a shirt has 1024 pixels, all of one of 8 colours, which are equally probable. What does "
        "independence cost, in bits?",
        "3 bits for each pixel, less the 3 that the colour needs. With a latent space of one number, the colour, it "
        "would cost nothing.",
        (
            Mistake(
                1024 * 3 * np.log(2),
                "This is in nats. The question is about bits: see "
                "[Work it through](4_1_high_dimensional_data.ipynb#work-it-through).",
            ),
            Mistake(
                3,
                "This is what the law needs. Independent pixels need as much for each pixel: see "
                "[In bits](4_1_high_dimensional_data.ipynb#in-bits).",
            ),
            Mistake(
                1024 * 8,
                "A pixel with 8 colours has 3 bits, not 8: see [In bits](4_1_high_dimensional_data.ipynb#in-bits).",
            ),
        ),
        "Each pixel costs log₂ 8 bits, and the law needs that only once: see "
        "[Work it through](4_1_high_dimensional_data.ipynb#work-it-through).",
        recall=True,
    ),
)
