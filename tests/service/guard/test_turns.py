"""Gradio's queue: people take turns, and each has only so many events in it."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest
from fastapi import HTTPException
from gradio.data_classes import PredictBodyInternal
from helpers import coroutines

from vgpnn.limits import LIMITS
from vgpnn.service import guard
from vgpnn.service.guard import turns
from vgpnn.service.guard.refusals import TOO_MANY_EVENTS


@pytest.fixture
def queue() -> turns.Turns:
    """The queue of a page with an event of which two may run, and one that has no limit."""
    with guard.Blocks() as page:
        button = gr.Button()
        button.click(lambda: None, concurrency_limit=2, concurrency_id="two")
        button.click(lambda: None, concurrency_limit=None)
    page.queue(max_size=100)
    page._queue.active_jobs = [None] * 40
    return page._queue


def sender(host: str) -> SimpleNamespace:
    return SimpleNamespace(scope={"client": (host, 1)})


def join(queue: turns.Turns, host: str, event: int = 0, session: str | None = "tab") -> str:
    body = PredictBodyInternal(data=[], fn_index=event, session_hash=session)
    joined, event_id, _ = coroutines.run(queue.push(body, sender(host), None))
    assert joined
    return event_id


def begin(queue: turns.Turns):
    """Let the next event begin; returns it."""
    if (found := queue.get_events()) is None:
        return None
    (event,), _, concurrency_id = found
    queue.active_jobs[queue.active_jobs.index(None)] = [event]
    queue.event_queue_per_concurrency_id[concurrency_id].current_concurrency += 1
    return event


def end(queue: turns.Turns, event) -> None:
    queue.active_jobs[queue.active_jobs.index([event])] = None
    queue.event_queue_per_concurrency_id[event.concurrency_id].current_concurrency -= 1
    queue.event_ids_to_events.pop(event._id)


def test_whoever_sends_many_events_holds_up_nobody(queue):
    """Ten of one person wait; somebody else is next, and has a place at once."""
    mine = [join(queue, "192.0.2.1") for _ in range(10)]
    first = begin(queue)
    assert first._id == mine[0]
    assert begin(queue) is None  # the other place is for somebody else
    theirs = join(queue, "192.0.2.2")
    assert begin(queue)._id == theirs
    later = join(queue, "192.0.2.3")
    end(queue, first)
    assert begin(queue)._id == later


def test_people_take_turns(queue):
    hosts = ["192.0.2.1"] * 3 + ["192.0.2.2"] * 3
    ids = {join(queue, host): host for host in hosts}
    order = []
    while (event := begin(queue)) is not None:
        order.append(ids[event._id])
        end(queue, event)
    assert order == ["192.0.2.1", "192.0.2.2"] * 3


def test_events_without_a_limit_begin_at_once(queue):
    ids = [join(queue, "192.0.2.1", event=1) for _ in range(5)]
    assert [begin(queue)._id for _ in range(5)] == ids


def test_a_person_has_so_many_events(queue):
    for k in range(LIMITS.events_per_person):
        join(queue, "192.0.2.1", session=f"tab{k}")
    with pytest.raises(HTTPException) as caught:
        join(queue, "192.0.2.1", session="another")
    assert (caught.value.status_code, caught.value.detail) == (429, TOO_MANY_EVENTS)
    join(queue, "192.0.2.2")
    end(queue, begin(queue))
    end(queue, begin(queue))
    join(queue, "192.0.2.1")


@pytest.mark.parametrize("session", ["a" * 65, "", "a b", "../a", "é"])
def test_a_session_has_a_short_name(queue, session):
    with pytest.raises(HTTPException):
        join(queue, "192.0.2.1", session=session)


def test_many_names_of_sessions_take_nothing_from_whoever_has_an_event(queue, monkeypatch):
    monkeypatch.setattr(turns, "KEPT_SESSIONS", 6)
    join(queue, "192.0.2.1", session="ada")
    begin(queue)
    for k in range(30):
        join(queue, "192.0.2.2", session=f"tab{k}")
        end(queue, begin(queue))
    for kept in (queue.pending_messages_per_session, queue.pending_event_ids_session):
        assert "ada" in kept and "tab29" in kept and len(kept) <= 6
