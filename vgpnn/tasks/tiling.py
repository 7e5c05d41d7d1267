"""Seamless tiles: results that repeat side by side, one above the other, or in time.

The guess goes round in space (see `wrapping`), and so does the source (see `torus`): it is the
clip, closed along lines that show least, and the loop makes what lies at these lines of whole
patches. A tile that is a loop as well plays its moments as other loops do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from vgpnn import checks, pyramid
from vgpnn.camera.canvas import with_guessed_keys
from vgpnn.codes import encode
from vgpnn.level import Level
from vgpnn.machine.devices import device_of
from vgpnn.machine.threads import torch_threads
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings, Shape
from vgpnn.tasks import retargeting
from vgpnn.tasks.problem import (
    Problem,
    checked_seeds,
    gpu_memory_errors_explained,
    source_levels,
)
from vgpnn.tasks.result import Result, Step
from vgpnn.tasks.seam import SMALLEST
from vgpnn.tasks.source import unused_settings
from vgpnn.tasks.torus import Torus, torus_of
from vgpnn.video import Video, as_video
from vgpnn.wrapping import Wraps

# Rows, columns: what goes round, by the name of what the tile repeats along.
AXES: dict[str, Wraps] = {"x": (False, True), "y": (True, False), "both": (True, True)}
SIDE = 30  # [px] of the coarsest level


def tile(
    video: Video | torch.Tensor,
    axes: str = "both",
    time: bool = False,
    seed: int = 0,
    settings: Settings = PRESETS["tile"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """The clip as a seamless tile of the same size: its edges lead into each other.

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes.
    axes: "x" where the last column leads into the first, "y" where the last row does, or "both".
    time: whether the last frame leads into the first, too.
    The other arguments are those of `generate`. Raises ValueError with one sentence for other axes,
    settings or a video that cannot be used.
    """
    settings = settings.with_changes(**changes)
    task = problem(video, axes, time, (seed,), settings, device, backend, checkpoint)
    return task.solve(progress)[0]


def tile_steps(*arguments, **options) -> Iterator[Step]:
    """`tile` as an iterator over passes, with the arguments of `problem`."""
    yield from problem(*arguments, **options).steps()


@gpu_memory_errors_explained()
@torch_threads(1)
def problem(
    video: Video | torch.Tensor,
    axes: str = "both",
    time: bool = False,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["tile"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """A tile as data for the loop; see `tile`."""
    video, seeds = as_video(video), checked_seeds(seed)
    wraps = AXES[checks.one_of("axes", axes, AXES)]
    checks.yes_or_no("time", time)
    if any(on and side < SMALLEST for on, side in zip(wraps, video.shape[1:])):
        raise ValueError(f"A tile needs a clip of at least {SMALLEST} px along its axes.")
    settings, notices = adapted_settings(settings, video.shape, time)
    torus = torus_of(video.codes, wraps, checkpoint)
    closed = torus.closed(video.codes, checkpoint)
    source = Video(torus.source(closed), video.fps)
    levels = source_levels(source, video.shape, settings, device_of(device, backend), checkpoint)
    levels = with_guessed_keys(levels, torus.lines(len(closed)).numpy(), checkpoint)
    # The coarsest level of the tile itself, without margins.
    small = torus.reduced(closed, (levels[0].source_shape[0], *levels[0].shape[1:]), checkpoint)
    small = Level(small, levels[0].shape)
    guesses, own_notices = [], []
    for each in seeds:
        known = video.shape, video.shape, time, each, checkpoint
        frames, notice = retargeting.first_frames(small, *known)
        guesses.append(encode(frames).to(levels[0].source.device))
        own_notices.append(notice)
    return Problem(
        levels=levels,
        guess=torch.stack(guesses),
        settings=(settings,) * len(seeds),
        fps=video.fps,
        seeds=seeds,
        notices=(*unused_settings(settings), *notices),
        own_notices=tuple(own_notices),
        circular=time,
        torus=torus,
        backend=backend,
        checkpoint=checkpoint,
    )


def used_settings(settings: Settings, size: Shape) -> Settings:
    """The settings with a coarsest level of SIDE: what is larger needs no repair, because the clip
    is closed before. size: (T, H, W) of the clip."""
    return replace(settings, min_side=max(settings.min_side, min(min(size[1:]), SIDE)))


def searched_shape(size: Shape, axes: str) -> Shape:
    """(T, H, W) of the source of a tile, margins included. size: of the clip."""
    rows, columns = Torus(AXES[axes], size, ()).margins(*size[1:])
    return size[0], size[1] + 2 * rows, size[2] + 2 * columns


def adapted_settings(
    settings: Settings, size: Shape, time: bool
) -> tuple[Settings, tuple[str, ...]]:
    """Settings that fit a clip of size (T, H, W), and a sentence on each thing that was changed."""
    settings = used_settings(settings, size)
    if time:
        return retargeting.adapted_settings(settings, size, size, True)
    return pyramid.adapted_settings(settings, size, retargeting.PLAYED_VOXELS)
