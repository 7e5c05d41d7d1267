"""One label for every pixel, such that the labels and what neighbours have cost little together.

The costs are minimised by min-sum belief propagation on the grid of pixels (Felzenszwalb and
Huttenlocher 2006): it is approximate, and the same on any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

ROUNDS = 6  # of sweeps in the four directions; more lower the costs by little (measured)


def labels(
    costs: torch.Tensor,
    right: torch.Tensor,
    down: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
    rounds: int = ROUNDS,
) -> torch.Tensor:
    """(H, W) int64: a label for every pixel.

    costs: (H, W, K) of each label at each pixel. right: (H, W - 1, K, K), what it costs that a
    pixel has label k and the pixel to its right label l. down: (H - 1, W, K, K), the same for the
    pixel below. checkpoint: called in every round; may raise to cancel.
    """
    # Messages into each pixel from its neighbours, and the pairs by the neighbour's label first.
    left, beside, above, below = (torch.zeros_like(costs) for _ in range(4))
    leftward, upward = right.transpose(2, 3).contiguous(), down.transpose(2, 3).contiguous()
    height, width = costs.shape[:2]
    for _ in range(rounds):
        checkpoint()
        known = costs + above + below
        for x in range(1, width):
            told = known[:, x - 1] + left[:, x - 1]
            left[:, x] = _message(told, leftward[:, x - 1])
        for x in range(width - 2, -1, -1):
            told = known[:, x + 1] + beside[:, x + 1]
            beside[:, x] = _message(told, right[:, x])
        known = costs + left + beside
        for y in range(1, height):
            above[y] = _message(known[y - 1] + above[y - 1], upward[y - 1])
        for y in range(height - 2, -1, -1):
            below[y] = _message(known[y + 1] + below[y + 1], down[y])
    return (costs + left + beside + above + below).argmin(-1)


def _message(told: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    """What a line of pixels tells the next one: the least cost of each label there.

    told: (N, K), what a label costs a pixel that tells. pairs: (N, L, K), by the neighbour's label
    first. Returns (N, L), whose least is 0.
    """
    message = (told[:, None] + pairs).amin(-1)
    return message - message.amin(-1, keepdim=True)
