"""Jobs that reach no checkpoint are noticed, and others are not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vgpnn.limits import LIMITS
from vgpnn.service import watchdog


@pytest.fixture
def clock(monkeypatch):
    """The time [s], which a test sets."""
    now = SimpleNamespace(time=100.0)
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: now.time)
    return now


class Job:
    """As much of a job as the watchdog looks at."""

    last_checkpoint = 100.0


def rounds(dog, clock, jobs, seconds, works=()):
    """Look every second for so long; jobs in `works` reach a checkpoint each time."""
    for _ in range(round(seconds)):
        clock.time += 1
        for job in works:
            job.last_checkpoint = clock.time
        hung = dog.hung(jobs)
    return hung


def test_a_job_without_a_checkpoint_hangs_after_the_limit(clock):
    dog, silent, working = watchdog.Watchdog(), Job(), Job()
    jobs = [silent, working]
    assert rounds(dog, clock, jobs, LIMITS.stuck_seconds - 1, [working]) == []
    assert rounds(dog, clock, jobs, 5, [working]) == [silent]


def test_a_checkpoint_begins_the_time_anew(clock):
    dog, job = watchdog.Watchdog(), Job()
    assert rounds(dog, clock, [job], LIMITS.stuck_seconds - 5) == []
    job.last_checkpoint = clock.time
    assert rounds(dog, clock, [job], LIMITS.stuck_seconds - 5) == []


def test_time_in_which_the_process_stood_still_does_not_count(clock):
    dog, job = watchdog.Watchdog(), Job()
    rounds(dog, clock, [job], 3)
    clock.time += 100 * LIMITS.stuck_seconds  # its container was paused
    assert dog.hung([job]) == []


def test_a_job_that_is_over_is_forgotten(clock):
    dog, job = watchdog.Watchdog(), Job()
    rounds(dog, clock, [job], 3)
    assert dog.hung([]) == [] and not dog._silent
