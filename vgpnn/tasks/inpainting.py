"""Conditional inpainting (section 4.3): colour cues say what a region is to be filled with.

The cues are part of the first guess only: on the coarsest level, where a cue is about as large as
a patch, it meets what in the video is of its colour; the levels above it fill in the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat

import cv2
import torch
import torch.nn.functional as F

from vgpnn import pyramid
from vgpnn.codes import encode
from vgpnn.fields import keys_outside
from vgpnn.level import Level, shapes_of
from vgpnn.machine.devices import device_of
from vgpnn.presets import PRESETS
from vgpnn.schedule import plan_levels
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.cues import smallest_piece
from vgpnn.tasks.problem import (
    Problem,
    Result,
    Step,
    as_video,
    checked_seeds,
    enough_memory,
    for_each,
    source_levels,
)
from vgpnn.video import Video

LEAST_KEYS = 16  # patches outside the region, on every level


def inpaint(
    video: Video | torch.Tensor,
    region: torch.Tensor,
    cues: torch.Tensor | None = None,
    seed: int = 0,
    settings: Settings = PRESETS["inpaint"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """Fill a region of a video from the rest of it, steered by colour cues (section 4.3).

    video: a `Video`, or a (T, H, W, 3) tensor in [-1, 1]. Outside the region its codes come back
        bit for bit.
    region: (T, H, W) bool, what is to be made anew; all False gives the video back.
    cues: (T, H, W, 4) in [-1, 1], red, green, blue, and where the fourth is above 0 a cue; None
        or no cue in a place: it is filled to fit what is around.
    The other arguments are those of `generate`. Raises ValueError with one sentence.
    """
    settings = settings.with_changes(**changes)
    one = problem(video, region, cues, (seed,), settings, device, backend, checkpoint)
    return one.solve(progress)[0]


def inpaint_steps(*arguments, **options) -> Iterator[Step]:
    """`inpaint` (without `progress`) as an iterator over passes."""
    yield from problem(*arguments, **options).steps()


@enough_memory()
def problem(
    video: Video | torch.Tensor,
    region: torch.Tensor,
    cues: torch.Tensor | None = None,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["inpaint"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """Inpainting as data for the loop; see `inpaint`."""
    video, seeds = as_video(video), checked_seeds(seed)
    shape, where = video.shape, device_of(device, backend)
    region, cues = region.cpu(), None if cues is None else cues.cpu()
    if region.dtype != torch.bool or tuple(region.shape) != shape:
        raise ValueError(f"region must be a bool tensor of shape {shape}, like the video.")
    if cues is not None and tuple(cues.shape) != (*shape, 4):
        raise ValueError(f"cues must be a tensor of shape {(*shape, 4)}, like the video.")
    settings, notices = settings.adapted_to(shape)
    settings = replace(settings, min_side=coarsest_side(region, cues, settings))
    levels = [
        replace(level, region=covered(region, level.shape).to(where))
        for level in source_levels(video, shape, settings, where, checkpoint)
    ]
    if not enough_keys(levels[-1], settings):
        raise ValueError("The region leaves too little of the clip to fill it from: paint less.")
    while not enough_keys(levels[0], settings):
        levels.pop(0)
    guess = first_guess(video.codes, region, cues, levels[0].shape, checkpoint).to(where)
    return Problem(
        levels,
        for_each(seeds, guess),
        (settings,) * len(seeds),
        video.fps,
        seeds,
        notices,
        backend=backend,
        checkpoint=checkpoint,
    )


def coarsest_side(region: torch.Tensor, cues: torch.Tensor | None, settings: Settings) -> int:
    """The smaller side [px] of the coarsest level, on which a cue is about as large as a patch."""
    wanted = region if cues is None else region & (cues[..., 3] > 0)
    frames = wanted[wanted.flatten(1).any(1)]
    if not len(frames):
        return settings.min_side
    side = min(region.shape[1:])
    patches = side / smallest_piece(frames[len(frames) // 2].numpy())
    return round(min(side, max(settings.min_side, patches * min(settings.patch[1:]))))


def covered(region: torch.Tensor, shape: Shape) -> torch.Tensor:
    """The region at a level: (T', H', W') bool, True wherever a part of a voxel lies in it."""
    if tuple(region.shape) == tuple(shape):
        return region
    return F.adaptive_max_pool3d(region[None, None].float(), shape)[0, 0] > 0


def enough_keys(level: Level, settings: Settings) -> bool:
    """Whether enough patches of a level do not touch its region."""
    (plan,) = plan_levels(shapes_of([level]), settings)
    return int(keys_outside(level.region, plan.patch).sum()) >= LEAST_KEYS


def first_guess(
    video: torch.Tensor,
    region: torch.Tensor,
    cues: torch.Tensor | None,
    shape: Shape,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """A video of codes, its region filled and the cues painted over, reduced to `shape`.

    The filling runs in smoothly from the border (Telea 2004), so that without a cue the region
    starts as what is around it.
    """
    painted = video.clone()
    for frame, hole, paint in zip(painted, region, repeat(None) if cues is None else cues):
        checkpoint()
        if hole.any():
            mask = hole.to(torch.uint8).numpy()
            filled = torch.from_numpy(cv2.inpaint(frame.numpy(), mask, 3, cv2.INPAINT_TELEA))
            frame[hole] = filled[hole]
            if paint is not None:
                cued = hole & (paint[..., 3] > 0)
                frame[cued] = encode(paint[cued][:, :3])
    return pyramid.resize(painted, shape)
