"""Play: a state that steps carry on, in Jupyter and in a page of its own in two browsers."""

import re

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from benchmarks import live as benchmark
from lib.live import FloatSlider, IntSlider, Play, SampleAgain, explore
from lib.medium import VARIABLE
from tests.live import gan

STATE, STATUS, ALERT, STEPS = "svg [data-artist]", "[role=status]", "[role=alert]", ".steps"
TAB, ENTER, SPACE = "\ue004", "\ue007", " "  # as WebDriver writes them


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


def shown(state, **_):
    return state.astype(np.float32)


def add(state, by):
    return state + by


def grow(state):
    return state * 1e20


def adding(step=add, start=0):
    """A number that grows by what a slider says."""
    return {"state": Play(np.int32(start), step), "by": IntSlider(value=1, min=0, max=5)}


def growing():
    """A number that grows until float32 has none like it, at the second step."""
    return {"state": Play(np.float32(1), grow)}


def exploration(sliders, fn=shown, **settings):
    fig, ax = plt.subplots()
    return explore(fig, fn, ax.text(0, 0, "{:.2f}"), alt="a number", **sliders, **settings)


# --- In Jupyter ----------------------------------------------------------------------------------


class Buttons:
    """What a reader in Jupyter finds."""

    def __init__(self, play):
        self.toggle, self.one, self.reset, self.said, self.clock = play.children

    def tick(self):
        self.clock.value += 1


def text(live):
    return re.findall(r">([^<]*)</text>", live._html.value)[-1]


def test_one_step_takes_the_sliders_where_they_stand():
    live = exploration(adding())
    buttons = Buttons(live.sliders["state"])
    assert (text(live), buttons.said.value) == ("0.00", "step 0")
    buttons.one.click()
    live.sliders["by"].value = 5
    assert (text(live), buttons.said.value) == ("1.00", "step 1")  # a slider takes no step
    buttons.one.click()
    assert (text(live), buttons.said.value) == ("6.00", "step 2")


def test_play_steps_at_each_tick_until_it_is_paused():
    live = exploration(adding())
    buttons = Buttons(live.sliders["state"])
    buttons.tick()
    assert text(live) == "0.00"  # nothing plays yet
    buttons.toggle.click()
    assert buttons.toggle.description == "Pause"
    for _ in range(3):
        buttons.tick()
    assert text(live) == "3.00"
    buttons.toggle.click()
    buttons.tick()  # one that was on its way
    assert (text(live), buttons.toggle.description) == ("3.00", "Play")


def test_one_step_pauses():
    buttons = Buttons(exploration(adding()).sliders["state"])
    buttons.toggle.click()
    buttons.one.click()
    assert not buttons.clock.playing


def test_reset_gives_back_the_start_and_the_sliders():
    live = exploration(adding())
    first, buttons = live._html.value, Buttons(live.sliders["state"])
    live.sliders["by"].value = 3
    buttons.toggle.click()
    buttons.tick()
    buttons.reset.click()
    assert (live._html.value, live.sliders["by"].value, buttons.said.value) == (first, 1, "step 0")
    assert not buttons.clock.playing
    buttons.one.click()
    assert text(live) == "1.00"


def test_a_step_that_is_not_finite_ends_the_play_and_keeps_the_last_state():
    live = exploration(growing())
    buttons = Buttons(live.sliders["state"])
    buttons.toggle.click()
    for _ in range(3):
        buttons.tick()
    assert "Step 2 gave a number that is not finite; Reset starts again." in buttons.said.value
    assert 'role="alert"' in buttons.said.value
    assert live.sliders["state"].state == np.float32(1e20)
    assert not buttons.clock.playing
    buttons.reset.click()
    assert (text(live), buttons.said.value) == ("1.00", "step 0")


def noisy(state, by):
    """A weight and a key that change together."""
    key, own = jax.random.split(state["key"])
    return {"w": state["w"] - 0.1 * jax.grad(jnp.sum)(state["w"]) + by * jax.random.normal(own, (3,)), "key": key}


def test_steps_are_those_of_a_loop():
    start = {"w": np.arange(3, dtype=np.float32), "key": jax.random.key(0)}
    sliders = {"state": Play(start, noisy), "by": FloatSlider(value=0.5, min=0, max=1)}
    live = exploration(sliders, lambda state, by: state["w"].sum() + 0 * by)
    play, state, step = sliders["state"], start, jax.jit(noisy)
    for n in range(1, 8):
        state = step(state, np.float32(0.5))
        np.testing.assert_array_equal(play.argument(n)["w"], state["w"])
        Buttons(play).one.click()
        np.testing.assert_array_equal(play.state["w"], state["w"])
        assert play.state["key"] == state["key"]
        assert live.results(state=n) == live.results()


def test_what_becomes_of_the_authors_arrays_is_nothing_to_the_figure():
    start = np.zeros((), np.int32)
    live = exploration({"state": Play(start, lambda state: state + 1)})
    start += 5
    assert live.results(state=0)[0] == 0


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        ({"w": np.zeros(3)}, TypeError, r"start must hold arrays of .*; start\['w'\] is float64\[3\]"),
        ((np.zeros(2, np.complex64),), TypeError, r"start\[0\] is complex64\[2\]"),
        ({"name": "a"}, TypeError, r"start\['name'\] is 'a'"),
        ([np.float32(1), 0], TypeError, r"start\[1\] is 0"),
        ((), TypeError, r"start must hold arrays of .*; got \(\)"),
        ({"w": np.float32([1, np.nan])}, ValueError, r"start must be finite; start\['w'\] is not"),
    ],
)
def test_a_start_that_cannot_be_carried_is_refused(start, error, message):
    with pytest.raises(error, match=message):
        Play(start, add)


START = {"w": np.zeros(3, np.float32), "i": np.int32(0)}


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (
            lambda state: {**state, "w": state["w"][:2]},
            ValueError,
            r"state\['w'\] must be float32\[3\]; got float32\[2\]",
        ),
        (
            lambda state: {**state, "i": state["i"].astype(float)},
            ValueError,
            r"state\['i'\] must be int32\[\]; got float32\[\]",
        ),
        (lambda state: {"w": state["w"]}, ValueError, r"state\['i'\] must be int32\[\]; got nothing"),
        (lambda state: {**state, "b": state["w"]}, ValueError, r"state\['b'\] must be absent; got float32\[3\]"),
        (lambda state, speed: state + speed, TypeError, r"step must take state, .* \['by'\]: missing .* 'speed'"),
        (lambda by: by, TypeError, r"step must take state, and sliders of the figure, \['by'\]; it takes by"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(step, error, message):
    sliders = {"state": Play(START, step), "by": IntSlider(value=1, min=0, max=5)}
    with pytest.raises(error, match=message):
        exploration(sliders, lambda state, by: state["w"].sum() + by.astype(float))


def test_a_step_must_keep_tuples_and_lists_apart():
    with pytest.raises(ValueError, match=r"a state like the one that it takes, PyTreeDef\(\(\*,\)\); got PyTreeDef"):
        exploration({"state": Play((np.int32(0),), lambda state: [*state])}, lambda state: state[0].astype(float))


def test_a_figure_has_one_play_and_no_frames_beside_it():
    with pytest.raises(TypeError, match="a figure can have one Play; got one, other"):
        exploration({name: Play(np.int32(0), add) for name in ("one", "other")}, total)
    with pytest.raises(TypeError, match="frames cannot store state"):
        exploration(adding(), frames={})


def total(**given):
    return sum(value.astype(float) for value in given.values())


# --- In a page -----------------------------------------------------------------------------------


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def steps(page):
    return int(page.locator(STEPS).text_content().removeprefix("step "))


def reach(page, n):
    """Wait until a play has gone so far."""
    page.wait_for_function("n => parseInt(document.querySelector('.steps').textContent.slice(5)) >= n", arg=n)


def rest(page):
    """Wait until what is shown is all that was asked for."""
    page.wait_for_function(benchmark.SHOWN, arg=page.query_selector("figure"))


@pytest.fixture(scope="module")
def training(live_file):
    """The address of a training, and what JAX gives in it."""
    return live_file(gan.picture, gan.sliders(), artists=gan.artists)


def agreed(page, expected):
    figure = benchmark.Figure("a page", 1)
    figure.expected = expected
    return benchmark.disagreement(figure, page)


def test_a_training_in_chromium_is_that_of_jax(training, open_page):
    file, expected = training
    page = open_page(file)
    taken = [check["at"]["state"] for check in expected["checks"] if "state" in check["at"]]
    assert taken == [0, 1, 2, 5, 10, 20, 50]
    assert agreed(page, expected) <= expected["tolerance"]
    assert page.errors == []


def test_a_training_in_firefox_is_that_of_jax(training, firefox):
    file, expected = training
    firefox.open(file)
    wait(firefox, "document.querySelector('.controls:enabled')")
    for _ in range(2):  # past Play
        firefox.press(TAB)
    taken, worst = 0, 0.0
    for check in expected["checks"]:
        for _ in range(check["at"].get("state", 0) - taken):
            firefox.press(ENTER if taken % 2 else SPACE)
            taken += 1
        if taken and check["at"] == {"state": taken}:
            wait(firefox, f"document.querySelector('.steps').textContent === 'step {taken}'")
            results = firefox.evaluate("document.querySelector('.live').results.map(values => Array.from(values))")
            for ours, theirs in zip(results, map(np.array, check["results"]), strict=True):
                worst = max(worst, np.abs(ours - theirs).max() / np.abs(theirs).max())
    assert taken == 50
    assert worst <= expected["tolerance"]


def wait(firefox, condition):
    firefox.evaluate(
        f"new Promise(done => {{ const look = () => ({condition}) ? done(1) : void setTimeout(look, 20); look(); }})"
    )


def test_the_keyboard_is_enough(live_page):
    page = live_page(shown, adding())
    page.keyboard.press("Tab")
    expect(button(page, "Play")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "Pause")).to_be_focused()
    reach(page, 3)
    page.keyboard.press("Enter")
    expect(button(page, "Play")).to_be_focused()
    rest(page)
    paused = steps(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(STATE)).to_have_text(f"{paused + 1}.00")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # the slider
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(STATE)).to_have_text("0.00")
    expect(page.locator("[name=by]")).to_have_value("1")
    assert page.errors == []


def test_a_slider_takes_no_step_and_the_next_step_goes_by_it(live_page):
    page = live_page(shown, adding())
    button(page, "One step").click(click_count=3)
    expect(page.locator(STATE)).to_have_text("3.00")
    page.locator("[name=by]").press("End")
    rest(page)
    assert (page.locator(STATE).text_content(), steps(page)) == ("3.00", 3)
    button(page, "One step").click()
    expect(page.locator(STATE)).to_have_text("8.00")
    page.wait_for_url("**#figure-1?by=5")  # and no state
    expect(page.locator("svg")).to_have_attribute("aria-label", "At first: a number Now: step 4, by 5.")


def test_a_play_goes_on_by_a_slider_that_is_moved(live_page):
    page = live_page(shown, adding())
    button(page, "Play").click()
    page.locator("[name=by]").press("Home")
    rest(page)
    stands, taken = page.locator(STATE).text_content(), steps(page)
    reach(page, taken + 5)
    assert page.locator(STATE).text_content() == stands


def test_nothing_is_said_before_the_play_rests(live_page):
    page = live_page(shown, adding())
    button(page, "One step").click()
    expect(page.locator(STATUS)).to_have_text("step 1, 1.00")
    button(page, "Play").click()
    reach(page, 40)  # more than the time after which a slider's setting is said
    expect(page.locator(STATUS)).to_have_text("step 1, 1.00")
    button(page, "Pause").click()
    rest(page)
    paused = steps(page)
    expect(page.locator(STATUS)).to_have_text(f"step {paused}, {paused}.00")
    assert steps(page) == paused
    assert "#" not in page.url


def test_reset_pauses_and_gives_the_first_picture_back(training, open_page):
    page = open_page(training[0])

    def reset():
        button(page, "Reset").click()
        rest(page)
        return page.locator("svg").inner_html()

    first = reset()
    button(page, "Play").click()
    reach(page, 10)
    assert page.locator("svg").inner_html() != first
    assert reset() == first
    assert steps(page) == 0
    expect(button(page, "Play")).to_be_visible()
    page.evaluate(benchmark.PAINTED)
    assert page.locator("svg").inner_html() == first


def test_a_step_that_is_not_finite_pauses_the_page_and_says_so(live_page):
    page = live_page(shown, growing())
    button(page, "Play").click()
    expect(page.locator(ALERT)).to_have_text("Step 2 gave a number that is not finite; Reset starts again.")
    expect(button(page, "Play")).to_be_visible()
    expect(page.locator(STEPS)).to_have_text("step 1")
    button(page, "Reset").click()
    expect(page.locator(ALERT)).to_have_count(0)
    expect(page.locator(STATE)).to_have_text("1.00")


def test_a_play_waits_while_it_is_off_the_screen(live_page):
    page = live_page(shown, adding())
    button(page, "Play").click()
    reach(page, 3)
    page.evaluate("scrollTo(0, 3000)")
    for _ in range(3):  # the browser says so a frame later
        page.evaluate(benchmark.PAINTED)
    away = steps(page)
    for _ in range(5):
        page.evaluate(benchmark.PAINTED)
    assert steps(page) == away
    page.evaluate("scrollTo(0, 0)")
    reach(page, away + 3)


def test_less_motion_means_fewer_pictures_of_all_steps(live_page):
    page = live_page(shown, adding())
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()  # from here on no time passes but by run_for
    page.evaluate("""() => {
        window.pictures = 0;
        new MutationObserver(() => window.pictures++).observe(document.querySelector('.steps'), {childList: true});
    }""")
    button(page, "Play").click()
    page.clock.run_for(3500)
    assert 3 <= page.evaluate("window.pictures") <= 5
    assert steps(page) > 100
    expect(page.locator(STATE)).to_have_text(f"{steps(page)}.00")
    drawn = steps(page)
    button(page, "Pause").click()
    page.clock.run_for(100)
    assert steps(page) > drawn  # what was not drawn is


def test_long_steps_are_given_up_by_reset(live_page):
    def step(state, by):
        return jax.lax.fori_loop(0, 3_000_000, lambda _, state: (state * 5 + by) % 1009, state)

    page = live_page(shown, adding(step, start=1))
    page.evaluate("""() => {
        document.querySelector('[name=state]').click();
        document.querySelector('[type=reset]').click();
    }""")
    rest(page)
    assert (page.locator(STATE).text_content(), steps(page)) == ("1.00", 0)
    button(page, "One step").click()
    expect(page.locator(STATE)).to_have_text(f"{step(jnp.int32(1), jnp.int32(1))}.00")


def test_a_step_may_take_keys_and_other_buttons(live_file, open_page):
    def step(state, key, by):
        mine, _ = jax.random.split(jax.random.fold_in(state, by))
        return jax.random.wrap_key_data(jax.random.key_data(mine) ^ jax.random.key_data(key))

    def fn(state, key, by):  # noqa: ARG001
        return jax.random.uniform(state)

    sliders = {"state": Play(jax.random.key(1), step), "key": SampleAgain(3), "by": IntSlider(value=1, min=0, max=5)}
    file, expected = live_file(fn, sliders)
    assert agreed(open_page(file), expected) < 1e-7  # a float32 in few digits


def test_axe_finds_nothing_serious_in_a_play(live_page):
    page = live_page(shown, adding())
    for name in ("One step", "Play"):
        button(page, name).click()
        found = Axe().run(page, ".live").response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_the_page_shows_both_functions_and_says_where_it_stands_without_scripts(monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    live = exploration({"state": Play(np.float32(0), walk), "by": FloatSlider(value=1, min=0, max=2)}, shown)
    html = re.sub(r"<script.*?</script>", "", live._repr_mimebundle_()["text/html"], flags=re.DOTALL)
    words = re.sub(r"<[^>]*>", "", html)
    assert "Live: these functions run in your browser." in words
    assert "def walk(state, by):" in words
    assert "def shown(state, **_):" in words
    assert "The picture stands at step 0, by 1." in words


def walk(state, by):
    return state + by
