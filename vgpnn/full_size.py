"""The size and the frame rate at which results are finished in full, and reading a clip so."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from vgpnn.limits import LIMITS, Limits
from vgpnn.settings import Shape
from vgpnn.video import Video, VideoInfo, probe, read, working_shape


def full_height(info: VideoInfo, frames: int, limits: Limits = LIMITS) -> int:
    """The height [px] that so many frames of a clip have in full.

    It is the clip's own, or the largest one at which the smaller side is at most
    `limits.full_side` and that many frames are at most `limits.decoded_voxels`.
    """
    share = min(
        1.0,
        limits.full_side / min(info.width, info.height),
        math.sqrt(limits.decoded_voxels / (info.width * info.height * frames)),
    )
    return info.height if share == 1 else max(2, int(info.height * share))


def full_part(
    info: VideoInfo, start: float, working: Shape, fps: Fraction, limits: Limits = LIMITS
) -> tuple[Shape, Fraction]:
    """(T, H, W) and rate [frames/s] of a part of a clip in full.

    start: where the part begins [s]. working: (T, H, W) of its working clip, which has the rate
    `fps`. The rate is the clip's own, but not below that of the working clip.
    """
    # A folder of images has no rate of its own.
    rate = fps if info.container == "folder" else max(info.fps, fps)
    frames = min(max(1, round(working[0] * rate / fps)), limits.decoded_frames)
    height = full_height(info, frames, limits)
    return working_shape(replace(info, fps=rate), start, frames, height), rate


def full_shape(result: Shape, source: Shape, full: Shape, rate: Fraction) -> Shape:
    """(T, H, W) of a result in full: as many times the result as the source in full is the source.

    result, source: (T, H, W) at the working size. full: of the source in full.
    rate: the frame rate in full over the working one.
    """
    sides = (round(n * Fraction(large, small)) for n, large, small in zip(result, full, source))
    _, height, width = sides
    return max(1, round(result[0] * rate)), height, width


def read_in_full(
    path: str | os.PathLike,
    start: float,
    working: Video,
    rate: Fraction | None = None,
    limits: Limits = LIMITS,
    checkpoint: Callable[[], None] = lambda: None,
) -> Video:
    """The part of a file that a working clip shows, at its own size and frame rate.

    start: where the part begins [s]. rate: another frame rate than the file's own, such as that of
    the layout for the style of an analogy.
    checkpoint: called several times a second; may raise to cancel. Raises `VideoError`, as `read`
    does.
    """
    info = probe(path, limits, checkpoint)
    if rate is not None:
        info = replace(info, fps=rate)
    (frames, height, _), fps = full_part(info, start, working.shape, working.fps, limits)
    return read(path, start, frames, fps=fps, height=height, limits=limits, checkpoint=checkpoint)
