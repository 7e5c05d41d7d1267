"""Exact weighted nearest neighbours in plain torch: the oracle, on any device.

It compares every query patch with every key patch, so its time is quadratic in the level's size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.patches import coordinates, grid, unfold
from vgpnn.settings import Shape

CHUNK_PAIRS = 1_000_000  # patch pairs compared at once: bounds the memory of the table


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """For every query patch i the key patch j that minimises D(Q_i, K_j) / slack_j.

    query: (T, H, W, C) integer codes; key: (T', H', W', C) integer codes.
    slack: key grid, float64, 1 / w_j in the unit of D; None is the unweighted search. Keys where
        it is 0 are never taken, and at least one must not be 0.
    checkpoint: called between chunks; may raise to cancel.
    Returns the field, query grid + (3,) int16 corners in `key`, and the summed squared code
    difference of each pair, query grid int64. Ties go to the first key in row-major order.
    """
    dtype = _exact_dtype(query, key, patch)
    centre = 128  # halves the codes' magnitude, which keeps float32 products exact
    q = unfold(query.to(dtype) - centre, patch)
    k = unfold(key.to(dtype) - centre, patch)
    k_norm = k.square().sum(1)
    if slack is not None:
        unusable = slack.reshape(-1) == 0
        weights = (1.0 / slack.reshape(-1).masked_fill(unusable, 1.0)).to(dtype)
    index, distance = [], []
    for rows in q.split(max(1, CHUNK_PAIRS // len(k))):
        checkpoint()
        # D less the query's own norm. Sums too large for the mantissa are rounded, but none of
        # them becomes smaller than the smallest, which is exact.
        table = torch.addmm(k_norm, rows, k.T, alpha=-2)
        if slack is not None:
            table = (table + rows.square().sum(1, keepdim=True)) * weights
            table.masked_fill_(unusable, float("inf"))
        best = table.argmin(1)
        index.append(best)
        distance.append((rows - k[best]).square().sum(1, dtype=torch.double).long())
    q_grid, k_grid = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    field = coordinates(torch.cat(index), k_grid).reshape(*q_grid, 3)
    return field, torch.cat(distance).reshape(q_grid)


def _exact_dtype(query: torch.Tensor, key: torch.Tensor, patch: Shape) -> torch.dtype:
    """The smallest float type in which every product of two patches is a whole number exactly.

    The products of 1024 elements of at most 128 fit the mantissa of float32, 2**24; larger
    patches and the codes of a noisy guess need float64.
    """
    small = query.shape[3] * patch[0] * patch[1] * patch[2] <= 1024
    narrow = query.dtype == key.dtype == torch.uint8
    return torch.float32 if small and narrow else torch.float64
