"""Work in bands on a pool of threads, for kernels that release the GIL.

The number of bands depends on the work alone, never on the number of threads, so that kernels
which treat band borders specially give the same result on any machine. A plain pool is used
rather than Numba's own threading because that aborts the process when two jobs meet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, lru_cache
from pathlib import Path

from vgpnn.machine import memory

ROWS_PER_BAND = 24


def thread_count() -> int:
    """VGPNN_THREADS, or the number of cores this process may use."""
    if "VGPNN_THREADS" in os.environ:
        return max(1, int(os.environ["VGPNN_THREADS"]))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, _container_quota()))


@cache
def _container_quota() -> int:
    """Cores that a container may use, rounded up: it still sees every core of its host."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):  # no such limit
        return os.cpu_count() or 1


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="vgpnn")


if hasattr(os, "register_at_fork"):  # a fork has the pool, but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def bands(frames: Iterable[int], rows: int) -> list[tuple[int, int, int]]:
    """(frame, first row, last row) of the bands of some frames of that many rows each."""
    cuts = [(lo, min(lo + ROWS_PER_BAND, rows)) for lo in range(0, rows, ROWS_PER_BAND)]
    return [(frame, *cut) for frame in frames for cut in cuts]


def run_bands(
    kernel: Callable[[int, int, int], None],
    bands: list[tuple[int, int, int]],
    checkpoint: Callable[[], None],
) -> None:
    """Call kernel(frame, first row, last row) on every band.

    checkpoint: called on this thread after every band; when it raises, the bands that have not
    begun are dropped, those that have are waited for, and the exception goes on.
    """
    checkpoint()
    threads = thread_count()
    if threads == 1 or len(bands) == 1:
        for band in bands:
            kernel(*band)
            memory.trim()
            checkpoint()
        return
    futures = [_pool(threads).submit(kernel, *band) for band in bands]
    try:
        for future in futures:
            future.result()
            memory.trim()
            checkpoint()
    finally:
        wait([future for future in futures if not future.cancel()])
