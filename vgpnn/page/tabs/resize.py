"""The tab of retargeting in space: another width and height."""

from __future__ import annotations

import gradio as gr

from vgpnn.page.events import LATEST
from vgpnn.page.panels.numbers import Slider
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values
from vgpnn.page.workspace import Workspace
from vgpnn.service.request import Clip

SCALES = (0.4, 2.0)  # smallest and largest side of a result, in sides of the clip
FREE = "Free"
ASPECTS = (FREE, "1:1", "4:5", "9:16", "16:9", "21:9")  # width to height


class Resize(Tab):
    id = "resize"
    title = "Resize"
    verb = "Resize"
    slogan = ("Any shape.", "Nothing stretched.")
    description = (
        "Another width and height without stretching: things keep their size and are repeated, "
        "dropped or moved. It works badly where one thing fills the frame."
    )
    tasks = ("resize", "retarget")

    def build(self) -> None:
        self.aspect = gr.Radio(ASPECTS, value=FREE, label="Shape", elem_id="aspect", min_width=260)
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

    def connect(self, workspace: Workspace) -> None:
        """A shape sets both scales, for this clip and the next ones; a scale frees the shape."""
        clip = workspace.clip
        width, height = self.fields["width_scale"], self.fields["height_scale"]

        def reshaped(values: Values):
            chosen, aspect = values[clip.clip], values[self.aspect]
            if not isinstance(chosen, Clip) or aspect not in ASPECTS[1:]:
                return gr.skip()
            return dict(zip((width, height), scales_for(chosen, aspect)))

        gr.on(
            [self.aspect.input, clip.preview.change],
            reshaped,
            {clip.clip, self.aspect},
            {width, height},
            **LATEST,
        )
        gr.on([width.release, height.release], lambda: FREE, None, self.aspect, **LATEST)


def scales_for(clip: Clip, aspect: str) -> tuple[float, float]:
    """Scales of width and height that give a clip the shape "W:H"; the height is kept if it can
    be."""
    wide, tall = map(int, aspect.split(":"))
    factor = wide / tall / (clip.info.width / clip.info.height)
    low, high = SCALES
    width = min(high, max(low, factor))
    return round(width, 3), round(min(high, max(low, width / factor)), 3)
