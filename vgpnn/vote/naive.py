"""The vote in plain torch, on any device. It holds all overlapping patches in memory at once.

The tests hold the kernels against this vote.
"""

from __future__ import annotations

import torch

from vgpnn.patches import flat_index
from vgpnn.settings import Shape

NO_VOTE = 256  # above all codes: it comes last when the votes are sorted


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    quality: torch.Tensor | None = None,
) -> torch.Tensor:
    """The vote of one sample; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8 codes. field: query grid + (3,) int16. quality: query grid uint8.
    Returns (T, H, W, C) uint8 codes.
    """
    grid_t, grid_y, grid_x = field.shape[:3]
    _, height, width, channels = value.shape
    shape = grid_t + patch[0] - 1, grid_y + patch[1] - 1, grid_x + patch[2] - 1
    pixels = value.reshape(-1, channels)
    corners = flat_index(field, value.shape[:3])  # index of each patch's first pixel in the value
    overlap = patch[0] * patch[1] * patch[2]
    votes = value.new_full((*shape, overlap, channels), NO_VOTE, dtype=torch.int16)
    weights = value.new_zeros(*shape, overlap, 1, dtype=torch.int32)
    weight = quality[..., None].int() if mode == "weighted" else 1
    n = 0
    for t in range(patch[0]):
        for y in range(patch[1]):
            for x in range(patch[2]):
                # The voxels that are number n of the patch that covers them.
                voxels = slice(t, t + grid_t), slice(y, y + grid_y), slice(x, x + grid_x), n
                votes[voxels] = pixels[corners + (t * height + y) * width + x].short()
                weights[voxels] = weight
                n += 1
    if mode != "median":
        total, whole = (votes * weights).sum(3), weights.sum(3)
        return ((total + whole // 2) // whole).to(torch.uint8)
    count = weights.sum(3, keepdim=True)
    ranked = votes.sort(dim=3).values
    middle = ((count - 1) // 2).expand(*shape, 1, channels)
    return ranked.gather(3, middle)[..., 0, :].to(torch.uint8)
