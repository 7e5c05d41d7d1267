"""Nearest-neighbour fields: carrying them from level to level, and turning them round.

A field has for every query patch that searches the corner (t, y, x) of its key patch: (S,) + query
grid + (3,) int16 for S samples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch

from vgpnn.machine.devices import runs_gpu_kernels
from vgpnn.machine.memory import empty, trim
from vgpnn.patches import flat_index, grid
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape

TIE = 1 / 128  # [px] decides where a place lies half-way between two, as at a factor of 4.5
SLAB_MATCHES = 300_000  # carried over at once, so that no field exists whole as floats


@dataclass(frozen=True)
class FieldShape:
    """What a field connects: the query patches that search, and the key, of (T, H, W) voxels.

    key_margin: that of the key, where it is what is made, see `QueryGrid`.
    """

    queries: QueryGrid
    key: Shape
    key_margin: Shape = (0, 0, 0)

    @property
    def patch(self) -> Shape:
        return self.queries.patch

    @property
    def reversed(self) -> FieldShape:
        """That of a field from the key to the query, in which all patches search."""
        made = self.queries
        return FieldShape(QueryGrid(self.key, self.patch), made.shape, made.margin)


def identity(samples: int, shape: Shape, patch: Shape, device: torch.device) -> torch.Tensor:
    """The field of S samples in which every patch of a (T, H, W) video is matched with itself."""
    places = QueryGrid(shape, patch).corners().to(device)
    return places.repeat(samples, 1, 1, 1, 1)  # the search overwrites what it starts from


def initial(samples: int, usable: torch.Tensor | None, shape: FieldShape) -> torch.Tensor | None:
    """The field before the first search: None where all keys may be used. Else, because a search
    that starts anywhere might start from others, every patch is matched with the one in its place.

    usable: the key grid of the coarsest level, bool, or None.
    """
    if usable is None:
        return None
    own = FieldShape(QueryGrid(shape.key, shape.patch), shape.key)
    places = identity(samples, shape.key, shape.patch, usable.device)
    return places if shape == own else upscale(places, own, shape)


def upscale(
    field: torch.Tensor,
    coarse: FieldShape,
    fine: FieldShape,
    checkpoint: Callable[[], None] = lambda: None,
    rate: float | None = None,
    first: tuple[int, int] | None = None,
) -> torch.Tensor:
    """Carry fields from one level to the next finer one: (S,) + fine query grid + (3,) int16.

    A patch of the fine level takes the match of the coarse patch whose centre is nearest to its
    own, and keeps its offset from it.
    checkpoint: called for every SLAB_MATCHES; may raise to cancel.
    rate: how many frames of the fine level one of the coarse level stands for; None: as many times
        more as the query and the key have.
    first: where the first row and column of the coarse query lie in the fine one [fine px]. A
        coarse pixel is then as large as one of the key, and patches that lie alike beside their
        matches do so again. None: the coarse query fills the fine one.
    """
    ratios, halves = _ratios(coarse, fine, rate)
    # Along each axis the size of a coarse voxel in the query, and where the first one lies.
    lying = [(rate, 0), *(zip(ratios[1:], first) if first else [(None, 0)] * 2)]
    halves = [half + (TIE if first else 0) for half in halves]
    if runs_gpu_kernels(field.device):
        return _upscaled_on_gpu(field, coarse, fine, checkpoint, ratios, tuple(lying), halves)
    device = field.device
    grids = coarse.queries, fine.queries
    frames, frame_offsets = _nearest_along(0, *grids, 0, 0, *lying[0])
    # Rows and columns depend on whether the two frames are odd.
    carried = empty((len(field), *fine.queries.counts, 3), torch.int16, device)
    step = max(1, SLAB_MATCHES // carried[0, 0, ..., 0].numel())  # frames that exist as floats
    numbers = torch.arange(len(frames))
    kinds, fine_kinds = (range(1 + (grid.shift > 0)) for grid in grids)  # of frames: even and odd
    for odd, fine_odd in itertools.product(kinds, fine_kinds):
        of_kind = (frames % len(kinds) == odd) & (numbers % len(fine_kinds) == fine_odd)
        rows, columns = (
            [part.to(device) for part in _nearest_along(axis, *grids, odd, fine_odd, *lying[axis])]
            for axis in (1, 2)
        )
        for slab in numbers[of_kind].split(step):
            checkpoint()
            match = field[:, frames[slab].to(device)]
            match = match[:, :, rows[0]][:, :, :, columns[0]].float()  # (S, F, H', W', 3)
            offsets = frame_offsets[slab].to(device)[:, None, None], rows[1][:, None], columns[1]
            for axis, count in enumerate(grid(fine.key, fine.patch)):
                corner = (match[..., axis] + offsets[axis]) * ratios[axis] - halves[axis]
                match[..., axis] = corner.round_().clamp_(0, count - 1)
            carried[:, slab.to(device)] = match.to(torch.int16)
            trim()
    return carried


def _upscaled_on_gpu(
    field: torch.Tensor,
    coarse: FieldShape,
    fine: FieldShape,
    checkpoint: Callable[[], None],
    ratios: list[float],
    lying: tuple[tuple[float | None, int], ...],
    halves: list[float],
) -> torch.Tensor:
    """`upscale` in one launch."""
    from vgpnn import look_up_gpu  # It needs Triton, which is not on every machine.

    tables = _device_tables(coarse.queries, fine.queries, lying, field.device)
    counts = fine.queries.counts, grid(fine.key, fine.patch)
    return look_up_gpu.looked_up(field, tables, *counts, ratios, halves, checkpoint)


def _ratios(
    coarse: FieldShape, fine: FieldShape, rate: float | None
) -> tuple[list[float], list[float]]:
    """How many times as large the key of the fine level is along t, y and x; and what is then to be
    taken off for the corner of a patch [fine px]: half of it, and the difference of margins."""
    inner = [[k - 2 * m for k, m in zip(s.key, s.key_margin)] for s in (fine, coarse)]
    ratios = [large / small for large, small in zip(*inner)]
    ratios[0] = rate or ratios[0]
    each = zip(fine.patch, ratios, coarse.key_margin, fine.key_margin)
    return ratios, [side / 2 + before * ratio - after for side, ratio, before, after in each]


@lru_cache(maxsize=256)
def _device_tables(
    coarse: QueryGrid,
    fine: QueryGrid,
    lying: tuple[tuple[float | None, int], ...],
    device: torch.device,
):
    """`_nearest_along` of all axes as tables for the GPU."""
    from vgpnn import look_up_gpu

    def along(axis: int, odd: int, fine_odd: int) -> tuple[torch.Tensor, torch.Tensor]:
        return _nearest_along(axis, coarse, fine, odd, fine_odd, *lying[axis])

    return look_up_gpu.device_tables(along, device)


@lru_cache(maxsize=1024)
def _nearest_along(
    axis: int,
    coarse: QueryGrid,
    fine: QueryGrid,
    odd: int,
    fine_odd: int,
    rate: float | None = None,
    first: int = 0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """For every fine patch along an axis the number of the coarse patch whose centre is nearest,
    and how far its own centre is from the corner of that patch [coarse px].

    odd, fine_odd: 1 for an odd frame of the coarse and of the fine grid, else 0.
    rate, first: how many fine voxels a coarse one stands for, None for as many more as the fine
        query has, and where the first one lies [fine px].
    """
    before, around = coarse.margin[axis], fine.margin[axis]
    ratio = (coarse.shape[axis] - 2 * before) / (fine.shape[axis] - 2 * around)
    ratio = ratio if rate is None else 1 / rate
    centre = (fine.places(axis, fine_odd) + fine.patch[axis] / 2 - around - first) * ratio + before
    index = coarse.nearest(axis, odd, centre - coarse.patch[axis] / 2)
    return index, centre - coarse.places(axis, odd)[index]


def inverse(
    field: torch.Tensor, shape: FieldShape, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """The reverse fields that fields imply, a good start for the reverse search.

    Returns (S,) + key grid + (3,) int16: the query that points at each key, the last one in
    row-major order where several do, and -1 where none does.
    """
    key_grid = grid(shape.key, shape.patch)
    if runs_gpu_kernels(field.device):
        from vgpnn import fields_gpu  # It needs Triton, which is not on every machine.

        return fields_gpu.inverse(field, shape.queries, key_grid, checkpoint)
    index = flat_index(field, key_grid).flatten(1)
    checkpoint()
    order = torch.arange(index.shape[1], device=field.device).expand_as(index)
    owner = torch.full((len(field), math.prod(key_grid)), -1, device=field.device)
    checkpoint()
    owner = owner.scatter_reduce_(1, index, order, "amax").reshape(-1, *key_grid)
    checkpoint()
    places = shape.queries.corners().to(field.device).reshape(-1, 3)
    return places[owner].where(owner[..., None] >= 0, -1)


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
