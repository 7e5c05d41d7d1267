"""Completeness weights (section 3.2): w_j = 1 / (alpha + min_i D(Q_i, K_j)).

A source patch that the current guess does not contain yet is far from every query, so its weight
is small and it wins matches. A small alpha makes everything in the source appear; a large alpha
lets patches repeat. The search takes the inverse of the weights, called slack here.
"""

from __future__ import annotations

import torch

from vgpnn.codes import squares_per_mse
from vgpnn.settings import Shape


def slack(distance: torch.Tensor, alpha: float, patch: Shape, channels: int) -> torch.Tensor:
    """1 / w_j = alpha + min_i D(Q_i, K_j) for every key patch j.

    distance: (S,) + key grid, min_i D(Q_i, K_j) in summed squared codes, which a search with the
        roles of query and key swapped finds. alpha: in MSE per element. channels: of the codes.
    Returns (S,) + key grid, float64, in summed squared codes.
    """
    least = alpha * squares_per_mse(patch, channels)
    # A float64 number that is a tensor makes the sum float64 in one operation.
    return torch.tensor(least, dtype=torch.float64) + distance
