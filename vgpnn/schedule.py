"""What the loop does at each level: which patches search, how often and how far, whether weights
act, and how much work that is. The cost model and the progress bar read the work, the loop reads
the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from vgpnn.patches import grid, is_fine
from vgpnn.query_grid import SPARSE_STRIDE, can_be_sparse
from vgpnn.search import EXACT_PAIRS, pairs_of
from vgpnn.settings import Settings, Shape


class Effort(TypedDict):
    """What `search.nearest` is told on how hard to search; it explains both."""

    sweeps: int
    reach: int | None


# Sweeps of PatchMatch, each over all query patches; every other one tries random matches, too.
SWEEPS = 2  # at a pass that starts from the field of the pass before
FIRST_SWEEPS = 10  # at the first pass of a level, with new keys and an upscaled field
# The reverse search of the weights starts from the inverse of a forward field that is nearly right
# after a level's first pass, so propagation alone does (measured).
REVERSE_EFFORT: Effort = {"sweeps": 1, "reach": 0}
# A field that was carried over to a fine level is nearly right: of the random candidates 8 to 16 px
# from its matches, 1 in 5000 won (measured).
FINE_REACH = 4  # [px] of the first random candidate on a fine level
SPARSE_FROM = 6  # number of the first level on which every second patch searches, from 0

# The work model, in sweeps of one voxel, as measured.
FIRST_PASS_SWEEPS = 3  # sweeps more that a level's first pass costs: few distances end early there
SPARSE_VOTE_SWEEPS = 0.4  # what the vote of every second patch costs
PAIR_SWEEPS = 0.08  # what comparing one pair of patches exactly costs
SEARCH_SWEEPS = 9_000  # what setting up one search costs
COMMON_PATCH = (3, 7, 7)  # patches of this size and below cost one sweep per voxel

# A random stream is numbered by seed, level, pass and direction, in this mixed radix. There are at
# most 20 passes (see the settings), so those of the two directions never meet.
LEVEL_RADIX, PASS_RADIX, FORWARD_OFFSET = 1000, 100, 50


@dataclass(frozen=True)
class LevelPlan:
    """What the loop does at one level.

    source, result: (t, h, w) of the source and (T, H, W) of the result at this level.
    patch: (t, h, w) of its patches. passes: J. weighted: whether completeness weights act.
    stride: [px] between the query patches that search.
    """

    source: Shape
    result: Shape
    patch: Shape
    passes: int
    weighted: bool
    stride: int = 1

    @property
    def is_exact(self) -> bool:
        """Whether the level is so small that all pairs of patches are compared."""
        return self.pairs <= EXACT_PAIRS

    @property
    def pairs(self) -> int:
        """Pairs of a query patch and a key patch."""
        return pairs_of(self.result, self.source, self.patch)

    def effort(self, number: int) -> Effort:
        """How hard the search is at a pass, which is counted from 0.

        Levels with a single pass (analogies) are close to each other in size, so the field that is
        carried over is nearly right already and few sweeps suffice.
        """
        sweeps = SWEEPS if number > 0 or self.passes == 1 else FIRST_SWEEPS
        is_near = is_fine(grid(self.result, self.patch))
        return {"sweeps": sweeps, "reach": FINE_REACH if is_near else None}

    def reverse_effort(self, number: int) -> Effort:
        """How hard the reverse search of the weights is at a pass, which is counted from 0."""
        return REVERSE_EFFORT if number > 0 else self.effort(number)

    def work(self, number: int) -> float:
        """Work of a pass, which is counted from 0, in sweeps of one voxel with a settled field.

        A vote counts as one sweep, or less if only every second patch votes. A reverse search goes
        over the source and counts as a search of its own. Larger patches cost little more, because
        most of their rows are never read.
        """
        result, source = math.prod(self.result), math.prod(self.source)
        if self.is_exact:
            return result + (SEARCH_SWEEPS + PAIR_SWEEPS * self.pairs) * (1 + self.weighted)
        first = 0 if number else FIRST_PASS_SWEEPS
        sweeps = self.effort(number)["sweeps"] + first
        reverse = (self.reverse_effort(number)["sweeps"] + first) * self.weighted
        vote = 1 if self.stride == 1 else SPARSE_VOTE_SWEEPS
        work = SEARCH_SWEEPS + (sweeps / self.stride**2 + vote) * result + reverse * source
        return work * max(1.0, math.prod(self.patch) / math.prod(COMMON_PATCH)) ** (1 / 3)


def plan_levels(shapes: Sequence[tuple[Shape, Shape]], settings: Settings) -> list[LevelPlan]:
    """The plan of every level, coarsest first.

    shapes: (t, h, w) of the source and (T, H, W) of the result at each level, see
        `pyramid.level_shapes`.
    """
    plans = []
    for index, (source, result) in enumerate(shapes):
        patch = settings.patch
        if math.prod(result) > settings.large_voxels:
            patch, passes = settings.large_patch, settings.large_passes
        elif index == 0:
            passes = settings.coarsest_passes
        elif index >= len(shapes) - settings.last_levels:
            passes = settings.last_passes
        else:
            passes = settings.passes
        weighted = settings.alpha is not None and index < settings.complete_levels * len(shapes)
        plan = LevelPlan(source, result, patch, passes, weighted)
        if index >= SPARSE_FROM and not plan.is_exact and can_be_sparse(patch):
            plan = replace(plan, stride=SPARSE_STRIDE)
        plans.append(plan)
    return plans


def total_work(plans: Iterable[LevelPlan]) -> float:
    """Work of all passes of all levels, in sweeps of one voxel."""
    return sum(plan.work(number) for plan in plans for number in range(plan.passes))


def shares_done(plans: Sequence[LevelPlan]) -> list[float]:
    """The share of all work that is done after each pass of the loop, in (0, 1]."""
    done, total, shares = 0.0, total_work(plans), []
    for plan in plans:
        for number in range(plan.passes):
            done += plan.work(number)
            shares.append(done / total)
    return shares


@dataclass(frozen=True)
class Streams:
    """Numbers of the random streams that the two searches of a pass draw from, for each sample.

    forward: of the search from query to key. reverse: of the search for the weights.
    """

    forward: tuple[int, ...]
    reverse: tuple[int, ...]


def random_streams(seeds: Iterable[int], level: int, number: int) -> Streams:
    """The streams of a pass; level and number of the pass are counted from 0."""
    reverse = tuple((seed * LEVEL_RADIX + level) * PASS_RADIX + number for seed in seeds)
    return Streams(tuple(stream + FORWARD_OFFSET for stream in reverse), reverse)
