"""Bars of one colour along the edges of a clip, as in a letterbox.

A patch that touches a bar would put pieces of it into the picture, and what moves to a bar looks
broken there. So the picture inside the bars is made new, or measured, by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from vgpnn.machine.memory import empty
from vgpnn.settings import Shape
from vgpnn.source_map import identity

FLAT = 12  # [codes] the codes of a bar differ less from its colour
SPECKS = 0.04  # share of them that may differ more
STEP = 24  # [codes] the picture differs more from the bar's colour, along half of the edge
# Less is asked beside a black bar, because pictures have shadows.
DARK, DARK_STEP, DARK_SHARE, DARK_SPECKS = 20, 12, 0.25, 0.005
MOST = 0.3  # share of the height or width that a bar may take
BLUR = 2  # [px] over which coding smears an edge
LEAST_INSIDE = 16  # [px] a picture inside bars has at least this height and width
LOOKED_FRAMES, LOOKED_PLACES = 8, 256  # frames, and places along a line, that are looked at


@dataclass(frozen=True)
class Box:
    """A part of every frame: rows from `top` to before `bottom`, columns `left` to `right` [px]."""

    top: int
    bottom: int
    left: int
    right: int

    def of(self, video: torch.Tensor) -> torch.Tensor:
        """This part of a (T, H, W, C) video; a view."""
        return video[:, self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True)
class Frame:
    """What stays around a picture that is made new: the bars of a clip.

    box: where the picture lies. codes: (T, H, W, 3) uint8, the whole clip, on the CPU.
    """

    box: Box
    codes: torch.Tensor

    @property
    def shape(self) -> Shape:
        """(T, H, W) of the whole clip."""
        return tuple(self.codes.shape[:3])

    def with_picture(self, codes: torch.Tensor) -> torch.Tensor:
        """The whole clip with another picture inside the box: (T, H, W, 3) uint8."""
        whole = empty(self.codes.shape, torch.uint8)
        whole.copy_(self.codes)
        self.box.of(whole).copy_(codes)
        return whole

    def around(
        self, codes: torch.Tensor, places: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A result and its source map with the bars around them: (T, H, W, 3) each.

        codes, places: of the picture inside the box; the map points into that of the source.
        """
        whole, moved = self.with_picture(codes), identity(self.shape)
        corner = torch.tensor([0, self.box.top, self.box.left], dtype=torch.int16)
        self.box.of(moved).copy_(places).add_(corner)
        return whole, moved


def framed(codes: torch.Tensor) -> Frame | None:
    """The bars of a clip, (T, H, W, 3) uint8 codes, or None where it has none."""
    box = inner_box(codes)
    return None if box is None else Frame(box, codes.cpu())


def inner_box(codes: torch.Tensor) -> Box | None:
    """The part of a clip that lies inside its bars, less BLUR at every bar; None without bars.

    codes: (T, H, W, 3) uint8.
    """
    box = find(codes)
    height, width = codes.shape[1:3]
    if box == Box(0, height, 0, width):
        return None
    inner = Box(
        box.top + BLUR * (box.top > 0),
        box.bottom - BLUR * (box.bottom < height),
        box.left + BLUR * (box.left > 0),
        box.right - BLUR * (box.right < width),
    )
    sides = inner.bottom - inner.top, inner.right - inner.left
    return inner if min(sides) >= LEAST_INSIDE else None


def find(codes: torch.Tensor) -> Box:
    """Where the bars of a clip end: the picture inside them, (T, H, W, 3) uint8 codes."""
    height, width = codes.shape[1:3]
    frames = codes[torch.linspace(0, len(codes) - 1, LOOKED_FRAMES).round().long().unique()]
    rows = _looked_at(frames, 2).permute(1, 0, 2, 3).numpy()  # (H, frames, places, 3)
    top, below = bar_depth(rows), bar_depth(rows[::-1])
    columns = _looked_at(frames[:, top : height - below], 1).permute(2, 0, 1, 3).numpy()
    return Box(top, height - below, bar_depth(columns), width - bar_depth(columns[::-1]))


def _looked_at(frames: torch.Tensor, axis: int) -> torch.Tensor:
    """Some places along an axis, (T, H, W, 3) codes, on the CPU."""
    places = torch.linspace(0, frames.shape[axis] - 1, LOOKED_PLACES).round().long().unique()
    return frames.index_select(axis, places.to(frames.device)).cpu()


def bar_depth(lines: np.ndarray) -> int:
    """How many of the outermost lines are a bar: one colour all along, and then at once another.

    lines: (N, T, M, 3) uint8, from one side inwards.
    """
    limit = int(MOST * len(lines))
    part = lines[: limit + BLUR + 5].astype(np.int16)
    if limit < 1 or not part[0].size:
        return 0
    colour = np.median(part[0].reshape(-1, 3), axis=0)
    off = np.abs(part - colour).max(-1)  # (lines, T, M)
    flat = (off > FLAT).mean((1, 2)) <= SPECKS
    if not flat[0] or flat[:limit].all():
        return 0
    depth = int(flat.argmin())  # the first line that is none of the bar's
    inside = np.median(off[depth + 1 : depth + 5], axis=0)  # (T, M)
    is_edge = (inside > STEP).mean() >= 0.5
    if colour.max() <= DARK:
        # A night that fades to black is no bar: in a bar nothing shines, up to its very edge.
        shines = (off[: max(1, depth - BLUR)].max(1) > DARK_STEP).mean()
        is_edge |= shines <= DARK_SPECKS and (inside.max(0) > DARK_STEP).mean() >= DARK_SHARE
    if not is_edge:
        return 0
    first = max(0, depth - BLUR)
    around = part[first : depth + BLUR + 1].mean(1)  # mean over time
    return first + 1 + int(np.abs(np.diff(around, axis=0)).max(-1).mean(-1).argmax())
