"""The controls of one setting of the method, made from what `vgpnn.setting` knows about it."""

from __future__ import annotations

import math
from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page import scripts
from vgpnn.page.events import QUIET
from vgpnn.page.panels.numbers import Number, Slider
from vgpnn.page.values import Values, usable
from vgpnn.setting import GROUPS, Setting

SIDES = ("Frames", "Height", "Width")  # of a patch


class SettingField:
    """The controls of a setting.

    components: by key; the keys name the controls in the browser, too. The key of the control that
    holds the value is the name of the setting.
    """

    def __init__(self, name: str, about: Setting, value: Any, visible: bool = True) -> None:
        """Create the controls in the layout that is open, and show a value of the setting."""
        self.name, self.about = name, about
        self.components: dict[str, Component] = {}
        self._build(value, visible)

    def _build(self, value: Any, visible: bool) -> None:
        raise NotImplementedError

    def read(self, values: Values) -> Any:
        """The value of the setting, not checked. Raises UnusableValue for a number out of range."""
        return usable(values[self.components[self.name]])

    def contents(self, value: Any) -> dict[str, Any]:
        """What the controls show for a value of the setting, by key."""
        return {self.name: value}


class WordField(SettingField):
    """A word to choose from a few."""

    def _build(self, value: str, visible: bool) -> None:
        self.components[self.name] = gr.Radio(
            [(label, word) for word, label in self.about.words.items()],
            value=value,
            label=self.about.label,
            info=self.about.help,
            visible=visible,
            elem_id=element_id(self.name),
        )


class NumberField(SettingField):
    """A number; where it is optional, a switch that is on while there is one."""

    @property
    def switch_key(self) -> str:
        return f"{self.name}.on"

    def _build(self, value: float | None, visible: bool) -> None:
        optional, is_on = self.about.optional, value is not None
        if optional:
            switch = self.components[self.switch_key] = gr.Checkbox(
                is_on, label=optional.label, info=optional.help, visible=visible
            )
        number = self.components[self.name] = self._number(
            value if is_on else optional.start, is_on, visible
        )
        if optional:
            enabled = scripts.call("settings.js", "enabled")
            switch.change(None, switch, number, js=enabled, **QUIET)

    def _number(self, value: float, interactive: bool, visible: bool) -> Number | Slider:
        about, whole = self.about, self.about.kind == "whole"
        common = {
            "label": about.label,
            "info": about.help,
            "precision": 0 if whole else None,
            "interactive": interactive,
            "visible": visible,
            "elem_id": element_id(self.name),
        }
        if about.slider:
            low, high, step = about.slider
            return Slider(low, high, value, step=step, buttons=[], **common)
        step = 1 if whole else box_step(value)
        return Number(
            value, minimum=about.low, maximum=about.high, step=step, min_width=60, **common
        )

    def read(self, values: Values) -> float | None:
        if self.about.optional and not values[self.components[self.switch_key]]:
            return None
        return super().read(values)

    def contents(self, value: float | None) -> dict[str, Any]:
        if not self.about.optional:
            return {self.name: value}
        number = self.about.optional.start if value is None else value
        return {self.switch_key: value is not None, self.name: number}


class PatchField(SettingField):
    """Three boxes for the sides of a patch."""

    @property
    def keys(self) -> list[str]:
        return [f"{self.name}.{side.lower()}" for side in SIDES]

    def _build(self, value: tuple[int, int, int], visible: bool) -> None:
        heading, _ = GROUPS[self.about.group]
        if self.about.label != heading:
            gr.HTML(f"<p class='group'>{self.about.label} <span>{self.about.help}</span></p>")
        with gr.Row(elem_classes="triple"):
            for key, side, length in zip(self.keys, SIDES, value):
                # Unlike "Frames", which is another control, this names the box in a sentence.
                label = f"{self.name.replace('_', ' ').capitalize()} {side.lower()}"
                self.components[key] = Number(
                    length,
                    label=label,
                    minimum=self.about.low,
                    maximum=self.about.high,
                    precision=0,
                    min_width=60,
                    visible=visible,
                )

    def read(self, values: Values) -> list[int]:
        return [usable(values[self.components[key]]) for key in self.keys]

    def contents(self, value: tuple[int, int, int]) -> dict[str, Any]:
        return dict(zip(self.keys, value))


FIELDS = {"whole": NumberField, "number": NumberField, "word": WordField, "patch": PatchField}


def element_id(name: str) -> str:
    """The id that the control of a setting has in the page."""
    return f"setting-{name.replace('_', '-')}"


def box_step(value: float) -> float:
    """How much an arrow key adds to a number: a tenth of its first digit, such as 0.01 for 0.5."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.1
