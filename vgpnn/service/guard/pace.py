"""How fast the requests of one person are answered: whoever asks very often waits, not the others.

To answer takes a few milliseconds of the one thread that serves everybody, also where the answer is
a refusal. A page that is opened asks a hundred times at once, which goes without a wait.
"""

from __future__ import annotations

import asyncio
import time

from vgpnn.limits import LIMITS
from vgpnn.machine.recent import Recent
from vgpnn.service.guard.addresses import Kind

BURST_SECONDS = 10.0  # [s] of requests at the usual pace that may come at once
FIXED_COST = 0.25  # of a request for what is the same for everybody, in usual requests
ERROR_COST = 4.0  # of an answer that is an error, besides that of its request
REMEMBERED = 10_000  # [persons] who asked last


class Pace:
    """When the requests of each person would all be answered, at `LIMITS.requests_per_second`."""

    def __init__(self) -> None:
        self._done_at: Recent[str, float] = Recent(REMEMBERED)  # as `time.monotonic()` [s]

    async def turn(self, person: str, kind: Kind) -> None:
        """Wait until it is the turn of a person's next request."""
        wait = self._add(person, FIXED_COST if kind is Kind.FIXED else 1.0) - BURST_SECONDS
        if wait > 0:
            await asyncio.sleep(wait)

    def note_error(self, person: str) -> None:
        """An answer was an error: nobody gains by asking for many of them."""
        self._add(person, ERROR_COST)

    def _add(self, person: str, cost: float) -> float:
        """Add something to do for a person. Returns the seconds that all of it takes [s]."""
        now = time.monotonic()
        done_at = max(self._done_at.get(person, now), now) + cost / LIMITS.requests_per_second
        self._done_at[person] = done_at
        return done_at - now


PACE = Pace()
