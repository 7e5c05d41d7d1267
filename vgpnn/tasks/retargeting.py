"""Retargeting in space and time (section 4.1): another size or length, the same sizes and pace.

The guess is the input resized to the new proportions, without noise; what got stretched or
squeezed by that is put right by patches, which keep their size. A longer result is the exception:
patches would keep the slow motion of a stretched guess (measured: about half the pace), so its
guess plays the input at its own pace and goes back where that shows least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F

from vgpnn import pyramid
from vgpnn.codes import decode, encode
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.synthesis import synthesize
from vgpnn.tasks.problem import (
    Problem,
    Result,
    Step,
    as_video,
    checked_seeds,
    enough_memory,
    source_levels,
)
from vgpnn.video import Video

LARGEST_STEP = 1.25  # larger changes of size are made in several steps at the coarsest level
SCALES = (0.4, 3.0)
LONGER_FRAMES = 16  # of the coarsest level where the result is longer: enough to have a pace
LOOP_FRAMES = 24  # the same where it loops: enough for its end to turn into its start
JOINT = 1 / 8  # share of a loop in which that happens
JUMP = 1.0  # cost of going back, in mean steps from frame to frame


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
    **changes,
) -> Result:
    """The same scene at another size or length; things keep their size and motion its pace.

    video: a `Video`, or a (T, H, W, 3) tensor in [-1, 1].
    width_scale, height_scale, duration_scale: size of the result in sizes of the input, 0.4 to 3.
    loop: whether the result's last frame leads into its first.
    The other arguments are those of `generate`.
    """
    settings = settings.with_changes(**changes)
    scales = width_scale, height_scale, duration_scale
    one = problem(video, *scales, loop, (seed,), settings, device, backend, checkpoint)
    return one.solve(progress)[0]


def retarget_steps(video: Video | torch.Tensor, *arguments, **options) -> Iterator[Step]:
    """`retarget` (without `progress`) as an iterator over passes."""
    yield from problem(video, *arguments, **options).steps()


@enough_memory()
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
) -> Problem:
    """Retargeting as data for the loop; see `retarget`."""
    video, seeds = as_video(video), checked_seeds(seed)
    size = video.shape
    shape = output_shape(size, width_scale, height_scale, duration_scale)
    least = LOOP_FRAMES if loop else LONGER_FRAMES if shape[0] > size[0] else 1
    least = min(least, shape[0], size[0])
    settings = replace(settings, min_frames=max(settings.min_frames, least))
    settings, notices = settings.adapted_to(pyramid.smaller(size, shape))
    levels = source_levels(video, shape, settings, device_of(device, backend), checkpoint)
    guess = torch.stack(
        [in_steps(levels[0], settings, one, backend, checkpoint, loop) for one in seeds]
    )
    return Problem(
        levels,
        guess,
        (settings,) * len(seeds),
        video.fps,
        seeds,
        notices,
        loop,
        backend,
        checkpoint,
    )


def output_shape(
    size: Shape, width_scale: float, height_scale: float, duration_scale: float
) -> Shape:
    """(T, H, W) of the result; sides that change become even, as video files want them."""
    shape = []
    for name, length, scale in zip(
        ("duration_scale", "height_scale", "width_scale"),
        size,
        (duration_scale, height_scale, width_scale),
    ):
        low, high = SCALES
        if not isinstance(scale, int | float) or not low <= scale <= high:
            raise ValueError(f"{name} must be a number from {low:g} to {high:g}, not {scale}.")
        if scale == 1:
            shape.append(length)
        elif name == "duration_scale":
            shape.append(max(1, round(length * scale)))
        else:
            shape.append(max(2, 2 * round(length * scale / 2)))
    return tuple(shape)


def in_steps(
    coarsest: Level,
    settings: Settings,
    seed: int,
    backend: str,
    checkpoint: Callable[[], None],
    loop: bool,
) -> torch.Tensor:
    """The coarsest source, resized to the result's shape in steps of at most LARGEST_STEP.

    After every step but the last, the coarsest level is solved at that size: a small change is
    put right where a large one would only be torn. Returns codes of shape coarsest.shape + (3,).
    """
    guess, count = decode(coarsest.source).cpu(), coarsest.shape[0]
    if loop:
        joint = min(count, len(guess), max(1, round(count * JOINT)))
        if count > len(guess):
            guess = guess[at_own_pace(guess, count + joint)]
        guess = joined(pyramid.resize(guess, (count + joint, *guess.shape[1:3])), joint)
    elif count > len(guess):
        guess = guess[at_own_pace(guess, count)]
    size, target = tuple(guess.shape[:3]), coarsest.shape
    change = max(max(a / b, b / a) for a, b in zip(size, target))
    steps = 1
    while change ** (1 / steps) > LARGEST_STEP:
        steps += 1
    for step in range(1, steps + 1):
        share = step / steps
        shape = tuple(round(a * (b / a) ** share) for a, b in zip(size, target))
        guess = pyramid.resize(guess, shape)
        if step < steps:
            first = encode(guess)[None].to(coarsest.source.device)
            *_, last = synthesize(
                [Level(coarsest.source, shape)],
                first,
                settings,
                (seed,),
                backend,
                checkpoint,
                loop,
            )
            guess = decode(last.guess[0]).cpu()
    return encode(guess).to(coarsest.source.device)


def joined(frames: torch.Tensor, joint: int) -> torch.Tensor:
    """A loop of T frames from T + joint: the last ones turn into those that precede the first.

    frames: (T + joint, H, W, 3). Every pixel goes over to the other side where both are most
    alike, so that there is no frame at which all of them do.
    """
    count = len(frames) - joint
    end, start = frames[count:], frames[:joint]
    apart = (end - start).abs().mean(-1)[:, None]
    apart = F.avg_pool2d(apart, 5, 1, 2, count_include_pad=False)[:, 0]
    cost = apart + torch.cat([apart[:1], apart[:-1]])  # of going over just before each frame
    if joint > 2:
        cost[0] = float("inf")
    over = torch.arange(joint).view(-1, 1, 1) >= cost.argmin(0)
    return torch.cat([frames[joint:count], start.where(over[..., None], end)])


def at_own_pace(source: torch.Tensor, count: int) -> list[int]:
    """Source frames to show in `count` frames, more than the source has: mostly the next one, with
    jumps where they show least (video textures, Schoedl et al. 2000), from the first to the last.

    source: (T, H, W, 3). The cheapest path, by dynamic programming, where a jump from k to j costs
    JUMP and the distance of frames k + 1 and j in mean steps, and staying behind or ahead of
    an even course costs its square.
    """
    frames = source.flatten(1)
    if len(frames) < 2:
        return [0] * count
    apart = torch.cdist(frames, frames)
    step = apart.diagonal(1).mean().clamp(min=1e-9)
    jump = torch.cat([apart[1:], apart[-1:] + step]) / step + JUMP
    following = torch.arange(len(frames) - 1)
    jump[following, following + 1] = 0
    jump.fill_diagonal_(float("inf"))
    even = torch.linspace(0, 1, count)[:, None] - torch.linspace(0, 1, len(frames))
    drift = even.square() * len(frames) / count
    cost = torch.full((len(frames),), float("inf"))
    cost[0] = 0
    came_from = []
    for late in drift[1:]:
        cost, best = (cost[:, None] + jump).min(0)
        cost = cost + late
        came_from.append(best)
    path = [len(frames) - 1]
    for best in reversed(came_from):
        path.append(int(best[path[-1]]))
    return path[::-1]


def plainly_resized(video: Video, shape: Shape) -> Video:
    """A video stretched to a shape (T, H, W), and played faster or slower, as any player can: what
    a result of `retarget` is compared with."""
    nearest = torch.linspace(0, len(video.codes) - 1, shape[0]).round().long()
    return Video(pyramid.resize(video.codes[nearest], shape), video.fps)
