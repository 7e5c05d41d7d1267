"""Two short cuts to the settings: how much time is spent, and how different the takes are.

Both stand for values of the settings panel and always show what is set there. The browser looks
them up (settings.js), so that whatever is pressed next sees the new values.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page import scripts
from vgpnn.page.events import QUIET
from vgpnn.page.panels.advanced import AdvancedPanel
from vgpnn.page.panels.numbers import Slider
from vgpnn.page.values import Values
from vgpnn.presets import (
    DEFAULT_DIFFERENCE,
    PRESETS,
    QUALITIES,
    difference_of,
    noise_of,
    preset,
    quality_of,
)
from vgpnn.settings import Settings

HIGHEST, STEP = 100, 5  # place and step of the slider from "like the source" to "different"
# What the slider sets: noise that fits the clip, multiplied by `noise`.
AUTOMATIC_NOISE = {"sigma.on": False}


class QualityPanel:
    """quality: a name of QUALITIES, or None for settings that are not those of a quality.
    difference: a place from 0 to HIGHEST.

    preset: the preset of the task whose settings are shown. It is in the browser, so that it always
    arrives together with the settings. Opening a tab changes it (tabs.js).
    """

    def __init__(self) -> None:
        """Create the controls in the layout that is open."""
        self.preset = gr.Textbox("generate", visible=False)
        with gr.Row(elem_classes="choice"):
            self.quality = gr.Radio(
                [(name.capitalize(), name) for name in QUALITIES],
                value="balanced",
                label="Quality",
                elem_id="quality",
                min_width=220,
            )
            self.difference = Slider(
                0,
                HIGHEST,
                round(HIGHEST * DEFAULT_DIFFERENCE),
                step=STEP,
                label="The takes are",
                elem_id="difference",
                min_width=220,
                buttons=[],
            )

    def connect(self, panel: AdvancedPanel) -> None:
        """Let the short cuts set the settings, and the settings choose the short cuts."""
        controls = [*panel.components.values()]
        self.quality.input(
            None,
            [self.quality, self.preset, *controls],
            controls,
            js=scripts.call("settings.js", "withQuality"),
            **QUIET,
        )
        self.difference.input(
            None,
            [self.difference, *controls],
            controls,
            js=scripts.call("settings.js", "withDifference"),
            **QUIET,
        )
        gr.on(
            [control.input for control in controls],
            None,
            [self.preset, *controls],
            [self.quality, self.difference],
            js=scripts.call("settings.js", "shortcuts"),
            **QUIET,
        )
        # The multiple of the automatic noise has no effect where the noise is set by hand.
        by_hand, noise = panel.components["sigma.on"], panel.components["noise"]
        disabled = scripts.call("settings.js", "disabled")
        by_hand.change(None, by_hand, noise, js=disabled, **QUIET)

    @property
    def outputs(self) -> set[Component]:
        return {self.preset, self.quality, self.difference}

    def values_of(self, preset_name: str, settings: Settings) -> Values:
        """The short cuts for settings that start from a preset."""
        return {
            self.preset: preset_name,
            self.quality: quality_of(preset_name, settings),
            self.difference: round(HIGHEST * difference_of(settings)),
        }


def noise_keys(panel: AdvancedPanel) -> list[str]:
    """The keys of the controls that the slider stands for, and that no quality changes."""
    fields = [field for field in panel.fields.values() if field.about.group == "noise"]
    return [key for field in fields for key in field.components]


def script_data(panel: AdvancedPanel) -> dict[str, Any]:
    """What settings.js looks up: the keys of the controls in their order, what they show for every
    preset and quality, which of them the slider stands for, and the noise along the slider."""
    return {
        "keys": [*panel.components],
        "qualities": {
            name: {quality: panel.contents(preset(name, quality)) for quality in QUALITIES}
            for name in PRESETS
        },
        "noiseKeys": noise_keys(panel),
        "automaticNoise": AUTOMATIC_NOISE,
        "noises": [noise_of(k * STEP / HIGHEST) for k in range(HIGHEST // STEP + 1)],
        "step": STEP,
    }
