"""What is special to each task on the page: its words, its controls, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass, field

import gradio as gr
import numpy as np

from vgpnn.limits import LIMITS
from vgpnn.page.canvas import Canvas
from vgpnn.page.shared import FILE_TYPES
from vgpnn.service.request import Clip
from vgpnn.tasks import retargeting
from vgpnn.tasks import sketch as drawing
from vgpnn.tasks.cues import MARGIN

SIZES = (0.4, 2.0)  # of the input, on the page
ASPECTS = ("Free", "1:1", "4:5", "9:16", "16:9", "21:9")
TABS = {  # title, what the button says, what it does and when it works badly
    "generate": (
        "Generate",
        "Generate",
        "New versions of the same scene: things are in other places, the look and the motion "
        "stay. It works badly where a single object fills the frame: that comes back much as it "
        "was.",
    ),
    "resize": (
        "Resize",
        "Resize",
        "Another width and height without stretching: things keep their size and are repeated, "
        "dropped or moved. It works badly where one thing fills the frame.",
    ),
    "retime": (
        "Retime",
        "Retime",
        "Shorter: motions that followed each other happen together. Longer: motions go on, at "
        "their own pace. It works badly where a story is told that happens once.",
    ),
    "analogy": (
        "Analogy",
        "Transfer",
        "Your clip is the layout: the result moves where it moves, and looks like the style. Or "
        "the clip is a sketch, and its strokes are filled. Both need parts that move beside "
        "parts that do not.",
    ),
    "inpaint": (
        "Inpaint",
        "Fill in",
        "Paint a colour where something is to appear: black on a sky of birds becomes a bird, "
        "white a cloud. The brush in magenta removes what is under it. It works badly for things "
        "that the clip shows nowhere else.",
    ),
}


@dataclass
class Controls:
    """The controls of one tab. `values` are components in the order of `names`."""

    task: str
    names: tuple[str, ...] = ()
    values: list = field(default_factory=list)
    more: dict = field(default_factory=dict)  # components with events of their own, by name


HOW = (
    "How it works",
    "Every result is made of patches of your clip, or of the style: small blocks of a few pixels "
    "and frames. Make one, and what happened to it is shown below, step by step.",
)


def blurb(task: str) -> None:
    gr.HTML(f"<p class='blurb'>{TABS[task][2]}</p>")


def resize() -> Controls:
    with gr.Row(elem_classes="options"):
        aspect = gr.Radio(ASPECTS, value="Free", label="Shape", elem_id="aspect", min_width=260)
        width = gr.Slider(
            *SIZES,
            0.6,
            step=0.05,
            label="Width, times the clip's",
            elem_id="width",
            buttons=[],
        )
        height = gr.Slider(
            *SIZES,
            1.0,
            step=0.05,
            label="Height, times the clip's",
            elem_id="height-scale",
            buttons=[],
        )
    return Controls("resize", ("width_scale", "height_scale"), [width, height], {"aspect": aspect})


def retime() -> Controls:
    with gr.Row(elem_classes="options"):
        duration = gr.Slider(
            *retargeting.SCALES,
            2.0,
            step=0.1,
            label="Length, times the clip's",
            elem_id="duration",
            buttons=[],
        )
        loop = gr.Checkbox(
            False,
            label="Seamless loop",
            info="The last frame leads into the first.",
            elem_id="loop",
        )
    return Controls("retime", ("duration_scale", "loop"), [duration, loop])


def analogy() -> Controls:
    style = gr.State(None)
    with gr.Row(elem_classes="options"):
        with gr.Column(min_width=240):
            kind = gr.Radio(
                [("Motion of the clip", "analogy"), ("The clip is a sketch", "sketch")],
                value="analogy",
                label="Layout",
                elem_id="kind",
            )
            look = gr.Button("Show what moves", size="sm", elem_id="look")
            with gr.Accordion("Draw a sketch", open=False, elem_id="draw"):
                canvas = Canvas(
                    blank_paper(),
                    show_label=False,
                    type="numpy",
                    format="png",
                    layers=False,
                    sources=(),
                    transforms=(),
                    canvas_size=(384, 216),
                    elem_id="canvas",
                    image_mode="RGBA",
                    brush=gr.Brush(default_size=14, colors=["#151716"], color_mode="fixed"),
                )
                drawings = gr.State([])
                with gr.Row():
                    add = gr.Button("Add drawing", size="sm", elem_id="add-drawing")
                    clear = gr.Button("Start again", size="sm")
                thumbs = gr.Gallery(
                    show_label=False,
                    columns=6,
                    height=74,
                    elem_id="drawings",
                    buttons=[],
                    interactive=False,
                    allow_preview=False,
                )
                sketch = gr.Button("Use as the clip", size="sm", elem_id="use-sketch")
        with gr.Column(min_width=240):
            upload = gr.File(
                label="Style",
                file_types=FILE_TYPES,
                height=110,
                elem_id="style-upload",
                show_label=False,
                elem_classes="upload",
            )
            shown = gr.HTML(
                "<p class='hint'>The style: a clip whose looks the result takes.</p>",
                elem_id="style",
            )
        structure = gr.HTML(elem_id="structure")
    return Controls(
        "analogy",
        ("kind", "style"),
        [kind, style],
        {
            "upload": upload,
            "shown": shown,
            "look": look,
            "structure": structure,
            "canvas": canvas,
            "drawings": drawings,
            "add": add,
            "clear": clear,
            "thumbs": thumbs,
            "sketch": sketch,
        },
    )


def blank_paper() -> dict:
    """An empty sketch for an image editor; with a picture in it the brush is ready to draw."""
    paper = drawing.picture(np.zeros((216, 384), bool))
    return {"background": paper, "layers": [], "composite": paper}


def inpaint() -> Controls:
    paint, at = gr.State({}), gr.State(0)
    drawn_on = gr.State(None)  # the clip, part and size that the canvas shows
    with gr.Row(elem_classes="options"):
        with gr.Column(scale=3, min_width=300):
            editor = Canvas(
                show_label=False,
                type="numpy",
                format="png",
                layers=False,
                sources=(),
                transforms=(),
                image_mode="RGBA",
                elem_id="paint",
                canvas_size=(768, 432),
                height=470,
                brush=gr.Brush(default_size=24, colors=["#000000", "#ffffff", "#ff00ff"]),
            )
        with gr.Column(scale=1, min_width=220):
            frame = gr.Slider(
                0,
                LIMITS.max_frames - 1,
                0,
                step=1,
                label="Paint on frame",
                elem_id="paint-frame",
                info="Painted on several, cues move in between.",
                buttons=[],
            )
            with gr.Row(elem_classes="pair"):
                first = gr.Number(0, label="Holds from", precision=0, minimum=0, min_width=80)
                last = gr.Number(
                    LIMITS.max_frames - 1, label="to frame", precision=0, minimum=0, min_width=80
                )
            margin = gr.Slider(
                0,
                2,
                MARGIN,
                step=0.1,
                label="Room around the paint",
                buttons=[],
                info="How much more than the paint is made anew.",
            )
            with gr.Row():
                look = gr.Button("Show the paint", size="sm", elem_id="look-paint")
                clear = gr.Button("Clear all", size="sm", elem_id="clear-paint")
            shown = gr.HTML(elem_id="painted")
    return Controls(
        "inpaint",
        ("editor", "paint", "at", "first", "last", "margin"),
        [editor, paint, at, first, last, margin],
        {"frame": frame, "look": look, "clear": clear, "shown": shown, "drawn_on": drawn_on},
    )


BUILD = {
    "generate": lambda: Controls("generate"),
    "resize": resize,
    "retime": retime,
    "analogy": analogy,
    "inpaint": inpaint,
}


def scales_for(clip: Clip, aspect: str) -> tuple[float, float]:
    """Width and height scale that give a clip the shape "W:H", the height kept if it can be."""
    wide, tall = map(int, aspect.split(":"))
    factor = wide / tall / (clip.info.width / clip.info.height)
    low, high = SIZES
    width = min(high, max(low, factor))
    return round(width, 3), round(min(high, max(low, width / factor)), 3)
