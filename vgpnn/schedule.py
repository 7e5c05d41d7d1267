"""What the loop does at each level: its patch size, passes and sweeps, whether weights act, and how
much work that is. The cost model and the progress bar read the work, the loop reads the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vgpnn.patches import grid, is_fine
from vgpnn.search import EXACT_PAIRS, FINE_SWEEPS, FIRST_SWEEPS, SWEEPS, pairs_of
from vgpnn.settings import Settings, Shape

# The work model, in sweeps of one voxel, as measured.
FIRST_PASS_SWEEPS = 3  # sweeps more that a level's first pass costs: few distances end early there
PAIR_SWEEPS = 0.1  # what comparing one pair of patches exactly costs
SEARCH_SWEEPS = 60_000  # what setting up one search costs
COMMON_PATCH = (3, 7, 7)  # patches of this size and below cost one sweep per voxel

# A random stream is numbered by seed, level, pass and direction, in this mixed radix. There are at
# most 20 passes (see the settings), so those of the two directions never meet.
LEVEL_RADIX, PASS_RADIX, FORWARD_OFFSET = 1000, 100, 50


@dataclass(frozen=True)
class LevelPlan:
    """What the loop does at one level.

    source, result: (t, h, w) of the source and (T, H, W) of the result at this level.
    patch: (t, h, w) of its patches. passes: J. weighted: whether completeness weights act.
    """

    source: Shape
    result: Shape
    patch: Shape
    passes: int
    weighted: bool

    @property
    def is_exact(self) -> bool:
        """Whether the level is so small that all pairs of patches are compared."""
        return self.pairs <= EXACT_PAIRS

    @property
    def pairs(self) -> int:
        """Pairs of a query patch and a key patch."""
        return pairs_of(self.result, self.source, self.patch)

    def sweeps(self, number: int) -> int:
        """Sweeps of PatchMatch at a pass, which is counted from 0.

        Levels with a single pass (analogies) are close to each other in size, so the field that is
        carried over is nearly right already and few sweeps suffice.
        """
        if number > 0 or self.passes == 1:
            return SWEEPS
        return FINE_SWEEPS if is_fine(grid(self.result, self.patch)) else FIRST_SWEEPS

    def work(self, number: int) -> float:
        """Work of a pass, which is counted from 0, in sweeps of one voxel with a settled field.

        A vote counts as one sweep. A reverse search goes over the source and counts as a search of
        its own. Larger patches cost little more, because most of their rows are never read.
        """
        result, source = math.prod(self.result), math.prod(self.source)
        if self.is_exact:
            return result + (SEARCH_SWEEPS + PAIR_SWEEPS * self.pairs) * (1 + self.weighted)
        sweeps = self.sweeps(number) + (0 if number else FIRST_PASS_SWEEPS)
        work = SEARCH_SWEEPS + (sweeps + 1) * result + sweeps * self.weighted * source
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
        plans.append(LevelPlan(source, result, patch, passes, weighted))
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
