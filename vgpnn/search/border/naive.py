"""The exact search of patches that straddle the border of a known box, in plain torch, on any
device."""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.patches import coordinates, flat_index, grid, unfold
from vgpnn.query_grid import QueryGrid
from vgpnn.search.border.straddling import Bounds, straddlers, voxel_weights
from vgpnn.search.naive import CHUNK_PAIRS


def rematched(
    query: torch.Tensor,
    key: torch.Tensor,
    queries: QueryGrid,
    known: Bounds,
    slack: torch.Tensor | None,
    field: torch.Tensor,
    distance: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """For every patch i that straddles the key patch j that minimises D_w(Q_i, K_j) / slack_j.

    query: (T, H, W, C) integer codes; key: (T', H', W', C) integer codes. queries: the query
        patches that search. known: the box that stays. slack: key grid, float64, or None.
    field, distance: query grid + (3,) int16 and query grid, of the usual search; overwritten where
        patches straddle. Of equally good keys the first one in row-major order is taken.
    D_w is the sum of the squared differences of codes times the weights of their voxels.
    """
    patch, numbers = queries.patch, straddlers(queries, known)
    if not len(numbers):
        return field, distance
    at = tuple(numbers.to(field.device).T)
    corners = queries.corners().to(query.device)[at].long()
    elements = patch[0] * patch[1] * patch[2] * query.shape[3]
    keys, key_grid = unfold(key.double(), patch), grid(key.shape[:3], patch)
    patches = unfold(query.double(), patch)[flat_index(corners, queries.all)]
    # `unfold` has the channels before the voxels.
    weights = voxel_weights(corners, patch, known).flatten(1).repeat(1, query.shape[3])
    for part in torch.arange(len(numbers)).split(max(1, CHUNK_PAIRS // len(keys))):
        checkpoint()
        q, w = patches[part], weights[part]
        # The sum of w (q - k)^2, which is a whole number that float64 holds exactly.
        table = (w * q.square()).sum(1, keepdim=True) - 2 * (w * q) @ keys.T + w @ keys.T.square()
        cost = table
        if slack is not None:
            least = slack.reshape(-1)
            cost = (table / least).masked_fill(least == 0, float("inf"))
        best = cost.argmin(1)
        place = tuple(axis[part] for axis in at)
        found = table[torch.arange(len(best), device=best.device), best] * elements / w.sum(1)
        field[place] = coordinates(best, key_grid)
        distance[place] = found.round().to(distance.dtype)
    return field, distance
