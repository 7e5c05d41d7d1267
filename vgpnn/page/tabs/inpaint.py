"""The tab of inpainting: parts of a clip that are made anew, steered by paint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from vgpnn.limits import LIMITS
from vgpnn.page import markup
from vgpnn.page.events import DECODING, PREVIEW, shows_errors
from vgpnn.page.panels.numbers import Number, Slider
from vgpnn.page.panels.paint import (
    BRUSH_SIZE,
    COLOURS,
    editor_of_frames,
    editor_value,
    enlarged_frame,
    paint_editor,
    with_editor,
)
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Unfinished, Unusable, UnusableValue, Values, usable
from vgpnn.page.workspace import Workspace
from vgpnn.service import clips, previews
from vgpnn.service.paint import Paint, TooMuchPaint, paint_range
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import Request
from vgpnn.tasks import cues

LAST_FRAME = LIMITS.max_frames - 1
MISSING_PAINT = "Paint on the clip first: a colour, or magenta to remove."


@dataclass(frozen=True)
class Painted:
    """What the editor shows a frame of: a part of a file, in its length and size."""

    path: str
    start: float  # [s]
    fps: float | None
    frames: int
    height: int  # [px]

    @classmethod
    def of(cls, request: Request) -> Painted:
        path = str(request.clip.path)
        return cls(path, request.start, request.fps, request.frames, request.height)

    def has_same_moments(self, other: Painted | None) -> bool:
        """Whether frame k is the same moment of both, whatever their length and size."""
        return other is not None and (self.path, self.start, self.fps) == (
            other.path,
            other.start,
            other.fps,
        )


class Inpaint(Tab):
    id = "inpaint"
    title = "Inpaint"
    verb = "Fill in"
    description = (
        "Paint a colour where something is to appear: black on a sky of birds becomes a bird, "
        "white a cloud. The brush in magenta removes what is under it. It works badly for things "
        "that the clip shows nowhere else."
    )
    tasks = ("inpaint",)

    def build(self) -> None:
        paint, frame = gr.State(Paint()), gr.State(0)  # all paint by frame; the frame in the editor
        self.painted = gr.State(None)  # a `Painted`
        with gr.Row(elem_classes="options"):
            with gr.Column(scale=3, min_width=300):
                editor = paint_editor(
                    None,
                    gr.Brush(default_size=BRUSH_SIZE, colors=COLOURS),
                    elem_id="paint",
                    canvas_size=(768, 432),
                    height=470,
                )
            with gr.Column(scale=1, min_width=220):
                self.frame_slider = Slider(
                    0,
                    LAST_FRAME,
                    0,
                    step=1,
                    precision=0,
                    label="Paint on frame",
                    elem_id="paint-frame",
                    info="Painted on several, cues move in between.",
                    buttons=[],
                )
                with gr.Row(elem_classes="pair"):
                    first, last = (
                        Number(
                            number,
                            label=label,
                            precision=0,
                            minimum=0,
                            maximum=LAST_FRAME,
                            min_width=80,
                            elem_id=element_id,
                        )
                        for number, label, element_id in (
                            (0, "First painted frame", "first-frame"),
                            (LAST_FRAME, "Last painted frame", "last-frame"),
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
                with gr.Row():
                    self.show_paint = gr.Button("Show the paint", size="sm", elem_id="show-paint")
                    self.clear = gr.Button("Clear all", size="sm", elem_id="clear-paint")
                self.preview = gr.HTML(elem_id="painted")
        self.fields = {
            "editor": editor,
            "paint": paint,
            "frame": frame,
            "first": first,
            "last": last,
            "margin": margin,
        }

    def connect(self, workspace: Workspace, restored: Dependency) -> None:
        """Show the clip to paint on, and keep the paint as long as it fits the clip."""
        inputs = {*workspace.inputs, *self.inputs, self.painted}
        shown = {*self.outputs, self.frame_slider, self.preview}

        def editor_opened(values: Values):
            return self.refreshed(workspace, values, values[self.painted])

        def clip_changed(values: Values):
            if values[workspace.open_tab] != self.id:
                return gr.skip()
            return self.refreshed(workspace, values, values[self.painted])

        def paint_cleared(values: Values):
            return self.refreshed(workspace, values, None)

        self.container.select(editor_opened, inputs, shown, **DECODING)
        workspace.clip.preview.change(
            clip_changed, {*inputs, workspace.open_tab}, shown, **DECODING
        )
        self.clear.click(paint_cleared, inputs, shown, **DECODING)

        @shows_errors
        def turned(values: Values):
            return self.turned(workspace, values)

        editor, paint, frame = (self.fields[name] for name in ("editor", "paint", "frame"))
        self.frame_slider.release(
            turned,
            {*inputs, self.frame_slider},
            {editor, paint, frame},
            trigger_mode="always_last",
            **DECODING,
        )

        def paint_shown(values: Values):
            try:
                (cell,) = previews.encode_paint(self.request(workspace, values))
            except ValueError as error:
                return markup.problem(error)
            return markup.player(cell["title"], cell["video"], "magenta: without a cue")

        self.show_paint.click(paint_shown, inputs, self.preview, **PREVIEW)
        repainted = {editor, self.frame_slider, self.fields["first"], self.fields["last"]}
        restored.then(self.repainted, workspace.token, repainted, **DECODING)

    def options(self, values: Values) -> dict[str, Any]:
        pictures = self.paint_of(values)
        if not pictures:
            raise Unfinished(MISSING_PAINT)
        numbers = (usable(values[self.fields[name]]) for name in ("first", "last", "margin"))
        return {"pictures": pictures, "remove": cues.REMOVE, **paint_range(*numbers)}

    def size_triggers(self) -> list:
        return [*super().size_triggers(), self.fields["editor"].input]

    @property
    def outputs(self) -> set[Component]:
        return {*self.inputs, self.painted}

    def values_of(self, task: str, options: dict[str, Any]) -> Values:
        values = super().values_of(task, options)
        if pictures := options.get("pictures"):
            values |= {self.fields["paint"]: pictures, self.fields["frame"]: 0}
        return values

    def restored_values(self, request: Request) -> Values:
        return {**super().restored_values(request), self.painted: Painted.of(request)}

    def highest(self, workspace: Workspace, values: Values) -> dict[Component, float]:
        try:
            frames = workspace.clip.working_request(values).working_shape[0]
        except ValueError:  # there is no clip, or the panel of the clip says what is wrong with it
            return {}
        return {self.fields["first"]: frames - 1, self.fields["last"]: frames - 1}

    def paint_of(self, values: Values) -> Paint:
        """All paint by frame. Raises ValueError where some did not arrive, had to go, or is too
        much."""
        names = "paint", "editor", "frame"
        return with_editor(*(values[self.fields[name]] for name in names))

    def refreshed(self, workspace: Workspace, values: Values, known: Painted | None):
        """The first frame of the clip to paint on, unless the editor shows it already.

        known: what the editor shows; the paint on the same moments of the same file is kept.
        """
        try:
            request = workspace.clip.working_request(values)
            painted = Painted.of(request)
            if painted == known:
                return gr.skip()
            frames = clips.working_clip(request).frames
        except ValueError:  # the panel of the clip says what is wrong with it
            return gr.skip()
        last = len(frames) - 1
        paint, held = Paint(), (0, last)
        if painted.has_same_moments(known):
            paint = self._arrived_paint(values).until(last)
        if paint:
            numbers = (values[self.fields[name]] for name in ("first", "last"))
            held = [
                end if isinstance(n, Unusable) else min(n, last) for n, end in zip(numbers, held)
            ]
        first_field, last_field = self.fields["first"], self.fields["last"]
        return {
            self.fields["editor"]: editor_of_frames(frames, paint.get(0)),
            self.fields["paint"]: paint,
            self.fields["frame"]: 0,
            self.frame_slider: gr.update(value=0, maximum=max(1, last)),
            first_field: gr.update(value=held[0], maximum=last),
            last_field: gr.update(value=held[1], maximum=last),
            self.preview: "",
            self.painted: painted,
        }

    def _arrived_paint(self, values: Values) -> Paint:
        try:
            return self.paint_of(values)
        except (UnusableValue, TooMuchPaint):
            return values[self.fields["paint"]]

    def turned(self, workspace: Workspace, values: Values):
        """Another frame to paint on; what was painted on the one before is kept.

        Raises TooMuchPaint."""
        try:
            request = workspace.clip.working_request(values)
            number = usable(values[self.frame_slider])
            paint = self.paint_of(values)
            frames = clips.working_clip(request).frames
        except TooMuchPaint:
            raise
        except ValueError:  # the controls say what is wrong with them
            return gr.skip()
        number = min(number, len(frames) - 1)
        return {
            self.fields["editor"]: editor_value(enlarged_frame(frames[number]), paint.get(number)),
            self.fields["paint"]: paint,
            self.fields["frame"]: number,
        }

    def repainted(self, token: str | None):
        """After a reload: the first frame with the paint on it, and frame numbers up to the last
        frame of the clip."""
        job = QUEUE.find(token)
        if job is None or job.request.task != self.id:
            return gr.skip()
        try:
            frames = clips.working_clip(job.request).frames
        except ValueError:
            return gr.skip()
        paint, last = job.request.options.get("pictures", Paint()).get(0), len(frames) - 1
        return {
            self.fields["editor"]: editor_of_frames(frames, paint),
            self.frame_slider: gr.update(value=0, maximum=max(1, last)),
            self.fields["first"]: gr.update(maximum=last),
            self.fields["last"]: gr.update(maximum=last),
        }
