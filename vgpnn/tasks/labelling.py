"""One label for every pixel, such that the labels and what neighbours have cost little together.

The costs are minimised by min-sum belief propagation on the grid of pixels (Felzenszwalb and
Huttenlocher 2006): it is approximate, and the same on any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

ROUNDS = 40
DAMPING = 0.5  # share of the message before; undamped messages may swing for ever


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
    leftmost, topmost = right.transpose(2, 3).contiguous(), down.transpose(2, 3).contiguous()
    # Messages into each pixel from its neighbours.
    left, above, beside, below = (torch.zeros_like(costs) for _ in range(4))
    for _ in range(rounds):
        checkpoint()
        belief = costs + left + above + beside + below
        sent = (
            (left[:, 1:], _message(belief[:, :-1] - beside[:, :-1], leftmost)),
            (beside[:, :-1], _message(belief[:, 1:] - left[:, 1:], right)),
            (above[1:], _message(belief[:-1] - below[:-1], topmost)),
            (below[:-1], _message(belief[1:] - above[1:], down)),
        )
        for message, new in sent:
            message.mul_(DAMPING).add_(new, alpha=1 - DAMPING)
    return (costs + left + above + beside + below).argmin(-1)


def _message(belief: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    """What pixels tell their neighbours: the least cost of each label of the neighbour.

    belief: (H, W, K) of the pixels that tell. pairs: (H, W, L, K), by the neighbour's label first.
    Returns (H, W, L), whose least is 0.
    """
    message = (belief[:, :, None] + pairs).amin(-1)
    return message - message.amin(-1, keepdim=True)
