"""Gradio's queue of events, but each person has only so many in it, and people take turns."""

from __future__ import annotations

import random
import sys
import time

from fastapi import HTTPException
from gradio import queueing
from gradio.queueing import Event, EventQueue

from vgpnn.limits import LIMITS
from vgpnn.service import people
from vgpnn.service.guard.addresses import MADE_UP_NAME
from vgpnn.service.guard.refusals import STRANGE, TOO_MANY_EVENTS

REMEMBERED_EVENTS = 100  # of which Gradio computes statistics, which no page of ours shows
KEPT_SESSIONS = 2000  # that sent events; of these, Gradio keeps messages that are not fetched yet


class Turns(queueing.Queue):
    """Where only a few events of a kind may run, such as those that decode, the next one is of who
    was served longest ago, and nobody has more than half of the places."""

    def __init__(self, *values, **named) -> None:
        super().__init__(*values, **named)
        self.ANALYTICS_MAX_EVENTS = REMEMBERED_EVENTS
        self.pending_messages_per_session.max_size = sys.maxsize  # see `_forget`
        # When an event of each person began last [s], by person, for each kind of events.
        self._served: dict[str, dict[str, float]] = {}

    async def push(self, body, request, username):
        """Raises HTTPException where the sender has enough in the queue."""
        if body.session_hash is not None and not MADE_UP_NAME.fullmatch(body.session_hash):
            raise HTTPException(400, STRANGE)
        person = people.address_of(request.scope)
        events = list(self.event_ids_to_events.values())
        if sum(_person(event) == person for event in events) >= LIMITS.events_per_person:
            raise HTTPException(429, TOO_MANY_EVENTS)
        self._forget()
        return await super().push(body, request, username)

    def _forget(self) -> None:
        """Drop the oldest of what is kept of every session that ever sent an event. Gradio would
        drop that of somebody whose event runs because others have sent many names of sessions."""
        if len(self.pending_messages_per_session) < KEPT_SESSIONS:
            return
        busy = {event.session_hash for event in self.event_ids_to_events.values()}
        idle = [each for each in self.pending_messages_per_session if each not in busy]
        for session in idle[: KEPT_SESSIONS // 2]:
            del self.pending_messages_per_session[session]
            self.pending_event_ids_session.pop(session, None)

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The event that begins next, as Gradio asks for it."""
        queues = [*self.event_queue_per_concurrency_id.values()]
        random.shuffle(queues)
        for waiting in queues:
            limit = waiting.concurrency_limit
            has_room = limit is None or waiting.current_concurrency < limit
            if waiting.queue and has_room and (event := self._next(waiting)) is not None:
                waiting.queue.remove(event)
                return [event], False, waiting.concurrency_id
        return None

    def _next(self, waiting: EventQueue) -> Event | None:
        """The event whose turn it is, or None where all are of people who have their places."""
        if waiting.concurrency_limit is None:
            return waiting.queue[0]
        running = [
            _person(event)
            for events in self.active_jobs
            for event in events or ()
            if event.concurrency_id == waiting.concurrency_id
        ]
        most = max(1, waiting.concurrency_limit // 2)
        oldest: dict[str, Event] = {}  # of each person, in the order of their arrival
        for event in waiting.queue:
            oldest.setdefault(_person(event), event)
        free = [person for person in oldest if running.count(person) < most]
        if not free:
            return None
        served = self._served.get(waiting.concurrency_id, {})
        person = min(free, key=lambda each: served.get(each, 0.0))
        still = {each: served[each] for each in oldest if each in served}
        self._served[waiting.concurrency_id] = {**still, person: time.monotonic()}
        return oldest[person]


def _person(event: Event) -> str:
    return people.address_of(event.request.scope)
