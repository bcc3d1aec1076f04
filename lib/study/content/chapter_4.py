"""To study in chapter 4."""

import math

from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_SIZES = ((4, 4), (2, 2), (8, 16), (32, 256), (1, 256))


def _power(side: int, levels: int) -> float:
    return side * side * math.log10(levels)


def _digits(numbers: int) -> int:
    """Of 256 to this power, which Python would not print."""
    return math.floor(numbers * math.log10(256)) + 1


_SHOWN = 30  # pictures of people of 4 × 4 pixels in black and white, as the chapter counts them

ITEMS = (
    Prediction(
        "4-digits",
        "How many digits has the number of all grey pictures of 32 × 32 pixels with 256 levels?",
        Scale(0, 5000, 50),
        "It is tempting to multiply 1024 pixels by 256 levels, which is a number of 6 digits. But each pixel may have "
        "any level, whatever the others have: 256 · 256 · 256 and so on, 1024 times.",
    ),
    Prediction(
        "4-spread",
        "Random pictures of 4 pixels lie about 100 levels apart, and their distances vary by 32. What happens with "
        "1024 pixels?",
        {"more": "the distances vary more", "same": "they vary as much", "less": "they vary less"},
        "More pixels can differ in more ways, so “more” tempts. But the distance is a mean over the pixels. Where some "
        "pixels differ by much, others differ by little.",
    ),
    Question(
        "4-size",
        "Pictures of 8 × 8 pixels with 4 grey levels. What adds more digits to the number of pictures: twice the side, "
        "or twice the grey levels?",
        (
            Choice(
                "side",
                "Twice the side gives 4 times as many pixels, so 4 times as many digits: 39 become 155. Twice the "
                "levels multiplies the digits by log 8 / log 4 = 1.5.",
                "Twice the side",
            ),
            Choice(
                "levels",
                "Twice the levels gives each pixel one bit more, 3 in place of 2. Twice the side gives 4 times as many "
                "pixels. See [How many of them show people?](#how-many-of-them-show-people)",
                "Twice the grey levels",
            ),
        ),
    ),
    Prediction(
        "4-middle",
        "You have one random picture of 1024 pixels. Which is nearer to it: the nearest of 4031 other random pictures, "
        "or one picture that is all grey, of level 127.5?",
        {"other": "the nearest of the others", "middle": "the grey one"},
        "4031 others sound like many chances. But a distance is a mean over 1024 pixels, so none of them comes far "
        "below the others. From the grey picture a random one differs by its own chance alone; from another random one "
        "by the chance of both.",
    ),
    Exercise(
        "4-count",
        lambda side, levels: math.floor(_power(side, levels)) + 1,
        (
            Mistake(
                lambda side, levels: math.ceil(_power(side, levels)),
                "Nearly. Where the power is a whole number, the digits are one more: 10¹ has two digits. Use "
                "`math.floor(power) + 1`.",
            ),
            Mistake(
                lambda side, levels: math.floor(side * math.log10(levels)) + 1,
                "You took the side for the number of pixels. A picture has side · side of them.",
            ),
            Mistake(
                lambda side, levels: math.floor(side * side * math.log(levels)) + 1,
                "You took the natural logarithm. Digits count powers of ten: `math.log10`.",
            ),
            Mistake(
                lambda side, levels: len(str(side * side * levels)),
                "You multiplied pixels by levels. Each pixel multiplies the number of pictures by the levels.",
            ),
            Mistake(
                lambda side, levels: math.floor(_power(side, levels)),
                "This is the power of ten, rounded down. 10¹ has two digits: add one.",
            ),
        ),
        (
            "Step 2: each pixel adds log₁₀(levels) to the power of ten: `pixels * math.log10(levels)`.",
            "Step 3: round down and add 1, with `math.floor(power) + 1`.",
        ),
        """
import math


def answer(side, levels):
    pixels = side * side
    power = pixels * math.log10(levels)  # 2. the power of ten
    return math.floor(power) + 1  # 3. the digits: 10¹ has two of them
""",
        inputs=(*_SIZES, (1, 10)),
    ),
    Exercise(
        "4-colour",
        _digits(3072),
        (
            Mistake(
                3 * _digits(1024),
                "You multiplied the digits by 3. Multiply the power of ten, 2466.04, and add the one at the end.",
            ),
            Mistake(_digits(3072) - 1, "This is the power of ten, rounded down. The number has one digit more."),
            Mistake(_digits(1024), "This is the number of grey pictures. In colour there are three numbers."),
            Mistake(len(str(3072 * 256)), "You multiplied 3072 by 256. Each number multiplies the pictures by 256."),
        ),
        ("A picture has 32 · 32 · 3 numbers.", "Step 2 of the worked example, with 3072 in place of the pixels."),
        """
import math

answer = math.floor(32 * 32 * 3 * math.log10(256)) + 1
""",
    ),
    Exercise(
        "4-draws",
        2**16 / _SHOWN,
        (
            Mistake(2**16, "So many you need on average for *one given* picture. Any of the 30 will do."),
            Mistake(
                2**16 / 4032,
                "There are 4032 people, but at this size many look the same: they show 30 different pictures.",
            ),
            Mistake(16**2 / _SHOWN, "There are 2¹⁶ pictures, not 16²: each of 16 pixels doubles the number."),
            Mistake(_SHOWN / 2**16, "This is the probability of a person in one draw. How many draws is that?"),
        ),
        (
            "What is the probability that one draw is a person? There are 2¹⁶ pictures, all equally probable.",
            "A thing that happens with probability p is seen once in 1/p draws, on average.",
        ),
        "answer = 2**16 / 30",
    ),
    Number(
        "4-recall-bits",
        "A law gives the same probability to each of the 256¹⁰²⁴ grey pictures. What is the surprise of one picture, "
        "in bits?",
        "Eight bits for each of 1024 pixels: what a file without any compression takes.",
        (
            Mistake(
                1024 * math.log(256),
                "This is in nats. For bits take the logarithm to the base 2: see "
                "[nats and bits](0_tools.ipynb#why-logarithms).",
            ),
            Mistake(
                1024 * math.log10(256),
                "This is the power of ten. The surprise in bits is the power of two: see "
                "[nats and bits](0_tools.ipynb#why-logarithms).",
            ),
            Mistake(
                8,
                "This is one pixel. Surprises of independent pixels add up: see "
                "[Why logarithms](0_tools.ipynb#why-logarithms).",
            ),
            Mistake(
                1024,
                "One bit a pixel would be black and white. 256 levels are 8 bits: see "
                "[nats and bits](0_tools.ipynb#why-logarithms).",
            ),
        ),
        "The surprise is −log₂ p, with p = 1/256¹⁰²⁴: see [nats and bits](0_tools.ipynb#why-logarithms).",
        recall=True,
    ),
    Question(
        "4-recall-uniform",
        "Take the same law as a model of our people. Chapter 2 had two scores. Which of them is perfect?",
        (
            Choice(
                "precision",
                "Precision is the share of the model's draws that are right. Here it is one in 10²⁴⁶²: see "
                "[chapter 2](2_the_framework.ipynb#two-scores-and-what-they-miss).",
                "Precision",
            ),
            Choice(
                "coverage",
                "It can make every person: nothing is left out. It also makes everything else, so the precision is "
                "as good as zero. One score alone says little.",
                "Coverage",
            ),
        ),
        recall=True,
    ),
)
