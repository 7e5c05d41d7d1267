"""The timeline of a clip: pictures of the whole of it, with two handles around the part in use."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from vgpnn.limits import LIMITS
from vgpnn.page import scripts
from vgpnn.page.events import DECODING, LATEST, QUIET
from vgpnn.page.values import Values, word_for
from vgpnn.service import previews
from vgpnn.service.request import Clip


class Timeline:
    """strip: what timeline.js draws: it fires `release` when a handle has been moved. The numbers
    beside it stay what a request reads: a handle changes them, and follows them."""

    def __init__(self) -> None:
        """Create the timeline in the layout that is open."""
        self.strip = gr.HTML(
            {},
            html_template="<div class='timeline'></div>",
            js_on_load=scripts.on_load("timeline.js"),
            elem_id="timeline",
        )

    def connect(self, clip: gr.State, shown: Component, numbers: list[Component]) -> Dependency:
        """Draw the clip, and keep the handles and the numbers in step.

        shown: changes with the clip. numbers: start [s], frames and rate [frames/s] of the part.
        Returns the event after which a handle has changed the numbers."""

        def timeline_drawn(values: Values):
            known, chosen = values[self.strip], values[clip]
            if not isinstance(chosen, Clip) or not isinstance(known, dict):
                return {}
            if "pictures" in known and known.get("clip") == word_for(chosen.path):
                return gr.skip()
            try:
                pictures = previews.encode_strip(chosen)
            except ValueError:  # the timeline works without pictures
                pictures = ""
            return {**value_of(chosen), "pictures": pictures}

        shown.change(
            timeline_drawn,
            {clip, self.strip},
            self.strip,
            trigger_mode="always_last",
            **DECODING,
        )
        changes = [number.change for number in numbers]
        gr.on(changes, None, numbers, js=scripts.call("timeline.js", "follow"), **LATEST)
        start, frames, _ = numbers
        return self.strip.release(
            None,
            None,
            [start, frames],
            js=scripts.call("timeline.js", "part"),
            trigger_mode="multiple",  # none may get lost: the handles wait until they were asked
            **QUIET,
        )


def value_of(clip: Clip) -> dict[str, Any]:
    """What the timeline shows of a clip before there are pictures: its length [s], its rate
    [frames/s], and the least and the most frames of a part."""
    return {
        "clip": word_for(clip.path),
        "seconds": clip.info.seconds,
        "rate": float(min(clip.info.fps, LIMITS.frame_rate)),
        "least": LIMITS.min_frames,
        "most": LIMITS.max_frames,
    }
