"""Running kernels that release the GIL on a pool of threads, band by band.

A band is a few rows of one frame. How a video is cut into bands does not depend on the number of
threads, so kernels that treat the borders of bands specially give the same result on any machine.
Numba's own threading is not used, because it aborts the process when two threads start kernels at
the same time.

Torch gets a single thread meanwhile: its own threads wait for each other without sleeping, after
every small operation. On a busy machine that takes several times as long as the work (measured).
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Generic, TypeVar

import torch

from vgpnn.machine import memory

T = TypeVar("T")

ROWS_PER_BAND = 24
WAKING_SECONDS = 0.0002  # [s], about, that it takes to wake another thread
CHECK_SECONDS = 0.1  # [s] between two checkpoints while a band is being done
# [s] that a kernel may take. It takes milliseconds, and some seconds where it is compiled first,
# or minutes on a busy machine. After that there are no more checkpoints, so that whoever watches
# them sees that something hangs.
KERNEL_SECONDS = 180.0
# A product and a sum in one instruction would be rounded once, and not twice as in plain torch.
# Whether they may be joined would else depend on Triton's version.
KERNEL_OPTIONS = {"enable_fp_fusion": False}
LEAVING_SECONDS = 1.0  # [s] for bands that have begun, when the others are dropped


def thread_count() -> int:
    """How many threads run kernels: VGPNN_THREADS, or the number of cores for this process."""
    if "VGPNN_THREADS" in os.environ:
        return max(1, int(os.environ["VGPNN_THREADS"]))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, _container_quota()))


@cache
def _container_quota() -> int:
    """How many cores the container may use, rounded up, though it sees every core of its host.

    Outside a container this is the number of cores.
    """
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):  # There is no limit, or no cgroup.
        return os.cpu_count() or 1


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch run what this thread asks of it on so many threads, inside a block or a function.

    Torch keeps the number for each thread. A thread that is new to torch begins with the number
    that was set last, so whoever needs many threads has to say so.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class OnOneTorchThread(Generic[T]):
    """An iterator with another one's items, each of which is made while torch has one thread.

    Between two items torch has as many threads as it had before. No item is kept.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items

    def __iter__(self) -> OnOneTorchThread[T]:
        return self

    def __next__(self) -> T:
        with torch_threads(1):
            return next(self._items)


_band_seconds: dict[Callable, float] = {}  # [s] that the last band of each kernel has taken
_compiled: set[tuple] = set()  # kernels of the GPU that have been launched, with their sizes


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="vgpnn")


# After a fork the new process has the pool, but not the threads of it.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def bands(frames: Iterable[int], rows: int) -> list[tuple[int, int, int]]:
    """(frame, first row, row after the last) of every band of some frames with `rows` rows each."""
    cuts = [(lo, min(lo + ROWS_PER_BAND, rows)) for lo in range(0, rows, ROWS_PER_BAND)]
    return [(frame, *cut) for frame in frames for cut in cuts]


def run_bands(
    kernel: Callable[[int, int, int], None],
    bands: list[tuple[int, int, int]],
    checkpoint: Callable[[], None],
) -> None:
    """Call kernel(frame, first row, row after the last) on every band.

    checkpoint: called on this thread several times a second, or after every band where one takes
        longer than it took at the last call. If it raises, the bands that have not begun are
        dropped, those that have begun get a moment to end, and the exception goes on to the caller.

    This thread does bands, too, and wakes others only for more work than waking them takes. It
    leaves all bands to them where one takes long, or where the kernel may have to be compiled.
    """
    checkpoint()
    to_come, futures, threads = deque(bands), [], thread_count()
    expected = _band_seconds.get(getattr(kernel, "func", kernel), math.inf)
    began = last = time.monotonic()

    def wake(count: int) -> None:
        count = min(count, len(to_come))
        futures.extend(_pool(threads).submit(_do_bands, kernel, to_come) for _ in range(count))

    def before_band() -> None:
        nonlocal last
        now = time.monotonic()
        if now - began > WAKING_SECONDS and not futures:
            wake(threads - 1)
        if now - last > CHECK_SECONDS:
            last = now
            checkpoint()

    try:
        if expected > CHECK_SECONDS:
            wake(threads)
        else:
            if expected * len(bands) > WAKING_SECONDS:
                wake(threads - 1)
            _do_bands(kernel, to_come, before_band)
            futures = [future for future in futures if not future.cancel()]
        _wait_for(futures, checkpoint, to_come)
        checkpoint()
    finally:
        to_come.clear()
        wait([future for future in futures if not future.cancel()], LEAVING_SECONDS)


def _do_bands(
    kernel: Callable[[int, int, int], None],
    to_come: deque[tuple[int, int, int]],
    before_band: Callable[[], None] = lambda: None,
) -> None:
    """Call a kernel on the bands that are still to come, and remember how long one takes.

    A thread takes the next band by itself: a future for each would take longer than many bands do.
    """
    function = getattr(kernel, "func", kernel)
    while to_come:
        before_band()
        try:
            band = to_come.popleft()
        except IndexError:  # Another thread has taken the last one.
            return
        began = time.perf_counter()
        try:
            kernel(*band)
        except BaseException:
            to_come.clear()  # The other threads need not go on.
            raise
        _band_seconds[function] = time.perf_counter() - began
        memory.trim()


def launched(
    launch: Callable[[], None], sizes: tuple, checkpoint: Callable[[], None] = lambda: None
) -> None:
    """Launch a kernel of the GPU. It is compiled when it is first launched with some sizes, which
    another thread does, with checkpoints meanwhile.

    sizes: what the compiled kernel is made for, and its name.
    checkpoint: as for `run_bands`. If it raises, the compiler goes on by itself.
    """
    checkpoint()
    if sizes in _compiled:
        launch()
        return
    _wait_for([_pool(thread_count()).submit(launch)], checkpoint)
    _compiled.add(sizes)


def _wait_for(futures: list[Future], checkpoint: Callable[[], None], to_come: Sized = ()) -> None:
    """Wait for kernels, with checkpoints for as long as one may take, and raise their errors.

    to_come: what they still have to begin.
    """
    end, left = 0.0, None
    while True:
        done, others = wait(futures, CHECK_SECONDS, FIRST_EXCEPTION)
        for future in done:
            future.result()
        if not others:
            return
        if len(to_come) != left:  # The next kernel has begun.
            end, left = time.monotonic() + KERNEL_SECONDS, len(to_come)
        if time.monotonic() < end:
            checkpoint()
