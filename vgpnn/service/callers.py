"""Who the work of this moment is done for, so that nobody takes all places of the decoder."""

from __future__ import annotations

from gradio.context import LocalContext

from vgpnn.service.people import person_of


def caller_now() -> str | None:
    """A hash of the address that the event, or the job, of this thread came from; None where none
    is known, as for a job that a process before this one queued."""
    request = LocalContext.request.get(None)
    return None if request is None else person_of(request).address
