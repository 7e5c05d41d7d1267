"""Seams between pieces of other brightness, blended: only the tones change, and no texture.

Pieces that come to lie side by side were lit by another part of the sky, so that their seam is seen
as an edge. The source says how colours change from a voxel to its neighbour, from whichever side
one asks. What a result changes by at a seam beyond that is spread over the pieces on both sides, so
that each of them fades into the other, as in Poisson image editing (Perez et al. 2003). The change
of tones is least squares of its differences and, far less, of itself, so that it fades to nothing
away from seams: the screened Poisson equation, solved exactly by cosine modes on a coarse grid.

The coarse change is then added to the result at its own size. A voxel takes it only from cells that
were moved as it was, so that the change is as sharp at the seam as the seam itself. The same change
serves a result in full. Where colours differ much, other things lie side by side, and that stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from vgpnn.bars import Frame
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import bands, run_bands
from vgpnn.pyramid import resize
from vgpnn.tasks.membrane import cosines
from vgpnn.tasks.tones_kernels import adding, pulling, settling

SIDE = 72  # [cells] of the shorter side of the coarse grid, or fewer in smaller videos
LONGEST = 256  # [cells] of the longer side, at most
FADING = 0.006  # weight of the change itself, beside those of its differences in space
STEADINESS = 4.0  # weight of its differences from frame to frame
LIMIT = 40.0  # [codes] up to which a difference is one of tones; at twice as much it stays
ALIKE = 1.5  # [cells, frames] what was moved by so little more or less is one piece
DARK = 32.0  # [codes] of the brightest channel, below which the change is smaller, 0 in black
VOTE_REACH = 3  # [px] from which a voxel is voted: half a patch
FARTHEST = 2  # [cells] from a voxel that are looked at
UNSEEN = 0.5  # [codes] that are rounded to nothing
LEAST = 0.01  # weight of cells around a voxel below which others are asked


@dataclass(frozen=True)
class Tones:
    """What is added to the colours of a result.

    change: (T, h, w, 3) float32 [codes], of every cell of a coarse grid over the picture.
    moved: (T, h, w, 3) float32, from each cell to where its colours come from [frames, cells].
    acts: (T, h, w) uint8, 1 where the change of a cell, or of one up to FARTHEST cells away, is
        more than UNSEEN.
    plain: (T, H, W, 3) uint8, the result without it.
    picture: rows and columns of the result in which the picture lies, top, bottom, left and right
        as shares of its height and width; there are bars around it.
    """

    change: torch.Tensor
    moved: torch.Tensor
    acts: torch.Tensor
    plain: torch.Tensor
    picture: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)

    def inside(self, frame: Frame) -> Tones:
        """The same of a result with bars around it."""
        box, (_, height, width) = frame.box, frame.shape
        sides = box.top / height, box.bottom / height, box.left / width, box.right / width
        return replace(self, plain=frame.with_picture(self.plain), picture=sides)

    def add(
        self,
        codes: torch.Tensor,
        maps: Iterable[torch.Tensor],
        rate: float = 1.0,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        """Add the change to a result, in place, which may be larger than the one it was found for.

        codes: (T, H, W, 3) uint8 on the CPU. maps: those of `settled`, frame by frame.
        rate: how many frames there are for each one that the change was found for.
        """
        height, width = codes.shape[1:3]
        sides = np.array(self.picture) * (height, height, width, width)
        box = tuple(int(round(side)) for side in sides)
        grids = [each.numpy() for each in (self.change, self.moved, self.acts)]
        for number, (frame, places) in enumerate(zip(codes, maps)):
            arrays = frame.numpy(), places.numpy(), *grids
            kernel = partial(adding(ALIKE, LEAST, DARK), *arrays, number, np.float32(rate), box)
            run_bands(kernel, bands((0,), height), checkpoint)


def blended(
    codes: torch.Tensor,
    places: torch.Tensor,
    source: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, Tones | None]:
    """A result with blended seams, and the change of its tones; None where it has no seams.

    codes: (T, H, W, 3) uint8, the result. places: (T, H, W, 3) int16 (t, y, x), its source map.
    source: (t, H, W, 3) uint8, all on the CPU.
    """
    maps = list(settled(codes, places, source, checkpoint))
    tones = tones_of(codes, maps, source, checkpoint)
    if tones is None:
        return codes, None
    codes = empty(codes.shape, codes.dtype).copy_(codes)
    tones.add(codes, maps, checkpoint=checkpoint)
    return codes, tones


def tones_of(
    codes: torch.Tensor,
    maps: Sequence[torch.Tensor],
    source: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> Tones | None:
    """The change of tones of `blended`. maps: those of `settled`."""
    sides = codes.shape[1:3]
    scale = max(1.0, min(sides) / SIDE, max(sides) / LONGEST)
    cells = tuple(max(1, round(side / scale)) for side in sides)
    small = resize(codes, (len(codes), *cells), checkpoint).float()
    key = resize(source, (len(source), *cells), checkpoint).float()
    moved = _moved(maps, cells)
    pull = _pull(small, key, moved.round().int(), checkpoint)
    if not pull.any():
        return None
    change = _solved(pull, checkpoint)
    acts = F.max_pool2d(change.abs().amax(-1), 2 * FARTHEST + 1, 1, FARTHEST) > UNSEEN
    return Tones(change, moved, acts.to(torch.uint8), codes)


def settled(
    codes: torch.Tensor,
    maps: Iterable[torch.Tensor],
    source: torch.Tensor,
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[torch.Tensor]:
    """The frames of a source map in which each voxel comes from where it has its colour.

    A vote near a seam takes its colour from either piece, and the map tells only whose patch is
    nearest. codes: (T, H, W, 3) uint8. maps: (H, W, 3) int16 of every frame. source: (t, H, W, 3).
    """
    for frame, places in zip(codes, maps):
        found = empty(places.shape, places.dtype)
        arrays = (each.numpy() for each in (found, frame, places, source))
        run_bands(partial(settling(VOTE_REACH), *arrays), bands((0,), len(frame)), checkpoint)
        yield found


def _moved(maps: Sequence[torch.Tensor], cells: tuple[int, int]) -> torch.Tensor:
    """`Tones.moved` from the frames of a source map."""
    sides = maps[0].shape[:2]
    middles = [((torch.arange(n) + 0.5) * side / n).long() for n, side in zip(cells, sides)]
    places = torch.stack([frame[middles[0]][:, middles[1]] for frame in maps])
    here = torch.meshgrid(torch.arange(len(maps)), *middles, indexing="ij")
    share = torch.tensor([1.0, *(n / side for n, side in zip(cells, sides))])
    return (places - torch.stack(here, -1)) * share


def _pull(
    small: torch.Tensor, key: torch.Tensor, moved: torch.Tensor, checkpoint: Callable[[], None]
) -> torch.Tensor:
    """(T, h, w, 3): what is wanted at seams beyond what is there, added to the cell after the seam
    and taken from the one before it. It is the right side of the equation.

    small, key: the result (T, h, w, 3) and its source (t, h, w, 3), float32.
    moved: (T, h, w, 3) int32.
    """
    pull = torch.zeros_like(small)
    arrays = (each.numpy() for each in (pull, small, key, moved))
    frames, rows = moved.shape[:2]
    run_bands(partial(pulling(LIMIT), *arrays), [(n, 0, rows) for n in range(frames)], checkpoint)
    return pull


def _solved(pull: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> torch.Tensor:
    """The change whose differences are nearest to those wanted: (T, h, w, 3) [codes].

    The equation is (FADING - STEADINESS d2/dt2 - d2/dy2 - d2/dx2) change = pull, level at the
    borders. Cosine modes are its eigenvectors.
    """
    bases, waves = zip(*map(cosines, pull.shape[:3]))
    times, rows, columns = (2 - 2 * torch.cos(each) for each in waves)
    values = FADING + STEADINESS * times[:, None, None] + rows[:, None] + columns
    for axes in (0, 1):  # into modes, and back
        if axes:
            pull = pull / values[..., None]
        for basis in bases:  # the axis that comes first goes to the end of the three
            checkpoint()
            pull = torch.tensordot(pull, basis, ([0], [1 if axes else 0]))
            pull = pull.movedim(-1, 2)
    return pull.contiguous()
