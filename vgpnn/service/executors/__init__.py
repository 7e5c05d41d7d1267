"""Where the samples of jobs are made: in this process, or by the workers of a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Protocol

import vgpnn


class WorkerLost(RuntimeError):
    """The process or the machine that made samples is gone; what it yielded before holds."""


LOST_AGAIN = (
    "The worker that made this went away, and so did the one that took over: try again, or try a "
    "shorter clip."
)


class Executor(Protocol):
    """workers: how many jobs can be worked on at once."""

    workers: int

    def prepare(self) -> None:
        """Load or compile what the first job would otherwise wait for."""

    def run(
        self, function: Callable[..., Iterator], *plain, checkpoint: Callable[[], None]
    ) -> Iterator:
        """What the generator function f(*plain, checkpoint) yields.

        function: of a module. plain: what can be pickled. checkpoint: raises where nobody wants
        more. Raises WorkerLost.
        """


class Here:
    """In this process, which has one set of kernels to keep busy."""

    workers = 1

    def prepare(self) -> None:
        vgpnn.warm_up()

    def run(self, function, *plain, checkpoint):
        return function(*plain, checkpoint=checkpoint)


@cache
def current() -> Executor:
    """The one that VGPNN_RAY_ADDRESS asks for. Raises ValueError with one sentence."""
    if address := os.environ.get("VGPNN_RAY_ADDRESS"):
        from vgpnn.service.executors.ray_cluster import Cluster

        return Cluster(address)
    return Here()
