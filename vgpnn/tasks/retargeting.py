"""Retargeting in space and time (section 4.1): another size or length, the same sizes and pace.

The first guess is the input resized to the new proportions, without noise. Patches, which keep
their size, repair what the resizing has stretched or squeezed. A longer result is the exception:
patches would keep the slow motion of a stretched guess (measured: about half the pace). Its guess
plays the input at the input's pace, and jumps back where a jump shows least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F

from vgpnn import checks, pyramid
from vgpnn.codes import decode, encode
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.synthesis import synthesize
from vgpnn.tasks.preference import Preference, fitting_settings, with_marks
from vgpnn.tasks.problem import (
    Problem,
    Result,
    Step,
    checked_seeds,
    gpu_memory_errors_explained,
    source_levels,
)
from vgpnn.tasks.steering import steered
from vgpnn.video import Video, as_video

SCALES = (0.4, 3.0)  # range of a scale: size of the result in sizes of the input
LARGEST_STEP = 1.25  # larger changes of size are made in several steps at the coarsest level
LONGER_FRAMES = 16  # of the coarsest level of a longer result: enough to have a pace
LOOP_FRAMES = 24  # of the coarsest level of a loop: enough for its end to turn into its start
LOOP_JOINT = 1 / 8  # share of a loop in which its end turns into its start
JOINT_BLUR = 5  # [px] side of the square over which the difference of two frames is averaged
JUMP_COST = 1.0  # of a jump back, in mean differences between neighbouring frames


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
    shape = output_shape(video.shape, width_scale, height_scale, duration_scale)
    settings = with_enough_frames(settings, video.shape[0], shape[0], loop)
    settings, notices = pyramid.adapted_settings(settings, pyramid.smaller(video.shape, shape))
    preference = preference and preference.checked(video.shape)
    settings = fitting_settings(settings, preference)
    levels = source_levels(video, shape, settings, device_of(device, backend), checkpoint)
    levels, settings = with_marks(levels, preference, settings)
    guesses = [
        first_guess(levels[0], settings, sample_seed, backend, checkpoint, loop)
        for sample_seed in seeds
    ]
    task = Problem(
        levels=levels,
        guess=torch.stack(guesses),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=notices,
        circular=loop,
        backend=backend,
        checkpoint=checkpoint,
        targets=preference.targets if preference else (),
        forbidden=preference and preference.none,
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


def with_enough_frames(
    settings: Settings, source_frames: int, result_frames: int, loop: bool
) -> Settings:
    """Settings whose coarsest level is long enough for a loop, or for a longer result."""
    wanted = LOOP_FRAMES if loop else LONGER_FRAMES if result_frames > source_frames else 1
    frames = min(wanted, source_frames, result_frames)
    return replace(settings, min_frames=max(settings.min_frames, frames))


def first_guess(
    coarsest: Level,
    settings: Settings,
    seed: int,
    backend: str,
    checkpoint: Callable[[], None],
    loop: bool,
) -> torch.Tensor:
    """The coarsest source, resized to the result's shape in steps of at most LARGEST_STEP.

    After every step but the last, the coarsest level is solved at that size: patches repair what a
    small step has distorted, but a large step would tear things apart.
    Returns uint8 codes of shape coarsest.shape + (3,).
    """
    guess = at_length(decode(coarsest.source).cpu(), coarsest.shape[0], loop)
    *between, target = shapes_between(tuple(guess.shape[:3]), coarsest.shape)
    for shape in between:
        level = Level(coarsest.source, shape)
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


def at_length(source: torch.Tensor, count: int, loop: bool) -> torch.Tensor:
    """The frames that the resizing of a guess starts from, made of a source, (t, H, W, 3).

    count: frames of the result. For a loop, and for a result that is longer than the source, these
    are `count` frames at the pace of the source. For other results they are the source's t frames:
    the resizing squeezes them in time, and patches restore their pace.
    """
    joint = min(count, len(source), max(1, round(count * LOOP_JOINT))) if loop else 0
    if count > len(source):
        source = source[frames_at_source_pace(source, count + joint)]
    if not loop:
        return source
    return closed(pyramid.resize(source, (count + joint, *source.shape[1:3])), joint)


def closed(frames: torch.Tensor, joint: int) -> torch.Tensor:
    """A loop of T frames, whose last ones turn into the frames that precede its first one.

    frames: (T + joint, H, W, 3). The first `joint` frames of them precede the loop. Every pixel
    changes over to them at the frame where both sides are most alike, so that there is no frame at
    which all pixels change over.
    """
    count = len(frames) - joint
    end, start = frames[count:], frames[:joint]
    difference = (end - start).abs().mean(-1)[:, None]
    difference = F.avg_pool2d(difference, JOINT_BLUR, 1, JOINT_BLUR // 2, count_include_pad=False)
    difference = difference[:, 0]  # (joint, H, W)
    cost = difference + torch.cat([difference[:1], difference[:-1]])  # of changing over at a frame
    if joint > 2:
        cost[0] = float("inf")
    has_changed = torch.arange(joint).view(-1, 1, 1) >= cost.argmin(0)
    return torch.cat([frames[joint:count], start.where(has_changed[..., None], end)])


def frames_at_source_pace(source: torch.Tensor, count: int) -> list[int]:
    """The source frame to show at each of `count` frames, which are more than the source has.

    Each is mostly the one after the frame before, with jumps where they show least (video textures,
    Schoedl et al. 2000). The first is the source's first frame and the last is its last.

    source: (T, H, W, 3). The frames are the cheapest path, found by dynamic programming. A jump
    from k to j costs JUMP_COST and the difference of frames k + 1 and j in mean differences
    between neighbours; running behind or ahead of an even course costs its square.
    """
    frames = source.flatten(1)
    if len(frames) < 2:
        return [0] * count
    difference = torch.cdist(frames, frames)
    unit = difference.diagonal(1).mean().clamp(min=1e-9)  # between neighbouring frames
    jump = torch.cat([difference[1:], difference[-1:] + unit]) / unit + JUMP_COST
    following = torch.arange(len(frames) - 1)
    jump[following, following + 1] = 0
    jump.fill_diagonal_(float("inf"))
    offset = torch.linspace(0, 1, count)[:, None] - torch.linspace(0, 1, len(frames))
    drift_cost = offset.square() * len(frames) / count  # (count, T)
    cost = torch.full((len(frames),), float("inf"))
    cost[0] = 0
    predecessors = []
    for drift in drift_cost[1:]:
        cost, predecessor = (cost[:, None] + jump).min(0)
        cost = cost + drift
        predecessors.append(predecessor)
    path = [len(frames) - 1]
    for predecessor in reversed(predecessors):
        path.append(int(predecessor[path[-1]]))
    return path[::-1]


def plainly_resized(
    video: Video, shape: Shape, checkpoint: Callable[[], None] = lambda: None
) -> Video:
    """A video stretched to a shape (T, H, W), and played faster or slower, as any player can.

    The page shows it beside a result of `retarget`.
    """
    nearest = torch.linspace(0, len(video.codes) - 1, shape[0]).round().long()
    return Video(pyramid.resize(video.codes[nearest], shape, checkpoint), video.fps)
