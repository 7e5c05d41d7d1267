"""The tab of analogies: the motion of one clip, or a sketch, with the looks of another clip."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.components import Component

import vgpnn
from vgpnn.page import markup, scripts
from vgpnn.page.events import DECODING, PREVIEW, shows_errors
from vgpnn.page.marked_tab import MarkedTab
from vgpnn.page.panels.clip import FILE_TYPES, player_of
from vgpnn.page.panels.marks import marks_part
from vgpnn.page.panels.paint import PaintBoard, Pictures
from vgpnn.page.values import Unfinished, Unusable, Values, usable
from vgpnn.page.workspace import Workspace
from vgpnn.pictures import reduced
from vgpnn.service import files, previews
from vgpnn.service.clips import probed_clip
from vgpnn.service.request import Clip
from vgpnn.service.working_size import first_request
from vgpnn.tasks import cues, sketch

PAPER = [216, 384]  # [height, width] [px] of a drawing, as long as there is no style
SKETCH_RATE = Fraction(10)  # [frames/s] of a drawn sketch
MOST_DRAWINGS = 6
DRAWING_PIXELS = 300_000  # [px] of a drawing, at most
STYLE_HINT = "The result takes its looks from this clip."
MISSING_STYLE = "Choose what it looks like first: drop a clip at Looks like."


class Analogy(MarkedTab):
    id = "analogy"
    title = "Analogy"
    verb = "Transfer"
    slogan = ("Your motion.", "Another look.")
    description = (
        "The result moves like your clip and looks like another one. Or your clip is a sketch, "
        "whose strokes are filled. Both need parts that move beside parts that do not. Mark what "
        "you want more or less of in the other clip."
    )
    tasks = ("analogy", "sketch")
    marked_source = "clip that it looks like"

    def build(self) -> None:
        style = gr.State(None)
        with gr.Row(elem_classes="sides"):
            with gr.Column(min_width=120):
                kind = gr.Radio(
                    [("My clip", "analogy"), ("A sketch", "sketch")],
                    value="analogy",
                    label="Moves like",
                    elem_id="kind",
                )
                self.show_motion = gr.Button("Show what moves", size="sm", elem_id="show-motion")
            with gr.Column(min_width=120):
                gr.HTML("<p class='heading'>Looks like</p>")
                self.upload = gr.File(
                    label="Looks like",
                    file_types=FILE_TYPES,
                    height=84,
                    elem_id="style-upload",
                    show_label=False,
                    elem_classes="upload",
                )
                self.style_preview = gr.HTML(
                    markup.hint(STYLE_HINT),
                    elem_id="style",
                    js_on_load=scripts.on_load("spoken.js"),
                )
        self.motion = gr.HTML(elem_id="structure")
        with gr.Accordion("Draw a sketch", open=False, elem_id="draw"):
            self._build_drawing()
        self.fields = {"kind": kind, "style": style}

    def _build_drawing(self) -> None:
        self.board = PaintBoard({"size": PAPER}, script="sketch.js", elem_id="sketch")
        self.use_sketch = gr.Button("Use as the clip", size="sm", elem_id="use-sketch")

    def connect(self, workspace: Workspace) -> None:
        super().connect(workspace)
        style = self.fields["style"]
        self.upload.upload(
            self.style_uploaded,
            self.upload,
            {style, self.style_preview, self.upload, self.board},
            **DECODING,
        )

        def motion_shown(values: Values):
            try:
                request = self.request(workspace, values)
                cells = previews.encode_motion(request)
            except ValueError as error:
                return markup.problem(error)
            size = request.working_shape[1:]
            players = (markup.player(cell["title"], cell["video"], "", size) for cell in cells)
            return "".join(players)

        inputs = {*workspace.inputs, *self.inputs}
        self.show_motion.click(motion_shown, inputs, self.motion, **PREVIEW)
        self._connect_drawing(workspace)

    def _connect_drawing(self, workspace: Workspace) -> None:
        @shows_errors
        def sketched(values: Values):
            drawings = drawings_of(values[self.board])
            if len(drawings) < 2:
                raise ValueError("A sketch needs two drawings: press Next drawing, and draw again.")
            video = sketch.morphed(drawings, usable(values[workspace.clip.frames]))
            path = files.new_folder() / "sketch.mp4"
            vgpnn.video.write(path, video, SKETCH_RATE)
            token = values[workspace.token]
            shown = workspace.show_file(path, "Sketch", token, whole=True)
            return {**shown, self.fields["kind"]: "sketch"}

        self.use_sketch.click(
            sketched,
            {self.board, workspace.clip.frames, workspace.token},
            {*workspace.clip_outputs, self.fields["kind"]},
            **PREVIEW,
        )

    @property
    def task_input(self) -> Component:
        return self.fields["kind"]

    def task(self, values: Values) -> str:
        return values[self.fields["kind"]] or self.tasks[0]

    def options(self, values: Values) -> dict[str, Any]:
        style = values[self.fields["style"]]
        if not isinstance(style, Clip):
            raise Unfinished(MISSING_STYLE)
        return {"style": style, **self.panel.options(values)}

    def source_changes(self, workspace: Workspace) -> list:
        return [*super().source_changes(workspace), self.style_preview.change]

    def part_to_mark(self, workspace: Workspace, values: Values) -> dict[str, Any]:
        style = values[self.fields["style"]]
        if not isinstance(style, Clip):
            raise Unfinished(MISSING_STYLE)
        request = workspace.clip.working_request(values)
        return marks_part(replace(request, task="analogy", options={"style": style}))

    def size_triggers(self) -> list:
        # A change of the style itself is not always noticed; its player always changes with it.
        return [*super().size_triggers(), self.style_preview.change]

    @property
    def outputs(self) -> set[Component]:
        return {*super().outputs, self.style_preview, self.board}

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        values = {self.fields["kind"]: task}
        if style := options.get("style"):
            values[self.fields["style"]] = style
            values[self.style_preview] = style_player(style)
            values[self.board] = paper_for(style)
        return values

    def style_uploaded(self, path: str | None):
        """The style's working clip plays, or a sentence says why it cannot be used."""
        style = self.fields["style"]
        if path is None:
            return gr.skip()
        try:
            clip = probed_clip(Path(path), Path(path).name)
            request = first_request(clip)
            made = previews.encode_working_clip(request)
        except ValueError as error:
            return {style: None, self.style_preview: markup.problem(error), self.upload: None}
        clip = replace(clip, working_url=made["video"])
        return {
            style: clip,
            self.style_preview: style_player(clip),
            self.upload: None,
            self.board: paper_for(clip),
        }


def style_player(style: Clip) -> str:
    """The player of a style."""
    return player_of(style, style.working_url, label="Style")


def paper_for(style: Clip) -> dict[str, Any]:
    """The value of a board whose paper has the size of a style: strokes fit it then."""
    return {"size": [*first_request(style).working_shape[1:]]}


def drawings_of(pictures: Pictures | Unusable) -> list[np.ndarray]:
    """The drawings of a board in their order, (H, W) bool each: where there is ink.

    Raises ValueError for what no board sends."""
    paint = usable(pictures).paint
    numbers = sorted(paint)[:MOST_DRAWINGS]
    return [cues.painted(reduced(paint[number], DRAWING_PIXELS)) for number in numbers]
