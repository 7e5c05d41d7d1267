"""Diverse generation (section 4): the input with noise on its coarsest level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

import torch

from vgpnn.codes import CODES_PER_UNIT, decode, encode_wide
from vgpnn.level import Level, Pass, shapes_of
from vgpnn.machine.devices import device_of
from vgpnn.patches import corners, unfold
from vgpnn.presets import PRESETS
from vgpnn.schedule import plan_levels
from vgpnn.settings import SETTINGS, Settings
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
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> Result:
    """A new video of the same scene (diverse generation, section 4).

    video: a `Video`, or a (T, H, W, 3) tensor of values in [-1, 1] or of uint8 codes.
    seed: whole number; the same seed, settings, input and device give the same bytes.
    progress: called after every pass; may raise `Cancelled`.
    device: "auto" (a GPU if there is one), "cpu" or "cuda".
    backend: "auto", "naive" (the exact oracle; slow), "cpu" or "gpu".
    checkpoint: called several times a second inside a pass; may raise `Cancelled`.
    changes: fields of `Settings` to change, e.g. alpha=None (completeness off), sigma=3.0.
    Raises ValueError with one sentence on settings or videos that cannot be used.
    """
    return generate_batch(
        video, (seed,), settings, progress, device, backend, checkpoint, **changes
    )[0]


def generate_batch(
    video: Video | torch.Tensor,
    seeds: Sequence[int],
    settings: Settings = PRESETS["generate"],
    progress: Callable[[Step], None] | None = None,
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    **changes,
) -> tuple[Result, ...]:
    """A result for every seed, all at once: one batch, which shares the source's pyramid.

    Each is what `generate` makes of its seed; the other arguments are those of `generate`.
    """
    settings = settings.with_changes(**changes)
    batches = problem(video, seeds, settings, device, backend, checkpoint).batches()
    results = []
    for number, batch in enumerate(batches):
        for step in batch.steps():
            if progress is not None:
                progress(replace(step, fraction=(number + step.fraction) / len(batches)))
        results += step.results
    return tuple(results)


def generate_steps(*arguments, **options) -> Iterator[Step]:
    """`generate` (without `progress`) as an iterator over passes; the last step holds the result.

    With several seeds it is `generate_batch`.
    """
    yield from problem(*arguments, **options).steps()


@enough_memory()
def problem(
    video: Video | torch.Tensor,
    seed: int | Sequence[int] = 0,
    settings: Settings = PRESETS["generate"],
    device: str = "auto",
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Problem:
    """Diverse generation as data for the loop; see `generate` and `generate_batch`."""
    video, seeds = as_video(video), checked_seeds(seed)
    settings, notices = settings.adapted_to(video.shape)
    levels = source_levels(video, video.shape, settings, device_of(device, backend), checkpoint)
    coarsest = levels[0].source

    def with_noise(sigmas: Sequence[float], seeds: tuple[int, ...]) -> Problem:
        guesses = [initial_guess(coarsest, *one) for one in zip(sigmas, seeds)]
        each = tuple(replace(settings, sigma=sigma) for sigma in sigmas)
        return Problem(
            levels,
            torch.stack(guesses),
            each,
            video.fps,
            seeds,
            notices,
            backend=backend,
            checkpoint=checkpoint,
        )

    if settings.sigma is not None:
        return with_noise([settings.sigma] * len(seeds), seeds)
    count = layout_passes(levels, settings)

    def moved(seed: int, sigma: float) -> float:
        *_, last = islice(with_noise([sigma], (seed,)).passes(), count)
        return rearranged(last)

    sigma = automatic_sigma(patch_distance(coarsest, settings))
    least = [least_sigma(sigma, partial(moved, seed)) for seed in seeds]
    most = SETTINGS["sigma"].high
    return with_noise([min(most, round(settings.noise * one, 2)) for one in least], seeds)


def initial_guess(coarsest: torch.Tensor, sigma: float, seed: int) -> torch.Tensor:
    """q = x_0 + z with z ~ N(0, sigma^2), drawn per spatial location and replicated along time.

    coarsest: (T, H, W, 3) uint8 codes. Returns int16 codes of the same shape.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *coarsest.shape[1:], generator=generator)
    return encode_wide(decode(coarsest) + sigma * noise.to(coarsest.device))


def patch_distance(coarsest: torch.Tensor, settings: Settings) -> float:
    """Mean distance of a patch of a video of codes to its nearest other patch, Euclidean over
    values in [-1, 1].

    The thumb rule for sigma (section 4).
    """
    patches = unfold(coarsest.cpu().double(), settings.patch) / CODES_PER_UNIT
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
    plans = plan_levels(shapes_of(levels), settings)
    return sum(plan.passes for plan in plans[:LAYOUT_LEVELS])


def rearranged(step: Pass) -> float:
    """Share of patches that come from more than two pixels away from their own place."""
    field = step.field[..., 1:].cpu()
    shape = tuple(step.guess.shape[1:4])
    return ((field - corners(shape, step.patch)[..., 1:]).abs().amax(-1) > 2).double().mean().item()
