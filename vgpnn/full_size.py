"""The size and the frame rate at which results are finished in full, and reading a clip so."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
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


# From the size (t, h, w) of a source to (T, H, W) of the result that was asked for, and to the
# place (t, y, x) of the source in it, or None where it does not stay.
Sizes = Callable[[Shape], tuple[Shape, Shape | None]]


@dataclass(frozen=True)
class FullPlace:
    """How large a result is in full, and where that of the working size lies in it.

    shape: (T, H, W) in full. corner: (t, y, x) of the source where that stays; None elsewhere.
    enlarged: (H, W) of the working result, when it is as many times as large as the source in full.
    first: where the first row and column of that lie in the result in full [px], which may be
    beside it.
    """

    shape: Shape
    corner: Shape | None
    enlarged: tuple[int, int]
    first: tuple[int, int]

    def kept_box(self, full: Shape) -> tuple[Shape, Shape]:
        """The first voxel (t, y, x) of a source that stays, and the one after its last.

        full: (T, H, W) of the source in full, with its frames at the rate that is asked for.
        """
        return self.corner, tuple(first + side for first, side in zip(self.corner, full))


def full_place(
    result: Shape,
    source: Shape,
    full: Shape,
    rate: Fraction,
    sizes: Sizes | None = None,
    is_loop: bool = False,
) -> FullPlace:
    """The place of a result in full.

    Sizes at working size are rounded, so what was asked for is worked out anew from the source in
    full: 0.6 of 800 px is 480 px, also where the working result is 116 of 192 px wide. A loop
    has as many times the frames of the working one, because its last one leads into its first.

    result, source: (T, H, W) at the working size. full: of the source in full.
    rate: the frame rate in full over the working one. sizes: of the task; None where a result has
        the size of its source, or of the layout of an analogy.
    """
    sides = list(zip(result[1:], source[1:], full[1:]))
    exact = [n * Fraction(large, small) for n, small, large in sides]
    # The file may end a frame or two before the part of it that the working clip shows.
    length = min(full[0], round(source[0] * rate))
    as_long = result[0] == source[0] and not is_loop
    frames, corner = length if as_long else max(1, round(result[0] * rate)), None
    if sizes is None:
        # With the factor of the height along both sides a layout keeps its shape.
        factor = Fraction(full[1], source[1])
        wanted = [
            large if n == small else max(2, 2 * round(n * factor / 2)) for n, small, large in sides
        ]
    else:
        (asked, *wanted), corner = sizes((length, *full[1:]))
        frames = frames if is_loop else asked
    if corner is None:  # what is cut off, or goes on beyond, is as much at both edges
        first = [(large - whole) / 2 for large, whole in zip(wanted, exact)]
    else:
        own = sizes(source)[1]
        first = [
            large - small * whole / n
            for large, small, whole, n in zip(corner[1:], own[1:], exact, result[1:])
        ]
    enlarged, first = (tuple(map(round, each)) for each in (exact, first))
    return FullPlace((frames, *wanted), corner, enlarged, first)


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
