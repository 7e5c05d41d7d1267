"""How fast this machine is, beside the one that the constants of the cost model come from."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

REFERENCE_SECONDS = 0.17e-3  # [s] of the work that `warmup.measure_speed` does
REPEATS = 100  # of that work; while a page starts, and beside other processes, most take too long
RANGE = (0.2, 10.0)  # within which a machine is believed to be

_slowness = 1.0


def slowness() -> float:
    """How many times as long as on the machine of the constants the same work takes here."""
    return _slowness


def measure(work: Callable[[], object]) -> None:
    """Find out `slowness` by the shortest of REPEATS runs of a work that was compiled before.

    VGPNN_SLOWNESS may state it instead.

    work: so short that the shortest run is not interrupted, and done by this thread alone.
    """
    global _slowness
    low, high = RANGE
    found = _stated() or _shortest(work) / REFERENCE_SECONDS
    _slowness = min(high, max(low, found))


def _stated() -> float | None:
    """What VGPNN_SLOWNESS says; None where it says no number."""
    with suppress(KeyError, ValueError):
        return float(os.environ["VGPNN_SLOWNESS"])
    return None


def _shortest(work: Callable[[], object]) -> float:
    """Seconds of the shortest run."""
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
