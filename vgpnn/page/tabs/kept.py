"""What two tabs have in common: the clip is made anew, or it stays as it is and goes on, or
something else is made of it."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.checks import one_of
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values


class KeptTab(Tab):
    """A tab with a choice between two tasks, the second of which keeps the clip, or three.

    kind: the choice. kept_fields: the controls of the second task, by name of the option; `fields`
    has those of the first one, and `other_fields` of the third. The others are hidden (kept.css).
    """

    kept_task = ""
    other_task = ""  # the third one, if there is one
    choices = ("", "")  # the words of the tasks

    kind: gr.Radio

    def __init__(self) -> None:
        super().__init__()
        self.kept_fields: dict[str, Component] = {}
        self.other_fields: dict[str, Component] = {}

    @property
    def chosen_tasks(self) -> list[str]:
        """The tasks that the choice is between, as its words are."""
        return [task for task in (self.tasks[0], self.kept_task, self.other_task) if task]

    def build_choice(self) -> None:
        """Create the choice, in the layout that is open."""
        self.kind = gr.Radio(
            list(zip(self.choices, self.chosen_tasks)),
            value=self.tasks[0],
            label="The clip",
            elem_id=f"{self.id}-kind",
            min_width=260,
        )

    def only(self, is_kept: bool) -> gr.Column:
        """A column that is shown where the clip is kept, or where it is not."""
        return gr.Column(elem_classes=["when-kept" if is_kept else "when-new"])

    def only_other(self) -> gr.Column:
        """A column that is shown for the third task."""
        return gr.Column(elem_classes=["when-other"])

    @property
    def inputs(self) -> set[Component]:
        fields = *self.fields.values(), *self.kept_fields.values(), *self.other_fields.values()
        return {self.kind, *fields}

    @property
    def task_input(self) -> Component:
        return self.kind

    def task(self, values: Values) -> str:
        return self._known(values[self.kind])

    def fields_of(self, task: str) -> dict[str, Component]:
        of_tasks = {self.kept_task: self.kept_fields, self.other_task: self.other_fields}
        return of_tasks.get(task, self.fields)

    def size_triggers(self) -> list:
        fields = *self.kept_fields.values(), *self.other_fields.values()
        changed = [field.change for field in fields]
        return [*super().size_triggers(), self.kind.change, *changed]

    def _chosen(self, task: str) -> Values:
        return {self.kind: self._known(task)}

    def _known(self, task: str) -> str:
        """A task of the choice: the first one for those that it does not have."""
        return task if task in self.chosen_tasks else self.tasks[0]

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        return {**self._chosen(task), **super().values_of(task, options)}

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        values = super().saved_values(task, options)
        for name, field in self.fields_of(task).items():
            if isinstance(field, gr.Radio) and name in options:
                known = [value for _, value in field.choices]
                values[field] = one_of(field.label, options[name], known)
        return {**self._chosen(task), **values}
