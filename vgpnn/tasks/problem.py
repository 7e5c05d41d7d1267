"""What the tasks share: a problem is the data that a task gives to the one loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Integral

import torch

from .. import pyramid
from ..codes import decode
from ..settings import Settings, Shape
from ..source_map import identity, source_map
from ..synthesis import Level, Pass, synthesize
from ..video import Video

DEFAULT_FPS = Fraction(12)  # for tensors, which have no frame rate


class Cancelled(Exception):
    """Raised by a `checkpoint` to stop a task."""


@dataclass(frozen=True)
class Result:
    """What a task returns.

    video: (T, H, W, 3) in [-1, 1] with its frame rate.
    source_map: (T, H, W, 3) int16, source coordinates (t, y, x) of every voxel.
    source: (T', H', W') of the source the map points into.
    settings: as used, with every automatic value filled in. seed: as given.
    notices: sentences on what was adapted to the input.
    """

    video: Video
    source_map: torch.Tensor
    source: Shape
    settings: Settings
    seed: int
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Step(Pass):
    """State after one pass; `result` is set in the last step only."""

    result: Result | None = None


@dataclass(frozen=True)
class Problem:
    """A task and its input, ready for the loop.

    levels: coarsest first. guess: integer codes of shape levels[0].shape + (3,).
    fps: of the result. circular: whether it loops without a seam.
    """

    levels: list[Level]
    guess: torch.Tensor
    settings: Settings
    fps: Fraction
    seed: int = 0
    notices: tuple[str, ...] = ()
    circular: bool = False
    backend: str = "auto"
    checkpoint: Callable[[], None] = field(default=lambda: None)

    def passes(self) -> Iterator[Pass]:
        """The loop, pass by pass."""
        return synthesize(
            self.levels, self.guess, self.settings, self.seed, self.backend, self.checkpoint,
            self.circular,
        )  # fmt: skip

    def steps(self) -> Iterator[Step]:
        """The loop, pass by pass; the last step holds the result."""
        for step in self.passes():
            last = (step.level, step.number) == (step.levels, step.passes)
            yield Step(**vars(step), result=self._result(step) if last else None)

    def solve(self, progress: Callable[[Step], None] | None = None) -> Result:
        """The result; `progress` is called after every pass and may raise `Cancelled`."""
        for step in self.steps():
            if progress is not None:
                progress(step)
        return step.result

    def _result(self, step: Pass) -> Result:
        finest = self.levels[-1]
        frames = decode(step.guess)
        # A circular field has a patch at every frame: the last ones reach into the first frames.
        places = source_map(step.match.field, step.patch)[: len(frames)]
        if finest.region is not None:
            inside = finest.region[..., None]
            frames = frames.where(inside, finest.source)
            places = places.where(inside, identity(finest.shape))
        return Result(
            video=Video(frames, self.fps),
            source_map=places,
            source=tuple(finest.source.shape[:3]),
            settings=self.settings,
            seed=self.seed,
            notices=self.notices,
        )


def as_video(video: Video | torch.Tensor) -> Video:
    """Check a video, and give a bare tensor a frame rate."""
    if not isinstance(video, Video):
        video = Video(torch.as_tensor(video, dtype=torch.float32), DEFAULT_FPS)
    frames = video.frames
    if frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise ValueError(f"A video has the shape (T, H, W, 3), not {tuple(frames.shape)}.")
    if max(frames.shape) > 32_767:
        raise ValueError("A side of the video is longer than 32767: scale it down first.")
    if not torch.isfinite(frames).all() or frames.abs().max() > 1.001:
        raise ValueError("The values of a video lie in [-1, 1]: scale them first.")
    return video


def checked_seed(seed: int) -> int:
    """A seed from outside, or ValueError."""
    if not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to {2**32 - 1}, not {seed}.")
    return seed


def source_levels(
    video: torch.Tensor, shape: Shape, settings: Settings, checkpoint: Callable[[], None]
) -> list[Level]:
    """The pyramid of a source (T', H', W', 3), in [-1, 1], for a result of shape (T, H, W).

    settings: adapted to `pyramid.smaller` of both.
    """
    levels = []
    for size, target in pyramid.level_shapes(tuple(video.shape[:3]), shape, settings):
        checkpoint()
        levels.append(Level(pyramid.resize(video, size), target))
    return levels
