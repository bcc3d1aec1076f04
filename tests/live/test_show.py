"""Figures and tables as the page gets them."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from lib.live import show, table


def picture(alt, title="a"):
    with plt.style.context("lib.book"):
        fig, ax = plt.subplots()
        ax.plot([1, 2], label=title)
        ax.legend()
        return show(fig, alt=alt).data


def test_a_figure_says_what_it_shows():
    root = ElementTree.fromstring(picture('Rises & "doubles" <from> 1 to 2'))
    svg = root.find("{http://www.w3.org/2000/svg}svg")
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == 'Rises & "doubles" <from> 1 to 2'


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        picture("  ")


def test_the_ids_of_two_figures_do_not_meet():
    one, two = picture("one"), picture("two")
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for text, own in zip((one, two), ids, strict=True):
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
        assert used
        assert used <= own


def test_two_equal_images_do_not_share_an_id():
    with plt.style.context("lib.book"):
        fig, axes = plt.subplots(1, 2)
        for ax in axes:
            ax.imshow([[0.0, 1.0]])
        text = show(fig, alt="Twice the same image.").data
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert text.count("<image") == 2
    assert len(ids) == len(set(ids))


def test_a_figure_takes_its_ink_and_font_from_the_page():
    text = picture("a line")
    assert "currentColor" in text
    assert "#1b1b1b" not in text
    assert "font-family" not in text
    assert "<style" not in text


def test_the_same_figure_is_the_same_text():
    assert picture("a line") == picture("a line")


def test_a_table():
    text = table(["value", "n"], [["<Round>", 22], ["Blank", 11]]).data
    assert '<th scope="col">value</th>' in text
    assert '<td>&lt;Round&gt;</td><td class="number">22</td>' in text
