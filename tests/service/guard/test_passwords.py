"""Wrong passwords cost time, for whoever tries them."""

from __future__ import annotations

import time

import pytest

from vgpnn.service.guard.passwords import FREE_TRIES, LONGEST_WAIT, REMEMBERED, Tries
from vgpnn.service.guard.refusals import Refusal


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time as a list of one number, which a test may change."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def worked(tries: Tries, person: str = "eve") -> bool:
    try:
        tries.begin(person)
    except Refusal as refusal:
        assert refusal.status == 429 and "wrong passwords" in refusal.sentence
        return False
    return True


def test_of_two_hundred_wrong_passwords_a_few_count(clock):
    tries = Tries()
    assert sum(worked(tries) for _ in range(200)) == FREE_TRIES
    assert worked(tries, "ada")


def test_the_wait_grows_to_a_longest_one(clock):
    tries, seconds = Tries(), []
    for _ in range(FREE_TRIES + 12):
        began = clock[0]
        while not worked(tries):
            clock[0] += 1
        seconds.append(clock[0] - began)
    assert seconds[FREE_TRIES : FREE_TRIES + 4] == [1, 2, 4, 8]
    assert seconds[-1] == LONGEST_WAIT


def test_the_right_password_ends_the_wait(clock):
    tries = Tries()
    for _ in range(FREE_TRIES - 1):
        tries.begin("ada")
    tries.succeeded("ada")
    assert all(worked(tries) for _ in range(FREE_TRIES))


def test_only_so_many_persons_are_remembered(clock):
    tries = Tries()
    for number in range(REMEMBERED + 9):
        tries.begin(str(number))
    assert len(tries._tries) == REMEMBERED
