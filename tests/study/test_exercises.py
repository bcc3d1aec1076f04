"""Exercises answer back: the solution passes, each mistake gets its own words, and nothing else is ever right."""

import json
import re
import warnings
from decimal import Decimal
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from lib import scores
from lib.medium import VARIABLE
from lib.study import check, hint, progress, solution
from lib.study.content import everything
from lib.study.items import Exercise

EXERCISES = everything(Exercise)
MISTAKES = [(exercise, mistake) for exercise in EXERCISES.values() for mistake in exercise.mistakes]


@pytest.fixture(params=EXERCISES.values(), ids=EXERCISES)
def exercise(request):
    return request.param


def test_the_solution_passes(exercise):
    names = {"np": np, "scores": scores}  # which the chapter imports
    exec(solution(exercise.name).code, names)
    reply = check(exercise.name, names["answer"])
    assert reply.right
    assert repr(reply) == "Right."
    assert progress.load()["exercises"] == [exercise.name]


def shown_in_a_page(exercise, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    shown = check(exercise.name, ...)
    return shown._repr_mimebundle_()["text/html"] if exercise.wants_number else shown._repr_html_()


def test_the_solution_shows_the_number_that_is_right(exercise, monkeypatch):
    page = shown_in_a_page(exercise, monkeypatch)
    monkeypatch.delenv(VARIABLE)
    if exercise.wants_function:
        assert "It gives" not in page + repr(solution(exercise.name))
        return
    shown = re.search(r"It gives ([^A-Z]+)\. ", repr(solution(exercise.name)))[1]
    assert f"<p>It gives <code>{shown}</code>.</p>" in page
    assert check(exercise.name, json.loads(re.sub(r"\s+", ",", shown))).right


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES, ids=lambda value: getattr(value, "name", ""))
def test_each_mistake_gets_its_own_words(exercise, mistake):
    reply = check(exercise.name, mistake.gives)
    assert not reply.right
    assert reply.words == f"**Not right.** {mistake.because}"
    assert sum(other.because == mistake.because for other in exercise.mistakes) == 1


@pytest.mark.parametrize(
    "answer", [..., None, "", "0.8", [], (), {}, np.nan, True, 1j, [[1], [2, 3]], 7, lambda: 7, max]
)
def test_what_is_empty_or_strange_is_never_right(exercise, answer, file):
    assert not check(exercise.name, answer).right
    assert not file.exists()


@pytest.mark.parametrize(
    "result", [..., None, "", [], np.nan, True, np.zeros(0), np.full((3, 2), np.inf), [[1], [2, 3]]]
)
def test_a_function_that_gives_such_is_never_right(exercise, result, file):
    assert not check(exercise.name, lambda *_: result).right
    assert not file.exists()


def test_almost_right_is_not_right(exercise):
    calls = iter(range(100))

    def wrong_once(*inputs):
        return exercise.right(*inputs) + (next(calls) == len(exercise.inputs) - 1)

    wrong = np.array(0.0 if exercise.wants_function else exercise.right, float)
    wrong.flat[-1] *= 1.02
    assert not check(exercise.name, wrong_once if exercise.wants_function else wrong).right


def test_an_unanswered_exercise_only_waits(exercise):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "waits" in repr(check(exercise.name, ...))
        if exercise.wants_function:
            assert "still has dots" in repr(check(exercise.name, lambda *_: ...))
            assert "still has dots" in repr(check(exercise.name, lambda first, *_: first + ...))


# --- On one exercise -----------------------------------------------------------------------------


def test_a_crash_is_explained():
    def smoothed(n, alpha):
        total = n.sum() + alpha * n.size
        return (n + alpha) / [total][1]

    words = repr(check("3.1-theta", smoothed))
    assert "Your function stopped" in words
    assert "n = [3 1 0 0], alpha = 1.0" in words
    assert "IndexError: list index out of range" in words
    assert "return (n + alpha) / [total][1]" in words


def test_a_stop_by_hand_is_no_crash():
    def endless(_n, _alpha):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("3.1-theta", endless)


def test_a_function_may_spoil_its_inputs_and_may_use_jax():
    def spoils(n, alpha):
        result = (n + alpha) / (n + alpha).sum()
        n[...] = 0
        return jnp.asarray(result, jnp.float32)

    assert check("3.1-theta", spoils).right
    assert check("3.1-theta", spoils).right


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.0046, "Its shape is (), and the exercise asks for (2,)"),
        ([0.0046, 0.00022], "You are near: give three digits."),
        ([0.0047, 0.00022], "No mistake that we know gives [0.0047 0.00022]"),
        ([0.463, 0.0221], "This is the answer times 100. Did you give a percentage where a share is asked for?"),
        ([4.63e-5, 2.21e-6], "This is the answer divided by 100."),
        ([0.463, 0.000221], "No mistake that we know"),
        ([0.3, 0.25], "No mistake that we know gives [0.3 0.25]"),
        ([0.3, np.nan], "It holds nan"),
        (lambda: 0, "Call it"),
        (None, "None, which is nothing"),
    ],
)
def test_other_wrong_answers_get_words_that_help(answer, words):
    assert words in repr(check("3.1-pair", answer))


def test_three_digits_are_enough():
    assert check("3.1-pair", [0.00463, 0.000221]).right


@pytest.mark.parametrize(
    "answer",
    [
        Fraction(4, 5),
        Decimal("0.8"),
        Decimal("0.80001"),
        jnp.bfloat16(0.8),
        jnp.float16(0.8),
        jnp.float32(0.8),
        jnp.array(0.8),
        np.float16(0.8),
        np.float32(0.8),
        np.longdouble(0.8),
        np.array(0.8),
        np.array(Fraction(4, 5)),
        jnp.asarray(0.8, jnp.bfloat16),
    ],
    ids=lambda answer: f"{type(answer).__name__} {getattr(answer, 'dtype', '')}",
)
def test_a_number_may_be_of_any_kind(answer):
    assert check("3.1-coin", answer).right
    assert not check("3.1-coin", answer / 3).right


@pytest.mark.parametrize(
    "answer",
    [
        [Fraction(463, 100_000), Fraction(221, 1_000_000)],
        [Decimal("0.00463"), 0.000221],
        (jnp.bfloat16(0.00463), jnp.bfloat16(0.000221)),
        [jnp.float32(0.00463), Fraction(221, 1_000_000)],
        np.array([0.00463, 0.000221], "float16"),
        jnp.array([0.00463, 0.000221], jnp.bfloat16),
    ],
    ids=lambda answer: f"{type(answer).__name__} {getattr(answer, 'dtype', type(answer[0]).__name__)}",
)
def test_numbers_may_be_of_any_kind(answer):
    assert check("3.1-pair", answer).right
    assert not check("3.1-pair", answer[::-1]).right


@pytest.mark.parametrize(
    "answer",
    [np.ma.masked, np.ma.array([0.00463, 0.000221], mask=[0, 1]), [True, Fraction(1)], Fraction(10**400), 0.00463 + 0j],
    ids=lambda answer: type(answer).__name__,
)
def test_what_is_no_number_is_told_so(answer):
    assert "is not what the exercise asks for: numbers" in repr(check("3.1-pair", answer))


def test_hints_come_one_by_one():
    hints = EXERCISES["0-given"].hints
    told = [repr(hint("0-given")) for _ in range(len(hints) + 2)]
    assert all(f"Hint {i + 1} of {len(hints)}" in told[i] for i in range(len(hints)))
    assert all('solution("0-given")' in words for words in told[len(hints) :])


@pytest.mark.parametrize("ask", [lambda name: check(name, 1), hint, solution])
def test_an_unknown_exercise_is_told_those_that_are_near(ask):
    with pytest.raises(ValueError, match=r"no exercise '3.1-tehta'; near it are 3.1-theta"):
        ask("3.1-tehta")
    with pytest.raises(ValueError, match="no exercise 'x'; near it are 0-given"):
        ask("x")


def test_trouble_with_the_file_is_told_beside_the_reply(file):
    file.write_text("{")
    reply = check("3.1-coin", 0.8)
    assert reply.right
    assert "damaged" in repr(reply)
    assert "damaged" in reply._repr_html_()
    assert file.read_text() == "{"


def test_in_a_page_hints_and_solution_are_folded(exercise, monkeypatch):
    html = shown_in_a_page(exercise, monkeypatch)
    assert len(re.findall(r"<summary>Hint \d", html)) == len(exercise.hints)
    assert html.count("<summary>Solution") == 1
    assert f">Exercise {exercise.name}<" in html
    assert ("<code>python3 book lab</code>" in html) != exercise.wants_number


def test_a_number_can_be_given_in_the_page_and_each_mistake_is_told(monkeypatch):
    for exercise in filter(lambda exercise: exercise.wants_number, EXERCISES.values()):
        html = shown_in_a_page(exercise, monkeypatch)
        assert 'data-record="exercises"' in html
        assert 'name="number"' in html
        values = [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]
        np.testing.assert_array_equal(values, [exercise.right, *(mistake.gives for mistake in exercise.mistakes)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solution": ""}, "solution of e must not be empty"),
        ({"hints": (" ",)}, "must not be empty"),
        ({"inputs": ((1,),)}, "inputs if it asks for a function"),
        ({"right": max}, "inputs if it asks for a function"),
    ],
)
def test_what_the_author_got_wrong_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Exercise(**{"name": "e", "right": 1, "mistakes": (), "hints": (), "solution": "answer = 1"} | change)
