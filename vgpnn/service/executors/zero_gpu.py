"""ZeroGPU: a Space without a GPU of its own, which is lent one for the length of a call.

There `spaces.GPU` runs a function in another process, forked from this one, and hands over what it
yields. Such a process has none of our threads and none of our objects: nothing reaches it but its
arguments and, when it yields next, the news that nobody wants more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gradio as gr

from vgpnn.service.executors import remote

try:
    import spaces
except ImportError:  # installed on ZeroGPU Spaces, and seldom elsewhere
    spaces = None

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
            yield from remote.serve(function, packed)

        lent = with_gpu if spaces is None else spaces.GPU(with_gpu, duration=lambda n, _: n)
        if lent is with_gpu:
            return function

        def run(*plain, checkpoint: Callable[[], None]) -> Iterator:
            try:
                yield from remote.receive(
                    lambda: lent(seconds(*plain), remote.pack(plain)), checkpoint
                )
            except gr.Error as error:
                raise ValueError(REFUSALS.get(error.title, NOT_NOW)) from error

        return run

    return wrap
