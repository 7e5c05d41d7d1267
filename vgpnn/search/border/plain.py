"""PatchMatch in plain torch, for any device, for patches that straddle the border of a known box.

In a round every patch tries the matches of its six neighbours, or a random match around its own. A
round reads one field and writes another. So few patches straddle that a kernel of its own would
save little.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.patches import flat_index, grid, voxel_offsets
from vgpnn.query_grid import QueryGrid
from vgpnn.search.border.straddling import Bounds, straddlers, voxel_weights
from vgpnn.settings import Shape

CHUNK_ELEMENTS = 20_000_000  # codes of patches that are compared at once
STEPS = [(0, 0, 1), (0, 0, -1), (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)]  # to neighbours
STREAMS_PER_SEED = 64  # as in `search.cpu`


class Distances:
    """D_w of some query patches to key patches that are named for each."""

    def __init__(
        self, query: torch.Tensor, key: torch.Tensor, corners: torch.Tensor, patch: Shape, known
    ) -> None:
        """query, key: (T, H, W, C) codes. corners: (N, 3) int64, of the query patches."""
        self.key, self.patch = key, patch
        self.offsets = voxel_offsets(key.shape, patch).to(key.device)
        self.sides = tuple(key.shape[:3])
        of_query = voxel_offsets(query.shape, patch).to(key.device)
        places = flat_index(corners, tuple(query.shape[:3]))[:, None] + of_query
        self.patches = query.reshape(-1, query.shape[3])[places]  # (N, P, C)
        self.weights = voxel_weights(corners, patch, known).flatten(1).float()

    def __call__(self, matches: torch.Tensor) -> torch.Tensor:
        """matches: (N, 3) int64. Returns (N,) float64."""
        codes = self.key.reshape(-1, self.key.shape[3])
        step = max(1, CHUNK_ELEMENTS // (self.patches.shape[1] * codes.shape[1]))
        found = []
        for first in range(0, len(matches), step):
            part = slice(first, first + step)
            places = flat_index(matches[part], self.sides)[:, None] + self.offsets
            difference = self.patches[part].float() - codes[places].float()
            squares = difference.square_().sum(2) * self.weights[part]
            found.append(squares.sum(1, dtype=torch.float64))
        return torch.cat(found)


def rematched(
    query: torch.Tensor,
    key: torch.Tensor,
    queries: QueryGrid,
    known: Bounds,
    slack: torch.Tensor | None,
    field: torch.Tensor,
    distance: torch.Tensor,
    checkpoint: Callable[[], None],
    seed: int,
    sweeps: int,
    reach: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate twin of `naive.rematched`, which explains the arguments before `checkpoint`.

    seed, sweeps, reach: see `search.nearest`; every sweep tries neighbours and random matches.
    """
    device, patch, numbers = query.device, queries.patch, straddlers(queries, known)
    if not len(numbers):
        return field, distance
    key_grid = grid(key.shape[:3], patch)
    places = queries.corners()
    corners = places[tuple(numbers.T)].long().to(device)
    at = tuple(numbers.T.to(device))
    distances = Distances(query, key, corners, patch, known)
    flat_slack = None if slack is None else slack.reshape(-1)
    limits = torch.tensor(key_grid, device=device)
    best = field[at].long()

    def cost_of(found: torch.Tensor, matches: torch.Tensor) -> torch.Tensor:
        if flat_slack is None:
            return found
        least = flat_slack[flat_index(matches, key_grid)]
        return (found / least).masked_fill(least == 0, float("inf"))

    found = distances(best)
    cost = cost_of(found, best)

    def attempt(candidates: torch.Tensor) -> None:
        nonlocal best, found, cost
        inside = ((candidates >= 0) & (candidates < limits)).all(1)
        candidates = candidates.where(inside[:, None], best)
        new = distances(candidates)
        new_cost = cost_of(new, candidates)
        better = new_cost < cost
        best = candidates.where(better[:, None], best)
        found, cost = new.where(better, found), new_cost.where(better, cost)

    counts = torch.tensor(queries.counts)
    for sweep in range(sweeps):
        for step in STEPS:
            checkpoint()
            beside = numbers + torch.tensor(step)
            beside = torch.minimum(beside.clamp(min=0), counts - 1)
            moved = corners - places[tuple(beside.T)].long().to(device)
            field[at] = best.to(field.dtype)
            attempt(field[tuple(beside.T.to(device))].long() + moved)
        # Drawn on the CPU, so that the numbers are those of the seed on any GPU.
        chance = torch.Generator().manual_seed(seed * STREAMS_PER_SEED + sweep)
        radius = reach
        while radius >= 1:
            checkpoint()
            drawn = torch.rand(len(numbers), 3, generator=chance, dtype=torch.float64)
            low = (best - radius).clamp(min=0)
            span = torch.minimum(best + radius, limits - 1) - low + 1
            attempt(low + (drawn.to(device) * span).long())
            radius //= 2
    field[at] = best.to(field.dtype)
    total = distances.weights.double().sum(1)
    voxels = distances.patches.shape[1]  # of a patch; their codes have been added up
    distance[at] = (found * voxels / total).round().to(distance.dtype)
    return field, distance
