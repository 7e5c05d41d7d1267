"""What every executor offers, and the error for a worker that is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

LOST_TWICE = (
    "The worker that made this went away, and so did the one that took over: try again, or try a "
    "shorter clip."
)


class WorkerLost(RuntimeError):
    """The process or the machine that made samples is gone. What it yielded before is valid."""


class Executor(Protocol):
    """Runs generator functions. workers: how many of them can run at once."""

    workers: int

    def prepare(self) -> None:
        """Load or compile what the first job would otherwise have to wait for."""

    def run(
        self, function: Callable[..., Iterator], *arguments, checkpoint: Callable[[], None]
    ) -> Iterator:
        """Yield what the generator function(*arguments, checkpoint=checkpoint) yields.

        function: at the top level of a module. arguments: anything that can be pickled.
        checkpoint: is called several times a second, and raises to end the run.
        Raises WorkerLost, and what the function raises.
        """
