"""Whoever asks very often waits for the answers, and others do not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from helpers import coroutines, limits

from vgpnn.service.guard import Guard, exchange, pace
from vgpnn.service.guard.addresses import Kind


@pytest.fixture
def clock(monkeypatch):
    """The time [s]; a wait only adds to `waited`."""
    clock = SimpleNamespace(now=50.0, waited=0.0)

    async def sleep(seconds: float) -> None:
        clock.waited += seconds

    monkeypatch.setattr(pace.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(pace, "asyncio", SimpleNamespace(sleep=sleep))
    limits.change(monkeypatch, requests_per_second=10.0)
    return clock


def ask(person_pace: pace.Pace, person: str, count: int = 1, kind: Kind = Kind.WORK) -> None:
    for _ in range(count):
        coroutines.run(person_pace.turn(person, kind))


def test_a_page_that_is_opened_does_not_wait(clock):
    mine = pace.Pace()
    ask(mine, "ada", 130, Kind.FIXED)
    ask(mine, "ada", 50)
    assert clock.waited == 0


def test_more_than_that_is_answered_at_the_usual_pace(clock):
    mine = pace.Pace()
    ask(mine, "ada", 99)
    assert clock.waited == 0
    ask(mine, "ada", 2)
    assert clock.waited == pytest.approx(0.1)
    ask(mine, "bob", 99)
    assert clock.waited == pytest.approx(0.1)
    clock.now += 1000
    ask(mine, "ada", 99)
    assert clock.waited == pytest.approx(0.1)


def test_an_error_counts_as_several_requests(clock):
    mine = pace.Pace()
    for _ in range(25):
        ask(mine, "ada")
        mine.note_error("ada")
    assert clock.waited > 0


def test_few_people_are_remembered(clock, monkeypatch):
    monkeypatch.setattr(pace, "REMEMBERED", 3)
    mine = pace.Pace()
    for name in "abcdef":
        ask(mine, name)
    assert [*mine._done_at] == ["d", "e", "f"]


def test_refusals_are_slowed_down_for_whoever_asks_for_them(clock, monkeypatch):
    """1,000 requests that were refused kept the thread busy that serves everybody."""
    monkeypatch.setattr(exchange, "PACE", pace.Pace())
    statuses = []

    async def send(message) -> None:
        statuses.append(message.get("status"))

    def get(address: str) -> None:
        scope = {"type": "http", "method": "GET", "path": "/nothing", "query_string": b""}
        scope |= {"headers": [], "client": (address, 1)}
        coroutines.run(Guard(app=None)(scope, None, send))

    for _ in range(30):
        get("203.0.113.9")
    assert clock.waited > 0 and set(statuses) == {404, None}
    before = clock.waited
    get("203.0.113.10")
    assert clock.waited == before
