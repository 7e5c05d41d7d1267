"""An instrument for checkpoints: how long work goes on between two of them, and where."""

from __future__ import annotations

import sys
import time

from vgpnn.tasks.result import Cancelled


class Gaps:
    """A checkpoint that remembers the longest times between two calls.

    seconds: how long after its making it cancels; None: never. least: calls before it cancels.
    longest: the longest gap so far [s]. where: the lines of the last caller before and after it.
    """

    def __init__(self, seconds: float | None = None, least: int = 0) -> None:
        self.longest, self.where, self.calls = 0.0, ("", ""), 0
        self._last, self._place = time.monotonic(), "start"
        self._least = least
        self._end = None if seconds is None else self._last + seconds

    def __call__(self) -> None:
        now, place = time.monotonic(), _place(sys._getframe(1))
        self.calls += 1
        if now - self._last > self.longest:
            self.longest, self.where = now - self._last, (self._place, place)
        self._last, self._place = now, place
        if self._end is not None and now > self._end and self.calls > self._least:
            raise Cancelled


def _place(frame) -> str:
    """The file and the line of the three innermost calls."""
    names = []
    while frame is not None and len(names) < 3:
        names.append(f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(names)
