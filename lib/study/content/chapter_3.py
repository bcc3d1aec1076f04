"""To study in chapter 3."""

import jax
import numpy as np

from lib.data import outfits
from lib.study.items import Choice, Exercise, Mistake, Number, Prediction, Question, Scale

_tables = [np.arange(24).reshape(2, 3, 4), np.arange(5, 185, 3).reshape(3, 4, 5)]


def _pair(values: np.ndarray, sizes: tuple[int, int]) -> np.ndarray:
    table = np.zeros(sizes, int)
    np.add.at(table, tuple(values.T), 1)
    return table


def _margin(table: np.ndarray, feature: int) -> np.ndarray:
    return table.sum(axis=tuple(i for i in range(table.ndim) if i != feature))


_crowd = np.asarray(outfits.stylist.sample(jax.random.key(3), 50))  # chapter 3 draws the same
_unseen = 1 - np.exp(np.asarray(outfits.stylist.log_probs))[tuple(np.unique(_crowd, axis=0).T)].sum()
_counts = _pair(outfits.fifty[:, [0, 4]], (3, 7))
_white, _silver = (outfits.fifty[:, [1, 3]] == [7, 5]).mean(axis=0)

ITEMS = (
    Prediction(
        "3-seen",
        "There are 4032 outfits. What share of them did the fifty people *not* show you?",
        Scale(0, 100, 1, " %"),
        "Fifty are many people, and it is tempting to think that they show much. But each of them shows one outfit: at "
        "most 50 of 4032. Some came twice, so there are 47.",
    ),
    Prediction(
        "3-tastes",
        "You know one of the two. In which pair does it help you most to guess the other, in the stylist's street?",
        {
            "long hair": "hair colour and hair type",
            "round glasses": "glasses and the type of clothing",
            "sunglasses": "glasses and the hair type",
        },
        "We notice glasses first. But the stylist chooses the hair type by the hair colour, and the glasses only by "
        "the colour of the clothes.",
    ),
    Question(
        "3-unseen",
        "The stylist dresses fifty people, and you see them all. How many of the people who come *after* them wear an "
        "outfit that you have not seen?",
        (
            Choice(
                "none",
                "Unseen is not impossible. Fifty people show you at most fifty outfits of 4032: see "
                "[The sample space](#the-sample-space).",
            ),
            Choice(
                "some",
                "That would be so if fifty people showed most of what is worn. They show very little: see "
                "[The sample space](#the-sample-space).",
                "some, fewer than half",
            ),
            Choice(
                "most",
                f"{_unseen:.0%} of them. Add up the probabilities of all outfits that the fifty wore: it is only "
                f"{1 - _unseen:.0%}. Unseen is not impossible; with few people it is even what usually comes.",
                "more than half",
            ),
        ),
    ),
    Number(
        "3-shoes",
        "A new feature comes in: shoes, with 5 values. How many outfits are there now?",
        "Sample spaces grow by multiplication. It is why pictures have so many possibilities that no list holds them.",
        (
            Mistake(
                4032 + 5,
                "You added. Each of the 4032 outfits goes with each of the 5 shoes: multiply, as in "
                "[The sample space](#the-sample-space).",
            ),
            Mistake(
                sum(outfits.sizes) + 5,
                "This counts the *values* of all features. An outfit combines one of each: see "
                "[The sample space](#the-sample-space).",
            ),
            Mistake(
                4032 * 6,
                "Shoes have 5 values. “No shoes” would be a sixth, if it were one: see "
                "[The sample space](#the-sample-space).",
            ),
        ),
        "Every combination is allowed, so the numbers of values multiply: see [The sample space](#the-sample-space).",
        tolerance=0,
    ),
    Number(
        "3-recall-draws",
        "In Tools you drew from a table, and the shares came near the probabilities. With 1000 draws in place of 10, "
        "by what factor does the gap shrink?",
        "The gap shrinks like 1/√n, and √100 is 10.",
        (
            Mistake(
                100,
                "A hundred times as many draws do not bring you a hundred times nearer, as chance errors only partly "
                "cancel: see [Drawing from a table](0_tools.ipynb#drawing-from-a-table).",
            ),
            Mistake(
                0.1,
                "This is what is left of the gap. The factor by which it shrinks is one over that: see "
                "[Drawing from a table](0_tools.ipynb#drawing-from-a-table).",
            ),
            Mistake(
                2,
                "Four times as many draws halve the gap. Here are a hundred times as many: see "
                "[Drawing from a table](0_tools.ipynb#drawing-from-a-table).",
            ),
        ),
        "The gap shrinks like 1/√n: see [Drawing from a table](0_tools.ipynb#drawing-from-a-table).",
        recall=True,
    ),
    Number(
        "3-recall-independent",
        f"White clothes: {50 * _white:.0f} of 50. Silver-grey hair: {50 * _silver:.0f} of 50. If the two were "
        f"independent, what would be the probability of both together?",
        "A product of margins. Chapter 3.2 makes a whole model of this.",
        (
            Mistake(
                _white + _silver,
                "You added. Both together cannot be likelier than one of them: see "
                "[Two features at once](0_tools.ipynb#two-features-at-once).",
            ),
            Mistake(
                _white,
                "This is white alone. With silver-grey hair as well it is rarer: see "
                "[Two features at once](0_tools.ipynb#two-features-at-once).",
            ),
        ),
        "Multiply the two margins: see [Two features at once](0_tools.ipynb#two-features-at-once).",
        recall=True,
    ),
    Exercise(
        "3-margin",
        _margin,
        (
            Mistake(
                lambda table, feature: table.sum(axis=feature),
                "You summed over the feature itself, so that it is gone and the others are left. A margin *keeps* the "
                "feature, and sums over all the others.",
            ),
            Mistake(
                lambda table, feature: _margin(table, feature) / table.sum(),
                "These are shares. The exercise asks for counts: do not divide.",
            ),
            Mistake(
                lambda table, feature: table.mean(axis=tuple(i for i in range(table.ndim) if i != feature)),
                "You averaged over the other features. To count people, add them up.",
            ),
            Mistake(
                lambda table, feature: _margin(table, table.ndim - 1 - feature),
                "You kept the wrong feature: features are counted from 0, from the left.",
            ),
        ),
        (
            "Step 2: of the axes 0, 1, …, take all but `feature`.",
            "In Python: `tuple(i for i in range(table.ndim) if i != feature)`.",
            "Step 3: `table.sum(axis=others)` sums over all of them at once.",
        ),
        """
def answer(table, feature):
    others = tuple(i for i in range(table.ndim) if i != feature)  # 2. all other axes
    return table.sum(axis=others)  # 3. add up over them
""",
        inputs=tuple((table, feature) for table in _tables for feature in range(3)),
    ),
    Exercise(
        "3-pair",
        _counts,
        (
            Mistake(_counts.T, "You have the hair types in the rows. The exercise wants accessories there: transpose."),
            Mistake(_counts / 50, "These are shares. The exercise asks for counts: do not divide by 50."),
            Mistake(
                np.outer(_counts.sum(axis=1), _counts.sum(axis=0)) / 50,
                "This is what independence would make of the margins. The exercise asks for what was *seen*.",
            ),
            Mistake(
                _pair(outfits.fifty[:, [0, 3]], (3, 6)),
                "You summed over the hair *type*, and this is the hair colour: it is axis 3, and the type is axis 4.",
            ),
        ),
        (
            "`seen` has one axis for each feature: accessories are axis 0, and the hair type is axis 4.",
            "Sum over the three others: clothing colour, clothing type, and hair colour.",
        ),
        """
import numpy as np
from lib import Categorical
from lib.data import outfits

seen = Categorical.count(outfits.fifty, outfits.sizes)
answer = np.asarray(seen).sum(axis=(1, 2, 3))
""",
    ),
)
