"""To study in Tools."""

import math

import numpy as np

from lib import scores
from lib.data import outfits
from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_tables = [np.array([[3, 1], [2, 2], [0, 4]]) / 12, np.array([[1, 2, 3, 4], [4, 3, 1, 2]]) / 20]
_laws = [
    (np.array([0.5, 0.5]), np.array([0.9, 0.1])),
    (np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])),
    (np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.4, 0.1, 0.4, 0.1])),
]
_fair_die, _model = np.full(6, 1 / 6), np.array([0.1] * 5 + [0.5])
_die = float(scores.kl(np.log(_fair_die), np.log(_model)))
_nats = math.log(4032)
_round = (outfits.fifty[:, 0] == 1).sum()
_worn = outfits.fifty[:, [0, 2]] == [2, 0]  # sunglasses, a hoodie
_sunglasses, _hoodie = _worn.mean(axis=0)
_both = _worn.all(axis=1).mean()

_gaps = tuple(float(round(math.sqrt(0.44 * 0.56 / n), 2)) for n in (10, 1000))

ITEMS = (
    Prediction(
        "0-gap",
        "Round glasses have a probability of 0.44. How far from it will their share typically be, among ten draws and "
        "among a thousand?",
        {
            (0.16, 0.0): "0.16 among ten, and 0.002 among a thousand",
            _gaps: f"{_gaps[0]} among ten, and {_gaps[1]} among a thousand",
            (0.16, 0.16): "0.16 both times: chance stays chance",
        },
        "It is tempting to think that a hundred times as many draws make the gap a hundred times smaller. But errors "
        "up and errors down cancel only in part: it becomes ten times smaller (0.157 and 0.0157 before rounding). And "
        "it does shrink. (The formula, which we do not prove here, is √(0.44 · 0.56 / n), where 0.56 = 1 − 0.44.)",
    ),
    Prediction(
        "0-peak",
        "Which share of round glasses makes the fifty visitors least surprising?",
        Scale(0, 100, 1, " %"),
        f"{_round} of the 50 wear round glasses, and {_round}/50 is the answer. To be careful, one is tempted to say "
        f"less, nearer to a third. But then the {_round} visitors become more surprising, and the other 28 gain less "
        f"than that.",
    ),
    Prediction(
        "0-coin",
        "A coin shows heads 9 times in 10. How uncertain is it, if a fair coin has 1 bit?",
        Scale(0, 1, 0.05, " bits"),
        "It is tempting to say 0.1, since only one throw in ten is unusual. But that one is very surprising: "
        "0.9 · 0.15 + 0.1 · 3.32 = 0.469 bits.",
    ),
    Prediction(
        "0-explodes",
        "The truth is a fair coin. A model comes to believe in heads more and more. Which of the two grows without "
        "bound?",
        {
            ("KL(truth‖model)",): "KL(truth‖model)",
            ("KL(model‖truth)",): "KL(model‖truth)",
            ("KL(truth‖model)", "KL(model‖truth)"): "both",
            (): "neither",
        },
        "At first both grow, so “both” tempts. But KL(model‖truth) averages over what the *model* does. That is heads, "
        "and the truth allows heads. It stays below log 2.",
    ),
    Question(
        "0-zero",
        "A monocle was never seen among the fifty. Fit a table with a place for it by maximum likelihood. What is the "
        "surprise of the first visitor who wears one?",
        (
            Choice(
                0.0,
                "The *probability* is 0. The surprise is −log 0. A certain event has surprise 0: see "
                "[Why logarithms](#why-logarithms).",
                "0",
            ),
            Choice(
                math.log(50),
                "That is the surprise of what was seen *once* among fifty. A zero is not a small number: see "
                "[where the likelihood is largest](#likelihood-and-where-it-is-largest).",
                f"log 50, about {math.log(50):.1f} nats",
            ),
            Choice(
                math.inf,
                "The estimate says “impossible” where it should say “not seen yet”. Chapter 3.1 mends this.",
                "infinite",
            ),
        ),
    ),
    Number(
        "0-bayes",
        "One person in a hundred is ill. A test finds 9 of 10 who are ill, and it is wrong for 1 of 10 who are not. "
        "Your test says “ill”. How probable is it that you are?",
        "Of 1000 people 10 are ill, and the test finds 9 of them. Of the 990 others it says “ill” to 99. So of 108 "
        "people who hear “ill”, 9 are ill: 9/108 = 0.083.",
        (
            Mistake(
                0.9,
                "This is p(“ill” | ill), which was given. The question turns it around, p(ill | “ill”): see "
                "[Turn it around](#turn-it-around-bayes-rule).",
            ),
            Mistake(
                0.009,
                "This is the probability of both, ill *and* found. Divide it by the probability that the test says "
                "“ill”: see [Turn it around](#turn-it-around-bayes-rule).",
            ),
            Mistake(
                0.01,
                "This is what you knew before the test. The test has told you something: see "
                "[Turn it around](#turn-it-around-bayes-rule).",
            ),
        ),
        "Write the joint table of 1000 people, two rows and two columns, and divide: see "
        "[Turn it around](#turn-it-around-bayes-rule).",
    ),
    Number(
        "0-bits",
        "Chapter 3 has 4032 outfits. What is the entropy of a fair choice among them, in bits?",
        "About twelve fair coins.",
        (
            Mistake(_nats, "This is in *nats*. Nats are not bits: see [Why logarithms](#why-logarithms)."),
            Mistake(
                _nats * math.log(2),
                "You multiplied by log 2. A bit is smaller than a nat, so there are more of them: divide. See "
                "[Why logarithms](#why-logarithms).",
            ),
            Mistake(
                math.log10(4032),
                "This is the logarithm to base 10. A bit has base 2: [Why logarithms](#why-logarithms).",
            ),
        ),
        "The entropy of a fair choice among d is log d; with base 2 it is in bits. See "
        "[Entropy](#entropy-how-uncertain-a-law-is).",
    ),
    Number(
        "0-recall-independent",
        f"Of the visitors, {100 * _sunglasses:.0f} % wear sunglasses and {100 * _hoodie:.0f} % a hoodie. If the two "
        f"were independent, what would be the probability of both together?",
        f"The product of the two margins: {_sunglasses:.2f} · {_hoodie:.2f} = {_sunglasses * _hoodie:.3f}.",
        (
            Mistake(
                _sunglasses + _hoodie,
                "You added the margins: that is more than either alone. Independence multiplies: see "
                "[Two features at once](#two-features-at-once).",
            ),
            Mistake(
                _both,
                "This is the entry of the table itself, what *was* seen. The question is what independence would make "
                "of the margins: see [Two features at once](#two-features-at-once).",
            ),
        ),
        "Multiply the two margins: see [Two features at once](#two-features-at-once).",
        recall=True,
    ),
    Number(
        "0-recall-surprise",
        "You throw a fair coin ten times and write down what falls. What is the surprise of your list, in nats?",
        "The surprises of independent events add up.",
        (
            Mistake(10.0, "This is in *bits*, one for each throw. See [Why logarithms](#why-logarithms)."),
            Mistake(math.log(2), "This is one throw. Surprises add up: see [Why logarithms](#why-logarithms)."),
            Mistake(
                2.0**-10,
                "This is the probability. Surprise is minus its logarithm: see [Why logarithms](#why-logarithms).",
            ),
        ),
        "Take −log of one throw, ten times: see [Why logarithms](#why-logarithms).",
        recall=True,
    ),
    Exercise(
        "0-given",
        lambda joint: joint / joint.sum(axis=1, keepdims=True),
        (
            Mistake(
                lambda joint: joint / joint.sum(axis=0, keepdims=True),
                "You normalised over the wrong axis: your *columns* sum to 1. That is the law of the row feature given "
                "the column. Given the row, each row sums to 1.",
            ),
            Mistake(
                lambda joint: joint / joint.sum(),
                "You divided by the sum of the whole table, so that all of it sums to 1. A conditional divides each "
                "row by the sum of *that row*.",
            ),
            Mistake(
                lambda joint: np.broadcast_to(joint.sum(axis=0), joint.shape),
                "These are the margins of the columns, the same in each row. They would be the answer only if the "
                "features were independent.",
            ),
        ),
        (
            "One row at a time: `joint[2] / joint[2].sum()` is how the text did it for sunglasses.",
            "The sums of all rows at once are `joint.sum(axis=1)`.",
            "Add `keepdims=True`, so that the sums stand in a column and divide the rows.",
        ),
        """
def answer(joint):
    return joint / joint.sum(axis=1, keepdims=True)
""",
        inputs=tuple((table,) for table in _tables),
    ),
    Exercise(
        "0-kl",
        lambda p, q: np.sum(p * np.log(p / q)),
        (
            Mistake(
                lambda p, q: np.sum(q * np.log(q / p)),
                "You swapped the two: this is KL(q‖p). KL has a direction, and the truth, p, stands first.",
            ),
            Mistake(
                lambda p, q: np.sum(q * np.log(p / q)),
                "You weighted by the model. The data come from p, so p is the weight of the average.",
            ),
            Mistake(lambda p, q: np.sum(p * np.log2(p / q)), "These are bits. For nats take the natural logarithm."),
            Mistake(
                lambda p, q: -np.sum(p * np.log(q)),
                "This is the mean surprise of the model. KL is what it pays *on top* of the entropy of p, which nobody "
                "can avoid.",
            ),
            Mistake(
                lambda p, q: np.sum(p * np.log(q / p)),
                "The sign is wrong: KL is never negative. The *model's* surprise comes first, and on average it is "
                "the larger one.",
            ),
        ),
        (
            "Step 1: the surprise of an outcome is `-np.log` of its probability. The extra one is the model's minus "
            "the truth's.",
            "Step 2: each outcome weighs as much as it really happens: `p`.",
            "Step 3: an average is the sum of what was weighted.",
        ),
        """
def answer(p, q):
    extra = -np.log(q) - -np.log(p)  # 1. the extra surprise of each outcome
    weighted = p * extra  # 2. weighted by how often it really comes
    return weighted.sum()  # 3. summed up
""",
        inputs=tuple(_laws),
    ),
    Exercise(
        "0-die",
        _die,
        (
            Mistake(
                float(scores.kl(np.log(_model), np.log(_fair_die))),
                "You swapped the two: this is KL(model‖truth). The die is fair, so the fair law stands first.",
            ),
            Mistake(_die / math.log(2), "This is in bits. The exercise asks for nats: multiply by log 2."),
            Mistake(
                -float(np.sum(_fair_die * np.log(_model))),
                "This is the mean surprise of the model. Subtract the entropy of the die, log 6, which nobody can "
                "avoid.",
            ),
            Mistake(
                -_die, "The sign is wrong: KL is never negative. Divide the truth by the model, and not the other way."
            ),
        ),
        (
            "The truth is `np.full(6, 1 / 6)`. The model is `[0.1] * 5 + [0.5]`.",
            "`scores.kl` takes the *logarithms* of both, truth first.",
        ),
        """
fair_die, model = np.full(6, 1 / 6), [0.1] * 5 + [0.5]
answer = scores.kl(np.log(fair_die), np.log(model))
""",
    ),
)
