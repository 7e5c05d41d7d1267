"""What the tasks share: a problem is the data that a task gives to the one loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from numbers import Integral

import torch

from vgpnn import pyramid
from vgpnn.level import Level, Pass, shapes_of
from vgpnn.schedule import plan_levels, shares_done
from vgpnn.settings import Settings, Shape
from vgpnn.source_map import keep_outside, source_map
from vgpnn.synthesis import synthesize
from vgpnn.video import Video

DEFAULT_FPS = Fraction(12)  # for tensors, which have no frame rate


class Cancelled(Exception):
    """Raised by a `checkpoint` to stop a task."""


@dataclass(frozen=True)
class Result:
    """What a task returns.

    video: of shape (T, H, W), with its frame rate.
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
class Step:
    """How far a task is after one pass of the loop.

    level, levels, number, passes: this level and pass, counted from 1, and how many there are.
    fraction: share of the expected work that is done, in (0, 1].
    guess: (S, T, H, W, 3) uint8 codes at this level, of S samples.
    error: for each sample the mean distance of a query patch to the key patch that it found, in
        MSE per element (values in [-1, 1]).
    results: one for every sample, in the last step only.
    """

    level: int
    levels: int
    number: int
    passes: int
    fraction: float
    guess: torch.Tensor
    error: tuple[float, ...]
    results: tuple[Result, ...] = ()

    @property
    def result(self) -> Result | None:
        """The first result."""
        return self.results[0] if self.results else None


@contextmanager
def enough_memory() -> Iterator[None]:
    """Where the memory of a GPU does not suffice, ValueError with one sentence."""
    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise ValueError(
            "The GPU has too little memory for this: choose fewer frames or samples, a smaller "
            "height, or the device cpu."
        ) from None


@dataclass(frozen=True)
class Problem:
    """A task and its input, ready for the loop: S samples of one source, as one batch.

    levels: coarsest first. guess: integer codes of shape (S,) + levels[0].shape + (3,).
    settings: of every sample; they differ in sigma alone, which is in the guess.
    fps: of the results. seeds: of every sample. circular: whether they loop without a seam.
    """

    levels: list[Level]
    guess: torch.Tensor
    settings: tuple[Settings, ...]
    fps: Fraction
    seeds: tuple[int, ...] = (0,)
    notices: tuple[str, ...] = ()
    circular: bool = False
    backend: str = "auto"
    checkpoint: Callable[[], None] = field(default=lambda: None)

    def passes(self) -> Iterator[Pass]:
        """The loop, pass by pass."""
        with enough_memory():
            yield from synthesize(
                self.levels,
                self.guess,
                self.settings[0],
                self.seeds,
                self.backend,
                self.checkpoint,
                self.circular,
            )

    def batches(self) -> list[Problem]:
        """What to solve one after the other; all of them share the levels. On a GPU all samples at
        once, as a single small clip would not fill it; on the CPU each by itself: a batch takes as
        long as its samples and several times the memory, and the first is there sooner."""
        if self.guess.is_cuda:
            return [self]
        return [
            replace(self, guess=self.guess[k : k + 1], settings=(settings,), seeds=(seed,))
            for k, (settings, seed) in enumerate(zip(self.settings, self.seeds))
        ]

    def steps(self, observe: Callable[[Pass], None] = lambda state: None) -> Iterator[Step]:
        """The loop, pass by pass; the last step holds the results.

        observe: called with the state of the loop after every pass, which the next pass overwrites.
        """

        shares = iter(shares_done(plan_levels(shapes_of(self.levels), self.settings[0])))

        def step(state: Pass) -> Step:
            observe(state)
            return Step(
                level=state.level,
                levels=state.levels,
                number=state.number,
                passes=state.passes,
                fraction=next(shares),
                guess=state.guess,
                error=state.error,
                results=tuple(self._results(state)) if state.is_last else (),
            )

        yield from map(step, self.passes())  # `map` keeps no state alive between two passes

    def solve(self, progress: Callable[[Step], None] | None = None) -> tuple[Result, ...]:
        """The results; `progress` is called after every pass and may raise `Cancelled`."""
        for step in self.steps():
            if progress is not None:
                progress(step)
        return step.results

    def _results(self, step: Pass) -> Iterator[Result]:
        finest = self.levels[-1]
        for guess, field_found, settings, seed in zip(
            step.guess, step.field, self.settings, self.seeds
        ):
            # A circular field has a patch at every frame: the last ones reach into the first.
            places = source_map(field_found.cpu(), step.patch)[: len(guess)]
            if finest.region is not None:
                keep_outside(places, finest.region.cpu())
            yield Result(
                video=Video(guess.cpu(), self.fps),
                source_map=places,
                source=tuple(finest.source.shape[:3]),
                settings=settings,
                seed=seed,
                notices=self.notices,
            )


def as_video(video: Video | torch.Tensor) -> Video:
    """A video, or a bare tensor with a frame rate. Raises ValueError; see `Video`."""
    return video if isinstance(video, Video) else Video(torch.as_tensor(video), DEFAULT_FPS)


def checked_seeds(seed: int | Sequence[int]) -> tuple[int, ...]:
    """One seed from outside, or several, or ValueError."""
    try:
        seeds = tuple(seed)
    except TypeError:
        seeds = (seed,)
    if not seeds:
        raise ValueError("There is no seed: give at least one.")
    for one in seeds:
        if not isinstance(one, Integral) or not 0 <= one < 2**32:
            raise ValueError(f"seed must be a whole number from 0 to {2**32 - 1}, not {one}.")
    return seeds


def source_levels(
    video: Video,
    shape: Shape,
    settings: Settings,
    device: torch.device,
    checkpoint: Callable[[], None],
) -> list[Level]:
    """The pyramid of a source, on a device, for results of shape (T, H, W).

    settings: adapted to `pyramid.smaller` of both.
    """
    codes, levels = video.codes.to(device), []
    for size, target in pyramid.level_shapes(video.shape, shape, settings):
        checkpoint()
        levels.append(Level(pyramid.resize(codes, size), target))
    return levels


def for_each(seeds: tuple[int, ...], guess: torch.Tensor) -> torch.Tensor:
    """One first guess, (T, H, W, 3), shared by all samples: (S, T, H, W, 3)."""
    return guess.expand(len(seeds), *guess.shape)
