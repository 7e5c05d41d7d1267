"""Generator functions that run in another process, and whose items arrive here as they are made.

Bytes cross between the processes. The other side yields several times a second, None where it has
no item yet: only when it yields can it learn that nobody wants the rest.
"""

from __future__ import annotations

import contextvars
import io
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue

import torch

import vgpnn
from vgpnn.service.errors import RemoteError, traceback_text
from vgpnn.service.watchdog import Watchdog

HEARTBEAT_SECONDS = 0.2  # [s] between two items, or signs of life, of the other side
JOIN_SECONDS = 1.0  # [s] that a thread gets to end after it was stopped
HUNG_STATUS = 1  # exit status of a process whose function hangs


class _Calls:
    """When a function called its checkpoint last, as `Watchdog` looks at it."""

    def __init__(self) -> None:
        self.last_checkpoint = time.monotonic()


def send_items(function: Callable[..., Iterator], packed: bytes) -> Iterator[bytes | None]:
    """On the other side: yield the items of function(*arguments, checkpoint=...), packed, and None
    after every HEARTBEAT_SECONDS without one. An error is packed as the last item.

    A function that calls no checkpoint for `LIMITS.stuck_seconds` hangs. Nothing in this process
    can end it, so the process ends, and the executor finds that its worker is gone.
    packed: the arguments, of `pack`.
    """
    calls, watchdog = _Calls(), Watchdog()

    def begin(check: Callable[[], None]) -> Iterator:
        def checkpoint() -> None:
            calls.last_checkpoint = time.monotonic()
            check()

        checkpoint()
        return function(*pickle.loads(packed), checkpoint=checkpoint)

    try:
        with closing(with_heartbeat(begin)) as items:
            for item in items:
                if watchdog.hung([calls]):
                    os._exit(HUNG_STATUS)
                yield None if item is None else pack(item)
    except Exception as error:  # ZeroGPU would pass on no more than its name
        yield pack(_portable(error))


def receive_items(
    begin: Callable[[], Iterator[bytes | None]], checkpoint: Callable[[], None]
) -> Iterator:
    """On this side: yield the items of `begin()`, which is `send_items` on the other side.

    The items are copies, with every tensor on the CPU. Raises the errors of the other side, and
    what `checkpoint` raises.
    """
    # On a thread, because `begin` may take a minute before it yields anything.
    with closing(with_heartbeat(lambda _: begin())) as items:
        for item in items:
            checkpoint()
            if item is None:
                continue
            item = pickle.loads(item)
            if isinstance(item, Exception):
                raise item
            yield item


def with_heartbeat(begin: Callable[[Callable[[], None]], Iterator]) -> Iterator:
    """Yield what begin(checkpoint) yields on a thread of its own, and None after every
    HEARTBEAT_SECONDS without an item.

    When this generator is closed, `checkpoint` raises Cancelled, and the iterator is closed after
    its next item.
    """
    arrived, closed, end = SimpleQueue(), threading.Event(), object()

    def checkpoint() -> None:
        if closed.is_set():
            raise vgpnn.Cancelled

    def run() -> None:
        error = None
        try:
            with closing(begin(checkpoint)) as items:
                for item in items:
                    arrived.put((item, None))
                    checkpoint()
        except Exception as raised:
            error = raised
        arrived.put((end, error))

    # ZeroGPU finds the user in the context of the request.
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), daemon=True)
    thread.start()
    try:
        while True:
            try:
                item, error = arrived.get(timeout=HEARTBEAT_SECONDS)
            except Empty:
                item, error = None, None
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        closed.set()
        thread.join(JOIN_SECONDS)


class _Pickler(pickle.Pickler):
    """Pickles tensors as arrays: torch would share memory, which ends with its process."""

    def reducer_override(self, value):
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.numpy(force=True),)
        return NotImplemented


def pack(value) -> bytes:
    """A value as bytes that `pickle.loads` reads in another process."""
    packed = io.BytesIO()
    _Pickler(packed, pickle.HIGHEST_PROTOCOL).dump(value)
    return packed.getvalue()


def _portable(error: Exception) -> Exception:
    """An error that can be pickled: itself if its text is for the user, else a RemoteError."""
    if isinstance(error, ValueError | MemoryError):
        return error
    return RemoteError(traceback_text(error))
