"""The tab of another width and height: by retargeting in space, by extending the clip, or as a
seamless tile."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vgpnn.page.events import LATEST
from vgpnn.page.panels.numbers import Slider
from vgpnn.page.tabs.kept import KeptTab
from vgpnn.page.values import Unfinished, Values
from vgpnn.page.workspace import Workspace
from vgpnn.service.request import Clip
from vgpnn.tasks import extending

SCALES = (0.4, 2.0)  # smallest and largest side of a result, in sides of the clip
MOST_ADDED = 2.0  # on a side, in sides of the clip
ACROSS = "left", "right"
FREE = "Free"
ASPECTS = (FREE, "1:1", "4:5", "9:16", "16:9", "21:9")  # width to height
WALLS = (("side by side", "x"), ("stacked", "y"), ("both", "both"))
NOTHING_ADDED = "Choose another shape than the clip's, or how much is added on a side."


class Resize(KeptTab):
    id = "resize"
    title = "Resize"
    verb = "Resize"
    slogan = ("Any shape.", "Nothing stretched.")
    description = (
        "Another width and height without stretching: things keep their size and are repeated, "
        "dropped or moved. Or the clip stays as it is, and the picture goes on around it. Or it "
        "becomes a seamless tile, whose edges lead into each other. It works badly where one thing "
        "fills the frame, and what an edge cuts may end softly."
    )
    tasks = ("resize", "retarget", "extend", "tile")
    kept_task = "extend"
    other_task = "tile"
    choices = ("is made new", "stays, extended", "seamless tile")
    verbs = {"extend": "Extend", "tile": "Make a tile"}
    several_takes = ("extend",)

    def build(self) -> None:
        self.build_choice()
        with gr.Column(elem_classes="when-shaped"):
            self.aspect = gr.Radio(
                ASPECTS, value=FREE, label="Shape", elem_id="aspect", min_width=260
            )
        with self.only(is_kept=False):
            width = Slider(
                *SCALES,
                0.6,
                step=0.05,
                label="Width, times the clip's",
                elem_id="width",
                buttons=[],
            )
            height = Slider(
                *SCALES,
                1.0,
                step=0.05,
                label="Height, times the clip's",
                elem_id="height-scale",
                buttons=[],
            )
        self.fields = {"width_scale": width, "height_scale": height}
        with self.only(is_kept=True):
            self._build_sides()
        with self.only_other():
            self._build_tile()

    def _build_tile(self) -> None:
        """The controls of a tile."""
        self.other_fields["axes"] = gr.Radio(
            WALLS, value="both", label="Repeats", elem_id="axes", min_width=260
        )
        self.other_fields["time"] = gr.Checkbox(
            False,
            label="Seamless loop, too",
            info="The last frame leads into the first.",
            elem_id="tile-time",
        )

    def _build_sides(self) -> None:
        """The controls of extending."""
        words = {"left": "Left", "right": "Right", "top": "Above", "bottom": "Below"}
        for names in (("left", "right"), ("top", "bottom")):
            with gr.Row(elem_classes="sides"):
                for name in names:
                    self.kept_fields[name] = Slider(
                        0,
                        MOST_ADDED,
                        0.4 if name in ACROSS else 0.0,
                        step=0.05,
                        label=f"{words[name]}, in {'width' if name in ACROSS else 'height'}s",
                        elem_id=f"side-{name}",
                        min_width=120,
                        buttons=[],
                    )
        self.kept_fields["from_above"] = gr.Checkbox(
            False,
            label="Seen from above",
            info="Things may be at any height.",
            elem_id="from-above",
        )

    def options(self, values: Values) -> dict[str, Any]:
        options = super().options(values)
        if self.task(values) == "extend" and not any(options[side] for side in extending.SIDES):
            raise Unfinished(NOTHING_ADDED)
        return options

    def connect(self, workspace: Workspace) -> None:
        """A shape sets both scales and all sides, for this clip and the next ones; one of them that
        is set frees the shape."""
        clip = workspace.clip
        scales = [self.fields["width_scale"], self.fields["height_scale"]]
        sides = [self.kept_fields[side] for side in extending.SIDES]

        def reshaped(values: Values):
            chosen, aspect = values[clip.clip], values[self.aspect]
            if not isinstance(chosen, Clip) or aspect not in ASPECTS[1:]:
                return gr.skip()
            chosen_scales, added = scales_for(chosen, aspect), sides_for(chosen, aspect)
            return dict(zip([*scales, *sides], [*chosen_scales, *added]))

        gr.on(
            [self.aspect.input, clip.preview.change],
            reshaped,
            {clip.clip, self.aspect},
            {*scales, *sides},
            **LATEST,
        )
        moved = [control.release for control in (*scales, *sides)]
        gr.on(moved, lambda: FREE, None, self.aspect, **LATEST)


def scales_for(clip: Clip, aspect: str) -> tuple[float, float]:
    """Scales of width and height that give a clip the shape "W:H"; the height is kept if it can
    be."""
    wide, tall = map(int, aspect.split(":"))
    factor = wide / tall / (clip.info.width / clip.info.height)
    low, high = SCALES
    width = min(high, max(low, factor))
    return round(width, 3), round(min(high, max(low, width / factor)), 3)


def sides_for(clip: Clip, aspect: str) -> tuple[float, ...]:
    """What is added at the left, right, top and bottom of a clip for the shape "W:H", as far as the
    controls reach."""
    try:
        sides = extending.sides_for(aspect, clip.info.width, clip.info.height)
    except ValueError:  # an extremely oblong clip
        return (0.0,) * len(extending.SIDES)
    return tuple(min(MOST_ADDED, side) for side in sides)
