"""Space-time pyramid (section 3.1): level shapes and antialiased cubic resampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from vgpnn.machine.devices import runs_gpu_kernels
from vgpnn.machine.memory import empty, trim
from vgpnn.patches import stacked
from vgpnn.settings import Settings, Shape
from vgpnn.shrinking import shrunk

# The coarsest level has at most this many voxels, because a noisy guess is searched exactly, that
# is, all pairs of patches are compared.
COARSEST_VOXELS = 20_000
SLAB_ELEMENTS = 1_000_000  # resampled at once, so that no video exists whole as floats


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

    size: (t, h, w) of the source at full size. shape: (T, H, W) of the result at full size.
    No side of either gets smaller than the minimum that the settings name.
    """
    pairs = []
    for scale in scales(smaller(size, shape), settings):
        pair = scale.apply(size), scale.apply(shape)
        if pair not in pairs[-1:]:  # two levels of small sizes may be rounded to the same shape
            pairs.append(pair)
    return pairs


def smaller(one: Shape, other: Shape) -> Shape:
    """A (T, H, W) shape such that settings that fit it fit both of two shapes.

    It has the length of the shorter one, the shorter side of the narrower one, and the aspect of
    the more oblong one.
    """
    side = min(*one[1:], *other[1:])
    oblong = max(max(shape[1:]) / min(shape[1:]) for shape in (one, other))
    return min(one[0], other[0]), side, round(side * oblong)


def adapted_settings(
    settings: Settings, shape: Shape, most_voxels: int = COARSEST_VOXELS
) -> tuple[Settings, tuple[str, ...]]:
    """Settings that fit a (T, H, W) video, and a sentence on each thing that was changed.

    The coarsest level gets no longer or larger than the video, its patches fit into it, and it
    has at most `most_voxels` voxels, unless a patch needs more.
    """
    frames, side = shape[0], min(shape[1:])
    changes, notices = {}, []
    coarsest_frames, coarsest_side = min(settings.min_frames, frames), min(settings.min_side, side)
    if frames < settings.min_frames:
        changes["min_frames"] = frames
        notices.append(
            f"The clip has only {frames} frame{'s' * (frames > 1)}: a longer one keeps its "
            "motion better."
        )
    if side < settings.min_side:
        changes["min_side"] = side
        coarsest_side = max(1, side // 2)  # for the patches, which need room to move
        notices.append(
            f"The clip is only {side} px on its smaller side: a larger one works better."
        )
    aspect = max(shape[1:]) / side
    largest_side = int((most_voxels / (coarsest_frames * aspect)) ** 0.5)
    largest_side = max(largest_side, settings.patch[1], settings.patch[2])
    if coarsest_side > largest_side:
        changes["min_side"] = coarsest_side = largest_side
        notices.append(
            f"The coarsest level is {coarsest_side} px on its smaller side, the most it may."
        )
    coarsest = coarsest_frames, coarsest_side, coarsest_side
    for name in ("patch", "large_patch"):
        patch = tuple(min(sides) for sides in zip(getattr(settings, name), coarsest))
        if patch != getattr(settings, name):
            changes[name] = patch
    if "patch" in changes:
        notices.append(
            f"Patches are {' x '.join(map(str, changes['patch']))} (frames x height x width), "
            "to fit the coarsest level."
        )
    return replace(settings, **changes), tuple(notices)


Checkpoint = Callable[[], None]


def resize(
    video: torch.Tensor, shape: Shape, checkpoint: Checkpoint = lambda: None
) -> torch.Tensor:
    """Resample a (T, H, W, C) video, of values or of codes, to `shape` with a cubic kernel.

    Where a side shrinks, the kernel is stretched by the factor (antialiasing). A video that grows
    in space is resampled in time first, and one that shrinks in space is resampled in time last, so
    that the video between the two steps is the smaller one. Codes that shrink are rounded once, at
    the end: rounding them between the two steps cost a fifth of the coherence of some clips
    (measured).

    On a GPU time always comes first, and codes that grow are rounded once, too.

    checkpoint: called for every SLAB_ELEMENTS; may raise to cancel.
    """
    if runs_gpu_kernels(video.device):
        return resize_all(video[None], shape, checkpoint)[0]
    t, h, w = shape
    is_on_cpu = video.device.type == "cpu"  # as Numba's kernel is
    if is_on_cpu and video.dtype == torch.uint8 and _shrinks(video.shape, shape):
        return shrunk(video, shape, checkpoint)
    if h * w > video.shape[1] * video.shape[2]:
        video = _in_time(video, t, video.dtype, checkpoint)
        return _in_space(video, (h, w), video.dtype, checkpoint)
    smaller = _in_space(video, (h, w), torch.float32, checkpoint)
    return _in_time(smaller, t, video.dtype, checkpoint)


def resize_all(
    videos: torch.Tensor, shape: Shape, checkpoint: Checkpoint = lambda: None
) -> torch.Tensor:
    """`resize` of S videos at once: (S, T, H, W, C) to (S, *shape, C)."""
    if runs_gpu_kernels(videos.device):
        from vgpnn.resampling_gpu import resampled  # It needs Triton, which not all machines have.

        return resampled(videos, shape, checkpoint)
    return stacked([resize(video, shape, checkpoint) for video in videos])


def _shrinks(before: Shape, after: Shape) -> bool:
    """Whether no side grows and a side in space shrinks."""
    sides = list(zip(before, after))
    return all(n >= m for n, m in sides) and any(n > m for n, m in sides[1:])


def _in_space(
    video: torch.Tensor, size: tuple[int, int], dtype: torch.dtype, checkpoint: Checkpoint
) -> torch.Tensor:
    """Resample every frame to `size`, (H, W)."""
    if tuple(video.shape[1:3]) == size:
        return video
    out = empty((len(video), *size, video.shape[3]), dtype, video.device)
    for slab in _slabs(len(video), max(math.prod(video.shape[1:]), math.prod(out.shape[1:]))):
        checkpoint()
        out[slab] = _cubic(video[slab].permute(0, 3, 1, 2), size, dtype).permute(0, 2, 3, 1)
        trim()
    return out


def _in_time(
    video: torch.Tensor, frames: int, dtype: torch.dtype, checkpoint: Checkpoint
) -> torch.Tensor:
    """Resample to a number of frames, with the video as one image with a row for every frame."""
    if len(video) == frames:
        return _rounded(video, dtype)
    out = empty((frames, *video.shape[1:]), dtype, video.device)
    for slab in _slabs(video.shape[1], max(len(video), frames) * math.prod(video.shape[2:])):
        checkpoint()
        rows = video[:, slab].reshape(1, 1, len(video), -1)
        rows = _cubic(rows, (frames, rows.shape[3]), dtype)
        out[:, slab] = rows.reshape(frames, -1, *video.shape[2:])
        trim()
    return out


def _cubic(pictures: torch.Tensor, size: tuple[int, int], dtype: torch.dtype) -> torch.Tensor:
    """Resample N pictures (N, C, H, W), of values or of uint8 codes, to `size`, (H, W)."""
    options = {"mode": "bicubic", "antialias": True, "align_corners": False}
    # Torch resamples codes of colours ten times faster than floats.
    if pictures.dtype == dtype == torch.uint8 and pictures.shape[1] == 3:
        return F.interpolate(pictures, size, **options)
    return _rounded(F.interpolate(pictures.float(), size, **options), dtype)


def _rounded(video: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A video as `dtype`; values are rounded and clamped where that is uint8 codes."""
    if dtype != torch.uint8 or video.dtype == torch.uint8:
        return video.to(dtype)
    return video.round().clamp_(0, 255).to(torch.uint8)


def _slabs(count: int, elements: int) -> list[slice]:
    """Cut `count` frames or rows of so many elements into slabs of at most SLAB_ELEMENTS."""
    step = max(1, SLAB_ELEMENTS // elements)
    return [slice(first, first + step) for first in range(0, count, step)]
