"""How a guess lies in space where its last column leads into its first one, or its last row.

A `Wrapping` has the methods of `looping.Open`, and leaves time to one of the objects there. What is
searched is the guess with a margin of its own voxels from the other side, a patch less one wide, so
that patches reach over the seam from both sides. A patch in the margin in front is the same as one
at the other end, and votes for what that one has found. Shapes are those of `level.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from vgpnn import looping
from vgpnn.looping import Open
from vgpnn.machine.memory import empty
from vgpnn.patches import grid
from vgpnn.pyramid import SLAB_ELEMENTS, resize_all
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import Shape
from vgpnn.vote import vote

Wraps = tuple[bool, bool]  # whether rows, and whether columns, go round
NEITHER: Wraps = (False, False)
KERNEL_REACH = 3  # [px] around a voxel that its resampling reads, and one to spare


def lying(circular: bool, wraps: Wraps = NEITHER) -> Open:
    """How a guess lies in time and space. circular: whether its last frame leads into its first.
    wraps: whether its last row leads into its first, and its last column."""
    time = looping.CIRCULAR if circular else looping.OPEN
    return Wrapping(time, tuple(wraps)) if any(wraps) else time


@dataclass(frozen=True)
class Wrapping(Open):
    """Space in which rows, columns or both go round. time: how time lies."""

    time: Open
    wraps: Wraps

    def queries(self, shape: Shape, patch: Shape, stride: int) -> QueryGrid:
        """As there, of a guess with its margins."""
        frames, *sides = shape
        margin = 0, *(on * (side - 1) for on, side in zip(self.wraps, patch[1:]))
        wide = (side + 2 * each for side, each in zip(sides, margin[1:]))
        return replace(self.time.queries((frames, *wide), patch, stride), margin=margin)

    def query(self, guess: torch.Tensor, patch: Shape) -> torch.Tensor:
        """The guess with its margins, and as there in time."""
        guess = self.time.query(guess, patch)
        margins = (on * (side - 1) for on, side in zip(self.wraps, patch[1:]))
        return with_margins(guess, *margins)

    def enlarged(
        self, guess: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
    ) -> torch.Tensor:
        """Guesses resampled as there in time, and in space between parts of themselves.

        What is resampled is so much of what lies beyond the seam as becomes whole pixels.
        """
        size = guess.shape[2:4]
        guess = self.time.enlarged(guess, (shape[0], *size), checkpoint)
        around, sides, margins = [], [], []
        for on, small, large in zip(self.wraps, size, shape[1:]):
            unit = small // math.gcd(small, large)
            reach = KERNEL_REACH * max(1, -(-small // large))
            before = on * unit * -(-reach // unit)
            around.append(before)
            margins.append(before * large // small)
            sides.append(large + 2 * margins[-1])
        result = empty((*guess.shape[:2], *shape[1:], guess.shape[4]), guess.dtype, guess.device)
        (top, left), (height, width) = margins, shape[1:]
        step = max(1, SLAB_ELEMENTS // math.prod(sides))
        for first in range(0, shape[0], step):
            checkpoint()
            part = with_margins(guess[:, first : first + step], *around)
            large = resize_all(part, (part.shape[1], *sides), checkpoint)
            part = large[:, :, top : top + height, left : left + width]
            result[:, first : first + step] = part
        return result

    def voters(self, patches: torch.Tensor, queries: QueryGrid) -> torch.Tensor:
        """As there in time; those in the margin in front have what their twins at the other end
        have."""
        patches = patches.clone()
        for axis, on in zip((1, 2), self.wraps):
            if on:
                _let_twins_agree(patches, queries, axis)
        return self.time.voters(patches, queries)

    def voted(
        self,
        value: torch.Tensor,
        field: torch.Tensor,
        queries: QueryGrid,
        mode: str = "median",
        quality: torch.Tensor | None = None,
        backend: str = "auto",
        checkpoint: Callable[[], None] = lambda: None,
    ) -> torch.Tensor:
        """As there, without the margins."""
        matches = self.voters(field, queries)
        if quality is not None:
            quality = self.voters(quality[..., None], queries)[..., 0]
        # A match of a twin that lies a pixel beside the place of the patch may lie outside.
        most = [count - 1 for count in grid(value.shape[:3], queries.patch)]
        matches = matches.clamp(min=0).minimum(matches.new_tensor(most))
        before = matches.shape[1] - field.shape[1]
        frames, *size = queries.shape
        voters = replace(queries, shape=(before + frames, *size))
        result = vote(value, matches.contiguous(), voters, mode, quality, backend, checkpoint)
        past = field.shape[1] if isinstance(self.time, looping.Circular) else frames
        return without_margins(result[:, before : before + past], queries).contiguous()


def with_margins(videos: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """(S, T, H, W, C) videos with so many rows and columns from the other side around them."""
    for axis, margin in ((2, rows), (3, columns)):
        if margin:
            side = videos.shape[axis]
            places = torch.arange(-margin, side + margin, device=videos.device) % side
            videos = videos.index_select(axis, places)
    return videos


def without_margins(videos: torch.Tensor, queries: QueryGrid) -> torch.Tensor:
    """(S, T, H, W, C) videos without the margins of a query grid; a view."""
    _, top, left = queries.margin
    height, width = (side - 2 * each for side, each in zip(queries.shape[1:], (top, left)))
    return videos[:, :, top : top + height, left : left + width]


def _let_twins_agree(patches: torch.Tensor, queries: QueryGrid, axis: int) -> None:
    """Let each patch of the margin in front have the entry of its twin, or where none searches of
    the patch beside that, as much further on. Changes the entries in place.

    patches: (S,) + query grid + (N,), matches with N = 3, or something else with N = 1.
    """
    margin, side = queries.margin[axis], queries.shape[axis] - 2 * queries.margin[axis]
    for odd in (0, 1):
        places = queries.places(axis, odd)
        front = int((places < margin).sum())
        wanted = places[:front] + side
        twins = queries.nearest(axis, odd, wanted.double())
        beside = (wanted - places[twins]).to(patches.device, patches.dtype)
        of_frames = patches[:, odd::2].movedim(axis + 1, -2)  # (S, F, other sides, side, N)
        entries = of_frames[..., twins.to(patches.device), :].clone()
        if entries.shape[-1] == 3:
            entries[..., axis] += beside
        of_frames[..., :front, :] = entries
