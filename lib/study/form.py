"""A form that a reader fills in: for a page as HTML, which book/_static/study.js brings to life, and for Jupyter."""

import abc
import html
from typing import Any

import ipywidgets as widgets

from lib.medium import for_page
from lib.study import progress
from lib.study.words import to_html, to_text

TRIES = 2  # wrong ones, after which the right answer can be opened


class Form(abc.ABC):
    """A question or a prediction, with the answer that the chapter computed."""

    kind: str  # a word or two above it
    button: str
    summary: str  # of what is folded away below it
    record = "questions"  # the kind of progress (progress.py)
    name: str
    text: str

    # --- In a page ---

    @abc.abstractmethod
    def control(self) -> str:
        """Native controls of the page."""

    @abc.abstractmethod
    def answers(self) -> str:
        """What is folded away: all about the answers. From here the script of the page takes its replies."""

    def attributes(self) -> dict[str, Any]:
        """What else the script must know."""
        return {}

    def more(self) -> str:
        """What stands below it, for all to open."""
        return ""

    def page(self) -> str:
        name = html.escape(self.name)
        data = "".join(f' data-{key}="{html.escape(str(value))}"' for key, value in self.attributes().items())
        return (
            f'<form class="study" id="study-{name}" data-study="{name}" data-record="{self.record}"{data} '
            'autocomplete="off">'
            f'<p class="study-kind">{self.kind}<span class="study-done"></span></p>'
            f"<fieldset><legend>{to_html(self.text)}</legend>{self.control()}</fieldset>"
            f'<button type="submit" class="pst-js-only">{self.button}</button><div role="status"></div>'
            f"<details><summary>{self.summary}</summary>{self.answers()}</details>{self.more()}</form>"
        )

    # --- In Jupyter ---

    @abc.abstractmethod
    def widget(self) -> widgets.Widget:
        """The control of Jupyter."""

    @abc.abstractmethod
    def given(self, widget: widgets.Widget) -> tuple[str, bool]:
        """The reply to what the control says, as HTML, and whether the form is done with."""

    def box(self) -> widgets.Widget:
        control, button, reply = self.widget(), widgets.Button(description=self.button), widgets.HTML()
        button.layout.width, button.layout.align_self = "auto", "flex-start"

        tries = 0

        def press(_button: widgets.Button) -> None:
            nonlocal tries
            words, done = self.given(control)
            tries += 1
            trouble = progress.record(self.record, self.name) if done else ""
            reply.value = f'<div role="alert">{words} {html.escape(trouble)}</div>'
            if not done and tries >= TRIES:
                reply.value += f"<details><summary>{self.summary}</summary>{self.answers()}</details>"

        button.on_click(press)
        text = widgets.HTML(f"<p><strong>{self.kind}.</strong> {to_html(self.text)}</p>")
        return widgets.VBox([text, control, button, reply])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if for_page():
            return {"text/html": self.page()}
        return {**self.box()._repr_mimebundle_(), "text/plain": f"{self.kind}. {to_text(self.text)}"}


def radios(labels: list[str]) -> str:
    """A radio button for each label, valued by its place."""
    return "".join(
        f'<label><input type="radio" name="choice" value="{i}" required> <span>{to_html(label)}</span></label>'
        for i, label in enumerate(labels)
    )


def radio_buttons(labels: list[str]) -> widgets.RadioButtons:
    """The same in Jupyter, none of them chosen."""
    options = [(to_text(label), i) for i, label in enumerate(labels)]
    return widgets.RadioButtons(options=options, index=None, layout=widgets.Layout(width="max-content"))
