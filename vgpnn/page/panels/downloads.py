"""Downloads that are made when a user asks for them: the script asks by an event, and gets the
address of a file, which it saves at once."""

from __future__ import annotations

import gradio as gr

from vgpnn.checks import one_of
from vgpnn.page.events import DECODING, event_index, event_text
from vgpnn.page.panels.result import ResultPanel
from vgpnn.service import downloads, previews
from vgpnn.service.job import Job
from vgpnn.service.queue import QUEUE

MOST_ASKED = 10**6  # times that one page can ask for a download


def connect(result: ResultPanel, token: gr.BrowserState) -> None:
    """Let the result panel answer its `download` events. token: of this browser's last job."""

    def download_asked(token_value, event: gr.EventData):
        # The number tells the script which of its questions is answered, also where the answer is
        # that there is no file.
        try:
            number = event_index(event, "asked", MOST_ASKED)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None
        try:
            address = made(QUEUE.find(token_value), event)
        except ValueError as error:
            gr.Warning(str(error))
            address = ""
        return {result.made: {"asked": number, "address": address}}

    several = {**DECODING, "trigger_mode": "multiple"}
    result.data.download(download_asked, token, {result.made}, **several)


def made(job: Job | None, event: gr.EventData) -> str:
    """The address of the download that an event asks for. Raises ValueError with one sentence.

    job: that of the browser, None where it is not kept any more."""
    if job is None:
        raise ValueError(downloads.GONE)
    kind = one_of("kind", event_text(event, "kind"), downloads.TOO_LONG)
    is_of_a_take = kind in downloads.OF_A_TAKE
    index = event_index(event, "take", len(job.results)) if is_of_a_take else 0
    checkpoint = previews.deadline(previews.PREVIEW_SECONDS, downloads.TOO_LONG[kind])
    return downloads.address_of(job, kind, index, checkpoint)
