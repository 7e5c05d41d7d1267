"""The coarse-to-fine loop of every task (section 3.1, algorithm QKV).

Level by level: upscale the guess, then J times { weigh the source by completeness, search, vote }.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from . import completeness
from .codes import decode, encode
from .patches import grid
from .pyramid import resize
from .search import FIRST_SWEEPS, SWEEPS, Match, nearest
from .settings import Settings, Shape
from .vote import vote


@dataclass(frozen=True)
class Pass:
    """State of the loop after one pass.

    level, levels, number, passes: counted from 1. fraction: share of the work done, in [0, 1].
    guess: (T, H, W, 3) uint8 codes at this level. match: the field the guess was voted from.
    """

    level: int
    levels: int
    number: int
    passes: int
    fraction: float
    guess: torch.Tensor
    match: Match
    patch: Shape


def synthesize(
    sources: list[torch.Tensor],
    shapes: list[Shape],
    guess: torch.Tensor,
    settings: Settings,
    seed: int = 0,
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Pass]:
    """Yield after every pass; the last step holds the result.

    sources: the pyramid of the source, coarsest first, (t, h, w, 3) float in [-1, 1].
    shapes: (T, H, W) of the result at the same levels.
    guess: initial guess at the coarsest level, integer codes of shape shapes[0] + (3,).
    checkpoint: called several times a second; may raise to cancel.
    """
    work, done = total_work(shapes, settings), 0.0
    key, forward, reverse, patch = encode(sources[0]), None, None, None
    for level, (source, shape) in enumerate(zip(sources, shapes)):
        value = encode(source)
        if level > 0:
            # Both are as blurred as each other, so blur does not decide the first matches.
            guess = encode(resize(decode(guess), shape))
            key = encode(resize(sources[level - 1], source.shape[:3]))
        coarser_patch, (patch, passes) = patch, plan(level, shape, settings)
        weighted = is_weighted(level, len(shapes), settings)
        if level > 0:
            coarser = shapes[level - 1], sources[level - 1].shape[:3]
            forward = upscale(forward, *coarser, coarser_patch, shape, source.shape[:3], patch)
            if weighted and reverse is not None:
                reverse = upscale(
                    reverse, *coarser[::-1], coarser_patch, source.shape[:3], shape, patch
                )
        for number in range(passes):
            stream = (seed * 1000 + level) * 100 + number
            how = backend, checkpoint, SWEEPS if number else FIRST_SWEEPS
            slack = None
            if weighted:
                guesses = ()
                if reverse is not None:
                    guesses = reverse, completeness.inverse(forward, source.shape[:3], patch)
                slack, back = completeness.slack(
                    guess, key, patch, settings.alpha, guesses, stream, *how
                )
                reverse = back.field
            guesses = () if forward is None else (forward,)
            match = nearest(guess, key, patch, slack, guesses, stream + 50, *how)
            guess = vote(value, match.field, patch, settings.vote, backend, checkpoint)
            forward, key = match.field, value
            done += work_of_pass(level, shapes, settings)
            yield Pass(level + 1, len(shapes), number + 1, passes, done / work, guess, match, patch)


def plan(level: int, shape: Shape, settings: Settings) -> tuple[Shape, int]:
    """Patch size and number of passes J at a level whose result has this shape."""
    if voxels(shape) > settings.large_voxels:
        return settings.large_patch, settings.large_passes
    return settings.patch, settings.coarsest_passes if level == 0 else settings.passes


def is_weighted(level: int, levels: int, settings: Settings) -> bool:
    """Whether completeness weights act at a level."""
    return settings.alpha is not None and level < settings.complete_levels * levels


def work_of_pass(level: int, shapes: list[Shape], settings: Settings) -> float:
    """Voxels that one pass searches; a reverse search counts as one more."""
    return voxels(shapes[level]) * (2 if is_weighted(level, len(shapes), settings) else 1)


def total_work(shapes: list[Shape], settings: Settings) -> float:
    """Voxels searched by all passes at all levels."""
    return sum(
        work_of_pass(level, shapes, settings) * plan(level, shape, settings)[1]
        for level, shape in enumerate(shapes)
    )


def voxels(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def upscale(
    field: torch.Tensor,
    query: Shape,
    key: Shape,
    patch: Shape,
    new_query: Shape,
    new_key: Shape,
    new_patch: Shape,
) -> torch.Tensor:
    """Carry a field to the next level: new query grid + (3,) int16.

    query, key, patch are the shapes of the level it comes from, new_* of the next. A new patch
    takes the match of the patch nearest to its centre and keeps its own offset from it.
    """
    near, centre = [], []
    for axis, (coarse_n, n) in enumerate(zip(grid(query, patch), grid(new_query, new_patch))):
        ratio = query[axis] / new_query[axis]
        place = (torch.arange(n) + new_patch[axis] / 2) * ratio
        index = (place - patch[axis] / 2).round().clamp(0, coarse_n - 1).long()
        near.append(index)
        centre.append(place - index)  # of the new patch, from the corner of its nearest
    match = field[near[0]][:, near[1]][:, :, near[2]].float()
    for axis, n in enumerate(grid(new_key, new_patch)):
        ratio = new_key[axis] / key[axis]
        along = [1, 1, 1]
        along[axis] = -1
        corner = (match[..., axis] + centre[axis].view(along)) * ratio - new_patch[axis] / 2
        match[..., axis] = corner.round_().clamp_(0, n - 1)
    return match.to(torch.int16)
