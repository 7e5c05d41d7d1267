"""Which keys a search may use, and keeping fields out of a region: no patch of it may be copied.

Keys that may be used are a key grid of bool; fields are as in `vgpnn.fields`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from vgpnn.machine.devices import runs_gpu_kernels
from vgpnn.machine.memory import empty, trim
from vgpnn.patches import coordinates, flat_index, grid
from vgpnn.settings import Shape

REGION_SLAB_ELEMENTS = 10_000_000  # of a region that are worked on at once
GPU_SLAB_ELEMENTS = 10_000_000  # of a field or of keys that a GPU works on at once


def keys_outside(
    region: torch.Tensor | None, patch: Shape, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor | None:
    """Which patches do not touch a region; None where there is no region.

    region: (T, H, W) bool. Returns the key grid, bool.
    """
    if region is None:
        return None
    usable = empty(grid(region.shape, patch), torch.bool, region.device)
    step = max(1, REGION_SLAB_ELEMENTS // region[0].numel())
    for first in range(0, len(usable), step):
        outside = ~region[first : first + step + patch[0] - 1]
        for axis, side in enumerate(patch):
            checkpoint()
            outside = _all_within(outside, side, axis)
        usable[first : first + step] = outside
    return usable


def _all_within(values: torch.Tensor, side: int, axis: int) -> torch.Tensor:
    """Whether all of `side` neighbours along an axis are true, from every place that has so many.

    values: bool. Windows of two, of four and so on are put together, which takes few steps.
    """
    length, window = values.shape[axis] - side + 1, 1
    while window < side:
        step = min(window, side - window)
        rest = values.shape[axis] - step
        values = values.narrow(axis, 0, rest) & values.narrow(axis, step, rest)
        window += step
    return values.narrow(axis, 0, length)


def _slabs(frames: torch.Tensor) -> list[slice]:
    """The parts to work on one after the other: single frames, or on a GPU, where launches cost
    much, as many as GPU_SLAB_ELEMENTS allow."""
    step = 1
    if runs_gpu_kernels(frames.device):
        step = max(1, GPU_SLAB_ELEMENTS // frames[0].numel())
    return [slice(first, first + step) for first in range(0, len(frames), step)]


def usable_slack(
    slack: torch.Tensor | None, usable: torch.Tensor | None, samples: int
) -> torch.Tensor | None:
    """The slack with 0 for keys that may not be used; None where all keys count alike.

    slack: (S,) + key grid, or None for weights of 1. usable: the key grid, bool, or None for all.
    """
    if usable is None:
        return slack
    if slack is None:  # the samples share it
        return usable.double().expand(samples, *usable.shape)
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
    for part in _slabs(usable):
        checkpoint()
        frames = usable[part].reshape(-1)
        first = part.start * usable[0].numel()
        index = torch.arange(first, first + len(frames), device=usable.device)
        found = index.where(frames, last).cummax(0).values
        replacement[part] = found.reshape(-1, usable[0].numel())
        last = found[-1]
    replacement = replacement.reshape(-1)
    moved = empty(field.shape, torch.int16, field.device)
    for part in _slabs(field.transpose(0, 1)):
        checkpoint()
        index = replacement[flat_index(field[:, part], size)]
        moved[:, part] = coordinates(index.long(), size)
        trim()
    return moved
