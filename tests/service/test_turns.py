"""People get equal shares of the workers' time, and every job has its turn."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vgpnn.service import turns
from vgpnn.service.people import Person


@pytest.fixture
def clock(monkeypatch):
    """The time [s], which a test sets."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(turns.time, "monotonic", lambda: clock.now)
    return clock


def job(name: str, seconds: float = 2.0, created: float = 1000.0) -> SimpleNamespace:
    return SimpleNamespace(person=Person(name, name), seconds_left=seconds, created=created)


def served(clock, waiting: list, seconds: float, arrivals=lambda: ()) -> list[str]:
    """Whose jobs are done by one worker within some seconds, in that order."""
    order, kept, end = [], turns.Turns(), clock.now + seconds
    while waiting and clock.now < end:
        first = kept.order(waiting)[0]
        waiting.remove(first)
        clock.now += first.seconds_left
        kept.note(first.person.address, first.seconds_left)
        order.append(first.person.address)
        waiting += arrivals(first)
    return order


def test_who_came_first_is_first_where_all_is_equal(clock):
    waiting = [job(name, created=1000.0 - k) for k, name in enumerate("cab")]
    assert [each.person.address for each in turns.Turns().order(waiting)] == ["b", "a", "c"]


def test_long_jobs_of_one_person_do_not_hold_up_the_short_ones_of_others(clock):
    """Jobs in the order in which they came gave the whole worker to whoever sent the longest."""

    def again(done):
        name = done.person.address
        return [job(name, 40.0 if name == "foe" else 2.0, clock.now)]

    order = served(clock, [job("foe", 40.0), *map(job, "abcd")], 600, again)
    share = (
        40 * order.count("foe") / (40 * order.count("foe") + 2 * (len(order) - order.count("foe")))
    )
    assert 0.1 < share < 0.3  # one of five people
    counts = [order.count(name) for name in "abcd"]
    assert max(counts) - min(counts) <= 2


def test_a_long_job_has_its_turn_though_short_ones_never_end(clock):
    """Every two seconds somebody new comes."""
    number = iter(range(10_000))

    def newcomer(_):
        return [job(f"new {next(number)}", 2.0, clock.now)]

    order = served(clock, [job("long", 60.0), job("x"), job("y")], 1000, newcomer)
    assert "long" in order


def test_what_somebody_had_is_forgotten(clock):
    kept = turns.Turns()
    kept.note("ada", 100.0)
    assert kept.order([job("ada"), job("bob")])[0].person.address == "bob"
    clock.now += 20 * turns.HALF_LIFE
    ada, bob = job("ada", created=clock.now - 1), job("bob", created=clock.now)
    assert kept.order([bob, ada])[0].person.address == "ada"


def test_few_people_are_remembered(clock, monkeypatch):
    monkeypatch.setattr(turns, "REMEMBERED", 2)
    kept = turns.Turns()
    for name in "abc":
        kept.note(name, 1.0)
    assert [*kept._had] == ["b", "c"]
