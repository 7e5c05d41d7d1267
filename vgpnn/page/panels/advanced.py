"""The panel of settings: every setting of the method, made from `vgpnn.settings.SETTINGS`."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page.panels.fields import FIELDS, SettingField
from vgpnn.page.values import Values
from vgpnn.presets import PRESETS
from vgpnn.setting import GROUPS, names_by_group
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks.flow import raft_installed


class AdvancedPanel:
    """All settings with their labels and sentences, and a button that loads saved ones.

    fields: by name of the setting. load: takes a file of settings.
    """

    def __init__(self, shown: Settings) -> None:
        """Create the panel in the layout that is open; shown: the settings that it starts with."""
        self.fields: dict[str, SettingField] = {}
        with gr.Accordion("Advanced", open=False, elem_id="advanced"):
            for names in names_by_group(SETTINGS, advanced=False).values():
                with gr.Group():
                    self._build_group(names, shown)
            for group, names in names_by_group(SETTINGS, advanced=True).items():
                heading, sentence = GROUPS[group]
                gr.HTML(f"<p class='group'>{heading} <span>{sentence}</span></p>")
                self._build_group(names, shown)
            self.load = gr.UploadButton("Load settings (JSON)", file_types=[".json"], size="sm")

    def _build_group(self, names: list[str], shown: Settings) -> None:
        for are_boxes, neighbours in groupby(names, is_box):
            row = list(neighbours)
            if are_boxes and len(row) > 1:
                with gr.Row(elem_classes="pair"):
                    self._build_fields(row, shown)
            else:
                self._build_fields(row, shown)

    def _build_fields(self, names: list[str], shown: Settings) -> None:
        for name in names:
            about = SETTINGS[name]
            visible = name != "flow" or raft_installed()  # without it there is nothing to choose
            field = FIELDS[about.kind](name, about, getattr(shown, name), visible)
            self.fields[name] = field

    @property
    def components(self) -> dict[str, Component]:
        """All controls by key, in the order in which they were made."""
        return {
            key: component
            for field in self.fields.values()
            for key, component in field.components.items()
        }

    @property
    def inputs(self) -> set[Component]:
        return set(self.components.values())

    def settings(self, values: Values, preset: str) -> Settings:
        """The settings that the controls show; preset: a key of PRESETS.

        Raises ValueError with one sentence, UnusableValue for a number that is being typed."""
        named = {name: field.read(values) for name, field in self.fields.items()}
        return PRESETS[preset].with_changes(**named)

    def contents(self, settings: Settings) -> dict[str, Any]:
        """What the controls show for settings, by key."""
        return {
            key: content
            for name, field in self.fields.items()
            for key, content in field.contents(getattr(settings, name)).items()
        }

    def values_of(self, settings: Settings) -> Values:
        """What the controls show for settings."""
        return self.values_by_key(self.contents(settings))

    def values_by_key(self, contents: dict[str, Any]) -> Values:
        """Contents by key as values of the controls."""
        components = self.components
        return {components[key]: content for key, content in contents.items()}


def is_box(name: str) -> bool:
    """Whether the setting has a number box, which leaves room for another one beside it."""
    about = SETTINGS[name]
    return about.kind in ("whole", "number") and about.slider is None and about.optional is None
