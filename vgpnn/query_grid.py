"""Which patches of a video search and vote: all of them, or every second one in y and x.

Neighbouring query patches overlap nearly entirely, so from some level on every second one along y
and x is enough: a quarter of the searches and a third of the votes give results whose errors are
larger by a few per cent at most (measured). In odd frames the patches lie one px before those of
even frames, so that every voxel is covered by patches at different places. The first and the last
patch along an axis always count: without them no patch would cover the voxels at the border.

A field and its distances have one entry for every patch of the grid, in row-major order. What is
matched with, the keys, are always all patches of the source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from vgpnn.patches import grid
from vgpnn.settings import Shape

SPARSE_STRIDE = 2  # [px] between two patches of a sparse grid
SMALLEST_SIDE = 3  # [px] of a patch: two neighbours of a sparse grid are up to 3 px apart


def placing(helper: Callable = lambda function: function) -> tuple[Callable, Callable, Callable]:
    """Three functions between the number of a patch along an axis and its place [px].

    helper: the decorator `machine.kernels.helper_of` for kernels; without it they are plain Python.
    Parameters of the functions:
    index: number of a patch along the axis, from 0. count: how many the grid has along the axis.
    end: how many patches the video has along it, so that the last one is at end - 1.
    stride, shift: of the grid, and 0 instead of the shift in even frames and along time.
    """

    @helper
    def place_of(index, count, end, stride, shift):
        """The place of the first px of a patch."""
        return end - 1 if index == count - 1 else max(0, index * stride - shift)

    @helper
    def first_from(place, count, stride, shift):
        """The number of the first patch that begins at a place or after it."""
        return 0 if place <= 0 else min(count - 1, (place + shift + stride - 1) // stride)

    @helper
    def count_to(place, count, end, stride, shift):
        """How many patches begin at a place or before it."""
        return count if place >= end - 1 else min(count - 1, (place + shift) // stride + 1)

    return place_of, first_from, count_to


@dataclass(frozen=True)
class QueryGrid:
    """The patches of a (T, H, W) video that search and vote.

    patch: (t, h, w) of each. stride: [px] between neighbours along y and x.
    shift: [px] by which those of odd frames lie before those of even frames.
    margin: how much of the video, at either end of t, y and x, is there once more at the other end,
        where it goes round (see `wrapping`).
    """

    shape: Shape
    patch: Shape
    stride: int = 1
    shift: int = 0
    margin: Shape = (0, 0, 0)

    @classmethod
    def of_all(cls, counts: Shape, patch: Shape) -> QueryGrid:
        """All patches of a video that has so many of them along t, y and x."""
        return cls(tuple(n + p - 1 for n, p in zip(counts, patch)), patch)

    @property
    def all(self) -> Shape:
        """How many patches the video has along t, y and x."""
        return grid(self.shape, self.patch)

    @property
    def counts(self) -> Shape:
        """How many of them the grid has along t, y and x: the size of its fields."""
        frames, *sides = self.all
        return (frames, *(n if self.stride == 1 else n // self.stride + 1 for n in sides))

    def places(self, axis: int, odd: int) -> torch.Tensor:
        """The places of the patches along an axis [px]: (count,) int64.

        odd: 1 for odd frames, 0 for even ones.
        """
        count, end = self.counts[axis], self.all[axis]
        stride, shift = (self.stride, self.shift * odd) if axis else (1, 0)
        places = (torch.arange(count) * stride - shift).clamp(min=0)
        places[-1] = end - 1
        return places

    def nearest(self, axis: int, odd: int, places: torch.Tensor) -> torch.Tensor:
        """The numbers of the patches that are nearest to places along an axis: (N,) int64.

        places: (N,) [px], float, in ascending order. Between two equally near ones the one with the
        even number is taken where the grid has all patches, and else the first.
        """
        if self.stride == 1 or axis == 0:
            return places.round().clamp(0, self.counts[axis] - 1).long()
        mine = self.places(axis, odd).to(places.dtype)
        after = torch.searchsorted(mine, places).clamp(1, max(1, len(mine) - 1))
        before = after - 1
        after = after.clamp(max=len(mine) - 1)
        return before.where(places - mine[before] <= mine[after] - places, after)

    def windows(self, voxels: int) -> list[tuple[int, int]]:
        """First frame, and the one after the last, of parts with about so many voxels to search one
        by one. They begin at even frames, so that odd frames are odd in each of them."""
        frames, (height, width) = self.counts[0], self.shape[1:]
        step = max(2, voxels // (height * width) // 2 * 2)
        return [(first, min(first + step, frames)) for first in range(0, frames, step)]

    def corners(self) -> torch.Tensor:
        """The corner (t, y, x) of every patch of the grid: counts + (3,) int16."""
        corners = torch.empty(*self.counts, 3, dtype=torch.int16)
        corners[..., 0] = torch.arange(len(corners))[:, None, None]
        for odd in (0, 1):
            corners[odd::2, ..., 1] = self.places(1, odd)[:, None]
            corners[odd::2, ..., 2] = self.places(2, odd)
        return corners


def can_be_sparse(patch: Shape) -> bool:
    """Whether patches are so large that those of a sparse grid cover every voxel."""
    return min(patch[1:]) >= SMALLEST_SIDE
