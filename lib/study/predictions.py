"""Predictions: the reader commits to a guess before the result is shown; then both stand side by side."""

from typing import Any

import ipywidgets as widgets

from lib.study.content import find
from lib.study.form import Form, radio_buttons, radios
from lib.study.items import Prediction, Scale
from lib.study.words import to_html


def predict(name: str, *, result: Any) -> "Predicted":
    """Ask for a guess (lib/study/content); `result` is what the chapter computed: a choice, or a number.

    Raises ValueError where the result is none of the choices, or does not lie on the slider.
    """
    found = find(name, Prediction)
    return GuessedNumber(found, result) if isinstance(found.guess, Scale) else GuessedChoice(found, result)


class Predicted(Form):
    """A prediction with its result."""

    kind, button, summary = "Guess before you look", "This is my guess", "The result"
    result: str

    def __init__(self, asked: Prediction) -> None:
        self.name, self.text, self.because = asked.name, asked.text, asked.because

    def attributes(self) -> dict[str, Any]:
        return {"prediction": ""}

    def answers(self) -> str:
        return (
            f'<p><strong class="result">{to_html(self.result)}</strong></p><p class="reply">{to_html(self.because)}</p>'
        )

    def side_by_side(self, guess: str) -> str:
        return (
            f"<table><tr><th>Your guess</th><td>{to_html(guess)}</td></tr>"
            f"<tr><th>The result</th><td>{to_html(self.result)}</td></tr></table>{to_html(self.because)}"
        )


class GuessedChoice(Predicted):
    def __init__(self, asked: Prediction, result: Any) -> None:
        super().__init__(asked)
        assert not isinstance(asked.guess, Scale)
        if result not in asked.guess:
            raise ValueError(f"the result of {asked.name} must be one of {list(asked.guess)}; got {result!r}")
        self.choices, self.result = list(asked.guess.values()), asked.guess[result]

    def control(self) -> str:
        return radios(self.choices)

    def widget(self) -> widgets.Widget:
        return radio_buttons(self.choices)

    def given(self, widget: widgets.Widget) -> tuple[str, bool]:
        if widget.index is None:
            return "Choose a guess first.", False
        widget.disabled = True
        return self.side_by_side(self.choices[widget.index]), True


class GuessedNumber(Predicted):
    def __init__(self, asked: Prediction, result: Any) -> None:
        super().__init__(asked)
        assert isinstance(asked.guess, Scale)
        self.scale, self.number = asked.guess, float(result)
        if not self.scale.low <= self.number <= self.scale.high:
            raise ValueError(
                f"the result of {asked.name} must lie on the slider, between {self.scale.low} and {self.scale.high}; "
                f"got {result}"
            )
        self.result = self.scale.words(self.number)
        # The slider starts at the end that is farther from the result: never at it.
        self.start = max(self.scale.low, self.scale.high, key=lambda end: abs(end - self.number))

    def attributes(self) -> dict[str, Any]:
        return super().attributes() | {"number": self.number, "unit": self.scale.unit}

    def control(self) -> str:
        scale = self.scale
        return (
            f'<label>Your guess: <input type="range" name="guess" min="{scale.low}" max="{scale.high}" '
            f'step="{scale.step}" value="{self.start}">'
            f'<span aria-hidden="true">{scale.words(self.start)}</span></label>'
        )

    def widget(self) -> widgets.Widget:
        scale = self.scale
        kind = widgets.IntSlider if isinstance(scale.step, int) else widgets.FloatSlider
        return kind(value=self.start, min=scale.low, max=scale.high, step=scale.step)

    def given(self, widget: widgets.Widget) -> tuple[str, bool]:
        widget.disabled = True
        return self.side_by_side(self.scale.words(widget.value)), True
