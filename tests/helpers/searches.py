"""Cases for the searches, and exact results in plain arithmetic to compare them with."""

from __future__ import annotations

import torch

from vgpnn.patches import flat_index, grid, unfold
from vgpnn.query_grid import QueryGrid

PATCH = (3, 7, 7)
# Shapes of the query, the key and the patches.
SHAPES = {
    "odd": ((5, 13, 17), (4, 11, 23), (3, 7, 7)),
    "one-frame": ((1, 12, 15), (1, 19, 14), (1, 5, 5)),
    "tiny": ((2, 4, 5), (3, 6, 4), (2, 3, 3)),
}


def random_slack(key: torch.Tensor, patch=PATCH) -> torch.Tensor:
    """Slacks from 0.5 to 1.5 for the patches of one (T, H, W, C) key: key grid float64."""
    generator = torch.Generator().manual_seed(5)
    return torch.rand(grid(key.shape[:3], patch), generator=generator, dtype=torch.float64) + 0.5


def all_distances(query: torch.Tensor, key: torch.Tensor, patch) -> torch.Tensor:
    """The distance of every query patch to every key patch: (queries, keys) float64."""
    q, k = unfold(query.double(), patch), unfold(key.double(), patch)
    return (q[:, None] - k[None]).square().sum(2)


def true_distances(
    query: torch.Tensor, key: torch.Tensor, patch, field, queries: QueryGrid | None = None
) -> torch.Tensor:
    """The distance of every query patch to its match: query grid int64.

    queries: the patches of which the field is; None: all of them.
    """
    queries = queries or QueryGrid(tuple(query.shape[:3]), patch)
    matches = flat_index(field, grid(key.shape[:3], patch)).reshape(-1)
    patches = flat_index(queries.corners(), queries.all).reshape(-1)
    differences = unfold(query.int(), patch)[patches] - unfold(key.int(), patch)[matches]
    return differences.square().sum(1).reshape(field.shape[:3])


def costs(field: torch.Tensor, distance: torch.Tensor, slack: torch.Tensor | None) -> torch.Tensor:
    """D / slack of every match: query grid float64. slack: key grid, or None where all are 1."""
    if slack is None:
        return distance.double()
    return distance / slack.reshape(-1)[flat_index(field, slack.shape)]
