"""A real launch of a Triton kernel, which shows whether this machine can run the GPU kernels.

Triton needs more than a GPU: headers of Python, a C compiler, the library of the driver, a cache
that can be written to, and an assembler that knows the GPU. Each of these is found out late.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

COUNT = 32  # numbers that are counted up


def launch() -> None:
    """Compile a small kernel, or load it from the cache, and run it on the GPU.

    Raises an exception where that fails, and RuntimeError where the kernel runs and is wrong.
    """
    numbers = torch.arange(COUNT, device="cuda", dtype=torch.int32)
    count_up[(1,)](numbers, COUNT)
    if numbers.tolist() != list(range(1, COUNT + 1)):
        raise RuntimeError("A kernel gave a wrong result.")


@triton.jit
def count_up(numbers, COUNT: tl.constexpr):
    """Add 1 to each of COUNT int32 numbers."""
    place = numbers + tl.arange(0, COUNT)
    tl.store(place, tl.load(place) + 1)
