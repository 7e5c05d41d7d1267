"""How many decoders run at once, and who is next: places that are waited for in a fair order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

CHECK_SECONDS = 0.1  # [s] between two checkpoints of somebody who waits


class NoPlace(Exception):
    """No place became free in time."""


@dataclass(eq=False)
class _Ticket:
    """Somebody who waits. caller: who it is. is_first: goes before the others."""

    caller: Hashable
    is_first: bool


_is_first: ContextVar[bool] = ContextVar("is_first", default=False)


@contextmanager
def first_in_line() -> Iterator[None]:
    """Whoever takes a place inside the block goes before all others that wait: work that many
    people wait for goes before a preview."""
    token = _is_first.set(True)
    try:
        yield
    finally:
        _is_first.reset(token)


class Places:
    """Places that are given in the order in which callers came.

    One caller never has the last place as well, so that nobody can keep all others waiting.
    caller_now: a function that says who calls; None stands for somebody of whom nothing is known.
    """

    def __init__(self) -> None:
        self.caller_now: Callable[[], Hashable | None] = lambda: None
        self._waiting: list[_Ticket] = []
        self._holders: list[Hashable] = []  # the caller of each place that is taken
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, places: int, seconds: float, checkpoint: Callable[[], None]) -> Iterator[None]:
        """Hold a place inside the block.

        places: how many there are. seconds: [s] to wait at most.
        checkpoint: called several times a second while waiting; may raise to cancel.
        Raises NoPlace when the time is over.
        """
        ticket = _Ticket(self.caller_now() or object(), _is_first.get())
        end = time.monotonic() + seconds
        with self._changed:
            self._waiting.append(ticket)
        try:
            while not self._takes(ticket, places):
                checkpoint()
                if time.monotonic() > end:
                    raise NoPlace
        finally:
            with self._changed:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._holders.remove(ticket.caller)
                self._changed.notify_all()

    def _takes(self, ticket: _Ticket, places: int) -> bool:
        """Take a place if it is the turn of a ticket, or becomes so within CHECK_SECONDS."""
        with self._changed:
            if self._changed.wait_for(lambda: self._next(places) is ticket, CHECK_SECONDS):
                self._holders.append(ticket.caller)
                return True
        return False

    def _next(self, places: int) -> _Ticket | None:
        """Whose turn it is now, if a place is free for anybody who waits."""
        if len(self._holders) >= places:
            return None
        most = max(1, places - 1)  # for one caller
        may = [each for each in self._waiting if self._holders.count(each.caller) < most]
        return min(may, key=lambda each: not each.is_first, default=None)


PLACES = Places()
