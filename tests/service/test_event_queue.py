"""Gradio's queue: few events for each person, turns where places are few, and who listens."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio import queueing, utils
from gradio.server_messages import EstimationMessage, ProcessGeneratingMessage
from helpers import coroutines
from helpers.server import wait_for

from vgpnn.limits import LIMITS
from vgpnn.service import event_queue
from vgpnn.service.event_queue import (
    KEPT_SECONDS,
    MOST_FILES,
    MOST_MESSAGES,
    SILENT_SECONDS,
    UNREAD_MESSAGES,
    Blocks,
    Mailbox,
    listener,
    slots,
)
from vgpnn.service.guard.refusals import TOO_MANY_EVENTS


class App:
    """A running page with a few endpoints."""

    def __init__(self) -> None:
        self.over, self.order, self.heard = threading.Event(), [], []
        with Blocks(analytics_enabled=False) as self.demo:
            for name in ("quick", "slow", "decode", "silent"):
                limits = (2, "decoding") if name == "decode" else (None, None)
                gr.api(
                    getattr(self, name),
                    api_name=name,
                    concurrency_limit=limits[0],
                    concurrency_id=limits[1],
                )
        self.demo.queue(max_size=event_queue.queue_size(), api_open=False)
        self.demo.launch(prevent_thread_lock=True, quiet=True, max_threads=slots())
        self.url = self.demo.local_url + "gradio_api/"

    async def quick(self) -> str:
        return "done"

    async def slow(self) -> str:
        while not self.over.is_set():
            await asyncio.sleep(0.01)
        return "done"

    async def decode(self, who: str) -> str:
        self.order.append(who)
        await asyncio.sleep(0.1)
        self.order.append(who)
        return who

    async def silent(self, sent: gr.Request) -> str:
        is_heard = listener(sent.session_hash)
        while not self.over.is_set():
            self.heard.append(is_heard())
            await asyncio.sleep(0.05)
        return "done"

    def send(self, path: str, body: dict, address: str = "10.0.0.1") -> tuple[int, str]:
        """Status and text of the answer to a request from an address."""
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def call(self, name: str, *values, address: str = "10.0.0.1") -> str:
        """Start an endpoint. Returns the id of the event."""
        status, text = self.send(f"call/{name}", {"data": values}, address)
        assert status == 200, text
        return json.loads(text)["event_id"]

    @contextmanager
    def listening(self, name: str, event: str):
        with urllib.request.urlopen(f"{self.url}call/{name}/{event}", timeout=20) as answer:
            yield answer

    def result(self, name: str, event: str) -> str:
        with self.listening(name, event) as answer:
            return answer.read().decode()


@pytest.fixture
def app():
    app = App()
    yield app
    app.over.set()
    with suppress(Exception):
        app.demo.close(verbose=False)


def test_one_person_has_few_events_and_others_have_theirs(app):
    """102 events of one session answered everybody with 503."""
    events = [app.call("slow") for _ in range(LIMITS.events_per_person)]
    for session in (None, "another"):
        body = {"data": [], "session_hash": session}
        status, text = app.send("call/slow", body)
        assert status == 429 and json.loads(text)["detail"] == TOO_MANY_EVENTS
    other = app.call("quick", address="10.0.0.2")
    assert "complete" in app.result("quick", other)
    app.over.set()
    assert all("complete" in app.result("slow", event) for event in events)
    app.call("quick")  # there is room again


def test_the_page_answers_while_all_visitors_wait(app, monkeypatch):
    """Each waiting visitor holds a slot; with 40 of them there was none left."""
    monkeypatch.setattr(event_queue, "LIMITS", LIMITS.__class__(queue=40))
    assert slots() == 200
    for visitor in range(41):
        for _ in range(2):
            app.call("slow", address=f"10.0.1.{visitor}")
    began = time.monotonic()
    assert "complete" in app.result("quick", app.call("quick", address="10.0.0.2"))
    assert time.monotonic() - began < 5


def test_places_that_are_few_are_given_in_turn(app):
    """Somebody with one file does not wait for the ten of somebody else."""
    events = [app.call("decode", "a") for _ in range(10)]
    events += [app.call("decode", who, address=f"10.0.2.{who}") for who in "12"]
    for event in events:
        app.result("decode", event)
    assert app.order.index("2") < 12 and len(app.order) == 24
    running = {"a": 0, "1": 0, "2": 0}
    for who in app.order:  # begin and end of each: never two of one person
        running[who] = 1 - running[who]
        assert sum(running.values()) <= 2


def test_the_queue_cannot_be_gone_round(app):
    """16 decoders ran at once where two were allowed."""
    status, text = app.send("run/quick", {"data": []})
    assert status == 404 and "queue" in text


def test_a_name_of_a_megabyte_is_no_session(app):
    body = {"data": [], "fn_index": 0, "session_hash": "x" * 65}
    assert app.send("queue/join", body)[0] == 400
    assert not app.demo._queue.pending_event_ids_session


def test_whoever_never_listens_is_known(app, monkeypatch):
    monkeypatch.setattr(event_queue, "SILENT_SECONDS", 0.5)
    event = app.call("silent")
    wait_for(lambda: app.heard)
    assert not any(app.heard)
    with app.listening("silent", event):
        wait_for(lambda: app.heard[-1])
        app.over.set()


def test_messages_that_nobody_fetches_do_not_pile_up(app, monkeypatch):
    queue = app.demo._queue
    for _ in range(MOST_MESSAGES):
        status, text = app.send("call/quick", {"data": [], "session_hash": None})
        assert status == 200
    mailboxes = queue.pending_messages_per_session
    assert len(mailboxes) == MOST_MESSAGES  # each call had a session of its own
    join = {"data": [], "fn_index": 0, "session_hash": "deaf"}
    answers = []
    for _ in range(MOST_MESSAGES):
        answers.append(app.send("queue/join", join)[0])
        time.sleep(0.02)
    assert answers[-1] == 429 and mailboxes["deaf"].qsize() <= MOST_MESSAGES + 3
    for mailbox in mailboxes.values():
        mailbox.made -= KEPT_SECONDS + 1
    app.call("quick", address="10.0.0.2")
    assert len(mailboxes) == 1 and len(queue.pending_event_ids_session) == 1
    assert len(queue.event_analytics) == 1


# --- pieces


def test_a_mailbox_knows_whether_it_is_read():
    async def use():
        mailbox = Mailbox()
        assert not mailbox.is_heard()  # nobody has come yet
        waiting = asyncio.ensure_future(mailbox.get())
        await asyncio.sleep(0)
        assert mailbox.is_heard()
        mailbox.asked -= SILENT_SECONDS + 1
        assert not mailbox.is_heard()
        mailbox.put_nowait("x")
        assert await waiting == "x"
        assert mailbox.is_heard()
        for _ in range(UNREAD_MESSAGES):
            mailbox.put_nowait(ProcessGeneratingMessage(output={}, success=True))
        assert not mailbox.is_heard()  # the reader does not keep up
        for _ in range(1000):
            mailbox.put_nowait(EstimationMessage(queue_size=1))
        assert mailbox.qsize() == UNREAD_MESSAGES

    coroutines.run(use())


def test_an_event_names_few_files():
    with Blocks(analytics_enabled=False) as demo:
        gr.JSON()
    many = [[{"path": "x"}] * (MOST_FILES + 1)]

    async def send():
        await demo.preprocess_data(SimpleNamespace(inputs=[gr.JSON()]), many, None)

    with pytest.raises(gr.Error, match="do not understand each other"):
        coroutines.run(send())


def test_without_a_queue_somebody_listens():
    assert listener("x")() and listener(None)()


def test_an_event_that_is_cancelled_before_it_begins_gives_its_place_back():
    """Gradio's own code for this is in the task, which never ran."""

    async def cancelled() -> tuple[int, list, dict]:
        queue = event_queue.EventQueue(
            live_updates=False,
            concurrency_count=4,
            update_intervals=1,
            max_size=100,
            blocks=SimpleNamespace(),
            default_concurrency_limit=1,
        )
        queue.server_app, queue.active_jobs = None, [None] * 4
        function = Function(2)
        queue.create_event_queue_for_fn(function)
        request = SimpleNamespace(scope={"client": ("192.0.2.1", 1)})
        waiting = queue.event_queue_per_concurrency_id["decoding"]
        for number in range(3):
            event = queueing.Event(f"s{number}", function, request, None)
            event.data = SimpleNamespace()
            queue.event_ids_to_events[event._id] = event
            waiting.queue.append(event)
            loop = asyncio.create_task(queue.start_processing())
            for _ in range(100):  # until it has begun
                if not queue._asyncio_tasks:
                    await asyncio.sleep(0)
            await utils.cancel_tasks({f"s{number}_{function._id}"})
            loop.cancel()
            await asyncio.sleep(0.01)
            queue.stopped = False
        return waiting.current_concurrency, queue.active_jobs, queue.event_ids_to_events

    assert coroutines.run(cancelled()) == (0, [None] * 4, {})


class Function:
    """What the queue has to know of the function of an event."""

    concurrency_id, api_name, connection, _id = "decoding", "x", "sse", 1

    def __init__(self, concurrency_limit: int) -> None:
        self.concurrency_limit = concurrency_limit
