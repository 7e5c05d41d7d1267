"""Completeness weights (section 3.2): w_j = 1 / (alpha + min_i D(Q_i, K_j)).

A source patch that the current guess does not contain yet is far from every query, so its weight
is small and it wins matches: small alpha makes everything in the source appear, large alpha lets
patches repeat.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from .codes import squares_per_mse
from .patches import corners, flat_index, grid
from .search import Match, nearest
from .settings import Shape


def slack(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    alpha: float,
    guesses: tuple[torch.Tensor, ...],
    seed: int,
    backend: str,
    checkpoint: Callable[[], None],
) -> tuple[torch.Tensor, Match]:
    """1 / w_j for every key patch j, by a search with the roles of query and key swapped.

    query, key: (T, H, W, C) integer codes. alpha: in units of MSE per element.
    guesses: fields over the key's patches, corners in `query`, to start the search from.
    Returns the slack, key grid float64 in summed squared codes, and the reverse match.
    """
    reverse = nearest(key, query, patch, None, guesses, seed, backend, checkpoint)
    return alpha * squares_per_mse(patch, query.shape[3]) + reverse.distance.double(), reverse


def inverse(field: torch.Tensor, key_shape: Shape, patch: Shape) -> torch.Tensor:
    """The reverse field that a forward field implies: key grid + (3,), -1 where no query points.

    Where several queries point at a key, the last in row-major order is kept.
    """
    q_grid, k_grid = field.shape[:3], grid(key_shape, patch)
    owner = np.full((k_grid[0] * k_grid[1] * k_grid[2], 3), -1, np.int16)
    queries = tuple(n + p - 1 for n, p in zip(q_grid, patch))
    owner[flat_index(field, k_grid).reshape(-1).numpy()] = (
        corners(queries, patch).to(torch.int16).reshape(-1, 3).numpy()
    )
    return torch.from_numpy(owner).reshape(*k_grid, 3)
