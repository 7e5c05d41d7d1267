"""Gradio's queue of events, so that nobody fills it for the others, and knows whether anybody
listens to what an event has to say.

An event is what the page or a client asks for by queue/join or call: uploading, a preview, watching
a job, an endpoint. It waits in Gradio's queue, takes one of Gradio's slots while it runs, and its
messages are kept until the listener of its session fetches them.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

import gradio as gr
from fastapi import HTTPException
from gradio import queueing
from gradio.context import LocalContext
from gradio.server_messages import EstimationMessage, HeartbeatMessage, ProgressMessage

from vgpnn.limits import LIMITS
from vgpnn.machine.recent import Recent
from vgpnn.service import guard
from vgpnn.service.guard import refusals
from vgpnn.service.guard.blocks import named_files
from vgpnn.service.people import address_of
from vgpnn.service.sessions import is_made_up_name
from vgpnn.service.shares import Shares

OTHER_EVENTS = 80  # that may wait in all, besides one for each job that may
UNREAD_MESSAGES = 8  # to a session, from which on nothing is shown anew until some are read
MOST_MESSAGES = 3 * UNREAD_MESSAGES  # from which on no event of that session is taken
SILENT_SECONDS = 30.0  # [s] without a look at its messages after which nobody listens
KEPT_SECONDS = 120.0  # [s] that messages are kept for a listener who has not come
PERSON_MAILBOXES = 40  # sessions of one person whose messages are kept
ALL_MAILBOXES = 1000
MOST_FILES = 16  # named by one event; the page names at most 4

UNREAD = "Nothing is done for this page until it has read what was done before: reload the page."
# Messages that tell nothing new to somebody who has not read the ones before.
PASSING = EstimationMessage, HeartbeatMessage, ProgressMessage


class Mailbox(asyncio.Queue):
    """The messages to a session that its listener has not fetched yet."""

    def __init__(self) -> None:
        super().__init__()
        self.made = time.monotonic()
        self.asked: float | None = None  # when somebody last waited for a message

    async def get(self):
        self.asked = time.monotonic()
        message = await super().get()
        self.asked = time.monotonic()
        return message

    def is_heard(self) -> bool:
        """Whether somebody listens, and keeps up. A listener asks at least every ten seconds."""
        if self.asked is None or self.qsize() >= UNREAD_MESSAGES:
            return False
        return time.monotonic() - self.asked < SILENT_SECONDS

    def put_nowait(self, message) -> None:
        if self.qsize() < UNREAD_MESSAGES or not isinstance(message, PASSING):
            super().put_nowait(message)


class Mailboxes(dict):
    """The mailboxes of sessions, by name. Gradio gives each a queue of its own, in whose place a
    `Mailbox` is put, and looks for some that are gone."""

    def __setitem__(self, session: str, _: asyncio.Queue) -> None:
        super().__setitem__(session, Mailbox())

    def __missing__(self, session: str) -> Mailbox:
        return Mailbox()  # whose messages nobody reads any more

    def __delitem__(self, session: str) -> None:
        self.pop(session, None)


class Tasks(set):
    """The tasks of the events that have begun.

    A task that is cancelled before its first step never comes to the code of Gradio that gives its
    event's place back: `ended` does it then.
    """

    def __init__(self, ended: Callable[[queueing.Event], None]) -> None:
        super().__init__()
        self.beginning: queueing.Event | None = None  # the event of the next task
        self._ended = ended

    def add(self, task: asyncio.Task) -> None:
        super().add(task)
        event, self.beginning = self.beginning, None
        if event is not None:
            task.add_done_callback(lambda _: self._ended(event))


class EventQueue(queueing.Queue):
    """A queue in which each person has few events, and those who were served come after the others.

    Of events that share few places, such as decoding, one runs for each person at a time.
    """

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.pending_messages_per_session = Mailboxes()
        self._asyncio_tasks = Tasks(self._give_back)
        self.sleep_when_free = 0.01  # [s] between two looks for an event that can begin
        # What Gradio keeps of past events, with the names of their sessions, has no use here.
        self.ANALYTICS_MAX_EVENTS, self.ANAYLTICS_CACHE_FREQUENCY = 1, sys.maxsize
        self._mailboxes = Shares(PERSON_MAILBOXES, ALL_MAILBOXES)
        # People by when they were served: the most recent one is at the end.
        self._served: Recent[str, None] = Recent(ALL_MAILBOXES)

    async def push(self, body, request, username):
        """Queue an event. Raises HTTPException with one sentence where its person has too many."""
        session, person = body.session_hash, _person(request)
        if session is not None and not is_made_up_name(session):
            raise HTTPException(HTTPStatus.BAD_REQUEST, refusals.STRANGE)
        self._forget_mailboxes()
        events = self.event_ids_to_events.values()
        if sum(_person(event.request) == person for event in events) >= LIMITS.events_per_person:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, refusals.TOO_MANY_EVENTS)
        if self.pending_messages_per_session[session].qsize() >= MOST_MESSAGES:
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, UNREAD)
        answer = await super().push(body, request, username)
        # Without a session Gradio names one by the event.
        self._forget(self._mailboxes.put(body.session_hash, person))
        return answer

    def _forget_mailboxes(self) -> None:
        """Forget the messages that nobody has fetched for a while."""
        oldest = time.monotonic() - KEPT_SECONDS
        mailboxes = self.pending_messages_per_session.items()
        used = {session: mailbox.asked or mailbox.made for session, mailbox in mailboxes}
        self._forget([session for session, when in used.items() if when < oldest])

    def _forget(self, sessions: list[str]) -> None:
        """Forget the messages to sessions, but not where an event is under way."""
        live = {event.session_hash for event in self.event_ids_to_events.values()}
        for session in sessions:
            if session not in live:
                self.pending_messages_per_session.pop(session, None)
                self.pending_event_ids_session.pop(session, None)
                self._mailboxes.remove(session)

    def get_events(self):
        """The next event that can begin, in a list, or None; see the base class."""
        queues = [queue for queue in self.event_queue_per_concurrency_id.values() if queue.queue]
        random.shuffle(queues)
        for queue in queues:
            event = self._next(queue)
            if event is not None:
                queue.queue.remove(event)
                self._served[_person(event.request)] = None
                self._asyncio_tasks.beginning = event
                return [event], False, queue.concurrency_id
        return None

    def _give_back(self, event: queueing.Event) -> None:
        """The task of an event is over: free its place, unless Gradio has done so."""
        if [event] in self.active_jobs:
            self.active_jobs[self.active_jobs.index([event])] = None
            queue = self.event_queue_per_concurrency_id[event.concurrency_id]
            queue.current_concurrency -= 1
            queue.start_times_per_fn.pop(event.fn, None)
            self.event_ids_to_events.pop(event._id, None)

    def _next(self, queue: queueing.EventQueue) -> queueing.Event | None:
        """The event of a queue that is to begin next, or None where none can begin."""
        busy: set[str] = set()
        if queue.concurrency_limit is not None:
            if queue.current_concurrency >= queue.concurrency_limit:
                return None
            running = [event for events in self.active_jobs if events for event in events]
            busy = {
                _person(event.request)
                for event in running
                if event.concurrency_id == queue.concurrency_id
            }
        order = {person: place for place, person in enumerate(self._served)}
        waiting = [event for event in queue.queue if _person(event.request) not in busy]
        return min(waiting, key=lambda e: order.get(_person(e.request), -1), default=None)


def _person(request) -> str:
    """The address, as in `Person`, of who sent a request of Starlette."""
    return address_of(request.scope)


def listener(session: str | None) -> Callable[[], bool]:
    """In the handler of an event of a session: a function that says whether somebody listens to
    what the event shows, and keeps up with it."""
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)
    mailboxes = getattr(queue, "pending_messages_per_session", {})
    mailbox = mailboxes.get(session)
    return mailbox.is_heard if isinstance(mailbox, Mailbox) else lambda: True


class Blocks(guard.Blocks):
    """Gradio's Blocks with an `EventQueue`, whose events carry few files."""

    def queue(self, **options) -> Blocks:
        super().queue(**options)
        made = self._queue
        self._queue = EventQueue(
            live_updates=made.live_updates,
            concurrency_count=made.max_thread_count,
            update_intervals=made.update_intervals,
            max_size=made.max_size,
            blocks=self,
            default_concurrency_limit=made.default_concurrency_limit,
        )
        return self

    async def preprocess_data(self, block_fn, inputs, *values, **named):
        # Before Gradio looks at any file: it would read each of them, however many there are.
        if sum(1 for _ in named_files(inputs)) > MOST_FILES:
            raise gr.Error(refusals.STRANGE, print_exception=False)
        return await super().preprocess_data(block_fn, inputs, *values, **named)


def queue_size() -> int:
    """How many events may wait in all."""
    return LIMITS.queue + OTHER_EVENTS


def slots() -> int:
    """How many events may run at once: more than all visitors together who watch a job or wait for
    an endpoint, so that there is always room for what is answered at once."""
    return 4 * LIMITS.queue + 40
