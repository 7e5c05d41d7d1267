"""A first guess in which every patch of the source is used exactly once.

At the coarsest level a nearest-neighbour search may use some patches often and others never. A
one-to-one assignment of the guess's patches to those of the source leaves nothing out. It needs a
guess as large as the source, and its time grows with the third power of the number of patches.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import scipy  # scipy.optimize takes half a second to load: it is loaded when it is first used
import torch

from vgpnn.patches import coordinates, grid, unfold
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape
from vgpnn.vote import vote

MOST_PATCHES = 600  # more are not assigned: completeness weights do that at less cost
ROUNDS = 3  # of assignment and vote


def assigned(
    guess: torch.Tensor,
    source: torch.Tensor,
    patch: Shape,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """A guess made of the source's patches, each of which is used once (the Hungarian method).

    guess, source: (T, H, W, 3) uint8 codes of one shape. patch: (t, h, w).
    Returns (T, H, W, 3) uint8 codes; the guess itself where there are over MOST_PATCHES patches.
    """
    size = grid(tuple(source.shape[:3]), patch)
    if math.prod(size) > MOST_PATCHES:
        return guess
    device = guess.device
    guess, source = guess.cpu(), source.cpu()  # where the assignment is worked out
    keys = unfold(source.double(), patch)
    voters = QueryGrid(tuple(source.shape[:3]), patch)
    for _ in range(ROUNDS):
        checkpoint()
        queries = unfold(guess.double(), patch)
        # Whole numbers, so the assignment is the same on every machine.
        products = queries @ keys.T
        distance = queries.square().sum(1)[:, None] + keys.square().sum(1) - 2 * products
        _, match = scipy.optimize.linear_sum_assignment(distance.numpy())
        field = coordinates(torch.from_numpy(match), size).reshape(1, *size, 3)
        guess = vote(source, field, voters, checkpoint=checkpoint)[0]
    return guess.to(device)
