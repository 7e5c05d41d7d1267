"""What two tabs have in common: the clip is made anew, or it stays as it is and goes on."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page.panels.numbers import Number, Slider, in_range
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values, usable


class KeptTab(Tab):
    """A tab with a choice between two tasks, the second of which keeps the clip.

    kind: the choice. kept_fields: the controls of the second task, by name of the option; `fields`
    has those of the first one. The others are hidden (kept.css).
    """

    kept_task = ""
    choices = ("", "")  # the words of the two tasks

    kind: gr.Radio

    def __init__(self) -> None:
        super().__init__()
        self.kept_fields: dict[str, Component] = {}

    def build_choice(self) -> None:
        """Create the choice, in the layout that is open."""
        tasks = self.tasks[0], self.kept_task
        self.kind = gr.Radio(
            list(zip(self.choices, tasks)),
            value=tasks[0],
            label="The clip",
            elem_id=f"{self.id}-kind",
            min_width=260,
        )

    def only(self, is_kept: bool) -> gr.Column:
        """A column that is shown where the clip is kept, or where it is not."""
        return gr.Column(elem_classes=["when-kept" if is_kept else "when-new"])

    @property
    def inputs(self) -> set[Component]:
        return {self.kind, *self.fields.values(), *self.kept_fields.values()}

    @property
    def task_input(self) -> Component:
        return self.kind

    def task(self, values: Values) -> str:
        return self.kept_task if values[self.kind] == self.kept_task else self.tasks[0]

    def fields_of(self, task: str) -> dict[str, Component]:
        """The controls of a task, by name of the option."""
        return self.kept_fields if task == self.kept_task else self.fields

    def options(self, values: Values) -> dict[str, Any]:
        return {
            name: bool(values[field]) if isinstance(field, gr.Checkbox) else usable(values[field])
            for name, field in self.fields_of(self.task(values)).items()
        }

    def size_triggers(self) -> list:
        kept = [field.change for field in self.kept_fields.values()]
        return [*super().size_triggers(), self.kind.change, *kept]

    def _chosen(self, task: str) -> Values:
        return {self.kind: self.kept_task if task == self.kept_task else self.tasks[0]}

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        fields = self.fields_of(task).items()
        values = {field: options[name] for name, field in fields if name in options}
        return {**self._chosen(task), **values}

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        values = self._chosen(task)
        for name, field in self.fields_of(task).items():
            if isinstance(field, Number | Slider) and name in options:
                values[field] = in_range(field, options[name])
            elif isinstance(field, gr.Checkbox) and isinstance(options.get(name), bool):
                values[field] = options[name]
        return values
