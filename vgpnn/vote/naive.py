"""The vote in plain torch, on any device. It holds all patches over a frame in memory at once.

The tests hold the kernels against this vote.
"""

from __future__ import annotations

from collections.abc import Callable

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
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """The vote of one sample; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8 codes. field: query grid + (3,) int16. quality: query grid uint8.
    Returns (T, H, W, C) uint8 codes.
    """
    voted = []
    for frame in range(voters.shape[0]):
        checkpoint()
        voted.append(_voted_frame(frame, value, field, voters, mode, quality))
    return torch.stack(voted)


def _voted_frame(
    number: int,
    value: torch.Tensor,
    field: torch.Tensor,
    voters: QueryGrid,
    mode: str,
    quality: torch.Tensor | None,
) -> torch.Tensor:
    """A frame of the vote: (H, W, C)."""
    _, height, width, channels = value.shape
    (_, rows, columns), patch = voters.shape, voters.patch
    pixels = value.reshape(-1, channels)
    overlap = patch[0] * patch[1] * patch[2]
    votes = value.new_full((rows * columns, overlap, channels), NO_VOTE, dtype=torch.int16)
    weights = value.new_zeros(rows * columns, overlap, 1, dtype=torch.int32)
    places = voters.corners().to(field.device).long()
    n = 0
    for t in range(patch[0]):
        begins = number - t  # the frame in which the patches begin whose frame t it is
        if not 0 <= begins < voters.counts[0]:
            n += patch[1] * patch[2]
            continue
        # Where each patch begins in the frame, and where its match does in the value.
        first = places[begins, ..., 1] * columns + places[begins, ..., 2]
        corners = flat_index(field[begins], value.shape[:3]) + t * height * width
        weight = quality[begins][..., None].int() if mode == "weighted" else 1
        for y in range(patch[1]):
            for x in range(patch[2]):
                # The voxels that are number n of the patch that covers them.
                votes[first + y * columns + x, n] = pixels[corners + y * width + x].short()
                weights[first + y * columns + x, n] = weight
                n += 1
    if mode != "median":
        total, whole = (votes * weights).sum(1), weights.sum(1)
        return ((total + whole // 2) // whole).to(torch.uint8).reshape(rows, columns, channels)
    middle = ((weights.sum(1, keepdim=True) - 1) // 2).expand(-1, 1, channels)
    ranked = votes.sort(dim=1).values
    return ranked.gather(1, middle)[:, 0].to(torch.uint8).reshape(rows, columns, channels)
