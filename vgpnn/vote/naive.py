"""The vote in plain torch, on any device. It holds all overlapping patches in memory at once.

The tests hold the kernels against this vote.
"""

from __future__ import annotations

import torch

from vgpnn.patches import flat_index
from vgpnn.query_grid import QueryGrid

NO_VOTE = 256  # above all codes: it comes last when the votes are sorted


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    voters: QueryGrid,
    mode: str,
    quality: torch.Tensor | None = None,
) -> torch.Tensor:
    """The vote of one sample; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8 codes. field: query grid + (3,) int16. quality: query grid uint8.
    Returns (T, H, W, C) uint8 codes.
    """
    _, height, width, channels = value.shape
    shape, patch = voters.shape, voters.patch
    pixels = value.reshape(-1, channels)
    # Indices of each patch's first voxel, and of its match's first pixel in the value.
    voxels = flat_index(voters.corners().to(field.device), shape)
    corners = flat_index(field, value.shape[:3])
    overlap = patch[0] * patch[1] * patch[2]
    votes = value.new_full((*shape, overlap, channels), NO_VOTE, dtype=torch.int16)
    weights = value.new_zeros(*shape, overlap, 1, dtype=torch.int32)
    of_voxels, weights_of_voxels = votes.flatten(0, 2), weights.flatten(0, 2)  # views
    weight = quality[..., None].int() if mode == "weighted" else 1
    n = 0
    for t in range(patch[0]):
        for y in range(patch[1]):
            for x in range(patch[2]):
                # The voxels that are number n of the patch that covers them.
                covered = voxels + (t * shape[1] + y) * shape[2] + x
                of_voxels[covered, n] = pixels[corners + (t * height + y) * width + x].short()
                weights_of_voxels[covered, n] = weight
                n += 1
    if mode != "median":
        total, whole = (votes * weights).sum(3), weights.sum(3)
        return ((total + whole // 2) // whole).to(torch.uint8)
    count = weights.sum(3, keepdim=True)
    ranked = votes.sort(dim=3).values
    middle = ((count - 1) // 2).expand(*shape, 1, channels)
    return ranked.gather(3, middle)[..., 0, :].to(torch.uint8)
