"""The tab of retargeting in time: another length at the same pace."""

from __future__ import annotations

import gradio as gr

from vgpnn.page.marked_tab import MarkedTab
from vgpnn.page.panels.numbers import Slider
from vgpnn.tasks import retargeting


class Retime(MarkedTab):
    id = "retime"
    title = "Retime"
    verb = "Retime"
    slogan = ("Twice as long.", "Just as fast.")
    description = (
        "Shorter: motions that followed each other happen together. Longer: motions go on, at "
        "their own pace. Mark what you want more or less of. It works badly where a story is told "
        "that happens once."
    )
    tasks = ("retime",)

    def build(self) -> None:
        duration = Slider(
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
        self.fields = {"duration_scale": duration, "loop": loop}
