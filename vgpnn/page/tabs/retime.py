"""The tab of retargeting in time: another length at the same pace."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vgpnn.page.panels.numbers import Slider
from vgpnn.page.tabs.tab import Tab
from vgpnn.tasks import retargeting


class Retime(Tab):
    id = "retime"
    title = "Retime"
    verb = "Retime"
    slogan = ("Twice as long.", "Just as fast.")
    description = (
        "Shorter: motions that followed each other happen together. Longer, or a loop: every "
        "region goes on at its own pace, from moments of its own. It works badly where a story is "
        "told that happens once."
    )
    tasks = ("retime",)
    takes_samples = True

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

    def makes_takes(self, options: dict[str, Any]) -> bool:
        """Shorter results follow the whole clip, whatever their seed: one is enough."""
        return options["loop"] or options["duration_scale"] > 1
