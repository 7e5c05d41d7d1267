"""How the server answers the page's events, and how handlers read what a script sends with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from vgpnn.page import scripts

# What all events have in common. Gradio gives every component that an event has ever shown progress
# on its state once more whenever any event begins or ends. This page shows progress in its own way,
# and on no component; without this each event costs the browser about twice the time, and more with
# every tab that was open.
_COMMON = {"show_progress": "hidden", "show_progress_on": [], "api_visibility": "private"}
# These events do not wait in the queue. Their handlers must not raise an error: Gradio would answer
# with status 500, and the page would show a message that does not say which control is wrong.
QUIET = {**_COMMON, "queue": False}
# The same, for what must count as it is at last. By itself Gradio drops an event of `gr.on` while
# the answer to the one before is on its way.
LATEST = {**QUIET, "trigger_mode": "always_last"}
# These events wait in the queue. Their handlers may raise gr.Error, and its sentence is shown.
QUEUED = {**_COMMON, "concurrency_limit": None}
# Events that decode a clip share two places, so that they cannot hold up the job that runs.
DECODING = {**QUEUED, "concurrency_limit": 2, "concurrency_id": "decoding"}
# Previews that take seconds share another place, so that they cannot hold up uploads.
PREVIEW = {**QUEUED, "concurrency_limit": 1, "concurrency_id": "preview"}


def ask_again(block: gr.HTML, tab: str = "") -> str:
    """JavaScript for the `js` of an event after which a block may be out of date, whose script is
    asking.js or calls it: soon its event `select` asks the server, once for all such events.

    tab: the id of the block's tab, which must be open then; "" where the block is always shown."""
    return scripts.call("asking.js", "changed", block.elem_id, tab)


def shows_errors(handler: Callable) -> Callable:
    """Decorator of a queued event's handler: the sentence of a ValueError is shown to the user."""

    @wraps(handler)
    def call(*arguments):
        try:
            return handler(*arguments)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None

    return call


def event_text(event: gr.EventData, name: str) -> str:
    """A text that a script of the page sent with an event. Raises ValueError if there is none."""
    value = _event_value(event, name)
    if not isinstance(value, str):
        raise ValueError(f"This event has no {name}.")
    return value


def event_texts(event: gr.EventData, name: str, most: int) -> list[str]:
    """A list of at most so many texts that a script of the page sent with an event.

    Raises ValueError for anything else."""
    values = _event_value(event, name)
    is_list = isinstance(values, list) and len(values) <= most
    if not is_list or not all(isinstance(value, str) for value in values):
        raise ValueError(f"This event has no {name}.")
    return values


def event_index(event: gr.EventData, name: str, count: int) -> int:
    """A whole number from 0 to count - 1 that a script of the page sent with an event.

    Raises ValueError for anything else."""
    value = _event_value(event, name)
    if type(value) is not int or not 0 <= value < count:
        raise ValueError(f"There is no such {name}.")
    return value


def _event_value(event: gr.EventData, name: str) -> Any:
    # Whoever sends an event that no script of the page sent may put anything in its place.
    data = event._data if isinstance(event._data, dict) else {}
    return data.get(name)
