"""Studying in the built book, from the keyboard: guesses, questions, progress; and all of it without scripts."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Frame, Locator, Page, expect

from book.serving import HTML
from lib.study import progress
from lib.study.content import everything
from lib.study.items import Exercise, Number, Prediction, Question
from lib.study.questions import read_number
from tests.book.conftest import LOOKS, Visit, serious
from tests.study.written import OTHERWISE, READ, REPLIES, UNREADABLE

CHAPTER = "chapters/3_1_the_simplest_model"
PLACE = "generative-ai-foundations"
QUESTIONS = {**everything(Question), **everything(Number)}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A reader with a fresh browser."""
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        yield page


@pytest.fixture
def chapter(page: Page, site: str) -> Page:
    return Visit(page).go(f"{site}/{CHAPTER}.html").page


def form(page: Page, name: str) -> Locator:
    return page.locator(f"[data-study='{name}']")


def stored(page: Page) -> dict[str, list[str]]:
    return json.loads(page.evaluate(f"localStorage.getItem('{PLACE}')") or "null")


def choose(page: Page, name: str, place: int) -> None:
    """Choose an answer and check it, by the keyboard alone."""
    radios = form(page, name).locator("[type=radio]")
    radios.first.focus()
    page.keyboard.press("Space")
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    expect(radios.nth(place)).to_be_focused()
    page.keyboard.press("Tab")
    expect(form(page, name).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")


# --- In the files --------------------------------------------------------------------------------


def test_each_question_stands_on_its_page_with_one_right_answer(built: Path) -> None:
    pages = [BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in built.glob("chapters/*.html")]
    for name, question in QUESTIONS.items():
        (shown,) = [found for page in pages for found in page.select(f"form[data-study='{name}']")]
        answers = shown.select("details li")
        wrong = [answer for answer in answers if not answer.has_attr("data-right")]
        assert len(wrong) == len(answers) - 1, name
        assert all(answer.select_one(".reply a[href]") for answer in wrong), name
        expected = len(question.choices) if isinstance(question, Question) else len(question.mistakes) + 2
        assert len(answers) == expected, name
    for name in (*everything(Prediction), *everything(Exercise)):
        assert len([found for page in pages for found in page.select(f"[data-study='{name}']")]) == 1


# --- Questions and guesses -----------------------------------------------------------------------


def test_a_wrong_choice_is_told_its_misconception_and_a_right_one_stays(chapter: Page) -> None:
    shown = form(chapter, "3.1-novel")
    expect(shown.locator("details")).to_be_hidden()
    choose(chapter, "3.1-novel", 0)
    expect(shown.get_by_role("status")).to_contain_text("Not right. Novelty is not quality.")
    expect(shown.get_by_role("status").get_by_role("link")).to_have_attribute("href", "#the-exact-score")
    assert stored(chapter) is None
    choose(chapter, "3.1-novel", 2)
    expect(shown.get_by_role("status")).to_contain_text("Right. Novelty")
    expect(shown.locator("details")).to_be_visible()
    assert stored(chapter)["questions"] == ["3.1-novel"]
    chapter.reload()
    expect(shown.locator(".study-kind")).to_have_text("Question · done")
    expect(form(chapter, "3.1-zero").locator(".study-kind")).to_have_text("Question")


def test_every_choice_gets_its_own_words(chapter: Page) -> None:
    for name, question in everything(Question).items():
        if name.startswith("3.1-"):
            told = []
            for place in range(len(question.choices)):
                choose(chapter, name, place)
                told.append(form(chapter, name).get_by_role("status").inner_text())
            assert len(set(told)) == len(told)
            assert sum(words.startswith("Right.") for words in told) == 1


def test_numbers_are_answered(chapter: Page) -> None:
    shown = form(chapter, "3.1-recall-bits")
    field, status = shown.get_by_role("textbox"), shown.get_by_role("status")
    right = float(shown.locator("[data-right]").get_attribute("data-value") or "nan")
    for text, words in (
        ("nine", "Give a number"),
        ("6.47", "Nats are not bits"),
        ("4.48", "multiplied by log 2"),
        ("77", "Divide by log 2"),
        (f"{right:.3g}", "Right."),
        (f"{100 * right} %", "Right."),
    ):
        field.fill(text)
        field.press("Enter")
        expect(status).to_contain_text(words)


def test_numbers_are_read_as_in_jupyter(chapter: Page) -> None:
    """Each text is given to a question whose answer is what Jupyter reads in it."""
    numbers = {text: read_number(text) for text in (*READ, *UNREADABLE)}
    told = form(chapter, "3.1-recall-bits").evaluate(
        """(form, rights) => rights.map(([text, right]) => {
            form.querySelector("[data-right]").dataset.value = right;
            form.elements.number.value = text || " "; // the browser itself asks for more than nothing
            form.querySelector("button").click();
            return form.querySelector("[role=status]").textContent.replace(/\\.[^]*/, "");
        })""",
        [[text, repr(number)] for text, number in numbers.items()],
    )
    expected = {text: "Give a number, such as 0" if number is None else "Right" for text, number in numbers.items()}
    assert dict(zip(numbers, told, strict=True)) == expected


def test_what_is_almost_right_is_told_as_in_jupyter(chapter: Page) -> None:
    shown = form(chapter, "3.1-recall-bits")
    shown.locator("li[data-value]:not([data-right])").evaluate_all("all => all.forEach((li) => li.remove())")
    shown.locator("li:last-child .reply").evaluate(f"reply => reply.textContent = {json.dumps(OTHERWISE)}")
    for (answer, tolerance, text), words in REPLIES.items():
        shown.evaluate("(form, tolerance) => form.dataset.tolerance = tolerance", tolerance)
        shown.locator("[data-right]").evaluate("(li, answer) => li.dataset.value = answer", answer)
        shown.get_by_role("textbox").fill(text)
        shown.get_by_role("textbox").press("Enter")
        expect(shown.get_by_role("status")).to_have_text(re.compile("^" + re.escape(words)))


def test_an_exercise_leads_to_its_notebook(chapter: Page, tmp_path: Path) -> None:
    exercise = form(chapter, "3.1-theta")
    expect(exercise).to_contain_text("python3 book lab")
    with chapter.expect_download() as download:
        exercise.get_by_role("link", name="Download this notebook").press("Enter")
    assert download.value.suggested_filename == f"{Path(CHAPTER).name}.ipynb"
    download.value.save_as(tmp_path / "notebook.ipynb")
    assert json.loads((tmp_path / "notebook.ipynb").read_text())["nbformat"] == 4


def test_each_exercise_of_the_book_does(built: Path) -> None:
    links = [
        (path, link["href"])
        for path in built.glob("chapters/*.html")
        for link in BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select("a.study-notebook")
    ]
    assert len(links) == sum(not exercise.wants_number for exercise in everything(Exercise).values())
    for path, href in links:
        assert (path.parent / href).resolve() == built / "_sources" / "chapters" / f"{path.stem}.ipynb"


def test_a_guess_stands_beside_the_result_which_waits_for_it(chapter: Page) -> None:
    shown, figure = form(chapter, "3.1-share"), chapter.locator("#figure-3")
    expect(figure).to_be_hidden()
    shown.get_by_role("slider").focus()
    for _ in range(3):
        chapter.keyboard.press("ArrowRight")
    chapter.keyboard.press("Tab")
    chapter.keyboard.press("Enter")
    expect(shown.get_by_role("row")).to_have_text(["Your guess3 %", "The result97.6 %"])
    expect(shown.get_by_role("status")).to_be_focused()
    expect(shown.get_by_role("slider")).to_be_disabled()
    expect(figure).to_be_visible()
    assert stored(chapter)["questions"] == ["3.1-share"]
    chapter.reload()  # who has guessed once is not asked to again
    expect(figure).to_be_visible()
    expect(shown.get_by_role("row")).to_have_text(["Your guess3 %", "The result97.6 %"])
    expect(shown.get_by_role("slider")).to_have_attribute("aria-valuetext", "3 %")
    expect(shown.get_by_role("slider")).to_be_disabled()
    expect(shown.get_by_role("status")).not_to_be_focused()


def test_no_guess_starts_at_its_result(site: str, page: Page) -> None:
    for path in sorted((HTML / "chapters").glob("*.html")):
        page.goto(f"{site}/chapters/{path.name}")
        for low, high, start, result in page.evaluate(
            """[...document.querySelectorAll('.study [name=guess]')].map(({min, max, value, form}) =>
                [min, max, value, form.dataset.number].map(Number))"""
        ):
            assert start in (low, high)
            assert abs(start - result) >= (high - low) / 2
        assert page.evaluate("document.querySelectorAll('.study [type=radio]:checked').length") == 0


def test_who_does_not_guess_is_shown_the_result_by_a_button(chapter: Page) -> None:
    chapter.get_by_role("button", name="Show it without a guess").nth(1).press("Enter")
    expect(chapter.locator("#figure-3")).to_be_visible()
    expect(chapter.locator(".study-veil")).not_to_have_count(0)  # the others wait
    assert stored(chapter) is None


def test_all_results_can_be_shown_which_is_remembered(chapter: Page, site: str) -> None:
    show_all = chapter.get_by_role("button", name="Show all results")
    show_all.press("Enter")
    expect(chapter.locator(".veiled, .study-veil")).to_have_count(0)
    chapter.goto(f"{site}/chapters/3_2_naive_bayes.html")
    expect(chapter.locator(".veiled, .study-veil")).to_have_count(0)
    expect(show_all).to_have_attribute("aria-pressed", "true")
    show_all.press("Enter")
    expect(chapter.locator(".study-veil")).not_to_have_count(0)
    expect(show_all).to_have_attribute("aria-pressed", "false")


def test_only_what_gives_the_result_away_waits(chapter: Page) -> None:
    """The next output, and what the author marks; in print there is nothing to wait for."""
    told, formula = chapter.locator("p", has_text="almost everything is new"), chapter.locator("#equation-new")
    expect(told).to_be_hidden()
    expect(formula).to_be_visible()
    chapter.emulate_media(media="print")
    expect(told).to_be_visible()
    expect(chapter.locator(".study-veil").first).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_stands_in_the_place_of_a_result_is_small(chapter: Page, width: int) -> None:
    chapter.set_viewport_size({"width": width, "height": 844})
    heights = chapter.locator(".study-veil").evaluate_all("all => all.map(note => note.offsetHeight)")
    assert heights
    assert max(heights) < 844 / 2


@pytest.mark.parametrize("fragment", ["figure-3", "figure-3?alpha=0.1"])
def test_who_follows_a_link_sees_where_it_leads(chapter: Page, fragment: str) -> None:
    expect(chapter.locator("#figure-3")).to_be_hidden()
    chapter.evaluate("fragment => location.hash = fragment", fragment)
    expect(chapter.locator("#figure-3")).to_be_in_viewport()
    expect(chapter.locator("#figure-1")).to_be_hidden()
    chapter.reload()
    expect(chapter.locator("#figure-3")).to_be_visible()


def test_after_two_wrong_answers_the_right_one_can_be_opened(chapter: Page) -> None:
    answers = form(chapter, "3.1-novel").locator("details")
    choose(chapter, "3.1-novel", 0)
    expect(answers).to_be_hidden()
    choose(chapter, "3.1-novel", 1)
    expect(answers).to_be_visible()
    assert stored(chapter) is None


def test_an_exercise_with_a_number_is_answered_in_the_page(chapter: Page) -> None:
    shown = form(chapter, "3.1-coin")
    field, status = shown.get_by_role("textbox"), shown.get_by_role("status")
    for number, words in (("1", "After three throws nobody should be certain"), ("0.6", "have not got their own"),
                          ("80", "This is the answer times 100"), ("4/5", "Right.")):  # fmt: skip
        field.fill(number)
        field.press("Enter")
        expect(status).to_contain_text(words)
    assert stored(chapter)["exercises"] == ["3.1-coin"]
    chapter.reload()
    expect(shown.locator(".study-kind")).to_have_text("Exercise 3.1-coin · done")


def test_a_choice_can_be_a_guess(page: Page, site: str) -> None:
    Visit(page).go(f"{site}/chapters/3_2_naive_bayes.html")
    choose(page, "3.2-cross", 1)
    rows = form(page, "3.2-cross").get_by_role("row")
    expect(rows.first).to_have_text("Your guessthe table, however many people")
    expect(rows.last).to_have_text("The resultnaive Bayes with few people, the table with many")
    page.reload()
    expect(rows.first).to_have_text("Your guessthe table, however many people")
    expect(form(page, "3.2-cross").locator("[type=radio]").nth(1)).to_be_checked()


@pytest.mark.parametrize("kept", [None, "47", 47, "", "500", "47.5", {"3.1-new": "3"}, [[]]])
def test_a_guess_that_cannot_have_been_made_is_asked_again(page: Page, site: str, kept: object) -> None:
    """And so is one of another edition, whose choices had other words."""
    page.goto(f"{site}/{CHAPTER}.html")
    names = ["3.1-share", "3.2-cross"]
    guesses = None if kept is None else dict.fromkeys(names, kept)
    progress = {"version": 1, "pages": [], "questions": names, "exercises": [], "guesses": guesses}
    page.evaluate(f"text => localStorage.setItem('{PLACE}', text)", json.dumps(progress))
    visit = Visit(page)
    visit.go(f"{site}/{CHAPTER}.html")
    shown = form(page, "3.1-share")
    expect(shown.locator(".study-kind")).to_have_text("Guess before you look · done")
    expect(shown.get_by_role("row")).to_have_count(2 if kept == "47" else 0)
    expect(shown.locator("label")).to_contain_text("47 %" if kept == "47" else "0 %")
    visit.go(f"{site}/chapters/3_2_naive_bayes.html")
    expect(form(page, "3.2-cross").get_by_role("row")).to_have_count(0)
    expect(form(page, "3.2-cross").locator(":checked")).to_have_count(0)
    choose(page, "3.2-cross", 1)
    assert stored(page)["guesses"]["3.2-cross"] == "the table, however many people"
    assert visit.errors == []


def test_guesses_leave_and_return_and_are_forgotten(chapter: Page, panel: Callable[[], Page], tmp_path: Path) -> None:
    rows = form(chapter, "3.1-share").get_by_role("row")
    form(chapter, "3.1-share").get_by_role("button").press("Enter")
    (tmp_path / "progress.json").write_text(json.dumps(stored(chapter)))
    page = panel()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reset").press("Enter")
    page.go_back()
    page.reload()
    expect(rows).to_have_count(0)
    import_file(panel(), tmp_path / "progress.json")
    page.go_back()
    page.reload()
    expect(rows.first).to_have_text("Your guess0 %")


# --- Progress ------------------------------------------------------------------------------------


@pytest.fixture
def panel(page: Page, site: str) -> Callable[[], Page]:
    """Opens the page "Your progress"."""
    return lambda: Visit(page).go(f"{site}/book/pages/progress.html").page


def counts(page: Page) -> dict[str, list[str]]:
    rows = page.locator("main table tbody tr").evaluate_all(
        "all => all.map(row => [...row.cells].map(c => c.innerText))"
    )
    return {chapter: cells for chapter, *cells in rows}


def test_progress_counts_leaves_returns_and_is_forgotten(
    chapter: Page, panel: Callable[[], Page], tmp_path: Path
) -> None:
    choose(chapter, "3.1-novel", 2)
    chapter.locator(".study-end").scroll_into_view_if_needed()
    while not stored(chapter)["pages"]:
        chapter.wait_for_timeout(50)
    page = panel()
    before = counts(page)
    assert [words.split()[0] for words in before["3.1 The simplest model"]] == ["1", "1", "0"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").press("Enter")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert json.loads(file.read_text()) == {
        "version": 1,
        "pages": [CHAPTER],
        "questions": ["3.1-novel"],
        "exercises": [],
    }

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Reset").press("Enter")
    assert counts(page) == before
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Reset").press("Enter")
    assert stored(page) is None
    assert counts(page)["3.1 The simplest model"][0].startswith("0")

    import_file(page, file)
    assert counts(page) == before


def import_file(page: Page, file: Path) -> str:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import").press("Enter")
    page.locator(".study-progress [role=status]").evaluate("status => status.textContent = ''")
    chooser.value.set_files(file)
    status = page.locator(".study-progress [role=status]")
    expect(status).to_contain_text(re.compile("was added|Nothing was imported"))
    return status.inner_text()


def test_what_was_passed_in_jupyter_is_added(
    chapter: Page, panel: Callable[[], Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(progress.PLACE, str(tmp_path / "progress.json"))
    progress.record("exercises", "3.1-theta")
    choose(chapter, "3.1-novel", 2)
    page = panel()
    assert "was added" in import_file(page, tmp_path / "progress.json")
    assert [words.split()[0] for words in counts(page)["3.1 The simplest model"]] == ["0", "1", "1"]
    page.go_back()
    page.reload()
    expect(form(page, "3.1-theta").locator(".study-kind")).to_have_text("Exercise 3.1-theta · done")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("null", "damaged"),
        ('{"version": 1, "pages": [], "questions": []}', "damaged"),
        ('{"version": 1, "pages": [], "questions": [], "exercises": [3]}', "damaged"),
        ('{"version": 2, "chapters": {}}', "newer version"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(
    chapter: Page, panel: Callable[[], Page], tmp_path: Path, text: str, word: str
) -> None:
    choose(chapter, "3.1-novel", 2)
    before = stored(chapter)
    page = panel()
    (tmp_path / "other.json").write_text(text)
    words = import_file(page, tmp_path / "other.json")
    assert word in words
    assert "nothing is lost" in words
    assert stored(page) == before

    # Where the browser itself holds such a text, it is told and kept, and only reset forgets it.
    page.evaluate(f"text => localStorage.setItem('{PLACE}', text)", text)
    page.reload()
    expect(page.locator(".study-progress [role=status]")).to_contain_text(word)
    (tmp_path / "good.json").write_text(json.dumps(before))
    assert word in import_file(page, tmp_path / "good.json")
    page.go_back()
    choose(page, "3.1-zero", 1)
    assert page.evaluate(f"localStorage.getItem('{PLACE}')") == text


@pytest.fixture(params=["forbidden", "none", "a frame without an origin"])
def forgetful(page: Page, site: str, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Frame]]:
    """Opens a page in a browser that lets it store nothing; it must do without an error."""
    visit, errors = Visit(page), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    if request.param == "a frame without an origin":
        frame = '<iframe name="book" sandbox="allow-scripts" width="1200" height="800"></iframe>'
        page.route(f"{site}/frame.html", lambda route: route.fulfill(body=frame, content_type="text/html"))
    else:
        gets = {"forbidden": "throw new DOMException('no', 'SecurityError')", "none": "return null"}[request.param]
        page.add_init_script(
            f"Object.defineProperty(window, 'localStorage', {{get() {{ {gets} }}, configurable: true}})"
        )

    def opened(name: str) -> Frame:
        if request.param != "a frame without an origin":
            return visit.go(f"{site}/{name}.html").page.main_frame
        visit.go(f"{site}/frame.html")
        (frame,) = page.main_frame.child_frames
        frame.goto(f"{site}/{name}.html", wait_until="networkidle")
        return frame

    yield opened
    assert errors == []


def test_a_browser_that_stores_nothing_still_answers(forgetful: Callable[[str], Frame]) -> None:
    frame = forgetful(CHAPTER)
    asked = frame.locator("[data-study='3.1-novel']")
    asked.locator("[type=radio]").nth(2).check()
    asked.get_by_role("button").click()
    expect(asked.get_by_role("status")).to_contain_text("Right.")
    expect(asked.locator(".study-kind")).to_have_text("Question · done")
    frame.get_by_role("button", name="Show all results").press("Enter")
    expect(frame.locator(".veiled, .study-veil")).to_have_count(0)
    frame = forgetful("book/pages/progress")
    expect(frame.locator(".study-progress [role=status]")).to_contain_text("does not let the book store anything")


def test_a_browser_that_stores_nothing_changes_between_light_and_dark(forgetful: Callable[[str], Frame]) -> None:
    frame = forgetful(CHAPTER)
    seen = []
    for _ in range(3):
        frame.get_by_role("button", name="Color mode").first.click()
        seen.append(frame.evaluate("document.documentElement.dataset.mode"))
    assert sorted(seen) == ["auto", "dark", "light"]


def test_a_browser_that_stores_nothing_moves_figures_and_shows_icons(forgetful: Callable[[str], Frame]) -> None:
    frame = forgetful(CHAPTER)
    frame.get_by_role("button", name="Show it without a guess").nth(1).click()
    frame.locator("#figure-3").scroll_into_view_if_needed()
    frame.locator("#figure-3 [name=alpha]:enabled").press("ArrowRight")
    expect(frame.locator("#figure-3 [role=status]")).to_have_text("97.8 % of draws are new", timeout=30_000)
    icons = "[...document.fonts].filter(({family, status}) => /Awesome/.test(family) && status === 'loaded').length"
    assert frame.evaluate(icons) == 1


# --- For everyone --------------------------------------------------------------------------------


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_when_answers_are_shown(chapter: Page, look: str) -> None:
    choose(chapter, "3.1-novel", 0)
    choose(chapter, "3.1-zero", 1)
    form(chapter, "3.1-zero").locator("summary").press("Enter")
    form(chapter, "3.1-share").get_by_role("button").press("Enter")
    form(chapter, "3.1-recall-bits").get_by_role("textbox").fill("7")
    form(chapter, "3.1-recall-bits").get_by_role("textbox").press("Enter")
    form(chapter, "3.1-theta").locator("summary").last.press("Enter")
    assert serious(chapter, look, ".study") == []
    assert chapter.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_questions_and_answers_can_be_read(browser: Browser, site: str) -> None:
    with browser.new_page(java_script_enabled=False) as page:
        page.goto(f"{site}/{CHAPTER}.html")
        assert page.locator(".veiled, .study-veil").count() == 0
        for name in ("3.1-novel", "3.1-recall-bits", "3.1-share"):
            expect(form(page, name).locator("legend")).to_be_visible()
            expect(form(page, name).locator("button")).to_be_hidden()
            form(page, name).locator("summary").click()
            expect(form(page, name).locator(".reply").first).to_be_visible()
        page.goto(f"{site}/book/pages/progress.html")
        expect(page.locator(".study-progress button").first).to_be_hidden()


def test_it_works_in_a_page_that_is_a_file(page: Page, built: Path) -> None:
    page.goto(f"{(built / CHAPTER).as_uri()}.html")
    choose(page, "3.1-novel", 2)
    page.reload()
    expect(form(page, "3.1-novel").locator(".study-kind")).to_have_text("Question · done")
