"""One label for every pixel, such that the labels and what neighbours have cost little together.

The costs are minimised by min-sum belief propagation on the grid of pixels (Felzenszwalb and
Huttenlocher 2006): it is approximate, and the same on any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import torch

from vgpnn.machine.kernels import kernel_of
from vgpnn.machine.threads import bands, run_bands

ROUNDS = 6  # of sweeps in the four directions; more lower the costs by little (measured)


def labels(
    costs: torch.Tensor,
    right: torch.Tensor,
    down: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
    rounds: int = ROUNDS,
) -> torch.Tensor:
    """(H, W) int64: a label for every pixel.

    costs: (H, W, K) of each label at each pixel, float32. right: (H, W - 1, K, K), what it costs
    that a pixel has label k and the pixel to its right label l. down: (H - 1, W, K, K), the same
    for the pixel below. checkpoint: called several times a second; may raise to cancel.
    """
    costs, right, down = (each.contiguous() for each in (costs, right, down))
    # Messages into each pixel from its neighbours, and the pairs by the neighbour's label first.
    left, beside, above, below = (torch.zeros_like(costs) for _ in range(4))
    leftward, upward = right.transpose(2, 3).contiguous(), down.transpose(2, 3).contiguous()
    for _ in range(rounds):
        checkpoint()
        known = costs + above + below
        _tell(known, left, right, 1, True, checkpoint)
        _tell(known, beside, leftward, 1, False, checkpoint)
        known = costs + left + beside
        _tell(known, above, down, 0, True, checkpoint)
        _tell(known, below, upward, 0, False, checkpoint)
    return (costs + left + beside + above + below).argmin(-1)


def _tell(
    known: torch.Tensor,
    messages: torch.Tensor,
    pairs: torch.Tensor,
    axis: int,
    is_onward: bool,
    checkpoint: Callable[[], None],
) -> None:
    """Send messages along every line of an axis, from pixel to pixel.

    known: (H, W, K), what each label costs a pixel, but for what it is told along the axis.
    messages: (H, W, K), what each pixel is told; overwritten. pairs: (H', W', K, K), one less along
    the axis, by the label of the pixel that tells first. is_onward: from the first to the last one.
    """
    steps = [(each.stride(1 - axis), each.stride(axis)) for each in (known, pairs)]
    flat = (each.numpy().reshape(-1) for each in (known, messages, pairs))
    kernel = partial(_kernel(known.shape[2]), *flat, *steps, known.shape[axis], is_onward)
    run_bands(kernel, bands((0,), known.shape[1 - axis]), checkpoint)


@lru_cache(maxsize=4)
def _kernel(count: int) -> Callable:
    """The kernel that sends messages, for so many labels. Lines do not depend on each other."""

    @kernel_of(count)
    def tell(known, messages, pairs, steps, pair_steps, length, is_onward, _, start, stop):
        """known, messages, pairs: flat, see `_tell`. steps, pair_steps: from line to line, and from
        pixel to pixel, of the first two and of the last. length: of a line. start, stop: lines.
        """
        least = np.empty(count, np.float32)
        labels = np.uint64(count)  # unsigned: no index counts from the end
        for line in range(start, stop):
            for n in range(1, length):
                here = n if is_onward else length - 1 - n
                there = n - 1 if is_onward else length - n  # the pixel that tells
                teller = np.uint64(line * steps[0] + there * steps[1])
                at = np.uint64(line * pair_steps[0] + min(here, there) * pair_steps[1])
                least[:] = np.inf
                for k in range(labels):
                    told = known[teller + k] + messages[teller + k]
                    for other in range(labels):
                        # Not `min`, which would be compiled to branches.
                        cost = told + pairs[at + other]
                        least[other] = cost if cost < least[other] else least[other]
                    at += labels
                lowest = least.min()
                at = np.uint64(line * steps[0] + here * steps[1])
                for k in range(labels):
                    messages[at + k] = least[k] - lowest

    return tell
