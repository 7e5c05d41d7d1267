"""Noise on the coarsest level (section 4), the layout of new takes as it is in the paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

import torch

from vgpnn.codes import CODES_PER_UNIT, decode, encode_wide
from vgpnn.level import Pass, shapes_of
from vgpnn.patches import unfold
from vgpnn.schedule import plan_levels
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks.problem import Problem

# The noise that is chosen automatically is a share of the thumb rule of section 4, because all of
# it costs coherence (measured). Whether noise changes the layout depends on the seed, too: where a
# seed gives a copy of the input, the noise grows until the layout has changed.
SIGMA_SHARE = 0.66
SIGMA_RANGE = (1.45, 6.0)  # of sigma, in the unit of the values in [-1, 1]
SIGMA_GROWTH = 1.15  # factor from one attempt to the next
THUMB_RULE_PATCHES = 500  # at most this many patches are compared with all others
LAYOUT_LEVELS = 3  # the layout of these coarsest levels is that of the result (measured)
MOVED_PIXELS = 2  # [px] a patch that comes from further away has moved
COPY_SHARE = 0.015  # share of moved patches below which a result is a copy
CHANGED_SHARE = 0.15  # share of moved patches from which on the layout counts as changed


def noisy(clean: Problem) -> Problem:
    """A problem whose first guesses get noise: that of its settings, or what fits the clip."""
    sigma = clean.settings[0].sigma
    if sigma is None:
        return with_noise(clean, automatic_sigmas(clean))
    return with_noise(clean, [sigma] * len(clean.seeds))


def with_noise(clean: Problem, sigmas: Sequence[float]) -> Problem:
    """A problem whose first guesses get noise; sigmas holds the standard deviation per sample."""
    coarsest = clean.levels[0].source
    guesses = [initial_guess(coarsest, sigma, seed) for sigma, seed in zip(sigmas, clean.seeds)]
    settings = [replace(each, sigma=sigma) for each, sigma in zip(clean.settings, sigmas)]
    return replace(clean, guess=torch.stack(guesses), settings=tuple(settings))


def initial_guess(coarsest: torch.Tensor, sigma: float, seed: int) -> torch.Tensor:
    """q = x_0 + z with z ~ N(0, sigma^2), drawn per spatial location and replicated along time.

    coarsest: (T, H, W, 3) uint8 codes. Returns int16 codes of the same shape.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *coarsest.shape[1:], generator=generator)
    return encode_wide(decode(coarsest) + sigma * noise.to(coarsest.device))


def automatic_sigmas(clean: Problem) -> list[float]:
    """The noise for each sample of a problem that has none yet.

    It is the least that changes the layout, times the setting `noise`.
    """
    settings = clean.settings[0]
    start = starting_sigma(patch_distance(clean.levels[0].source, settings))
    sigmas = []
    for sample in clean.samples():
        least = least_sigma(start, partial(share_moved_by, sample))
        sigmas.append(min(SETTINGS["sigma"].high, round(settings.noise * least, 2)))
    return sigmas


def patch_distance(coarsest: torch.Tensor, settings: Settings) -> float:
    """The thumb rule for sigma (section 4): the mean distance of a patch to the nearest other one.

    coarsest: (T, H, W, 3) uint8 codes. The distance is Euclidean over values in [-1, 1]; it is 0
    where there is only one patch.
    """
    patches = unfold(coarsest.cpu().double(), settings.patch) / CODES_PER_UNIT
    if len(patches) < 2:
        return 0.0
    compared = torch.arange(0, len(patches), -(-len(patches) // THUMB_RULE_PATCHES))
    distance = torch.cdist(patches[compared], patches)
    distance[torch.arange(len(compared)), compared] = float("inf")  # of a patch to itself
    return distance.amin(1).mean().item()


def starting_sigma(distance: float) -> float:
    """The noise to try first: SIGMA_SHARE of the thumb rule's distance, kept in SIGMA_RANGE."""
    low, high = SIGMA_RANGE
    return round(min(high, max(low, SIGMA_SHARE * distance)), 2)


def least_sigma(start: float, share_moved: Callable[[float], float]) -> float:
    """`start` unless the result is a copy with it; else the next sigma that changes the layout.

    share_moved: returns the share of patches, in [0, 1], that a sigma moves.
    If no sigma changes the layout, the upper end of SIGMA_RANGE is returned.
    """
    if share_moved(start) >= COPY_SHARE:
        return start
    sigma, highest = start, SIGMA_RANGE[1]
    while sigma < highest:
        sigma = min(highest, round(sigma * SIGMA_GROWTH, 2))
        if share_moved(sigma) >= CHANGED_SHARE:
            break
    return sigma


def share_moved_by(sample: Problem, sigma: float) -> float:
    """The share of patches, in [0, 1], that a sigma moves on the levels that decide the layout.

    sample: a problem of one sample. Only the passes of these levels are run.
    """
    plans = plan_levels(shapes_of(sample.levels), sample.settings[0])
    passes = sum(plan.passes for plan in plans[:LAYOUT_LEVELS])
    *_, last = islice(with_noise(sample, [sigma]).passes(), passes)
    return share_of_moved_patches(last)


def share_of_moved_patches(state: Pass) -> float:
    """The share of patches, in [0, 1], that come from more than MOVED_PIXELS away."""
    field = state.field[..., 1:].cpu()
    places = state.queries.corners()[..., 1:]
    return ((field - places).abs().amax(-1) > MOVED_PIXELS).double().mean().item()
