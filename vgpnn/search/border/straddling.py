"""Which patches straddle the border of a known box, and how much each of their voxels counts."""

from __future__ import annotations

import torch

from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

# Of a known voxel, where one that is being made has 1. With 1 the border is seen as a line; with 4
# the line is fainter, and with 16 it is gone (measured).
KNOWN_WEIGHT = 16
Bounds = tuple[Shape, Shape]  # the first voxel (t, y, x) of a box, and the one after its last


def straddlers(queries: QueryGrid, known: Bounds) -> torch.Tensor:
    """The numbers (t, i, j) in a query grid of the patches that lie only partly in a box: (N, 3)
    int64, in row-major order, on the CPU."""
    numbers = []
    for odd in (0, 1):
        touches, lies_in = [], []
        for axis, (first, past) in enumerate(zip(*known)):
            places, side = queries.places(axis, odd), queries.patch[axis]
            touches.append((places < past) & (places + side > first))
            lies_in.append((places >= first) & (places + side <= past))
        partly = _product(touches) & ~_product(lies_in)
        partly[1 - odd :: 2] = False
        numbers.append(partly)
    return (numbers[0] | numbers[1]).nonzero()


def _product(axes: list[torch.Tensor]) -> torch.Tensor:
    """Where something is true along all three axes: (T, H, W) bool."""
    t, y, x = axes
    return t[:, None, None] & y[:, None] & x


def voxel_weights(corners: torch.Tensor, patch: Shape, known: Bounds) -> torch.Tensor:
    """How much each voxel of some patches counts: (N, t, h, w) float64.

    corners: (N, 3) places (t, y, x) of the patches in the query.
    """
    inside = []
    for axis, (first, past) in enumerate(zip(*known)):
        places = corners[:, axis, None] + torch.arange(patch[axis], device=corners.device)
        inside.append((places >= first) & (places < past))
    t, y, x = inside
    is_known = t[:, :, None, None] & y[:, None, :, None] & x[:, None, None, :]
    return 1.0 + (KNOWN_WEIGHT - 1) * is_known.double()
