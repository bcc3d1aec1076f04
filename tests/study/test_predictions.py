"""Predictions: the guess and the result stand side by side, and the result must be possible."""

import pytest

from lib.medium import VARIABLE
from lib.study import predict, progress
from lib.study.content import everything
from lib.study.items import Prediction, Scale
from lib.study.predictions import GuessedChoice, GuessedNumber
from tests.study.test_questions import press

PREDICTIONS = everything(Prediction)
CHOICE = Prediction("p", "Which?", {True: "this", False: "that"}, "So it is.")
NUMBER = Prediction("p", "How many?", Scale(0, 10, 1, " of 10"), "So many.")


@pytest.mark.parametrize("found", PREDICTIONS.values(), ids=PREDICTIONS)
def test_the_guess_and_the_result_stand_side_by_side(found):
    if isinstance(found.guess, Scale):
        words = press(predict(found.name, result=found.guess.high), value=found.guess.low)
        guess, result = found.guess.words(found.guess.low), found.guess.words(found.guess.high)
    else:
        words = press(predict(found.name, result=list(found.guess)[-1]), index=0)
        guess, *_, result = found.guess.values()
    assert f"Your guess</th><td>{guess}<" in words
    assert f"The result</th><td>{result}<" in words
    assert progress.load()["questions"] == [found.name]


def test_a_guess_stands():
    _, slider, button, _ = GuessedNumber(NUMBER, 3).box().children
    assert slider.value == 10  # the end that is farther from the result
    button.click()
    assert slider.disabled
    _, radios, button, _ = GuessedChoice(CHOICE, True).box().children
    radios.index = 1
    button.click()
    assert radios.disabled


def test_the_script_of_a_page_is_told_what_it_must_know(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    number, choice = GuessedNumber(NUMBER, 3), GuessedChoice(CHOICE, True)
    data = 'data-study="p" data-record="questions" data-prediction=""'
    assert f'{data} data-number="3.0" data-unit=" of 10"' in number._repr_mimebundle_()["text/html"]
    assert f"{data} autocomplete" in choice._repr_mimebundle_()["text/html"]


def test_no_guess_is_no_guess(file):
    assert "first" in press(GuessedChoice(CHOICE, True))
    assert not file.exists()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GuessedChoice(CHOICE, "neither"), "must be one of"),
        (lambda: GuessedNumber(NUMBER, 11), "must lie on the slider"),
        (lambda: GuessedNumber(NUMBER, float("nan")), "must lie on the slider"),
        (lambda: Prediction("p", "", {}, "So."), "text of p must not be empty"),
        (lambda: Prediction("p", "?", {}, ""), "explanation of p must not be empty"),
    ],
)
def test_what_the_author_got_wrong_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
