"""Space-time pyramid (section 3.1): level shapes and antialiased cubic resampling."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .settings import Settings, Shape


@dataclass(frozen=True)
class Scale:
    """Size of a pyramid level relative to the input, in (0, 1]."""

    time: float
    space: float

    def apply(self, shape: Shape) -> Shape:
        """(T, H, W) at this scale, at least one voxel a side."""
        t, h, w = shape
        return (
            max(1, round(t * self.time)),
            max(1, round(h * self.space)),
            max(1, round(w * self.space)),
        )


def scales(shape: Shape, settings: Settings) -> list[Scale]:
    """Scales of the levels of a (T, H, W) video, coarsest first; the last is 1.

    Space shrinks by `space_factor` and time by `time_factor` per level. A dimension that has
    reached its minimum (`min_side` for the smaller side, `min_frames`) stays there while the
    other goes on.
    """
    frames, side = shape[0], min(shape[1:])
    time_floor = min(1.0, settings.min_frames / frames)
    space_floor = min(1.0, settings.min_side / side)
    levels = [Scale(1.0, 1.0)]
    time = space = 1.0
    while time > time_floor or space > space_floor:
        time = max(time_floor, time * settings.time_factor)
        space = max(space_floor, space * settings.space_factor)
        levels.append(Scale(time, space))
    return levels[::-1]


def level_shapes(size: Shape, shape: Shape, settings: Settings) -> list[tuple[Shape, Shape]]:
    """(t, h, w) of the source and (T, H, W) of the result at every level, coarsest first.

    size: of the source; shape: of the result. Neither gets smaller than the minimum.
    """
    pairs = []
    for scale in scales(smaller(size, shape), settings):
        pair = scale.apply(size), scale.apply(shape)
        if pair not in pairs[-1:]:  # small sizes round to the same
            pairs.append(pair)
    return pairs


def smaller(one: Shape, other: Shape) -> Shape:
    """A shape as short as the shorter of two, as narrow as the narrower, and as long-sided as the
    more oblong: settings that fit it fit both."""
    side = min(*one[1:], *other[1:])
    oblong = max(max(shape[1:]) / min(shape[1:]) for shape in (one, other))
    return min(one[0], other[0]), side, round(side * oblong)


def resize(video: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Resample a (T, H, W, C) float video to `shape` with a cubic kernel.

    Antialiased: where a side shrinks, the kernel is stretched by the factor.
    """
    t, h, w = shape
    if tuple(video.shape[:3]) == tuple(shape):
        return video
    x = video.permute(0, 3, 1, 2)
    if (h, w) != tuple(video.shape[1:3]):
        x = F.interpolate(x, size=(h, w), mode="bicubic", antialias=True, align_corners=False)
    if t != x.shape[0]:
        # A clip seen as an image of T rows, one column per voxel of a frame.
        columns = x.reshape(1, 1, x.shape[0], -1)
        columns = F.interpolate(
            columns, size=(t, columns.shape[3]), mode="bicubic", antialias=True, align_corners=False
        )
        x = columns.reshape(t, *x.shape[1:])
    return x.permute(0, 2, 3, 1).contiguous()
