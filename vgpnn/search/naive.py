"""Exact weighted nearest neighbours in plain torch, on any device.

Every query patch is compared with every key patch, so the time is quadratic in the size of a level.
The tests hold the kernels of PatchMatch against this search.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.patches import coordinates, flat_index, grid, unfold
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

CHUNK_PAIRS = 1_000_000  # pairs of patches compared at once, which bounds the memory of the table
CODE_CENTRE = 128  # subtracted from codes: it halves their magnitude and changes no distance
# Elements of a patch up to which the sum of the products of two patches of centred codes, each
# product at most 2**14, is at most 2**24.
FLOAT32_ELEMENTS = 1024


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None = None,
    checkpoint: Callable[[], None] = lambda: None,
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """For every query patch i the key patch j that minimises D(Q_i, K_j) / slack_j.

    query: (T, H, W, C) integer codes; key: (T', H', W', C) integer codes.
    slack: key grid, float64, 1 / w_j in the unit of D, or None where all weights are 1. Keys with a
        slack of 0 are never matched, and not all may have a slack of 0.
    checkpoint: called between chunks; may raise to cancel.
    queries: the query patches that search; None: all of them.
    Returns the field, query grid + (3,) int16 corners (t, y, x) in `key`, and the summed squared
    code difference of each pair, query grid int64. Of equally good keys the first one in row-major
    order is taken.
    """
    dtype = exact_dtype(query, key, patch)
    queries = queries or QueryGrid(tuple(query.shape[:3]), patch)
    searching = flat_index(queries.corners().to(query.device), queries.all).flatten()
    q = unfold(query.to(dtype) - CODE_CENTRE, patch)[searching]
    k = unfold(key.to(dtype) - CODE_CENTRE, patch)
    k_norms = k.square().sum(1)
    if slack is not None:
        unusable = slack.reshape(-1) == 0
        weights = (1.0 / slack.reshape(-1).masked_fill(unusable, 1.0)).to(dtype)
    indices, distances = [], []
    for rows in q.split(max(1, CHUNK_PAIRS // len(k))):
        checkpoint()
        # |k|^2 - 2 q k is the distance less |q|^2, which is the same for all keys. Sums too large
        # for the mantissa are rounded, but not to less than the smallest sum, which is exact.
        table = torch.addmm(k_norms, rows, k.T, alpha=-2)
        if slack is not None:
            table = (table + rows.square().sum(1, keepdim=True)) * weights
            table.masked_fill_(unusable, float("inf"))
        best = table.argmin(1)
        indices.append(best)
        distances.append((rows - k[best]).square().sum(1, dtype=torch.double).long())
    key_grid = grid(key.shape[:3], patch)
    field = coordinates(torch.cat(indices), key_grid).reshape(*queries.counts, 3)
    return field, torch.cat(distances).reshape(queries.counts)


def exact_dtype(query: torch.Tensor, key: torch.Tensor, patch: Shape) -> torch.dtype:
    """The smallest float type in which the product of two patches is a whole number exactly.

    float32 holds whole numbers up to 2**24. Larger patches, and codes of more than 8 bits, need
    float64.
    """
    is_small = query.shape[3] * patch[0] * patch[1] * patch[2] <= FLOAT32_ELEMENTS
    has_codes_of_8_bits = query.dtype == key.dtype == torch.uint8
    return torch.float32 if is_small and has_codes_of_8_bits else torch.float64
