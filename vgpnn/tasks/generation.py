"""Diverse generation (section 4): the input with noise on its coarsest level."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import torch

from ..codes import CODES_PER_UNIT, encode, encode_wide
from ..patches import corners, unfold
from ..settings import PRESETS, Settings
from ..synthesis import Level, Pass, plan
from ..video import Video
from .problem import Problem, Result, Step, as_video, checked_seed, source_levels

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
    return problem(video, seed, settings, backend, checkpoint).solve(progress)


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
    yield from problem(video, seed, settings, backend, checkpoint).steps()


def problem(
    video: Video | torch.Tensor,
    seed: int = 0,
    settings: Settings = PRESETS["generate"],
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """Diverse generation as data for the loop; see `generate`."""
    video, seed = as_video(video), checked_seed(seed)
    shape = tuple(video.frames.shape[:3])
    settings, notices = settings.adapted_to(shape)
    levels = source_levels(video.frames, shape, settings, checkpoint)

    def with_noise(sigma: float) -> Problem:
        return Problem(
            levels, initial_guess(levels[0].source, sigma, seed), replace(settings, sigma=sigma),
            video.fps, seed, notices, backend=backend, checkpoint=checkpoint,
        )  # fmt: skip

    if settings.sigma is not None:
        return with_noise(settings.sigma)
    count = layout_passes(levels, settings)

    def moved(sigma: float) -> float:
        *_, last = islice(with_noise(sigma).passes(), count)
        return rearranged(last)

    distance = patch_distance(levels[0].source, settings)
    return with_noise(least_sigma(automatic_sigma(distance), moved))


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


def layout_passes(levels: list[Level], settings: Settings) -> int:
    """Number of passes of the levels that decide the layout."""
    return sum(plan(k, levels, settings)[1] for k in range(min(LAYOUT_LEVELS, len(levels))))


def rearranged(step: Pass) -> float:
    """Share of patches that come from more than two pixels away from their own place."""
    field = step.match.field[..., 1:]
    shape = tuple(step.guess.shape[:3])
    return ((field - corners(shape, step.patch)[..., 1:]).abs().amax(-1) > 2).double().mean().item()
