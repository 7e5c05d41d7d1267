"""Extending: the clip stays as it is, to the bit, and the picture goes on around it.

The clip lies in a larger result, and what surrounds it is made of its patches. Patches at its
border have to fit what is known (see `search.border`), things stay at the height where they are in
the clip, and the first guess is chosen from several (see `around`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import torch

from vgpnn import checks, pyramid
from vgpnn.full_size import Sizes
from vgpnn.level import Kept, Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.around import best_guess
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import unused_settings
from vgpnn.video import Video, as_video

MOST = 3.0  # of a side, in sizes of the clip
SIDES = "left", "right", "top", "bottom"
# How much the height counts: from top to bottom as much as half of the range of codes.
HEIGHT = 1.0
# Where a side is wider than this, in sizes of the clip, what is made has to have all of the clip:
# without that, all its patches of a row may come from one place, and it is smeared to streaks.
WIDE = 0.5
BLUR = 0.04  # of the shorter side, for sides as editors make them


def extend(
    video: Video | torch.Tensor,
    aspect: str | None = None,
    left: float = 0.0,
    right: float = 0.0,
    top: float = 0.0,
    bottom: float = 0.0,
    from_above: bool = False,
    seed: int = 0,
    settings: Settings = PRESETS["extend"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """The clip as it is, and around it what may lie beyond its edges, made of its patches.

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes. Its codes
        come back bit for bit, at `Result.corner`.
    aspect: the shape of the result, such as "16:9"; the clip lies in its middle. None: as wide as
        the sides say.
    left, right, top, bottom: how much is added on each side, in widths or heights of the clip.
    from_above: whether the clip is seen from above, so that the height of a thing means nothing.
    The other arguments are those of `generate`. Raises ValueError with one sentence for sides,
    settings or a video that cannot be used.
    """
    settings = settings.with_changes(**changes)
    video = as_video(video)
    sides = left, right, top, bottom
    if aspect is not None:
        if any(sides):
            raise ValueError("Give either the aspect or the sides, not both.")
        sides = sides_for(aspect, video.shape[2], video.shape[1])
    task = problem(video, *sides, from_above, (seed,), settings, device, backend, checkpoint)
    if aspect is not None:
        task = replace(task, sizes=sizes_of_aspect(aspect))
    return task.solve(progress)[0]


def extend_steps(*arguments, **options) -> Iterator[Step]:
    """`extend` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    video: Video | torch.Tensor,
    left: float = 0.0,
    right: float = 0.0,
    top: float = 0.0,
    bottom: float = 0.0,
    from_above: bool = False,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["extend"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """Extending as data for the loop; see `extend`."""
    video, seeds = as_video(video), checked_seeds(seed)
    shape, corner = output_shape(video.shape, left, right, top, bottom)
    settings, notices = pyramid.adapted_settings(settings, pyramid.smaller(video.shape, shape))
    settings = used_settings(settings, left, right, top, bottom)
    levels = levels_around(
        video.codes.to(device_of(device, backend)), shape, corner, settings, checkpoint
    )
    if not from_above:
        levels = [with_heights(level, video.shape, shape, corner) for level in levels]
    guesses = [best_guess(levels, settings, each, backend, checkpoint) for each in seeds]
    return Problem(
        levels=levels,
        guess=torch.stack(guesses),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*unused_settings(settings), *notices),
        backend=backend,
        checkpoint=checkpoint,
        sizes=sizes_for(left, right, top, bottom),
    )


def sides_of(options: Mapping[str, Any]) -> tuple[float, ...]:
    """What is added on each of SIDES, from the options of a run, where a missing one is 0."""
    return tuple(options.get(side, 0.0) for side in SIDES)


def used_settings(
    settings: Settings, left: float, right: float, top: float, bottom: float
) -> Settings:
    """The settings with completeness where a side is WIDE, and without it elsewhere."""
    is_wide = max(left, right, top, bottom) > WIDE
    return settings if is_wide else replace(settings, alpha=None)


def sides_for(aspect: str, width: int, height: int) -> tuple[float, float, float, float]:
    """How much is added at the left, right, top and bottom for a shape such as "16:9".

    width, height: of the clip [px], which lies in the middle. Raises ValueError with one sentence
    for another text, and for a shape that would need more than MOST on a side.
    """
    try:
        wide, tall = map(float, str(aspect).split(":"))
        change = (wide / tall) / (width / height)
        if not (0 < wide < math.inf and tall > 0 and 0 < change < math.inf):
            raise ValueError
    except (ValueError, ArithmeticError):
        raise ValueError('aspect must be width to height, such as "16:9".') from None
    added = (max(change, 1 / change) - 1) / 2
    if added > MOST:
        raise ValueError(f"That is more than {MOST:g} clips beside the clip: choose another shape.")
    added = round(added, 4)
    return (added, added, 0.0, 0.0) if change > 1 else (0.0, 0.0, added, added)


def sizes_for(left: float, right: float, top: float, bottom: float) -> Sizes:
    """`output_shape` for every size of the clip."""
    return partial(output_shape, left=left, right=right, top=top, bottom=bottom)


def sizes_of_aspect(aspect: str) -> Sizes:
    """The same for a shape such as "16:9", worked out anew for each size of the clip, because sizes
    at work are rounded."""
    return partial(_sizes_of_aspect, aspect)


def _sizes_of_aspect(aspect: str, size: Shape) -> tuple[Shape, Shape]:
    return output_shape(size, *sides_for(aspect, size[2], size[1]))


def output_shape(
    size: Shape, left: float, right: float, top: float, bottom: float
) -> tuple[Shape, Shape]:
    """(T, H, W) of the result for a clip of size (t, h, w), and the clip's place in it (t, y, x).

    Height and width become even where they change, as video files want them. Raises ValueError
    with one sentence for a side outside 0 to MOST.
    """
    shape, corner = [size[0]], [0]
    for length, names in ((size[1], ("top", "bottom")), (size[2], ("left", "right"))):
        shares = [{"left": left, "right": right, "top": top, "bottom": bottom}[n] for n in names]
        before, after = (
            round(checks.number(name, share, 0, MOST) * length)
            for name, share in zip(names, shares)
        )
        if before + after and (length + before + after) % 2:
            before, after = (before, after + 1) if after else (before + 1, after)
        shape.append(length + before + after)
        corner.append(before)
    return tuple(shape), tuple(corner)


def levels_around(
    codes: torch.Tensor,
    shape: Shape,
    corner: Shape,
    settings: Settings,
    checkpoint: Callable[[], None],
) -> list[Level]:
    """The levels of a result of some (T, H, W) in which the clip is kept, coarsest first.

    codes: (t, h, w, 3) of the clip. corner: (t, y, x) of it in the result.
    What is kept at a level is reduced as a part of the result, so that it lies where it will lie at
    the finest level; its voxels are those that the clip covers entirely.
    """
    size, levels = tuple(codes.shape[:3]), []
    canvas = codes
    for axis, (count, first, side) in enumerate(zip(shape, corner, size)):
        if count != side:  # what lies at the edge is repeated beyond it
            places = (torch.arange(count, device=codes.device) - first).clamp(0, side - 1)
            canvas = canvas.index_select(axis, places)
    for source_shape, result_shape in pyramid.level_shapes(size, shape, settings):
        checkpoint()
        first, past = [], []
        for small, large, begin, side in zip(result_shape, shape, corner, size):
            start = -(-begin * small // large)
            first.append(min(start, small - 1))
            past.append(max(first[-1] + 1, (begin + side) * small // large))
        reduced = pyramid.resize(canvas, result_shape, checkpoint)
        box = tuple(slice(*ends) for ends in zip(first, past))
        levels.append(
            Level(
                source=pyramid.resize(codes, source_shape, checkpoint),
                shape=result_shape,
                kept=Kept(reduced[box].contiguous(), tuple(first)),
            )
        )
    return levels


def with_heights(level: Level, size: Shape, shape: Shape, corner: Shape) -> Level:
    """A level in which the height of a row is compared, too, so that things stay at theirs.

    size: (t, h, w) of the clip. shape: (T, H, W) of the result. corner: of the clip in it. Rows
    above the clip count as its highest one, and rows below it as its lowest.
    """
    device = level.source.device
    rows = (torch.arange(level.shape[1], device=device) + 0.5) / level.shape[1] * shape[1]
    of_result = ((rows - corner[1]) / size[1]).clamp(0, 1)
    rows = level.source_shape[1]
    of_source = (torch.arange(rows, device=device) + 0.5) / rows
    structure = tuple(
        (HEIGHT * heights)[None, :, None, None].expand(*voxels, 1)
        for heights, voxels in ((of_result, level.shape), (of_source, level.source_shape))
    )
    return replace(level, structure=structure)


def with_blurred_sides(
    video: Video,
    left: float,
    right: float,
    top: float,
    bottom: float,
    checkpoint: Callable[[], None] = lambda: None,
) -> Video:
    """The clip on a blurred copy of itself, as editors put it into another shape.

    The page shows it beside a result of `extend`.
    """
    shape, (_, y, x) = output_shape(video.shape, left, right, top, bottom)
    height, width = shape[1:]
    grown = max(height / video.shape[1], width / video.shape[2])
    size = [max(side, round(n * grown)) for side, n in zip((height, width), video.shape[1:])]
    rows, columns = ((large - side) // 2 for large, side in zip(size, (height, width)))
    sigma = BLUR * min(size)
    codes = torch.empty(*shape, 3, dtype=torch.uint8)
    for frame, result in zip(video.codes, codes):
        checkpoint()
        large = cv2.resize(frame.numpy(), size[::-1], interpolation=cv2.INTER_LINEAR)
        part = large[rows : rows + height, columns : columns + width]
        result.copy_(torch.from_numpy(cv2.GaussianBlur(part, (0, 0), sigma)))
        result[y : y + video.shape[1], x : x + video.shape[2]] = frame
    return Video(codes, video.fps)
