"""The executor that runs in this process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator

import vgpnn
from vgpnn.machine import devices
from vgpnn.service.executors import zero_gpu

log = logging.getLogger(__name__)

# [s] after which a thread of Python gives way to others. A take has thousands of short kernels, and
# its thread waits so long after each of them while another thread, such as one that answers
# browsers, has something to do. Beside one that never rests, a take of 0.4 s took 17 to 29 s with
# Python's 5 ms, and takes 2.2 s with this (measured).
TURN_SECONDS = 0.0002


class LocalExecutor:
    """Runs one function at a time, which has all cores, or the GPU, to itself."""

    workers = 1

    def prepare(self) -> None:
        sys.setswitchinterval(TURN_SECONDS)
        vgpnn.warm_up()
        vgpnn.measure_speed()
        if not zero_gpu.lends_gpus():  # else this process must not touch the GPU
            vgpnn.warm_up_gpu()
            log.info("device", extra={"fields": devices.description()})

    def run(
        self, function: Callable[..., Iterator], *arguments, checkpoint: Callable[[], None]
    ) -> Iterator:
        return function(*arguments, checkpoint=checkpoint)
