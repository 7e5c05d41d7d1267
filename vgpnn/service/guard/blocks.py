"""Values of events: whatever the page's script would not send ends in one sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from vgpnn.service import errors, files, people
from vgpnn.service.guard.refusals import GONE, STRANGE
from vgpnn.service.owned import PERSON, NoRoom

log = logging.getLogger(__name__)


class Blocks(gr.Blocks):
    """Gradio's Blocks, but values that the page's script would not send end in one sentence."""

    async def process_api(self, block_fn, inputs, state=None, request=None, *values, **named):
        if isinstance(request, list):  # a batch, which hides who sent it and which nothing uses
            raise gr.Error(STRANGE, print_exception=False)
        if request is not None:
            PERSON.set(people.person_of(request).address)
        try:
            return await super().process_api(block_fn, inputs, state, request, *values, **named)
        except gr.Error as error:
            error.print_exception = False
            raise
        except NoRoom as error:
            raise gr.Error(str(error), print_exception=False) from None
        except Exception as error:
            log.error("event failed", extra=errors.log_traceback(error))
            raise gr.Error(_sentence(error), print_exception=False) from None

    async def preprocess_data(self, block_fn, inputs, *values, **named):
        check_files(inputs)
        try:
            return await super().preprocess_data(block_fn, inputs, *values, **named)
        except Exception as error:  # Gradio's own sentences are for programmers
            log.warning("values refused", extra=errors.log_place(error))
            raise gr.Error(_sentence(error), print_exception=False) from None


def _sentence(error: Exception) -> str:
    return files.DISK_FULL if errors.is_disk_full(error) else STRANGE


def check_files(payload) -> None:
    """Raises gr.Error unless every file in a payload is an upload: Gradio would download others.

    payload: the values of an event, of any depth.
    """
    if not all(map(files.is_upload, named_files(payload))):
        raise gr.Error(GONE, print_exception=False)


def named_files(payload) -> Iterator[Any]:
    """What the files in a payload, of any depth, are called: paths, or whatever was sent as one."""
    unchecked = [payload]
    while unchecked:
        value = unchecked.pop()
        if isinstance(value, dict):
            if "path" in value:
                yield value["path"]
            unchecked += value.values()
        elif isinstance(value, list):
            unchecked += value
