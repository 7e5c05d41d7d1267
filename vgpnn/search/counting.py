"""Counting what PatchMatch compares: the benchmark states a search's time in terms of that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Tally:
    """How much the searches compared.

    distances: pairs of patches whose comparison was begun.
    elements: pairs of codes that were compared until each distance was complete or given up.
    """

    distances: int = 0
    elements: int = 0


_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def counted() -> Iterator[Tally]:
    """Count what the searches of this thread compare inside the `with` block.

    The counts are right only if bands do not run in parallel (VGPNN_THREADS=1).
    """
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def current_tally() -> Tally | None:
    """What the searches of this thread add to, or None where nothing is counted."""
    return _tally.get()
