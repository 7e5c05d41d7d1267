"""The decoder's places know who asks for them, also on a thread that Gradio works on."""

from __future__ import annotations

import contextvars
import threading
from types import SimpleNamespace

from gradio.context import LocalContext

from vgpnn.service.callers import caller_now
from vgpnn.service.people import person_of


def test_nobody_is_known_outside_an_event():
    assert contextvars.Context().run(caller_now) is None


def test_an_event_and_the_job_that_it_makes_are_those_of_an_address():
    request = SimpleNamespace(session_hash="s", client=SimpleNamespace(host="203.0.113.9"))
    other_tab = SimpleNamespace(session_hash="t", client=SimpleNamespace(host="203.0.113.9"))
    LocalContext.request.set(request)
    try:
        assert caller_now() == person_of(other_tab).address
        found, context = [], contextvars.copy_context()  # a job keeps one
        thread = threading.Thread(target=context.run, args=(lambda: found.append(caller_now()),))
        thread.start()
        thread.join()
        assert found == [person_of(request).address]
    finally:
        LocalContext.request.set(None)
