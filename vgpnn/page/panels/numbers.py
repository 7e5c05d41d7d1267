"""Number boxes and sliders that let a user type in peace.

Gradio's own raise an error for every value out of range, also for the "1" of a "180" that is being
typed. Here such a value reaches the handler as `Unusable`. When the control is left, numbers.js
brings it into its range and says so below the control.
"""

from __future__ import annotations

import math
from numbers import Real

import gradio as gr
from gradio.components import Component

from vgpnn import checks
from vgpnn.page.values import Unusable, Values


class Number(gr.Number):
    """A number box; with precision=0 it takes whole numbers. minimum and maximum must be given."""

    is_template = True

    def preprocess(self, payload):
        return checked(self, payload)


class Slider(gr.Slider):
    """A slider with a number box; with precision=0 it takes whole numbers."""

    is_template = True

    def preprocess(self, payload):
        return checked(self, payload)


def checked(control: Number | Slider, value) -> float | int | Unusable:
    """The value as a number in the control's range, or an `Unusable` that names the control."""
    try:
        return in_range(control, value)
    except ValueError as error:
        return Unusable(str(error))


def in_range(control: Number | Slider, value) -> float | int:
    """The value as a number in the control's range. Raises ValueError with one sentence."""
    if not isinstance(value, Real):
        raise ValueError(f"{control.label} needs a number: enter one.")
    low = -math.inf if control.minimum is None else control.minimum
    high = math.inf if control.maximum is None else control.maximum
    return checks.number(control.label, value, low, high, control.precision == 0)


def clamped(values: Values, highest: dict[Component, float]) -> tuple[Values, list[str]]:
    """Values of controls with every number in its control's range, and a sentence for each that
    was not, in the words of numbers.js.

    highest: upper ends of ranges that are narrower now than when the controls were made; these
    controls get them together with their values.
    """
    shown, sentences = dict(values), []
    for control, value in values.items():
        if not isinstance(control, Number | Slider) or isinstance(value, dict):
            continue
        high = min(control.maximum, highest.get(control, control.maximum))
        fitting = min(max(value, control.minimum), high)
        if fitting != value:
            ends = f"{checks.written(control.minimum)} to {checks.written(high)}"
            sentences.append(f"{control.label} must be from {ends}: {value:g} became {fitting:g}.")
        shown[control] = gr.update(value=fitting, maximum=high) if control in highest else fitting
    return shown, sentences
