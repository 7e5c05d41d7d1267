"""What two tabs have in common: the clip is made anew, or it stays as it is and goes on."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values


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
        return self.kept_fields if task == self.kept_task else self.fields

    def size_triggers(self) -> list:
        kept = [field.change for field in self.kept_fields.values()]
        return [*super().size_triggers(), self.kind.change, *kept]

    def _chosen(self, task: str) -> Values:
        return {self.kind: self.kept_task if task == self.kept_task else self.tasks[0]}

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        return {**self._chosen(task), **super().values_of(task, options)}

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        return {**self._chosen(task), **super().saved_values(task, options)}
