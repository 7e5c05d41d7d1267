"""ZeroGPU: a Space that has no GPU of its own and is lent one for the length of a call.

There `spaces.GPU` runs a function in another process, which is forked from this one, and hands over
what the function yields. That process has none of our threads and objects: it gets nothing but the
arguments and, the next time it yields, the message that nobody wants the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import gradio as gr

from vgpnn.service.executors import streaming

try:
    import spaces
except ImportError:  # installed on ZeroGPU Spaces, and seldom elsewhere
    spaces = None

NO_GPU = "No GPU is free for this right now: try again in a minute."
# Sentences for the user by the title of the error that ZeroGPU raises. Its own text has several
# sentences, some of them with links.
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


def lends_gpus() -> bool:
    """Whether this is a ZeroGPU Space, whose main process has no GPU."""
    return spaces is not None and bool(os.environ.get("SPACES_ZERO_GPU"))


def with_lent_gpu(seconds: Callable[..., int]) -> Callable[[Callable], Callable]:
    """Decorator for a generator function f(*arguments, checkpoint) that can use a GPU.

    On ZeroGPU the function runs in the process that has one; elsewhere it stays as it is.
    seconds: called as seconds(*arguments); how long the GPU is borrowed for.
    The items from ZeroGPU are copies, with every tensor on the CPU. Raises ValueError with one
    sentence where ZeroGPU lends no GPU.
    """

    def decorate(function: Callable[..., Iterator]) -> Callable[..., Iterator]:
        def with_gpu(_: int, packed: bytes) -> Iterator[bytes | None]:
            yield from streaming.send_items(function, packed)

        if spaces is None:
            return function
        lent = spaces.GPU(with_gpu, duration=lambda duration, _: duration)
        if lent is with_gpu:  # `spaces` is installed, but this is no ZeroGPU Space
            return function

        def run(*arguments, checkpoint: Callable[[], None]) -> Iterator:
            try:
                yield from streaming.receive_items(
                    lambda: lent(seconds(*arguments), streaming.pack(arguments)), checkpoint
                )
            except gr.Error as error:
                raise ValueError(REFUSALS.get(error.title, NO_GPU)) from error

        return run

    return decorate
