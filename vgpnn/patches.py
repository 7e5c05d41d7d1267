"""Space-time patches of a video, addressed by their first corner.

A (T, H, W) video has a grid of (T-t+1, H-h+1, W-w+1) patches of size (t, h, w).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from vgpnn.settings import Shape

FINE_PATCHES = 50_000  # a level with more patches than this is a fine one


def grid(shape: Shape, patch: Shape) -> Shape:
    """Number of patches along each axis of a (T, H, W) video: (T-t+1, H-h+1, W-w+1)."""
    return tuple(n - p + 1 for n, p in zip(shape, patch))


def unfold(video: torch.Tensor, patch: Shape) -> torch.Tensor:
    """All patches of a (T, H, W, C) video as rows: (number of patches, C*t*h*w)."""
    views = video.unfold(0, patch[0], 1).unfold(1, patch[1], 1).unfold(2, patch[2], 1)
    return views.reshape(-1, video.shape[3] * patch[0] * patch[1] * patch[2])


def corners(shape: Shape, patch: Shape) -> torch.Tensor:
    """Corner coordinates (t, y, x) of every patch: grid + (3,) int64."""
    axes = [torch.arange(n) for n in grid(shape, patch)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)


def voxel_offsets(size: Shape, patch: Shape) -> torch.Tensor:
    """Where the voxels of a patch lie in a flat video, counted from its corner: (t*h*w,) int64."""
    t, y, x = (torch.arange(n) for n in patch)
    return ((t[:, None, None] * size[1] + y[:, None]) * size[2] + x).flatten()


def flat_index(field: torch.Tensor, size: Shape) -> torch.Tensor:
    """Row-major index of (..., 3) coordinates (t, y, x) in an array of `size`: (...) int64."""
    field = field.long()
    return (field[..., 0] * size[1] + field[..., 1]) * size[2] + field[..., 2]


def coordinates(index: torch.Tensor, size: Shape) -> torch.Tensor:
    """Inverse of `flat_index`: (..., 3) int16."""
    t, rest = index // (size[1] * size[2]), index % (size[1] * size[2])
    return torch.stack([t, rest // size[2], rest % size[2]], dim=-1).to(torch.int16)


def is_fine(q_grid: Shape) -> bool:
    """Whether a level has so many patches that a field carried over to it is nearly right.

    q_grid: the grid of its query patches.
    """
    return math.prod(q_grid) > FINE_PATCHES


def starts(
    guesses: tuple[torch.Tensor, ...], shape: tuple[int, ...], k_grid: Shape
) -> tuple[torch.Tensor, ...]:
    """The fields that PatchMatch starts from: the guesses, if there are any, or else one field in
    which every query is matched with the key at the same relative place.

    guesses: fields of the shape `shape` + (3,). shape: the grid of the queries, or (S,) + grid for
        a batch of S samples. k_grid: the grid of the keys.
    Raises ValueError for a guess of another shape, beyond which the kernels would read.
    """
    for guess in guesses:
        if tuple(guess.shape) != (*shape, 3):
            raise ValueError(f"A guess has the shape {tuple(guess.shape)}, not {(*shape, 3)}.")
    if guesses:
        return guesses
    axes = [
        (torch.arange(n) * (m - 1) / max(1, n - 1)).round().to(torch.int16)
        for n, m in zip(shape[-3:], k_grid)
    ]
    return (torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).expand(*shape, 3),)


def stacked(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    """`torch.stack` that does not copy where there is only one tensor."""
    return parts[0][None] if len(parts) == 1 else torch.stack(tuple(parts))
