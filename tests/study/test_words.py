"""Words with a little markup."""

import pytest

from lib.medium import VARIABLE
from lib.study.content import everything
from lib.study.items import Exercise, Number, Prediction, Question
from lib.study.words import to_html, to_text

WORDS = "*a* and **b**, `c < d`, [e](0_tools.ipynb#f) & <g>"


def test_in_a_notebook_a_link_is_a_name():
    html = "<em>a</em> and <strong>b</strong>, <code>c &lt; d</code>, <em>e</em> &amp; &lt;g&gt;"
    assert to_html(WORDS) == html


def test_in_a_page_it_leads_to_a_page(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    assert '<a href="0_tools.html#f">e</a>' in to_html(WORDS)


def test_in_a_terminal_there_is_no_markup():
    assert to_text(WORDS) == "a and b, c < d, e & <g>"


@pytest.mark.parametrize("words", ["0.5 * 2 = 1", "a[0] (b)"])
def test_what_only_looks_like_markup_stays(words):
    assert to_html(words) == words


def test_no_words_to_study_hold_latex():
    """Neither a page nor a terminal makes a formula of it: they are written in plain signs, as z³ or σ²."""
    found = [item for item in everything(Exercise, Number, Prediction, Question).values() if "$" in repr(item)]
    assert found == []
