"""Conditional inpainting (section 4.3): colour cues say what a region is to be filled with.

The cues are part of the first guess only. The coarsest level is chosen so that a cue is about as
large as a patch there: the search then finds what has the colour of the cue in the video. The
levels above it fill in the details.
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
from vgpnn.level import Level, shapes_of
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.outside import keys_outside
from vgpnn.presets import PRESETS
from vgpnn.schedule import plan_levels
from vgpnn.settings import Settings, Shape
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained, source_levels
from vgpnn.tasks.region import smallest_piece_side
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import unused_settings
from vgpnn.video import Video, as_video

LEAST_KEYS = 16  # patches outside the region that every level needs
FILL_RADIUS = 3  # [px] how far around a pixel the smooth filling looks


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

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes. Outside the
        region its codes come back bit for bit.
    region: (T, H, W) bool, True where the result is made anew. All False gives the video back.
    cues: (T, H, W, 4) in [-1, 1]: red, green, blue, and a fourth channel that is above 0 where
        there is a cue. The region is filled to fit its surroundings where there is no cue, and
        everywhere for None.
    The other arguments are those of `generate`. Raises ValueError with one sentence for settings,
    a region or cues that cannot be used.
    """
    settings = settings.with_changes(**changes)
    task = problem(video, region, cues, (seed,), settings, device, backend, checkpoint)
    return task.solve(progress)[0]


def inpaint_steps(*arguments, **options) -> Iterator[Step]:
    """`inpaint` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
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
    shape, target = video.shape, device_of(device, backend)
    region, cues = region.cpu(), None if cues is None else cues.cpu()
    if region.dtype != torch.bool or tuple(region.shape) != shape:
        raise ValueError(f"region must be a bool tensor of shape {shape}, like the video.")
    if cues is not None and tuple(cues.shape) != (*shape, 4):
        raise ValueError(f"cues must be a tensor of shape {(*shape, 4)}, like the video.")
    settings, notices = pyramid.adapted_settings(settings, shape)
    settings = replace(settings, min_side=coarsest_side(region, cues, settings))
    levels = []
    for level in source_levels(video, shape, settings, target, checkpoint):
        checkpoint()
        levels.append(replace(level, region=reduced_region(region, level.shape).to(target)))
    if not has_enough_keys(levels[-1], settings):
        raise ValueError("The region leaves too little of the clip to fill it from: paint less.")
    while not has_enough_keys(levels[0], settings):
        levels.pop(0)
    guess = first_guess(video.codes, region, cues, levels[0].shape, checkpoint).to(target)
    return Problem(
        levels=levels,
        guess=guess.expand(len(seeds), *guess.shape),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*unused_settings(settings), *notices),
        backend=backend,
        checkpoint=checkpoint,
    )


def coarsest_side(region: torch.Tensor, cues: torch.Tensor | None, settings: Settings) -> int:
    """The smaller side [px] of the coarsest level, on which a cue is about as large as a patch.

    Where there is no cue, that holds for the smallest piece of the region instead.
    """
    painted = region if cues is None else region & (cues[..., 3] > 0)
    frames = painted[painted.flatten(1).any(1)]
    if not len(frames):
        return settings.min_side
    side = min(region.shape[1:])
    pieces = side / smallest_piece_side(frames[len(frames) // 2].numpy())
    return round(min(side, max(settings.min_side, pieces * min(settings.patch[1:]))))


def reduced_region(region: torch.Tensor, shape: Shape) -> torch.Tensor:
    """A region, (T, H, W) bool, at the (T', H', W') of a level.

    A voxel of the level is True where any part of it lies in the region.
    """
    if tuple(region.shape) == tuple(shape):
        return region
    return F.adaptive_max_pool3d(region[None, None].float(), shape)[0, 0] > 0


def has_enough_keys(level: Level, settings: Settings) -> bool:
    """Whether at least LEAST_KEYS patches of a level do not touch its region."""
    (plan,) = plan_levels(shapes_of([level]), settings)
    return int(keys_outside(level.region, plan.patch).sum()) >= LEAST_KEYS


def first_guess(
    video: torch.Tensor,
    region: torch.Tensor,
    cues: torch.Tensor | None,
    shape: Shape,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """The video with its region filled and the cues painted over it, reduced to `shape`.

    video: (T, H, W, 3) uint8 codes. Returns codes of shape `shape` + (3,).
    The filling continues the border smoothly into the region (Telea 2004), so that the region
    starts like its surroundings where there is no cue.
    """
    guess = video.clone()
    for frame, inside, paint in zip(guess, region, repeat(None) if cues is None else cues):
        checkpoint()
        if inside.any():
            mask = inside.to(torch.uint8).numpy()
            filled = cv2.inpaint(frame.numpy(), mask, FILL_RADIUS, cv2.INPAINT_TELEA)
            frame[inside] = torch.from_numpy(filled)[inside]
            if paint is not None:
                has_cue = inside & (paint[..., 3] > 0)
                frame[has_cue] = encode(paint[has_cue][:, :3])
    return pyramid.resize(guess, shape, checkpoint)
