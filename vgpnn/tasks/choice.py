"""How good and how different drafts are, and which of them make a set.

A draft is judged at a coarse level. Its error is how far its patches are from those of the source,
and back (bidirectional similarity, Simakov et al. 2008). Its change is how far its picture is from
the source's. Error grows with change, so what counts is error over change, and a draft of a set is
as different as it is from the nearest of those chosen before, of which the source is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided

from vgpnn import fields
from vgpnn.codes import decode, mean_squared_error
from vgpnn.fields import FieldShape
from vgpnn.level import Pass
from vgpnn.machine.devices import fast_backend
from vgpnn.search import nearest, pairs_of

SCORE_SWEEPS = 6  # of PatchMatch from the source to a draft, which starts with little
EXACT_PAIRS = 100_000  # of patches, up to which a score is exact; above, PatchMatch is quicker
ERROR_FACTOR = 1e4  # makes errors numbers that are easy to read, as in `evaluation.metrics`
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue, as in Rec. 601
# Error goes with this power of change at the same layout (fitted to sets of full-size takes).
POWER = 0.8
TRIED_POWER = 0.6  # and at the coarsest level, where layouts are compared first
LEAST_NOVELTY = 1e-3
FOLLOWED_PAN = 0.3  # widths of the picture by which a pan is no news
JOINS = 1.0  # weight of what joins cost
FLOOR = 1.0  # added to errors, so that near the least error they decide no more
# Changes of drafts that are wanted, where the setting `noise` is 1. A take with less than 0.12 is a
# near copy, and its change may be half of that at a coarse level. With less, birds in a white sky
# came back where they were, over a mirrored sky.
LEAST_CHANGE, MOST_CHANGE = 0.4, 1.0
LOWEST_CHANGE, HIGHEST_CHANGE = 0.15, 1.3  # whatever `noise` is
TRIED_BAND = 0.1, 9.0  # of the change at the coarsest level, below which a layout is a copy


@dataclass(frozen=True, eq=False)
class Score:
    """How good and how different a draft is, at the level where it was judged.

    error: mean of coherence and completeness, the mean squared distances of a patch to the nearest
        one of the source, and back; in MSE per element (values in [-1, 1]) times 1e4.
    change: mean |grey difference| to the source, in standard deviations of the source's grey.
    joins: what the joins of the layout cost, see `layouts.join_cost`, in the unit of errors.
    picture: (T, H, W) grey values, float32, divided by that deviation.
    source: those of the source.
    """

    error: float
    change: float
    joins: float
    picture: torch.Tensor
    source: torch.Tensor
    _beside: WeakKeyDictionary[Score, float] = field(default_factory=WeakKeyDictionary, repr=False)

    @cached_property
    def novelty_beside_source(self) -> float:
        """The novelty of the draft beside the source."""
        return novelty(self.picture, self.source)

    def novelty_beside(self, other: Score) -> float:
        """The novelty beside another draft, which is worked out once."""
        if other not in self._beside:
            self._beside[other] = novelty(self.picture, other.picture)
        return self._beside[other]


def scores(
    state: Pass,
    joins: Sequence[float],
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> list[Score]:
    """The scores of the S samples of a paused loop, after the last pass of a level.

    joins: of each sample, see `layouts.join_cost`.
    """
    source, samples = state.level_input.source, len(state.guess)
    guess, key = state.guess, source.expand(samples, *source.shape)  # (S, T, H, W, 3)
    shape = FieldShape(state.queries, tuple(source.shape[:3]))
    if backend == "auto" and pairs_of(state.queries.shape, shape.key, shape.patch) > EXACT_PAIRS:
        backend = fast_backend(key.device)
    options = {"seeds": (0,) * samples, "backend": backend, "checkpoint": checkpoint}
    search = partial(nearest, patch=state.patch, **options)
    starts = (state.field.clone(),)
    there = search(guess, key, guesses=starts, sweeps=2, queries=state.queries)
    starts = fields.identity(samples, shape.key, state.patch, key.device)
    starts = starts, fields.inverse(there.field, shape, checkpoint)
    missing = search(key, guess, guesses=starts, sweeps=SCORE_SWEEPS)
    errors = [mean_squared_error(m.distance, state.patch, 3).values() for m in (there, missing)]
    pictures, original = grey(guess), grey(source)
    deviation = max(original.std().item(), 1e-6)
    return [
        Score(
            error=ERROR_FACTOR * sum(both) / 2,
            change=(picture - original).abs().mean().item() / deviation,
            joins=ERROR_FACTOR * of_joins,
            picture=picture / deviation,
            source=original / deviation,
        )
        for picture, of_joins, *both in zip(pictures, joins, *errors)
    ]


def grey(codes: torch.Tensor) -> torch.Tensor:
    """Grey values in [-1, 1] of (..., 3) codes, on the CPU."""
    return decode(codes.cpu()) @ torch.tensor(LUMA)


def band(noise: float) -> tuple[float, float]:
    """The least and the most change of a draft, for the setting `noise`."""
    low = max(LOWEST_CHANGE, LEAST_CHANGE * noise)
    return low, max(low, min(HIGHEST_CHANGE, MOST_CHANGE * noise))


def novelty(picture: torch.Tensor, other: torch.Tensor) -> float:
    """How different two pictures are to an eye that follows a pan of the camera.

    picture, other: (T, H, W) grey. It is the geometric mean of the mean |difference|, and of the
    least one where one picture is moved to a side by up to FOLLOWED_PAN of its width.
    """
    columns, others = (each.permute(2, 0, 1).flatten(1) for each in (picture, other))
    # (W, W): the mean |difference| of every column to every other. A diagonal is one move.
    apart = torch.cdist(columns, others, p=1) / columns.shape[1]
    moved = diagonal_means(apart.numpy(), int(FOLLOWED_PAN * len(apart)))
    return float((moved[len(moved) // 2] * moved.min()) ** 0.5)


def diagonal_means(matrix: np.ndarray, furthest: int) -> np.ndarray:
    """The means of the diagonals of an (N, N) matrix from `-furthest` to `furthest`: (2F + 1,)."""
    side = len(matrix)
    padded = np.zeros((side, side + 2 * furthest))
    padded[:, furthest : furthest + side] = matrix
    row, column = padded.strides
    # Row i of the view begins at the element of row i that lies on the first diagonal.
    band = as_strided(padded, (side, 2 * furthest + 1), (row + column, column))
    return band.sum(0) / (side - np.abs(np.arange(-furthest, furthest + 1)))


def cost(score: Score, chosen: Sequence[Score], power: float) -> float:
    """What a draft costs that is put beside those chosen before: less is better.

    It is error, and what the joins cost, over a power of novelty, in comparison with the nearest of
    the others and of the source.
    """
    least = min([score.novelty_beside_source, *map(score.novelty_beside, chosen)])
    return (score.error + JOINS * score.joins + FLOOR) / max(LEAST_NOVELTY, least) ** power


def distance_to_band(score: Score, limits: tuple[float, float]) -> float:
    """How far the change of a draft is from the limits, 0 within them; see `band`."""
    return max(limits[0] - score.change, score.change - limits[1], 0.0)


def best(
    scores: Sequence[Score], chosen: Sequence[Score], limits: tuple[float, float], power: float
) -> int:
    """The number of the draft that fits best beside those chosen before.

    scores: of the drafts to choose from, at least one. limits: see `band`. Where no draft has its
    change within the limits, it is the one whose change is nearest to them. power: see `cost`.
    """
    outside = [distance_to_band(each, limits) for each in scores]
    fitting = [number for number, far in enumerate(outside) if far == min(outside)]
    return min(fitting, key=lambda number: cost(scores[number], chosen, power))
