"""Going on: the clip plays to its end as it is, to the bit, and then it goes on.

The first guess jumps back to where the clip fits its last frames best, and plays on from there.
Patches that reach over the end have to fit what is known (see `search.border`). Time is not reduced
on coarse levels: with fewer frames motion melts to a still (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import torch

from vgpnn import checks, pyramid
from vgpnn.codes import decode
from vgpnn.full_size import Sizes
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import SETTINGS, Settings, Shape
from vgpnn.tasks.extending import levels_around
from vgpnn.tasks.problem import Problem, checked_seeds, gpu_memory_errors_explained
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.source import unused_settings
from vgpnn.video import Video, as_video

LONGER = (0.1, 1.0)  # range of what is added, in lengths of the clip
USUAL = 0.5  # added where nothing else is asked for
RUN = 3  # [frames] the last ones, which have to fit where the guess jumps to
COMPARED_LEVEL = 4  # number of the level, from 0, on which frames are compared


def go_on(
    video: Video | torch.Tensor,
    longer: float = USUAL,
    seed: int = 0,
    settings: Settings = PRESETS["go_on"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """The clip as it is, and after its end what may come next, made of its patches.

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes. The result
        begins with its codes, bit for bit.
    longer: how much is added, in lengths of the clip, 0.1 to 1.
    The other arguments are those of `generate`. Raises ValueError with one sentence for a length,
    settings or a video that cannot be used.
    """
    settings = settings.with_changes(**changes)
    task = problem(video, longer, (seed,), settings, device, backend, checkpoint)
    return task.solve(progress)[0]


def go_on_steps(*arguments, **options) -> Iterator[Step]:
    """`go_on` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    video: Video | torch.Tensor,
    longer: float = USUAL,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["go_on"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """Going on as data for the loop; see `go_on`."""
    video, seeds = as_video(video), checked_seeds(seed)
    count = result_frames(video.shape[0], longer)
    settings, notices = pyramid.adapted_settings(settings, video.shape)
    settings = used_settings(settings, video.shape[0])
    codes = video.codes.to(device_of(device, backend))
    shape = count, *video.shape[1:]
    levels = levels_around(codes, shape, (0, 0, 0), settings, checkpoint)
    guess = first_guess(levels)
    return Problem(
        levels=levels,
        guess=guess.expand(len(seeds), *guess.shape),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*unused_settings(settings), *notices),
        backend=backend,
        checkpoint=checkpoint,
        sizes=sizes_for(longer),
    )


def used_settings(settings: Settings, frames: int) -> Settings:
    """The settings for a clip of so many frames, which no level has fewer of."""
    return replace(settings, min_frames=min(frames, SETTINGS["min_frames"].high))


def result_frames(frames: int, longer: float) -> int:
    """How many frames the result of so many frames has. Raises ValueError for another length."""
    return frames + max(1, round(frames * checks.number("longer", longer, *LONGER)))


def sizes_for(longer: float) -> Sizes:
    """How large the result of a clip of any size is; the clip is its beginning."""
    return partial(_sizes, longer)


def _sizes(longer: float, size: Shape) -> tuple[Shape, Shape]:
    return (result_frames(size[0], longer), *size[1:]), (0, 0, 0)


def first_guess(levels: list[Level]) -> torch.Tensor:
    """The coarsest source, and after its end frames of it: codes, levels[0].shape + (3,)."""
    compared = levels[min(COMPARED_LEVEL, len(levels) - 1)].source
    frames = frames_after(compared, levels[0].shape[0] - len(compared))
    source = levels[0].source
    return torch.cat([source, source[frames]])


def frames_after(source: torch.Tensor, count: int) -> list[int]:
    """The source frames to show after the last one: `count` numbers.

    source: (T, H, W, 3) codes. The first is the one after the RUN of frames that fits the last RUN
    best, of those that leave at least half of the clip: without that, the last frames fit
    themselves best, over and over. Where the end comes again, the next best run follows.
    """
    length = len(source)
    if length <= RUN:
        return [length - 1] * count
    frames = decode(source.cpu()).flatten(1)
    apart = torch.cdist(frames[-RUN:], frames).square()  # of the last frames to all
    starts = max(1, length - RUN - max(1, length // 2) + 1)
    fits = sum(apart[k, k : k + starts] for k in range(RUN))
    order = fits.argsort(stable=True).tolist()
    shown, jumps = [], 0
    place = length
    while len(shown) < count:
        if place >= length:
            place = order[jumps % len(order)] + RUN
            jumps += 1
        shown.append(place)
        place += 1
    return shown
