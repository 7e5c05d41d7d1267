"""The panel of results: the source and its takes, which result.js draws and plays in step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.page import scripts
from vgpnn.page.events import event_index, event_text, event_texts
from vgpnn.page.panels import sorting
from vgpnn.page.values import Values
from vgpnn.service import following
from vgpnn.service.job import Job
from vgpnn.service.people import Person
from vgpnn.service.queue import QUEUE


class ResultPanel:
    """data: what is drawn, as `Job.shown`. It fires `select` when a take is sent to another tab,
    `apply` when drafts are to be finished or others to be shown, and `download` when a file is
    wanted that is made only then. made: the address of the last such file, see `downloads`.
    sorted: the answers of `sorting`, or None.
    """

    def __init__(self, view: dict | None) -> None:
        """Create the panel in the layout that is open; view: what is drawn at first."""
        # The one polite region: what result.js draws, and what spoken.js has to say besides.
        live = "<div id='live' aria-live='polite'><div id='result'></div><p id='said'></p></div>"
        gr.HTML(f"{live}<div id='explanation'></div>")
        self.data = gr.HTML(
            view, html_template="", js_on_load=scripts.on_load("result.js"), elem_id="result-data"
        )
        self.made = gr.HTML(
            {}, html_template="", js_on_load=scripts.on_load("downloads.js"), elem_id="made-data"
        )
        self.sorted = sorting.answers()

    def unless_running(self, view: dict, token: Any) -> Values:
        """A view to draw, unless the job of this browser is running: then it stays in sight."""
        job = QUEUE.find(token)
        return {} if job is not None and not job.finished.is_set() else {self.data: view}


def sent_take(event: gr.EventData, token: Any, examples: list[Example]) -> tuple[Path, str]:
    """The file of a take that a user sends to another tab, and a name for it.

    token: of this browser's last job. Raises ValueError where the take is not, or no longer, kept.
    """
    number = event_index(event, "take", LIMITS.takes + 1)
    title = event_text(event, "title")
    name = f"{title}, take {number}"
    job = QUEUE.find(token)
    if job and job.request.clip.name == title and 1 <= number <= len(job.results):
        return job.results[number - 1], name
    for example in examples:
        if example.title == title:
            return example.result, name
    raise ValueError("This take is no longer kept: make it again.")


def asked_of(event: gr.EventData, job: Job) -> Callable[[Job, Person], Job]:
    """What a user asks for who has chosen drafts of a job: to finish them ("finish"), to see more
    like one ("like"), or others ("others"). Returns a function that makes the job for it, once the
    job before is over.

    Raises ValueError with one sentence.
    """
    asked, names = event_text(event, "asked"), event_texts(event, "drafts", LIMITS.takes)
    if asked == "finish":
        names = following.checked_names(job, names)
        is_running = not job.finished.is_set()
        return lambda job, person: following.finishing_others(job, names, person, is_running)
    if asked not in ("like", "others"):
        raise ValueError("There is no such button.")
    if not job.finished.is_set():
        raise ValueError("Takes are being made: wait for them, or press Stop first.")
    if asked == "like" and len(names) != 1:
        raise ValueError("Choose one draft first.")
    like = names[0] if asked == "like" else None
    return lambda job, person: following.offering_others(job, like, person)
