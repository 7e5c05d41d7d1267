"""The panel of results: the source and its takes, which result.js draws and plays in step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.page import scripts
from vgpnn.page.events import event_index, event_text
from vgpnn.page.values import Values
from vgpnn.service.queue import QUEUE


class ResultPanel:
    """data: what is drawn, as `Job.shown`; fires `select` when a take is sent to another tab."""

    def __init__(self, view: dict | None) -> None:
        """Create the panel in the layout that is open; view: what is drawn at first."""
        gr.HTML("<div id='result' aria-live='polite'></div><div id='explanation'></div>")
        self.data = gr.HTML(
            view, html_template="", js_on_load=scripts.on_load("result.js"), elem_id="result-data"
        )

    def unless_running(self, view: dict, token: Any) -> Values:
        """A view to draw, unless the job of this browser is running: then it stays in sight."""
        job = QUEUE.find(token)
        return {} if job is not None and not job.finished.is_set() else {self.data: view}


def sent_take(event: gr.EventData, token: Any, examples: list[Example]) -> tuple[Path, str]:
    """The file of a take that a user sends to another tab, and a name for it.

    token: of this browser's last job. Raises ValueError where the take is not, or no longer, kept.
    """
    number = event_index(event, "take", LIMITS.samples + 1)
    title = event_text(event, "title")
    name = f"{title}, take {number}"
    job = QUEUE.find(token)
    if job and job.request.clip.name == title and 1 <= number <= len(job.results):
        return job.results[number - 1], name
    for example in examples:
        if example.title == title:
            return example.result, name
    raise ValueError("This take is no longer kept: make it again.")
