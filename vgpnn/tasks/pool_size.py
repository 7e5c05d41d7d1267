"""How many layouts are tried and judged for a draft, at which level, and how much work that is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vgpnn.schedule import LevelPlan, total_work
from vgpnn.tasks.assignment import MOST_PATCHES

PREVIEW_SIDE = 72  # [px] shorter side of a draft's video, at least, where the clip is as large
JUDGED_SIZE = 1.6  # a draft is judged where it is so many times as large as at the coarsest level
# How many layouts are tried, and how many of them go on and are judged: for the first draft, at
# most and at least, and for every further draft.
MOST_TRIED, MOST_JUDGED = 12, 3
LEAST_TRIED, LEAST_JUDGED = 4, 1
MORE_TRIED, MORE_JUDGED = 3, 1
# Shares of the work on a plain take that trying and judging for the first draft may cost.
TRIED_SHARE, JUDGED_SHARE = 0.5, 0.5
# What is not counted for these numbers, so that they stay what they are, in sweeps of one voxel:
PAIR_SWEEPS = 2.9  # of a pair of patches that are assigned, see `assignment`; measured
PREVIEW_SWEEPS = 3.5  # of a voxel of the video of a draft, with its seams
MEAN_SPARE = 0.7  # more layouts that are judged for a draft; 0 to 1.5 by content, measured


def judged_level(plans: Sequence[LevelPlan]) -> int:
    """The level at which drafts are judged, counted from 1. plans: of all levels."""
    sides = [min(plan.result[1:]) for plan in plans]
    large = (n for n, side in enumerate(sides, 1) if side >= JUDGED_SIZE * sides[0])
    return min(next(large, len(sides)), max(1, len(sides) - 1))


def first_counts(plans: Sequence[LevelPlan]) -> tuple[int, int]:
    """How many layouts are tried for the first draft, and how many of them are judged.

    So a take costs at most about twice a plain one, for all but clips of a few levels.
    """
    trying, judging = candidate_work(plans)
    tried = int(TRIED_SHARE * total_work(plans) / trying)
    judged = int(JUDGED_SHARE * total_work(plans) / judging)
    return (
        min(MOST_TRIED, max(LEAST_TRIED, tried)),
        min(MOST_JUDGED, max(LEAST_JUDGED, judged)),
    )


def candidate_work(plans: Sequence[LevelPlan]) -> tuple[float, float]:
    """The work of trying one layout, and of judging one, in sweeps of one voxel."""
    level = judged_level(plans)
    # A score is two searches more.
    trying = total_work(plans[:1]) + plans[0].work(1)
    return trying, total_work(plans[1:level]) + 2 * plans[level - 1].work(1)


def first_work(plans: Sequence[LevelPlan]) -> float:
    """The work on the first draft of a seed beyond that on a plain take."""
    (tried, judged), (trying, judging) = first_counts(plans), candidate_work(plans)
    trying += _assigning_work(plans)
    return tried * trying + judged * judging - total_work(plans[: judged_level(plans)])


def offer_work(plans: Sequence[LevelPlan], offered: int) -> float:
    """The work of so many drafts of one seed, one after the other."""
    (tried, judged), (trying, judging) = first_counts(plans), candidate_work(plans)
    tried, judged = tried + (offered - 1) * MORE_TRIED, judged + (offered - 1) * MORE_JUDGED
    trying += _assigning_work(plans)
    shown = next((plan for plan in plans if min(plan.result[1:]) >= PREVIEW_SIDE), plans[-1])
    previews = offered * PREVIEW_SWEEPS * math.prod(shown.result)
    return tried * trying + (judged + offered * MEAN_SPARE) * judging + previews


def _assigning_work(plans: Sequence[LevelPlan]) -> float:
    """The work of making a first guess of a layout."""
    pairs = plans[0].pairs
    return PAIR_SWEEPS * pairs if pairs <= MOST_PATCHES**2 else 0.0
