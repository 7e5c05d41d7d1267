"""Generator functions whose items come from another process.

What crosses is bytes, and the other side yields several times a second whether it has something or
not: only when it yields can it learn that nobody wants more.
"""

from __future__ import annotations

import contextvars
import io
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue

import torch

import vgpnn

PULSE = 0.2  # [s] between two signs of life
PATIENCE = 1.0  # [s] that a stopped thread is waited for


def serve(function: Callable[..., Iterator], packed: bytes) -> Iterator[bytes | None]:
    """There: f(*plain, checkpoint) of packed `plain`; items packed, an error as the last one."""
    try:
        plain = pickle.loads(packed)
        made = pulsed(lambda checkpoint: function(*plain, checkpoint=checkpoint))
        with closing(made) as items:
            for item in items:
                yield None if item is None else pack(item)
    except Exception as error:  # by itself, no more than its name might arrive
        yield pack(_portable(error))


def receive(
    begin: Callable[[], Iterator[bytes | None]], checkpoint: Callable[[], None]
) -> Iterator:
    """Here: the items of what `begin` begins, which is `serve` on the other side.

    Copies arrive, with every tensor on the CPU. Errors of the other side are raised here.
    """
    # On a thread: there may be a minute to wait before there is anything to stop.
    with closing(pulsed(lambda _: begin())) as items:
        for item in items:
            checkpoint()
            if item is None:
                continue
            item = pickle.loads(item)
            if isinstance(item, Exception):
                raise item
            yield item


def pulsed(begin: Callable[[Callable[[], None]], Iterator]) -> Iterator:
    """What begin(checkpoint) yields, on a thread of its own; None after a PULSE without anything.

    When this is closed, checkpoint raises, and what was begun is closed after its next item.
    """
    found, closed, over = SimpleQueue(), threading.Event(), object()

    def checkpoint() -> None:
        if closed.is_set():
            raise vgpnn.Cancelled

    def work() -> None:
        error = None
        try:
            with closing(begin(checkpoint)) as items:
                for item in items:
                    found.put((item, None))
                    checkpoint()
        except Exception as raised:
            error = raised
        found.put((over, error))

    # ZeroGPU knows the user by the request's context.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    thread.start()
    try:
        while True:
            try:
                item, error = found.get(timeout=PULSE)
            except Empty:
                item, error = None, None
            if error is not None:
                raise error
            if item is over:
                return
            yield item
    finally:
        closed.set()
        thread.join(PATIENCE)


class _Packer(pickle.Pickler):
    """Tensors as arrays: torch would share memory that may be gone with the process it is of."""

    def reducer_override(self, thing):
        if isinstance(thing, torch.Tensor):
            return torch.from_numpy, (thing.numpy(force=True),)
        return NotImplemented


def pack(thing) -> bytes:
    """For pickle.loads in another process."""
    packed = io.BytesIO()
    _Packer(packed, pickle.HIGHEST_PROTOCOL).dump(thing)
    return packed.getvalue()


class Elsewhere(RuntimeError):
    """An error of another process, as the log tells it: where it was raised and its kind."""


def told(error: BaseException) -> str:
    """Where an error was raised and what kind it is, not what it says: that may hold the name of
    somebody's file."""
    if isinstance(error, Elsewhere):
        return str(error)
    frames = "".join(traceback.format_tb(error.__traceback__))
    number = f" (errno {error.errno})" if isinstance(error, OSError) else ""
    return f"Traceback (most recent call last):\n{frames}{type(error).__name__}{number}"


def _portable(error: Exception) -> Exception:
    """What a user is told about as it is; of the rest, what the log tells."""
    return error if isinstance(error, ValueError | MemoryError) else Elsewhere(told(error))
