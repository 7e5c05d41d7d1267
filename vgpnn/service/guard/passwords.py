"""Wrong passwords cost time: after some of them a person has to wait before the next one counts."""

from __future__ import annotations

import math
import time

from vgpnn.machine.recent import Recent
from vgpnn.service.guard.refusals import Refusal

FREE_TRIES = 5  # before anybody has to wait
LONGEST_WAIT = 300.0  # [s] between two tries
REMEMBERED = 10_000  # [persons] who tried last
FORGOTTEN_AFTER = 3600.0  # [s] after the last try


class Tries:
    """The wrong passwords of each person. The wait doubles with each of them, from one second on.

    Nobody waits while holding a place of the server: who comes too early is refused.
    """

    def __init__(self) -> None:
        self._tries: Recent[str, tuple[int, float]] = Recent(REMEMBERED)  # number, time of last

    def begin(self, person: str) -> None:
        """Count a try as wrong until `succeeded` says otherwise: many at once are many, too.

        Raises Refusal where it comes too early.
        """
        count, last = self._tries.get(person, (0, 0.0))
        now = time.monotonic()
        if now - last > FORGOTTEN_AFTER:
            count = 0
        if count >= FREE_TRIES:
            wait = min(2.0 ** (count - FREE_TRIES), LONGEST_WAIT) - (now - last)
            if wait > 0:
                seconds = math.ceil(wait)
                raise Refusal(429, f"Too many wrong passwords: try again in {seconds} seconds.")
        self._tries[person] = count + 1, now

    def succeeded(self, person: str) -> None:
        """The password was right."""
        self._tries.pop(person, None)


TRIES = Tries()
