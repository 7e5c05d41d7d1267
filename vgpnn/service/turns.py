"""Whose job is next: people get equal shares of the workers' time, not equal numbers of jobs.

Somebody who asks for long jobs one after the other would keep all others waiting. As in fair
queueing, a job is due by what its person has had lately and by how long it will take; who waits is
credited with a fair share of the time, so that every job has its turn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Protocol

from vgpnn.machine.recent import Recent

HALF_LIFE = 300.0  # [s] after which half of what a person has had is forgotten
REMEMBERED = 10_000  # [persons] who had something last


class Waiting(Protocol):
    """A job that waits. created: as `time.monotonic()` [s]. seconds_left: that it needs [s]."""

    created: float
    seconds_left: float

    @property
    def person(self): ...


class Turns:
    """The seconds of work that each person has had lately, and the order that follows from it."""

    def __init__(self) -> None:
        # By address: seconds, and when they were noted, as `time.monotonic()` [s].
        self._had: Recent[str, tuple[float, float]] = Recent(REMEMBERED)

    def note(self, address: str, seconds: float) -> None:
        """A worker has worked for a person for some seconds [s]."""
        self._had[address] = self._seconds(address) + seconds, time.monotonic()

    def _seconds(self, address: str) -> float:
        seconds, noted = self._had.get(address, (0.0, 0.0))
        return seconds * math.exp2((noted - time.monotonic()) / HALF_LIFE)

    def order(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        """The jobs that wait, in the order in which they are due."""
        now, people = time.monotonic(), len({job.person.address for job in waiting})

        def due(job: Waiting) -> float:
            had = self._seconds(job.person.address)
            return had + job.seconds_left - (now - job.created) / people

        return sorted(waiting, key=due)
