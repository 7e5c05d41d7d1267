"""What a tab of the page is: one task with its words, its controls, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from vgpnn.examples import Example
from vgpnn.page import scripts
from vgpnn.page.events import QUEUED, QUIET, shows_errors
from vgpnn.page.panels.examples import ExampleStrip, options_of
from vgpnn.page.panels.numbers import Number, Slider, in_range
from vgpnn.page.values import Values, usable
from vgpnn.page.workspace import Unasked, Workspace
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import TASK_PRESETS, Request


class Tab:
    """A task of the page.

    To add one, copy a module of this folder, change its words and controls, and list it in
    page.py. Only `build` is needed where every control is a number, a check box or a choice that
    has the name of an option of the task.

    id: name of the task, and of the tab in the page. title: on the tab. verb: on the main button.
    slogan: two short sentences. description: what the task does, and when it works badly.
    tasks: the tasks whose requests this tab makes; more than one where a control chooses.
    several_takes: those tasks whose takes of one clip differ from each other.
    verbs: other verbs on the main button, by task.
    explains_runs: whether the tab belongs to no task and shows how the last result was made.
    fields: the controls that a request reads, by name of the option.
    container: the gr.Tab with the words. strip: the examples of the task, if there are any.
    asker: a block that nobody sees, whose event `select` comes after `ask_again`.

    A task's controls stand in the shared columns of the page, beside the clip and above the result:
    tabs.js shows those of the open tab.
    """

    id = ""
    title = ""
    verb = ""
    slogan = ("", "")
    description = ""
    tasks: tuple[str, ...] = ()
    several_takes: tuple[str, ...] = ()
    verbs: Mapping[str, str] = MappingProxyType({})
    explains_runs = False

    container: gr.Tab
    strip: ExampleStrip | None
    asker: gr.HTML

    def __init__(self) -> None:
        self.fields: dict[str, Component] = {}

    def create(self) -> None:
        """Create the tab, and its words, in the bar of tabs that is open."""
        first, second = self.slogan
        with gr.Tab(self.title, id=self.id) as self.container:
            gr.HTML(
                f"<h2 class='slogan'>{first} <em>{second}</em></h2>"
                f"<p class='blurb'>{self.description}</p>"
            )

    def create_options(self) -> None:
        """Create the controls of the task, in the column of the clip."""
        with self._part("options"):
            self.build()

    def create_stage(self) -> None:
        """Create what needs more room than that, above the result."""
        with self._part("stage"):
            self.build_stage()

    def create_strip(self, bundled: list[Example]) -> None:
        """Create the strip of the task's examples; bundled: those of all tasks."""
        shown = [example for example in bundled if example.task in self.tasks]
        with self._part("shelf"):
            self.strip = ExampleStrip(shown) if shown else None
            asks = scripts.on_load("asking.js")
            self.asker = gr.HTML(elem_id=f"asker-{self.id}", elem_classes="asker", js_on_load=asks)

    def _part(self, name: str) -> gr.Column:
        """A column that is shown as long as the tab is open."""
        return gr.Column(elem_classes=["of-tab", f"of-{self.id}", name])

    def build(self) -> None:
        """Create the controls, and put them into `fields`."""

    def build_stage(self) -> None:
        """Create the controls that need much room, and put them into `fields`."""

    def connect(self, workspace: Workspace) -> None:
        """Set up the tab's own events."""

    def connect_shared(self, workspace: Workspace) -> Dependency:
        """Show the shared panels as the tab needs them. Returns the event that opens the tab.

        The browser does it (tabs.js): an answer of the server could come after the next tab was
        opened, or over what has been typed since.
        """
        run, settings = workspace.run, workspace.settings
        facts = {
            "id": self.id,
            "verbs": {task: self.verb_of(task) for task in self.tasks},
            "severalTakes": self.several_takes,
            "choosesTask": self.task_input is not None,
            "presets": {task: TASK_PRESETS[task] for task in self.tasks},
        }
        inputs = [self.task_input, *settings] if self.task_input else settings
        panel = [run.samples, run.seed, run.random, run.go]
        if self.task_input:
            self.task_input.change(
                None,
                inputs,
                [*panel, *settings],
                js=scripts.call("tabs.js", "taskChanged", facts),
                **QUIET,
            )
        # The first of the tab's events: Gradio's client begins one when those before it are over.
        opened = self.container.select(
            None,
            inputs,
            [workspace.open_tab, *panel, *settings],
            js=scripts.call("tabs.js", "opened", facts),
            **QUIET,
        )
        if self.strip:
            self._connect_strip(self.strip, workspace)
        return opened

    def _connect_strip(self, strip: ExampleStrip, workspace: Workspace) -> None:
        @shows_errors
        def example_chosen(token, event: gr.EventData):
            example = strip.chosen(event)
            values = self.values_of(*options_of(example))
            shown = workspace.show_example(example, token)
            return {**shown, **values, workspace.unasked: None}

        outputs = {*workspace.clip_outputs, *self.outputs, workspace.unasked}
        strip.frames.select(example_chosen, workspace.token, outputs, **QUEUED)

        def own_example_shown(values: Values):
            unasked = values[workspace.unasked]
            if unasked is None or self.id in unasked.opened:
                return gr.skip()
            if not workspace.is_untouched(values) or unasked.example in strip.shown:
                return {workspace.unasked: None}
            first = strip.shown[0]
            try:
                shown = workspace.show_example(first, values[workspace.token])
            except ValueError:  # the one that is shown stays
                return gr.skip()
            opened = Unasked(first, unasked.opened | {self.id})
            return {**shown, **self.values_of(*options_of(first)), workspace.unasked: opened}

        # As long as a visitor has chosen nothing, a tab begins with an example of its own.
        known = {workspace.unasked, workspace.token, workspace.clip.clip, *workspace.clip.part}
        self.container.select(own_example_shown, known, outputs, **QUEUED)

    # --- from values to a request

    @property
    def inputs(self) -> set[Component]:
        """The controls that a request reads."""
        return set(self.fields.values())

    @property
    def task_input(self) -> Component | None:
        """The control that chooses between several tasks, whose values are their names."""
        return None

    def verb_of(self, task: str) -> str:
        """What stands on the main button for a task."""
        return self.verbs.get(task, self.verb)

    def task(self, values: Values) -> str:
        """The task that the controls ask for."""
        return self.tasks[0]

    def fields_of(self, task: str) -> dict[str, Component]:
        """The controls of a task, by name of the option."""
        return self.fields

    def options(self, values: Values) -> dict[str, Any]:
        """The checked options of the task.

        Raises Unfinished for what is still to be chosen, ValueError for what is wrong."""
        return {
            name: bool(values[field]) if isinstance(field, gr.Checkbox) else usable(values[field])
            for name, field in self.fields_of(self.task(values)).items()
        }

    def request(self, workspace: Workspace, values: Values, seed: int = 0) -> Request:
        """A checked request. Raises Unfinished or ValueError with one sentence."""
        workspace.clip.chosen_clip(values)  # a missing clip is named before anything else
        task, options = self.task(values), self.options(values)
        several = self.makes_takes(task, options)
        return workspace.request(values, task, options, several, seed)

    def last_run(self, workspace: Workspace, values: Values) -> Request | None:
        """This browser's last run, if this tab made it."""
        job = QUEUE.find(values[workspace.token])
        return job.request if job is not None and job.request.task in self.tasks else None

    def makes_takes(self, task: str, options: dict[str, Any]) -> bool:
        """Whether a request with these options makes as many takes as are chosen, or one."""
        return task in self.several_takes

    def size_triggers(self) -> list:
        """The events after which size or time of a result may be other ones."""
        kinds = gr.Slider, gr.Checkbox, gr.Radio
        return [field.change for field in self.fields.values() if isinstance(field, kinds)]

    # --- from a request to values

    @property
    def outputs(self) -> set[Component]:
        """What `values_of` changes."""
        return self.inputs

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        """The controls as they were for a task with these options: of a request that was made
        before, or of an example."""
        fields = self.fields_of(task).items()
        return {field: options[name] for name, field in fields if name in options}

    def restored_values(self, request: Request) -> Values:
        """The controls as they were for the last run, on a page that was loaded again."""
        return self.values_of(request.task, request.options)

    def highest(self, workspace: Workspace, values: Values) -> dict[Component, float]:
        """The upper ends of ranges that depend on the part in use, by control."""
        return {}

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        """The same for the options in a settings file, which anybody can write: numbers and check
        boxes only, as a user could set them. Raises ValueError for a number out of range."""
        values = {}
        for name, field in self.fields_of(task).items():
            if isinstance(field, Number | Slider) and name in options:
                values[field] = in_range(field, options[name])
            elif isinstance(field, gr.Checkbox) and isinstance(options.get(name), bool):
                values[field] = options[name]
        return values
