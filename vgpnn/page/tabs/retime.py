"""The tab of another length: by retargeting in time, or by letting the clip go on."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vgpnn.page.marked_tab import MarkedTab
from vgpnn.page.panels.numbers import Slider
from vgpnn.page.tabs.kept import KeptTab
from vgpnn.page.values import Values
from vgpnn.tasks import going_on, retargeting


class Retime(MarkedTab, KeptTab):
    id = "retime"
    title = "Retime"
    verb = "Retime"
    slogan = ("Twice as long.", "Just as fast.")
    description = (
        "Shorter: motions happen together. Longer, or a loop: every region goes on at its own "
        "pace. Or the clip plays to its end and goes on. It works badly where a story is told that "
        "happens once."
    )
    tasks = ("retime", "go_on")
    several_takes = ("retime",)
    kept_task = "go_on"
    choices = ("is made new", "stays, and goes on")
    verbs = {"go_on": "Go on"}

    def build(self) -> None:
        self.build_choice()
        with self.only(is_kept=False):
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
        with self.only(is_kept=True):
            self.kept_fields["longer"] = Slider(
                *going_on.LONGER,
                going_on.USUAL,
                step=0.05,
                label="Added at the end, times the clip's length",
                elem_id="longer",
                buttons=[],
            )

    def makes_takes(self, task: str, options: dict[str, Any]) -> bool:
        """Shorter results follow the whole clip, whatever their seed: one is enough."""
        return super().makes_takes(task, options) and (
            options["loop"] or options["duration_scale"] > 1
        )

    def options(self, values: Values) -> dict[str, Any]:
        """Marks are of a clip that is made new: what stays is not made of pieces."""
        is_kept = self.task(values) == self.kept_task
        return KeptTab.options(self, values) if is_kept else super().options(values)
