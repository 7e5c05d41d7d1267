"""Nearest-neighbour fields: carrying them from level to level, and keeping them out of a region.

A field has for every query patch the corner (t, y, x) of its key patch: (S,) + query grid + (3,)
int16 for S samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from vgpnn.machine.memory import empty, trim
from vgpnn.patches import coordinates, corners, flat_index, grid
from vgpnn.settings import Shape


@dataclass(frozen=True)
class FieldShape:
    """What a field connects: (T, H, W) of the query and of the key, and (t, h, w) of a patch."""

    query: Shape
    key: Shape
    patch: Shape

    @property
    def reversed(self) -> FieldShape:
        """That of a field from the key to the query."""
        return FieldShape(self.key, self.query, self.patch)


def identity(samples: int, shape: Shape, patch: Shape, device: torch.device) -> torch.Tensor:
    """The field of S samples in which every patch of a (T, H, W) video is matched with itself."""
    places = corners(shape, patch).to(device, torch.int16)
    return places.expand(samples, *places.shape)


def initial(samples: int, region: torch.Tensor | None, patch: Shape) -> torch.Tensor | None:
    """The field before the first search: the identity where only a region is made anew, else None.

    region: (T, H, W) bool of the coarsest level, or None.
    """
    return None if region is None else identity(samples, region.shape, patch, region.device)


def upscale(
    field: torch.Tensor,
    coarse: FieldShape,
    fine: FieldShape,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Carry fields from one level to the next finer one: (S,) + fine query grid + (3,) int16.

    A patch of the fine level takes the match of the coarse patch whose centre is nearest to its
    own, and keeps its offset from it.
    checkpoint: called for every frame; may raise to cancel.
    """
    device = field.device
    nearest, offset = [], []  # by axis: index of the coarse patch, and the place relative to it
    grids = zip(grid(coarse.query, coarse.patch), grid(fine.query, fine.patch))
    for axis, (coarse_count, count) in enumerate(grids):
        ratio = coarse.query[axis] / fine.query[axis]
        centre = (torch.arange(count) + fine.patch[axis] / 2) * ratio
        index = (centre - coarse.patch[axis] / 2).round().clamp(0, coarse_count - 1).long()
        nearest.append(index)
        offset.append((centre - index).to(device))
    frames, rows, columns = nearest[0].tolist(), nearest[1].to(device), nearest[2].to(device)
    shape = len(field), len(frames), len(rows), len(columns), 3
    carried = empty(shape, torch.int16, device)
    for number, frame in enumerate(frames):  # one frame at a time exists as floats
        checkpoint()
        match = field[:, frame][:, rows][:, :, columns].float()  # (S, H', W', 3)
        offsets = offset[0][number], offset[1][:, None], offset[2]
        for axis, count in enumerate(grid(fine.key, fine.patch)):
            ratio = fine.key[axis] / coarse.key[axis]
            corner = (match[..., axis] + offsets[axis]) * ratio - fine.patch[axis] / 2
            match[..., axis] = corner.round_().clamp_(0, count - 1)
        carried[:, number] = match
        trim()
    return carried


def inverse(
    field: torch.Tensor, shape: FieldShape, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """The reverse fields that fields imply, a good start for the reverse search.

    Returns (S,) + key grid + (3,) int16: the query that points at each key, the last one in
    row-major order where several do, and -1 where none does.
    """
    key_grid = grid(shape.key, shape.patch)
    index = flat_index(field, key_grid).flatten(1)
    checkpoint()
    order = torch.arange(index.shape[1], device=field.device).expand_as(index)
    owner = torch.full((len(field), math.prod(key_grid)), -1, device=field.device)
    checkpoint()
    owner = owner.scatter_reduce_(1, index, order, "amax").reshape(-1, *key_grid)
    checkpoint()
    return coordinates(owner, field.shape[1:4]).where(owner[..., None] >= 0, -1)


def reverse_starts(
    reverse: torch.Tensor | None,
    forward: torch.Tensor | None,
    shape: FieldShape,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, ...]:
    """The fields that the reverse search of the weights starts from: the one of the pass before,
    and the inverse of the forward field. There are none at the first pass of all.

    shape: of the forward field.
    """
    return () if reverse is None else (reverse, inverse(forward, shape, checkpoint))


def keys_outside(
    region: torch.Tensor | None, patch: Shape, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor | None:
    """Which patches do not touch a region; None where there is no region.

    region: (T, H, W) bool. Returns the key grid, bool.
    """
    if region is None:
        return None
    touched = empty(grid(region.shape, patch), torch.bool, region.device)
    for number in range(len(touched)):  # one frame at a time exists as floats
        checkpoint()
        frame = region[number : number + patch[0]].any(0)
        touched[number] = F.max_pool2d(frame[None].float(), patch[1:], stride=1)[0] > 0
    return ~touched


def usable_slack(
    slack: torch.Tensor | None, usable: torch.Tensor | None, samples: int
) -> torch.Tensor | None:
    """The slack with 0 for keys that may not be used; None where all keys count alike.

    slack: (S,) + key grid, or None for weights of 1. usable: the key grid, bool, or None for all.
    """
    if usable is None:
        return slack
    if slack is None:
        slack = torch.ones(samples, 1, 1, 1, device=usable.device, dtype=torch.double)
    return slack * usable


def moved_outside(
    field: torch.Tensor, usable: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """Fields in which every match that may not be used is replaced by the usable one before it.

    usable: the key grid, bool, from `keys_outside`. "Before" is meant in row-major order; where no
    usable key comes before, the first usable one is taken.
    """
    size = tuple(usable.shape)
    # For every key the index of the last usable key up to it, frame by frame.
    replacement = empty((usable.numel(),), torch.int32, usable.device).reshape(len(usable), -1)
    last = usable.reshape(-1).to(torch.uint8).argmax()  # the first usable key
    for number, frame in enumerate(usable.flatten(1)):
        checkpoint()
        index = torch.arange(frame.numel(), device=frame.device) + number * frame.numel()
        replacement[number] = index.where(frame, last).cummax(0).values
        last = replacement[number, -1].long()
    replacement = replacement.reshape(-1)
    moved = empty(field.shape, torch.int16, field.device)
    for number in range(field.shape[1]):
        checkpoint()
        index = replacement[flat_index(field[:, number], size)]
        moved[:, number] = coordinates(index.long(), size)
        trim()
    return moved
