"""Retargeting in space and time (section 4.1): another size or length, the same sizes and pace.

The first guess is the input resized to the new proportions, without noise. Patches, which keep
their size, repair what the resizing has stretched or squeezed. Longer results and loops are the
exception: patches would keep the slow motion of a stretched guess (measured: about half the pace).
Their guess is a `video_texture`, in which every region plays the input at the input's pace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch

from vgpnn import checks, pyramid
from vgpnn.codes import decode, encode
from vgpnn.full_size import Sizes
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.synthesis import synthesize
from vgpnn.tasks import video_texture
from vgpnn.tasks.preference import Preference, fitting_settings, with_marks
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import source_of, unused_overlays
from vgpnn.tasks.steering import steered
from vgpnn.video import Video, as_video

SCALES = (0.4, 3.0)  # range of a scale: size of the result in sizes of the input
LARGEST_STEP = 1.25  # larger changes of size are made in several steps at the coarsest level
# Of the coarsest level where time is played: all of it, because fast motion blurs in fewer frames,
# and large enough that a patch is not half the picture (measured).
MOST_FRAMES = 96
PLAYED_SIDE = 30  # [px]
PLAYED_VOXELS = 400_000  # at most; it is not searched exactly
AT_ONCE = "All regions of this clip would show where they jump, so its whole picture jumps at once."


def retarget(
    video: Video | torch.Tensor,
    width_scale: float = 1.0,
    height_scale: float = 1.0,
    duration_scale: float = 1.0,
    loop: bool = False,
    seed: int = 0,
    settings: Settings = PRESETS["retarget"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    preference: Preference | None = None,
    **changes,
) -> Result:
    """The same scene at another size or length; things keep their size and motion its pace.

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes.
    width_scale, height_scale, duration_scale: size of the result in sizes of the input, 0.4 to 3.
    loop: whether the result's last frame leads into its first.
    preference: what of the video is wanted more, less, or not at all.
    The other arguments are those of `generate`. Raises ValueError with one sentence for scales,
    settings or a video that cannot be used.
    """
    settings = settings.with_changes(**changes)
    scales = width_scale, height_scale, duration_scale
    known = (seed,), settings, device, backend, checkpoint, preference
    task = problem(video, *scales, loop, *known)
    return task.solve(progress)[0]


def retarget_steps(*arguments, **options) -> Iterator[Step]:
    """`retarget` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    video: Video | torch.Tensor,
    width_scale: float = 1.0,
    height_scale: float = 1.0,
    duration_scale: float = 1.0,
    loop: bool = False,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["retarget"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    preference: Preference | None = None,
) -> Problem:
    """Retargeting as data for the loop; see `retarget`."""
    video, seeds = as_video(video), checked_seeds(seed)
    scales = width_scale, height_scale, duration_scale
    size = output_shape(video.shape, *scales)[1:]  # of the frames of the result
    preference = preference and preference.checked(video.shape)
    source = source_of(video, settings, checkpoint, is_marked=preference is not None)
    shape = output_shape(source.shape, *scales)
    settings, notices = adapted_settings(settings, source.shape, shape, loop)
    fitted = pyramid.smaller(source.shape, shape)
    most = most_voxels(source.shape[0], shape[0], loop)
    settings = fitting_settings(settings, preference, fitted, most)
    levels = source.levels(shape, settings, device_of(device, backend), checkpoint)
    levels, settings = with_marks(levels, preference, settings)
    guesses, own_notices = [], []
    for sample_seed in seeds:
        start, notice = first_frames(levels[0], source.shape, shape, loop, sample_seed, checkpoint)
        own_notices.append(notice)
        guesses.append(
            first_guess(levels[0], start, settings, sample_seed, backend, checkpoint, loop)
        )
    task = Problem(
        levels=levels,
        guess=torch.stack(guesses),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*unused_overlays(settings), *source.notices, *notices),
        own_notices=tuple(own_notices),
        circular=loop,
        backend=backend,
        checkpoint=checkpoint,
        view=source.view(shape, size, loop),
        targets=preference.targets if preference else (),
        forbidden=preference and preference.none,
        sizes=sizes_for(*scales),
    )
    return steered(task)


def output_shape(
    size: Shape, width_scale: float, height_scale: float, duration_scale: float
) -> Shape:
    """(T, H, W) of the result for a source of size (t, h, w).

    Height and width become even where they change, as video files want them. Raises ValueError
    with one sentence for a scale outside SCALES.
    """
    shape = []
    for name, length, scale in zip(
        ("duration_scale", "height_scale", "width_scale"),
        size,
        (duration_scale, height_scale, width_scale),
    ):
        checks.number(name, scale, *SCALES)
        if scale == 1:
            shape.append(length)
        elif name == "duration_scale":
            shape.append(max(1, round(length * scale)))
        else:
            shape.append(max(2, 2 * round(length * scale / 2)))
    return tuple(shape)


def sizes_for(width_scale: float, height_scale: float, duration_scale: float) -> Sizes:
    """`output_shape` for every size of the source, which does not stay."""
    return partial(_sizes, (width_scale, height_scale, duration_scale))


def _sizes(scales: tuple[float, float, float], size: Shape) -> tuple[Shape, None]:
    return output_shape(size, *scales), None


def plays_time(source_frames: int, result_frames: int, loop: bool) -> bool:
    """Whether a result plays the source at its pace, for a loop or for longer than it lasts; else
    its guess is the source, resized in time."""
    return loop or result_frames > source_frames


def most_voxels(source_frames: int, result_frames: int, loop: bool) -> int:
    """How many voxels the coarsest level may have."""
    is_played = plays_time(source_frames, result_frames, loop)
    return PLAYED_VOXELS if is_played else pyramid.COARSEST_VOXELS


def adapted_settings(
    settings: Settings, size: Shape, shape: Shape, loop: bool
) -> tuple[Settings, tuple[str, ...]]:
    """Settings that fit a source of size (t, h, w) and a result of shape (T, H, W), and a sentence
    on each thing that was changed.

    Where time is played, the coarsest level is longer and larger, and there are no weights: on
    that guess they freeze frames (measured).
    """
    fitted = pyramid.smaller(size, shape)
    if not plays_time(size[0], shape[0], loop):
        return pyramid.adapted_settings(settings, fitted)
    settings = replace(
        settings,
        min_frames=max(settings.min_frames, min(fitted[0], MOST_FRAMES)),
        min_side=max(settings.min_side, min(fitted[1], PLAYED_SIDE)),
        alpha=None,
    )
    return pyramid.adapted_settings(settings, fitted, PLAYED_VOXELS)


def first_frames(
    coarsest: Level,
    size: Shape,
    shape: Shape,
    loop: bool,
    seed: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[torch.Tensor, tuple[str, ...]]:
    """What a first guess is resized from, (T, h, w, 3) values at the size of the coarsest source,
    and a sentence where the whole picture jumps at once.

    size, shape: of the source and of the result at full size.
    """
    frames = decode(coarsest.source).cpu()
    if not plays_time(size[0], shape[0], loop):
        return frames, ()
    moments, has_regions = video_texture.draw(frames, coarsest.shape[0], loop, seed, checkpoint)
    return video_texture.mosaic(frames, moments), () if has_regions else (AT_ONCE,)


def first_guess(
    coarsest: Level,
    start: torch.Tensor,
    settings: Settings,
    seed: int,
    backend: str,
    checkpoint: Callable[[], None],
    loop: bool,
) -> torch.Tensor:
    """The frames of `first_frames`, resized to the result's shape in steps of at most LARGEST_STEP.

    After every step but the last, the coarsest level is solved at that size: patches repair what a
    small step has distorted, but a large step would tear things apart.
    Returns uint8 codes of shape coarsest.shape + (3,).
    """
    guess = start
    *between, target = shapes_between(tuple(guess.shape[:3]), coarsest.shape)
    for shape in between:
        level = replace(coarsest, shape=shape)  # what is forbidden stays forbidden
        resized = encode(pyramid.resize(guess, shape))[None].to(coarsest.source.device)
        *_, last = synthesize([level], resized, settings, (seed,), backend, checkpoint, loop)
        guess = decode(last.guess[0]).cpu()
    return encode(pyramid.resize(guess, target)).to(coarsest.source.device)


def shapes_between(start: Shape, target: Shape) -> list[Shape]:
    """Shapes on the way from one (T, H, W) shape to another, the last of which is the target.

    All steps have the same factor for each side, which is at most LARGEST_STEP.
    """
    change = max(max(a / b, b / a) for a, b in zip(start, target))
    steps = 1
    while change ** (1 / steps) > LARGEST_STEP:
        steps += 1
    return [
        tuple(round(a * (b / a) ** (step / steps)) for a, b in zip(start, target))
        for step in range(1, steps + 1)
    ]


def plainly_resized(
    video: Video, shape: Shape, checkpoint: Callable[[], None] = lambda: None
) -> Video:
    """A video stretched to a shape (T, H, W), and played faster or slower, as any player can.

    The page shows it beside a result of `retarget`.
    """
    nearest = torch.linspace(0, len(video.codes) - 1, shape[0]).round().long()
    return Video(pyramid.resize(video.codes[nearest], shape, checkpoint), video.fps)
