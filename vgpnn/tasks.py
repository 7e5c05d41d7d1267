"""The tasks of the paper: each is data given to the one loop in `synthesis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from numbers import Integral

import torch

from . import pyramid
from .codes import CODES_PER_UNIT, decode, encode, encode_wide
from .patches import corners, unfold
from .settings import PRESETS, Settings, Shape
from .source_map import source_map
from .synthesis import Pass, plan, synthesize
from .video import Video

DEFAULT_FPS = Fraction(12)  # for tensors, which have no frame rate
# Noise that is chosen automatically is a share of the thumb rule: all of it costs coherence
# (measured). Whether it changes the layout depends on the seed, too; where one gives a copy of the
# input, it grows until the layout has changed.
SIGMA_SHARE = 0.66
SIGMA_RANGE = (1.45, 6.0)
SIGMA_STEP = 1.15
THUMB_RULE_PATCHES = 500  # at most this many patches are compared with all others
LAYOUT_LEVELS = 3  # the layout of these coarsest levels is that of the result (measured)
COPY = 0.015  # share of patches from another place there, below which a result is a copy
REARRANGED = 0.15  # share from which on the layout counts as changed


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


def generate(
    video: Video | torch.Tensor,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    progress: Callable[[Step], None] | None = None,
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """A new video of the same scene (diverse generation, section 4).

    video: a `Video`, or a (T, H, W, 3) tensor in [-1, 1].
    seed: whole number; the same seed, settings and input give the same bytes.
    progress: called after every pass; may raise `Cancelled`.
    backend: "auto", "naive" (the exact oracle; slow) or "cpu".
    checkpoint: called several times a second inside a pass; may raise `Cancelled`.
    changes: fields of `Settings` to change, e.g. alpha=None (completeness off), sigma=3.0.
    Raises ValueError with one sentence on settings or videos that cannot be used.
    """
    settings = settings.with_changes(**changes)
    for step in generate_steps(video, seed, settings, backend, checkpoint):
        if progress is not None:
            progress(step)
    return step.result


def generate_steps(
    video: Video | torch.Tensor,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Step]:
    """`generate` as an iterator over passes; the last step holds the result.

    checkpoint: called several times a second inside a pass; may raise `Cancelled`.
    """
    video = as_video(video)
    if not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to {2**32 - 1}, not {seed}.")
    shape = tuple(video.frames.shape[:3])
    settings, notices = settings.adapted_to(shape)
    shapes = [scale.apply(shape) for scale in pyramid.scales(shape, settings)]
    sources = []
    for level_shape in shapes:
        checkpoint()
        sources.append(pyramid.resize(video.frames, level_shape))
    distance = patch_distance(sources[0], settings)
    sigma = settings.sigma

    def run(sigma: float) -> Iterator[Pass]:
        guess = initial_guess(sources[0], sigma, seed)
        return synthesize(sources, shapes, guess, settings, seed, backend, checkpoint)

    if sigma is None:
        passes = layout_passes(shapes, settings)

        def moved(sigma: float) -> float:
            *_, last = islice(run(sigma), passes)
            return rearranged(last)

        sigma = least_sigma(automatic_sigma(distance), moved)
    settings = replace(settings, sigma=sigma)
    for step in run(sigma):
        result = None
        if (step.level, step.number) == (step.levels, step.passes):
            result = Result(
                video=Video(decode(step.guess), video.fps),
                source_map=source_map(step.match.field, step.patch),
                source=shape,
                settings=settings,
                seed=seed,
                notices=notices,
            )
        yield Step(**vars(step), result=result)


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


def initial_guess(coarsest: torch.Tensor, sigma: float, seed: int) -> torch.Tensor:
    """q = x_0 + z with z ~ N(0, sigma^2), drawn per spatial location and replicated along time.

    coarsest: (T, H, W, 3) in [-1, 1]. Returns int16 codes of the same shape.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *coarsest.shape[1:], generator=generator)
    return encode_wide(coarsest + sigma * noise)


def patch_distance(coarsest: torch.Tensor, settings: Settings) -> float:
    """Mean distance of a patch to its nearest other patch, Euclidean over values in [-1, 1].

    The thumb rule for sigma (section 4).
    """
    patches = unfold(encode(coarsest).double(), settings.patch) / CODES_PER_UNIT
    if len(patches) < 2:
        return 0.0
    some = torch.arange(0, len(patches), -(-len(patches) // THUMB_RULE_PATCHES))
    distance = torch.cdist(patches[some], patches)
    distance[torch.arange(len(some)), some] = float("inf")
    return distance.amin(1).mean().item()


def automatic_sigma(distance: float) -> float:
    """Noise to start with: SIGMA_SHARE of the thumb rule, kept in SIGMA_RANGE."""
    low, high = SIGMA_RANGE
    return round(min(high, max(low, SIGMA_SHARE * distance)), 2)


def least_sigma(sigma: float, moved: Callable[[float], float]) -> float:
    """`sigma` unless it gives a copy; else the next larger one that rearranges the layout.

    moved: share of patches that a given sigma moves.
    """
    if moved(sigma) >= COPY:
        return sigma
    while sigma < SIGMA_RANGE[1]:
        sigma = min(SIGMA_RANGE[1], round(sigma * SIGMA_STEP, 2))
        if moved(sigma) >= REARRANGED:
            break
    return sigma


def layout_passes(shapes: list[Shape], settings: Settings) -> int:
    """Number of passes of the levels that decide the layout."""
    levels = enumerate(shapes[:LAYOUT_LEVELS])
    return sum(plan(level, shape, settings)[1] for level, shape in levels)


def rearranged(step: Pass) -> float:
    """Share of patches that come from more than two pixels away from their own place."""
    field = step.match.field[..., 1:]
    shape = tuple(step.guess.shape[:3])
    return ((field - corners(shape, step.patch)[..., 1:]).abs().amax(-1) > 2).double().mean().item()
