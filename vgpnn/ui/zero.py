"""ZeroGPU: a Space without a GPU of its own, which is lent one for the length of a call.

There `spaces.GPU` runs a function in another process, forked from this one, and hands over what it
yields. Such a process has none of our threads and none of our objects: nothing reaches it but its
arguments and, when it yields next, the news that nobody wants more. So what crosses is bytes, and
it yields several times a second whether it has something or not.
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

import gradio as gr
import torch

import vgpnn

try:
    import spaces
except ImportError:  # installed on ZeroGPU Spaces, and seldom elsewhere
    spaces = None

PULSE = 0.2  # [s] between two signs of life
PATIENCE = 1.0  # [s] that a stopped thread is waited for
NOT_NOW = "No GPU is free for this right now: try again in a minute."
# By the title of what ZeroGPU raises; its own words are several sentences, some with links.
REFUSALS = {
    "ZeroGPU quota exceeded": "Your GPU time here is used up, or too little for this: choose fewer "
    "frames or takes, or try again later, signed in to Hugging Face.",
    "ZeroGPU pending credits exceeded": "Your other runs hold all of your GPU time: try again "
    "when they are done.",
    "ZeroGPU illegal duration": "This needs the GPU for longer than you may have it: choose fewer "
    "frames or takes, or a smaller height.",
    "ZeroGPU worker error": "The GPU was taken away before this was done: choose fewer frames or "
    "takes, or a smaller height.",
}


def gpu(seconds: Callable[..., int]) -> Callable[[Callable], Callable]:
    """Decorator for a generator function f(*plain, checkpoint) that wants a GPU.

    On ZeroGPU it runs in the process that has one; anywhere else this is the function itself.
    plain: what can be pickled. checkpoint: raises where nobody wants more.
    seconds: of f(*plain), for which the GPU is asked for.
    What arrives from ZeroGPU are copies, with every tensor on the CPU; that it has no GPU for
    somebody is a ValueError with one sentence.
    """

    def wrap(function: Callable[..., Iterator]) -> Callable[..., Iterator]:
        def with_gpu(_: int, packed: bytes) -> Iterator[bytes | None]:
            try:
                plain = pickle.loads(packed)
                made = pulsed(lambda checkpoint: function(*plain, checkpoint=checkpoint))
                with closing(made) as items:
                    for item in items:
                        yield None if item is None else pack(item)
            except Exception as error:  # ZeroGPU would pass on no more than its name
                yield pack(_portable(error))

        lent = with_gpu if spaces is None else spaces.GPU(with_gpu, duration=lambda n, _: n)
        if lent is with_gpu:
            return function

        def run(*plain, checkpoint: Callable[[], None]) -> Iterator:
            # On a thread: ZeroGPU may let us wait for a minute before there is anything to stop.
            with closing(pulsed(lambda _: lent(seconds(*plain), pack(plain)))) as items:
                try:
                    for item in items:
                        checkpoint()
                        if item is None:
                            continue
                        item = pickle.loads(item)
                        if isinstance(item, Exception):
                            raise item
                        yield item
                except gr.Error as error:
                    raise ValueError(REFUSALS.get(error.title, NOT_NOW)) from error

        return run

    return wrap


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


def _portable(error: Exception) -> Exception:
    """What a user is told about as it is; of the rest, the traceback for the log."""
    if isinstance(error, ValueError | MemoryError):
        return error
    return RuntimeError("".join(traceback.format_exception(error)))
