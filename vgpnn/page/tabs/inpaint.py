"""The tab of inpainting: parts of a clip that are made anew, steered by paint."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from vgpnn.limits import LIMITS
from vgpnn.page import markup, scripts
from vgpnn.page.events import DECODING, LATEST, PREVIEW, QUIET, ask_again
from vgpnn.page.panels.numbers import Number, Slider
from vgpnn.page.panels.paint import WITHOUT_PICTURES, PaintBoard, Pictures, board_of, part_of
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Unfinished, Unusable, Values, usable
from vgpnn.page.workspace import Workspace
from vgpnn.service import clips, previews
from vgpnn.service.paint import paint_range
from vgpnn.service.request import Request
from vgpnn.tasks import cues
from vgpnn.tasks.paint import Paint

NUMBERS = "first", "last", "margin"
MISSING_PAINT = "Paint on the clip first: a colour, or magenta to remove."
OTHER_PART = "The clip has changed since you painted: look at the paint on it first."


class Inpaint(Tab):
    id = "inpaint"
    title = "Inpaint"
    verb = "Fill in"
    slogan = ("Paint it in.", "Rub it out.")
    description = (
        "Paint a colour where something is to appear: black on a sky of birds becomes a bird, "
        "white a cloud. The magenta brush removes what is under it. It works badly for things "
        "that the clip shows nowhere else."
    )
    tasks = ("inpaint",)

    def build(self) -> None:
        with gr.Row(elem_classes="pair"):
            first, last = (
                Number(
                    number,
                    label=label,
                    precision=0,
                    minimum=1,
                    maximum=LIMITS.max_frames,
                    min_width=80,
                    elem_id=element_id,
                )
                for number, label, element_id in (
                    (1, "First painted frame", "first-frame"),
                    (LIMITS.max_frames, "Last painted frame", "last-frame"),
                )
            )
        margin = Slider(
            0,
            2,
            cues.MARGIN,
            step=0.1,
            label="Room around the paint",
            buttons=[],
            info="How much more than the paint is made anew.",
        )
        follow = gr.Checkbox(
            True,
            label="The paint follows what is under it",
            info="One painted frame is enough. Off: it stays where it is.",
            elem_id="follow",
        )
        self.show_paint = gr.Button("Show the paint", size="sm", elem_id="show-paint")
        self.preview = gr.HTML(elem_id="painted")
        self.fields |= {"first": first, "last": last, "margin": margin, "follow": follow}

    def build_stage(self) -> None:
        self.fields["pictures"] = PaintBoard(script="paint.js", elem_id="paint")

    def connect(self, workspace: Workspace) -> None:
        """Show the clip to paint on, and keep the paint as long as it fits the clip."""
        inputs = {*workspace.inputs, *self.inputs, workspace.token}
        board, first, last = (self.fields[name] for name in ("pictures", "first", "last"))
        shown = {board, first, last, self.preview}

        ends = [first, last]
        follow = scripts.call("held.js", "follow")
        gr.on([each.change for each in ends], None, ends, js=follow, **LATEST)

        def board_opened(values: Values):
            return self.refreshed(workspace, values)

        changes = [self.container.select, workspace.clip.preview.change]
        gr.on(changes, None, js=ask_again(self.asker, self.id), **QUIET)
        # One event, which never runs twice at once: a second answer to the same upload would set
        # the first and the last frame again, which somebody may have typed meanwhile.
        self.asker.select(
            board_opened,
            inputs,
            shown,
            js=WITHOUT_PICTURES,
            trigger_mode="always_last",
            **DECODING,
        )

        def paint_shown(values: Values):
            try:
                request = self.request(workspace, values)
                (cell,) = previews.encode_paint(request)
            except ValueError as error:
                return markup.problem(error)
            size = request.working_shape[1:]
            return markup.player(cell["title"], cell["video"], "magenta: without a cue", size)

        self.show_paint.click(paint_shown, inputs, self.preview, **PREVIEW)

    def request(self, workspace: Workspace, values: Values, seed: int = 0) -> Request:
        request, sent = super().request(workspace, values, seed), values[self.fields["pictures"]]
        if sent.part.get("moments") != part_of(request, 0)["moments"]:
            raise Unfinished(OTHER_PART)
        return request

    def options(self, values: Values) -> dict[str, Any]:
        pictures = usable(values[self.fields["pictures"]]).paint
        if not pictures:
            raise Unfinished(MISSING_PAINT)
        first, last, margin = (usable(values[self.fields[name]]) for name in NUMBERS)
        held = paint_range(first - 1, last - 1, margin)
        follow = bool(values[self.fields["follow"]])
        return {"pictures": pictures, "remove": cues.REMOVE, **held, "follow": follow}

    def size_triggers(self) -> list:
        return [*super().size_triggers(), self.fields["pictures"].input]

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        # The board shows paint together with the clip that it is on: `refreshed` does that.
        return super().values_of(task, from_one(options))

    def saved_values(self, task: str, options: dict[str, Any]) -> Values:
        # Files of before do not say it: their paint stayed.
        return super().saved_values(task, {"follow": False, **from_one(options)})

    def highest(self, workspace: Workspace, values: Values) -> dict[Component, float]:
        try:
            frames = workspace.clip.working_request(values).working_shape[0]
        except ValueError:  # there is no clip, or the panel of the clip says what is wrong with it
            return {}
        return {self.fields["first"]: frames, self.fields["last"]: frames}

    def refreshed(self, workspace: Workspace, values: Values):
        """The clip to paint on, unless the board shows it already. The browser keeps the paint that
        is on the same moments of the same file."""
        board, first, last = (self.fields[name] for name in ("pictures", "first", "last"))
        try:
            request = workspace.clip.working_request(values)
            clip = clips.working_clip(request)
        except ValueError:  # the panel of the clip says what is wrong with it
            return gr.skip()
        count, known = len(clip.codes), values[board]
        part = part_of(request, count)
        known = Pictures() if isinstance(known, Unusable) else known
        if known.part == part:
            return gr.skip()
        paint, held = None, (1, count)
        if known.part.get("moments") == part["moments"]:
            if any(number < count for number in known.paint):
                held = values[first], values[last]
        elif not known.part.get("moments") and (run := self._last_run(workspace, values, part)):
            paint = run.options.get("pictures", Paint())
            held = run.options["first"] + 1, run.options["last"] + 1
        held = [
            other if isinstance(number, Unusable) else min(number, count)
            for number, other in zip(held, (1, count))
        ]
        return {
            board: board_of(request, clip.frames, float(clip.fps), paint),
            first: gr.update(value=held[0], maximum=count),
            last: gr.update(value=held[1], maximum=count),
            self.preview: "",
        }

    def _last_run(self, workspace: Workspace, values: Values, part: dict) -> Request | None:
        """This browser's last run, which a new page shows, if it was on the same moments."""
        run = self.last_run(workspace, values)
        return run if run and part_of(run, 0)["moments"] == part["moments"] else None


def from_one(options: dict[str, Any]) -> dict[str, Any]:
    """Options as the controls have them: their frames are counted from 1. Paint is no control."""
    return {
        name: value + 1 if name in ("first", "last") and type(value) is int else value
        for name, value in options.items()
        if name != "pictures"
    }
