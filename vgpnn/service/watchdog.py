"""Notices jobs that hang: work that reaches no checkpoint, and that nobody can stop."""

from __future__ import annotations

import time
from typing import Protocol

from vgpnn.limits import LIMITS

LONGEST_ROUND = 5.0  # [s] between two looks, as far as it counts against a job
HUNG = (
    "This run hung, and the server ended it: try again with fewer frames, a smaller height or "
    "less paint."
)


class Work(Protocol):
    """A job, or whatever else shows signs of life. last_checkpoint: time of the last one, as
    `time.monotonic()` [s]."""

    last_checkpoint: float


class Watchdog:
    """Looks at the running jobs every few seconds, and knows how long each has been silent.

    Time in which the whole process stood still, because its container was paused or its machine
    overloaded, does not count: no job could have reached a checkpoint then.
    """

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._silent: dict[Work, tuple[float, float]] = {}  # time of a checkpoint, seconds since

    def hung(self, running: list[Work]) -> list[Work]:
        """The jobs that have reached no checkpoint for `LIMITS.stuck_seconds`."""
        now = time.monotonic()
        passed, self._looked = min(now - self._looked, LONGEST_ROUND), now
        silent = {}
        for job in running:
            known, seconds = self._silent.get(job, (None, 0.0))
            checkpoint = job.last_checkpoint
            silent[job] = checkpoint, seconds + passed if known == checkpoint else 0.0
        self._silent = silent
        return [job for job, (_, seconds) in silent.items() if seconds > LIMITS.stuck_seconds]
