"""Where a result came from: the index field, as coordinates and as colours."""

from __future__ import annotations

import numpy as np
import torch

from vgpnn.machine.memory import empty, trim
from vgpnn.settings import Shape


def source_map(field: torch.Tensor, patch: Shape) -> torch.Tensor:
    """The source voxel that the patch centred at each voxel puts there.

    field: query grid + (3,) int16 corners of matched patches.
    Returns (T, H, W, 3) int16 coordinates (t, y, x). At the border, where no patch is centred,
    the nearest patch answers.
    """
    axes, offsets = [], []
    for n, p in zip(field.shape[:3], patch):
        position = torch.arange(n + p - 1)
        nearest = (position - p // 2).clamp(0, n - 1)
        axes.append(nearest)
        offsets.append((position - nearest).to(torch.int16))
    frames, rows, columns = axes
    places = empty((len(frames), len(rows), len(columns), 3), torch.int16)
    for number, frame in enumerate(frames):
        places[number] = field[frame][rows][:, columns]
        places[number, ..., 0] += offsets[0][number]
        places[number, ..., 1] += offsets[1][:, None]
        places[number, ..., 2] += offsets[2]
        trim()
    return places


def identity(shape: Shape) -> torch.Tensor:
    """The map of the source itself: (T, H, W, 3) int16, every voxel from where it is."""
    axes = [torch.arange(n, dtype=torch.int16) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)


def keep_outside(places: torch.Tensor, region: torch.Tensor) -> None:
    """Set a map to where voxels are that come from the source itself: outside the region.

    places: (T, H, W, 3) int16, changed. region: (T, H, W) bool."""
    own = identity((1, *region.shape[1:]))[0]
    for number, inside in enumerate(region):  # no second map exists
        own[..., 0] = number
        places[number] = places[number].where(inside[..., None], own)


def colours(coordinates: torch.Tensor, source: Shape) -> np.ndarray:
    """Coordinates as colours, (T, H, W, 3) uint8.

    Across the source hue runs from left to right and lightness from bottom to top; over time
    colours fade from vivid to pale. Equal colours in two pictures are the same source voxel.
    """
    t, y, x = (coordinates[..., axis].float() / max(1, n - 1) for axis, n in enumerate(source))
    phase = torch.tensor([0.0, 1 / 3, 2 / 3])
    # Five sixths of the circle: the left and right borders stay apart.
    hue = 0.5 + 0.5 * torch.cos(2 * torch.pi * (x[..., None] * 5 / 6 - phase))
    vivid = 1 - 0.55 * t[..., None]
    shade = 1.0 - 0.65 * y[..., None]
    mixed = (hue * vivid + 0.62 * (1 - vivid)) * shade
    return (mixed * 255).round().to(torch.uint8).numpy()


def save(path: str, coordinates: torch.Tensor) -> None:
    """Write the map as a NumPy file: (T, H, W, 3) int16, (t, y, x) in the source."""
    with open(path, "wb") as file:
        np.save(file, coordinates.numpy())
