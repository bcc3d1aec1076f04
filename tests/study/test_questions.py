"""Questions: the computed answer is right, each wrong one is explained and leads on, and the form answers."""

import math
import re

import pytest

from lib.medium import VARIABLE
from lib.study import progress, question
from lib.study.content import everything
from lib.study.items import Choice, Mistake, Number, Question
from lib.study.questions import AskedChoice, AskedNumber, read_number
from lib.study.words import LINK
from tests.study.written import READ, REPLIES, UNREADABLE

QUESTIONS, NUMBERS = everything(Question), everything(Number)
RIGHT, WRONG = Choice(1, "Yes."), Choice(2, "No: see [Here](#here).")
NUMBER = {"name": "n", "text": "How many?", "right": "Yes.", "otherwise": "No: see [Here](#here)."}


def press(asked, **setting):
    """What a reader in Jupyter is told who sets the control so and presses the button."""
    _, control, button, reply = asked.box().children
    for name, value in setting.items():
        setattr(control, name, value)
    button.click()
    return reply.value


@pytest.mark.parametrize("found", QUESTIONS.values(), ids=QUESTIONS)
def test_the_computed_answer_alone_is_right(found):
    # What is really right need not link to what mends it; every other answer must.
    unlinked = [choice for choice in found.choices if not LINK.search(choice.because)]
    can_be_right = [c for c in found.choices if unlinked in ([], [c])]
    assert can_be_right
    for right in can_be_right:
        form = question(found.name, answer=right.value)
        told = [press(form, index=j) for j in range(len(found.choices))]
        assert ["<strong>Right.</strong>" in words for words in told] == [c is right for c in found.choices]
        assert len(set(told)) == len(told)


@pytest.mark.parametrize("found", NUMBERS.values(), ids=NUMBERS)
def test_each_mistake_gets_its_own_words(found):
    answer = 1e6 + math.pi  # far from all mistakes
    form = question(found.name, answer=answer)
    told = [press(form, value=repr(float(mistake.gives))) for mistake in found.mistakes]
    told.append(press(form, value="-77.7"))
    assert len(set(told)) == len(told) >= 3
    assert all("<strong>Not right.</strong>" in words for words in told)
    assert "<strong>Right.</strong>" in press(form, value=repr(answer))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AskedChoice(Question("q", "?", (RIGHT, WRONG)), 3), "one right choice; 0"),
        (lambda: AskedChoice(Question("q", "?", (RIGHT, RIGHT, WRONG)), 1), "one right choice; 2"),
        (lambda: AskedChoice(Question("q", "?", (RIGHT, Choice(2, "No."))), 1), "must link"),
        (lambda: Question("q", "?", (RIGHT, Choice(2, " "))), "explanation of 2 in q must not be empty"),
        (lambda: Question("q", " ", (RIGHT, WRONG)), "text of q must not be empty"),
        (lambda: Number(**NUMBER | {"text": "", "mistakes": ()}), "text of n must not be empty"),
        (lambda: Number(**NUMBER, mistakes=(Mistake(2, ""),)), "explanation of 2 in n must not be empty"),
        (lambda: AskedNumber(Number(**NUMBER, mistakes=(Mistake(2, "No."),)), 1), "must link"),
        (lambda: AskedNumber(Number(**NUMBER, mistakes=(Mistake(1, WRONG.because),)), 1), "gives the right number"),
        (lambda: AskedNumber(Number(**NUMBER, mistakes=(Mistake(2, WRONG.because),) * 2), 1), "two mistakes in n"),
        (lambda: AskedNumber(Number(**NUMBER, mistakes=()), math.nan), "must be finite"),
        (lambda: question("3.1-zeor", answer=1), "near it are 3.1-zero"),
        (lambda: question("3.1-theta", answer=1), "no question"),  # an exercise
    ],
)
def test_what_the_author_got_wrong_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_nothing_given_is_not_right(file):
    choice, number = AskedChoice(Question("q", "?", (RIGHT, WRONG)), 1), AskedNumber(Number(**NUMBER, mistakes=()), 0)
    assert "first" in press(choice)
    assert "Give a number" in press(number)
    assert "Give a number" in press(number, value="1/0")
    assert not file.exists()


def test_only_what_was_answered_rightly_is_recorded():
    form = AskedChoice(Question("q", "?", (RIGHT, WRONG)), 1)
    press(form, index=1)
    assert progress.load()["questions"] == []
    press(form, index=0)
    assert progress.load()["questions"] == ["q"]


def test_numbers_are_read_as_people_write_them():
    assert {text: read_number(text) for text in READ} == READ
    for text in UNREADABLE:
        assert read_number(text) is None, text


@pytest.mark.parametrize(("answer", "tolerance", "text"), REPLIES)
def test_what_is_almost_right_is_told_what_it_lacks(answer, tolerance, text):
    asked = Number("n", "How many?", "Yes.", (), "Quite another number: see [Here](#here).", tolerance)
    words = re.sub("<[^>]*>", "", press(AskedNumber(asked, answer), value=text))
    assert words.startswith(REPLIES[answer, tolerance, text])


def test_a_known_mistake_goes_first():
    asked = Number(**NUMBER, mistakes=(Mistake(100, WRONG.because), Mistake(1.05, WRONG.because)))
    for text in ("100", "1.05"):
        assert "see <em>Here</em>" in press(AskedNumber(asked, 1), value=text)


def test_in_a_page_it_is_a_form_with_all_explained(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    html = AskedChoice(Question("q", "Is *it*?", (WRONG, RIGHT)), 1)._repr_mimebundle_()["text/html"]
    assert html.count("<li data-right>") == 1
    assert "<li data-right>1: " in html
    assert '<legend>Is <em>it</em>?</legend><label><input type="radio"' in html
    assert '<a href="#here">Here</a>' in html


def test_in_jupyter_it_is_a_widget():
    bundle = question("3.1-zero", answer=(True, True))._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
