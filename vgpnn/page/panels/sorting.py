"""The box that sorts the drafts of a run by a sentence, which sorting.js draws."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import gradio as gr

from vgpnn.page import scripts
from vgpnn.page.events import QUIET, event_index, event_text
from vgpnn.page.panels.words import WORDS
from vgpnn.service import beside, wording
from vgpnn.service.queue import QUEUE
from vgpnn.words import MOST_CHARACTERS

MOST_ASKED = 10**6  # times that one page can ask
DATA = {"mostCharacters": MOST_CHARACTERS}  # for the script


def answers() -> gr.HTML | None:
    """What brings the answers to the script, in the layout that is open; None where no model for
    words is at hand. Its value repeats the number of the question, and has `said`, at last `names`
    or `problem`."""
    if not wording.is_offered():
        return None
    load = scripts.on_load("sorting.js")
    return gr.HTML({}, html_template="", js_on_load=load, elem_id="sorted-data")


def connect(data: gr.HTML, answers: gr.HTML | None, token: gr.BrowserState) -> None:
    """Let the result answer its `submit` and `stop` events. data: the result, whose script sends
    them. token: of this browser's last job."""
    if answers is None:
        return

    async def drafts_sorted(token_value, event: gr.EventData) -> AsyncIterator[dict]:
        try:
            question = {"question": event_index(event, "question", MOST_ASKED)}
            sentence = event_text(event, "sentence")
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None
        job = QUEUE.find(token_value)
        work = partial(wording.sorted_names, job, sentence)
        telling = beside.told(work, wording.SECONDS, wording.TOO_LONG)
        try:
            async with aclosing(telling):
                async for said in telling:
                    is_over = isinstance(said, beside.Done)
                    yield question | ({"names": said.value} if is_over else {"said": said})
        except ValueError as error:
            yield question | {"problem": str(error)}

    asked = data.submit(drafts_sorted, token, answers, **WORDS)
    data.stop(None, cancels=[asked], **QUIET)
