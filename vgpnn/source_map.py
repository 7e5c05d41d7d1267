"""Where the voxels of a result came from: as coordinates in the source, and as colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
import torch

from vgpnn.machine.devices import runs_gpu_kernels
from vgpnn.machine.memory import empty, trim
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape


def source_map(
    field: torch.Tensor, queries: QueryGrid, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """For every voxel the source voxel that the patch around it puts there.

    field: query grid + (3,) int16 corners of the matched patches. queries: what they match.
    Returns (T, H, W, 3) int16 coordinates (t, y, x) in the source, on the CPU. Where no patch is
    centred, the nearest one counts.
    checkpoint: called for every frame; may raise to cancel.
    """
    if runs_gpu_kernels(field.device):
        return _on_gpu(field, queries, checkpoint).cpu()
    coordinates = empty((*queries.shape, 3), torch.int16)
    for number, frame in enumerate(frames_of_map(field, queries, checkpoint)):
        coordinates[number] = frame
        trim()
    return coordinates


def frames_of_map(
    field: torch.Tensor, queries: QueryGrid, checkpoint: Callable[[], None] = lambda: None
) -> Iterator[torch.Tensor]:
    """The frames of `source_map`, (H, W, 3) each, one by one, so that the whole never exists."""
    frames, frame_offsets = _patches_around(queries, 0, 0)
    within = {odd: [_patches_around(queries, axis, odd) for axis in (1, 2)] for odd in (0, 1)}
    for number, frame in enumerate(frames.tolist()):
        checkpoint()
        (rows, row_offsets), (columns, column_offsets) = within[frame % 2]
        places = field[frame].cpu()[rows][:, columns]
        offsets = frame_offsets[number], row_offsets[:, None], column_offsets
        for axis, offset in enumerate(offsets):
            places[..., axis] += offset
        yield places


def _on_gpu(
    field: torch.Tensor, queries: QueryGrid, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """`source_map` in one launch, still on the GPU."""
    from vgpnn import look_up_gpu  # It needs Triton, which is not on every machine.

    tables = _device_tables(queries, field.device)
    everywhere = (2**15,) * 3
    scale = (1.0,) * 3, (0.0,) * 3
    return look_up_gpu.looked_up(
        field[None], tables, queries.shape, everywhere, *scale, checkpoint
    )[0]


@lru_cache(maxsize=64)
def _device_tables(queries: QueryGrid, device: torch.device):
    """`_patches_around` of all axes as tables for the GPU."""
    from vgpnn import look_up_gpu

    return look_up_gpu.device_tables(
        lambda axis, odd, _: _patches_around(queries, axis, odd), device
    )


def _patches_around(queries: QueryGrid, axis: int, odd: int) -> tuple[torch.Tensor, torch.Tensor]:
    """For every voxel along an axis the number of the patch whose middle is nearest, and how far
    the voxel is from its corner [px], int16.

    odd: 1 for patches of an odd frame, else 0.
    """
    voxels = torch.arange(queries.shape[axis])
    patches = queries.nearest(axis, odd, (voxels - queries.patch[axis] // 2).double())
    return patches, (voxels - queries.places(axis, odd)[patches]).to(torch.int16)


def identity(shape: Shape) -> torch.Tensor:
    """The map in which every voxel comes from its own place: (T, H, W, 3) int16.

    shape: (T, H, W).
    """
    axes = [torch.arange(n, dtype=torch.int16) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)


def keep_outside(
    coordinates: torch.Tensor, region: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> None:
    """Set a map, outside a region, to the places of the voxels themselves, which are the source's.

    coordinates: (T, H, W, 3) int16, changed in place. region: (T, H, W) bool.
    """
    place = identity((1, *region.shape[1:]))[0]
    for number, inside in enumerate(region):  # frame by frame, so that no second map exists
        checkpoint()
        place[..., 0] = number
        coordinates[number] = coordinates[number].where(inside[..., None], place)


def keep_box(coordinates: torch.Tensor, corner: Shape, past: Shape) -> None:
    """Set a map, in a box that is the source itself, to the places of the source.

    coordinates: (T, H, W, 3) int16, changed in place. corner, past: the first voxel (t, y, x) of
    the box, and the one after its last.
    """
    size = tuple(end - first for first, end in zip(corner, past))
    place = identity((1, *size[1:]))[0]
    for number in range(size[0]):  # frame by frame, so that no second map exists
        place[..., 0] = number
        frame = coordinates[corner[0] + number]
        frame[corner[1] : past[1], corner[2] : past[2]] = place


def colours(coordinates: torch.Tensor, source: Shape) -> np.ndarray:
    """A map as colours: (T, H, W, 3) uint8; a frame of it as (H, W, 3).

    coordinates: (T, H, W, 3) or (H, W, 3) in the source. source: (t, h, w) of the source.
    Hue runs from the left of the source to its right, lightness from bottom to top, and colours
    fade from vivid to pale over time. Equal colours in two pictures are the same source voxel.
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
