"""Completeness weights (section 3.2): w_j = 1 / (alpha + min_i D(Q_i, K_j)).

A source patch that the current guess does not contain yet is far from every query, so its weight
is small and it wins matches: small alpha makes everything in the source appear, large alpha lets
patches repeat.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from vgpnn.codes import squares_per_mse
from vgpnn.patches import coordinates, flat_index, grid
from vgpnn.search import nearest
from vgpnn.settings import Shape


def slack(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    alpha: float,
    guesses: tuple[torch.Tensor, ...],
    seeds: tuple[int, ...],
    backend: str,
    checkpoint: Callable[[], None],
    sweeps: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """1 / w_j for every key patch j, by a search with the roles of query and key swapped.

    query, key: (S, T, H, W, C) integer codes. alpha: in units of MSE per element.
    guesses: fields over the key's patches, corners in `query`, to start the search from.
    Returns the slack, (S,) + key grid float64 in summed squared codes, and the field that the
    reverse search found.
    """
    reverse = nearest(key, query, patch, None, guesses, seeds, backend, checkpoint, sweeps)
    unit = squares_per_mse(patch, query.shape[4])
    return alpha * unit + reverse.distance.double(), reverse.field


def inverse(field: torch.Tensor, key_shape: Shape, patch: Shape) -> torch.Tensor:
    """The reverse fields that forward fields imply: (S,) + key grid + (3,), -1 where no query
    points.

    Where several queries point at a key, the last in row-major order is kept.
    """
    k_grid = grid(key_shape, patch)
    index = flat_index(field, k_grid).flatten(1)
    order = torch.arange(index.shape[1], device=field.device).expand_as(index)
    owner = torch.full((len(field), math.prod(k_grid)), -1, device=field.device)
    found = owner.scatter_reduce_(1, index, order, "amax").reshape(-1, *k_grid)
    return coordinates(found, field.shape[1:4]).where(found[..., None] >= 0, -1)
