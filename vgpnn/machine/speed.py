"""How fast this machine is, beside the one that the constants of the cost model come from."""

from __future__ import annotations

import time
from collections.abc import Callable

from vgpnn.machine.threads import thread_count

REFERENCE_SECONDS = 0.019  # [core-seconds] of the work that `warmup.measure_speed` does
REPEATS = 8  # of that work; other processes slow some of them down
RANGE = (0.2, 10.0)  # within which a machine is believed to be

_slowness = 1.0


def slowness() -> float:
    """How many times as long as on the machine of the constants the same work takes here."""
    return _slowness


def measure(work: Callable[[], object]) -> None:
    """Find out `slowness` by the shortest of REPEATS runs of a work that was compiled before."""
    global _slowness
    low, high = RANGE
    _slowness = min(high, max(low, _shortest(work) * thread_count() / REFERENCE_SECONDS))


def _shortest(work: Callable[[], object]) -> float:
    """Seconds of the shortest run."""
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
