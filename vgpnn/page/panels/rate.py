"""The choice of the working clip's frame rate."""

from __future__ import annotations

import gradio as gr

from vgpnn import checks
from vgpnn.limits import LIMITS
from vgpnn.page.values import Unusable

RATES = [("As in the file", 0), ("24 per second", 24), ("15 per second", 15), ("10 per second", 10)]


class RateChoice(gr.Dropdown):
    """A list of frame rates [frames/s]; 0 stands for that of the file.

    Gradio's own list raises an error for a value that it did not offer, also for one that a
    settings file brought. Here every allowed rate reaches the handler, and any other value does as
    `Unusable`.
    """

    is_template = True

    def preprocess(self, payload):
        if payload is None or payload == 0:
            return 0
        try:
            return checks.number(self.label, payload, 1, LIMITS.frame_rate)
        except ValueError as error:
            return Unusable(str(error))


def shown_rate(fps: float | None):
    """An update of the list that shows a rate, which is offered too if it was not; None: that of
    the file."""
    rate = fps or 0
    offered = rate in [value for _, value in RATES]
    extra = [] if offered else [(f"{rate:.4g} per second", rate)]
    return gr.update(value=rate, choices=[*RATES, *extra])
