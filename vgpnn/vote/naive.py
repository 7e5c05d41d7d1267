"""Vote in plain torch: the oracle, on any device. It materialises every overlapping patch."""

from __future__ import annotations

import torch

from vgpnn.patches import flat_index
from vgpnn.settings import Shape


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    quality: torch.Tensor | None = None,
) -> torch.Tensor:
    """Every voxel from the patches that cover it; see `vote.vote` for the arguments."""
    g_t, g_y, g_x = field.shape[:3]
    size = value.shape[:3]
    shape = (g_t + patch[0] - 1, g_y + patch[1] - 1, g_x + patch[2] - 1, value.shape[3])
    pixels = value.reshape(-1, value.shape[3])
    at = flat_index(field, size)
    # int16 holds every code, and one more to mark voxels that a patch does not cover.
    overlap = patch[0] * patch[1] * patch[2]
    votes = value.new_full((*shape[:3], overlap, shape[3]), 256, dtype=torch.int16)
    weights = value.new_zeros(*shape[:3], overlap, 1, dtype=torch.int32)
    n = 0
    for dt in range(patch[0]):
        for dy in range(patch[1]):
            for dx in range(patch[2]):
                shift = (dt * size[1] + dy) * size[2] + dx
                votes[dt : dt + g_t, dy : dy + g_y, dx : dx + g_x, n] = pixels[at + shift].short()
                own = 1 if mode != "weighted" else quality[..., None].int()
                weights[dt : dt + g_t, dy : dy + g_y, dx : dx + g_x, n] = own
                n += 1
    if mode != "median":
        total, whole = (votes * weights).sum(3), weights.sum(3)
        return ((total + whole // 2) // whole).to(torch.uint8)
    covered = weights.sum(3, keepdim=True)
    ranked = votes.sort(dim=3).values
    middle = ((covered - 1) // 2).expand(*shape[:3], 1, shape[3])
    return ranked.gather(3, middle)[..., 0, :].to(torch.uint8)
