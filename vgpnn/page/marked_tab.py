"""What the tabs share on whose source pieces can be marked: more, less, or none of this."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.page import markup
from vgpnn.page.events import LATEST, PREVIEW, QUIET, ask_again
from vgpnn.page.panels.marks import MarkPanel, marks_part
from vgpnn.page.panels.paint import WITHOUT_PICTURES
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values
from vgpnn.page.workspace import Workspace
from vgpnn.service import beside, previews
from vgpnn.service.request import Request


class MarkedTab(Tab):
    """A tab with a board for marks above the result.

    marked_source: what is marked, in words. keeps: whether things can be marked to stay.
    panel: the board and what belongs to it.
    """

    marked_source = "clip"
    keeps = False
    panel: MarkPanel

    def build_stage(self) -> None:
        self.panel = MarkPanel(self.id, self.marked_source, self.keeps)

    @property
    def inputs(self) -> set[Component]:
        return {*super().inputs, self.panel.board, self.panel.alike}

    @property
    def outputs(self) -> set[Component]:
        return {*super().outputs, self.panel.alike}

    def connect(self, workspace: Workspace) -> None:
        """Show the source to mark on, and keep the marks as long as they fit it."""
        super().connect(workspace)
        panel = self.panel
        inputs = {*workspace.inputs, *self.inputs, workspace.token}

        def marks_refreshed(values: Values):
            try:
                part = self.part_to_mark(workspace, values)
            except ValueError:  # there is no clip, or its panel says what is wrong with it
                return gr.skip()
            changed = panel.refreshed(values, part, self._last_run(workspace, values, part))
            return gr.skip() if changed is None else changed

        changes = [self.container.select, *self.source_changes(workspace)]
        gr.on(changes, None, js=ask_again(self.asker, self.id), **QUIET)
        shown = {panel.board, panel.preview}
        self.asker.select(marks_refreshed, inputs, shown, js=WITHOUT_PICTURES, **LATEST)

        def marks_shown(values: Values):
            try:
                request = self.request(workspace, values)
                (cell,) = previews.encode_marks(request)
            except ValueError as error:
                return markup.problem(error)
            return markup.player(
                cell["title"], cell["video"], panel.legend, request.source_shape[1:]
            )

        panel.show.click(marks_shown, inputs, panel.preview, **PREVIEW)
        if panel.words is not None:
            self._connect_words(workspace, inputs)

    def _connect_words(self, workspace: Workspace, inputs: set[Component]) -> None:
        """Let words paint on the board."""
        panel = self.panel

        def painted(values: Values, say: beside.Say, checkpoint: beside.Checkpoint) -> Values:
            request = self.request(workspace, values)
            return panel.painted_in_words(values, request, say, checkpoint)

        panel.words.connect(painted, inputs, {panel.board, panel.alike, panel.preview})

    def source_changes(self, workspace: Workspace) -> list:
        """The events after which the source may be another one."""
        return [workspace.clip.preview.change]

    def part_to_mark(self, workspace: Workspace, values: Values) -> dict[str, Any]:
        """What the board knows of the source. Raises ValueError where there is none."""
        return marks_part(workspace.clip.working_request(values), self.keeps)

    def _last_run(self, workspace: Workspace, values: Values, part: dict) -> Request | None:
        """This browser's last run, if it was on the same moments."""
        run = self.last_run(workspace, values)
        return run if run and marks_part(run)["moments"] == part["moments"] else None

    def request(self, workspace: Workspace, values: Values, seed: int = 0) -> Request:
        request = super().request(workspace, values, seed)
        self.panel.check(values, marks_part(request))
        return request

    def options(self, values: Values) -> dict[str, Any]:
        return {**super().options(values), **self.panel.options(values)}

    def size_triggers(self) -> list:
        return [*super().size_triggers(), self.panel.board.input]

    def restored_values(self, request: Request) -> Values:
        options = request.options
        chosen = {self.panel.alike: options["alike"]} if "alike" in options else {}
        return {**super().restored_values(request), **chosen}

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        alike = options.get("alike")
        chosen = {self.panel.alike: alike} if isinstance(alike, bool) else {}
        return {**super().saved_values(task, options), **chosen}
