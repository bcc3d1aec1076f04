"""A live figure in a page: any name of a slider, the words of each setting, addresses, and fingers."""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import pytest
from playwright.sync_api import expect

from benchmarks.live import PAINTED
from lib.live import Checkbox, Dropdown, FloatLogSlider, FloatSlider, IntSlider, SampleAgain, explore

# What a form, an object and a page have of their own, words of Python's and of JavaScript's, and no names at all.
NAMES = [
    *"submit reset elements length action method target name id addEventListener querySelector".split(),
    *"firstElementChild children disabled style dataset append remove closest matches getAttribute parentNode".split(),
    *"constructor prototype __proto__ toString valueOf hasOwnProperty isPrototypeOf __defineGetter__ then".split(),
    *"self cls fn fig artists settings run results values kind words start sliders places frame figure page".split(),
    *"class lambda arguments eval this let var new typeof undefined NaN Infinity window document location".split(),
    *"history top parent event x i j k n α θ_0 straße _ __ a1".split(),
    *("", " ", "a b", "a&b=c", "?", "%3F", '"<x>"', "1", "-0"),
]
SUM = "svg [data-artist]"


def total(**given):
    return sum(value.astype(jnp.float32) for value in given.values())


def switches(names):
    return {name: IntSlider(value=0, min=0, max=1) for name in names}


def test_a_slider_can_have_any_name(live_page):
    page = live_page(total, switches(NAMES))
    controls = page.locator(".controls [name]")
    assert controls.evaluate_all("all => all.map(({name}) => name)") == NAMES
    for i in range(len(NAMES)):
        controls.nth(i).press("ArrowRight")
        expect(page.locator(SUM)).to_have_text(f"{i + 1:.2f}")
    page.wait_for_url("**=1")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(SUM)).to_have_text(f"{len(NAMES):.2f}")
    expect(page.locator(".setting")).to_have_text(["1"] * len(NAMES))
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(SUM)).to_have_text("0.00")
    expect(page.locator(".setting")).to_have_text(["0"] * len(NAMES))
    assert page.errors == []


@pytest.mark.parametrize("own", ["alt", "frames", "drag"])
def test_a_name_that_explore_needs_is_refused(own):
    fig, ax = plt.subplots()
    arguments = {"alt": "a number", own: IntSlider(value=0, min=0, max=1)}
    with pytest.raises(TypeError, match=f"{own} is a setting of the figure, and cannot be the name of a slider"):
        explore(fig, total, ax.text(0, 0, "{:.1f}"), **arguments)
    plt.close()


# --- Words ---------------------------------------------------------------------------------------


def test_the_page_says_each_setting_in_the_words_of_python(live_page):
    sliders = {
        "far": FloatSlider(value=10.25, min=0.25, max=30, step=5),
        "fine": FloatSlider(value=1000.01, min=1000, max=1000.2, step=0.01),
        "zero": FloatSlider(value=-0.1, min=-0.3, max=0.3),
        "thirds": FloatSlider(value=1, min=-1, max=1, step=1 / 3),
        "wide": FloatLogSlider(value=1, min=-8, max=8, step=0.5),
        "dense": FloatLogSlider(value=1, min=-0.01, max=0.01, step=0.001),
        "whole": IntSlider(value=-1200, min=-1200, max=1200, step=600),
    }
    page = live_page(lambda **given: 0.0 * total(**given), sliders)
    for name, slider in sliders.items():
        words = [slider.words(setting) for setting in slider.settings()]
        control = page.locator(f"[name={name}]")
        assert (control.get_attribute("aria-valuetext"), control.input_value()) == (
            slider.words(slider.setting),
            str(slider.settings().index(slider.setting)),
        )
        said = control.evaluate("""slider => Array.from({length: +slider.max + 1}, (_, place) => {
            slider.value = place;
            slider.dispatchEvent(new Event("input", {bubbles: true}));
            return [slider.ariaValueText, slider.nextElementSibling.textContent];
        })""")
        assert said == [[each, each] for each in words]


def test_the_picture_says_where_all_controls_stand(live_page):
    sliders = {
        "a": FloatLogSlider(value=1, min=-1, max=1, step=1, description="α"),
        "which": Dropdown(options=[("a  <b>", None), ("c", None)], description="option"),
        "also": Checkbox(value=True, description="this too"),
        "again": SampleAgain(5),
    }
    page = live_page(lambda again, **rest: total(seed=jax.random.key_data(again)[1], **rest), sliders)
    expect(page.locator(SUM)).to_have_text("7.00")
    page.locator("[name=again]").click(click_count=9)
    expect(page.locator("svg")).to_have_attribute(
        "aria-label", "At first: a number Now: α 1, option a <b>, this too yes, again sample 10."
    )
    page.locator("[name=which]").select_option("c")
    page.locator("[name=also]").click()
    page.locator("[name=a]").press("ArrowRight")
    expect(page.locator(SUM)).to_have_text("25.00")
    expect(page.locator("svg")).to_have_attribute(
        "aria-label", "At first: a number Now: α 10, option c, this too no, again sample 10."
    )


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["?a=1&b=1", "%3Fa=1&b=1", "%3fa%3d1%26b%3D1", "%3Fa=1%26b=1"])
def test_an_address_leads_to_a_setting_as_mail_programs_write_it(live_page, end):
    page = live_page(total, switches("ab"), address=f"#figure-1{end}")
    expect(page.locator(SUM)).to_have_text("2.00")


# --- Fingers -------------------------------------------------------------------------------------


@pytest.fixture
def touched(live_page):
    """A page whose axes two sliders follow, and a function that moves a finger over them, by units of the axes."""
    sliders = {name: IntSlider(value=5, min=0, max=10) for name in "xy"}
    page = live_page(lambda x, y: total(x=x, y=100 * y), sliders, drag=("x", "y"), touch=True)
    protocol = page.context.new_cdp_session(page)

    def send(kind, *points):
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def swipe(right, up):
        """From the point (2, 2) of the axes, by so many of their units; the sum that is shown then."""
        box = page.locator(".drag").bounding_box()
        unit = box["width"] / 10, box["height"] / 10
        path = [(box["x"] + (2 + right * i / 10) * unit[0], box["y"] + (8 - up * i / 10) * unit[1]) for i in range(11)]
        send("touchStart", {"x": path[0][0], "y": path[0][1]})
        for x, y in path[1:] if right or up else ():
            send("touchMove", {"x": x, "y": y})
        send("touchEnd")
        page.evaluate(PAINTED)
        return page.locator(SUM).text_content()

    return page, swipe


def test_a_finger_that_scrolls_past_moves_nothing(touched):
    page, swipe = touched
    assert swipe(right=0.5, up=8) == swipe(right=-0.5, up=8) == "505.00"
    assert page.evaluate("scrollY") > 0
    assert page.errors == []


def test_a_finger_that_goes_sideways_drags(touched):
    page, swipe = touched
    assert swipe(right=6, up=0) == "208.00"
    assert swipe(right=6, up=3) == "508.00"
    assert page.evaluate("scrollY") == 0


def test_a_tap_sets_the_sliders(touched):
    _, swipe = touched
    assert swipe(right=0, up=0) == "202.00"
