"""First guesses of what lies around a clip, and the choice between them, for each side by itself.

A guess puts pieces of the clip beside it: the whole clip once more, moved along and begun at
another moment, or strips of it in any order. Several are tried on the coarsest levels. A side is
chosen by how far its patches are from those of the clip, and a side that is one shifted copy pays
more: it would be seen at once. Pieces are never mirrored: that fits best at the border, and shows
two halves of one thing grown together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from vgpnn import pyramid
from vgpnn.level import Level, Pass
from vgpnn.patches import flat_index, grid, unfold
from vgpnn.search.border.straddling import voxel_weights
from vgpnn.settings import Settings, Shape
from vgpnn.synthesis import synthesize

TRIES = 12  # guesses from which each side is chosen
TRIED_LEVELS = 3  # coarsest levels that are made of each
TRIED_PASSES = 2  # at each of them but the coarsest
DRAWN_LEVEL = 4  # number of the level, from 0, in whose pixels pieces are cut
BORDER_COUNT = 4.0  # how many times patches at the border count in the choice
COPY_COST = 4.0  # how many times more a side costs that is one shifted copy
STRIPS = (1 / 5, 1 / 2)  # least and most width of a strip, in widths of the clip
MOVES = (0.0, 0.0, 1 / 8, 5 / 16, 1 / 2)  # of the whole clip, in its widths; others are strips
PERIODS = (1.0, 1.0, 3 / 4, 1 / 2, 1 / 3)  # above and below: rows at the edge that are repeated
SIDES = "top", "bottom", "left", "right"
NEAR = 1 / 2  # share of the clip, from the edge, that strips above and below come from


@dataclass(frozen=True)
class Sides:
    """How wide what is made is on each side of what is kept [px]."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, level: Level) -> Sides:
        """Those of a level."""
        (_, top, left), (_, bottom, right) = level.known
        return cls(top, level.shape[1] - bottom, left, level.shape[2] - right)

    @property
    def names(self) -> list[str]:
        """The sides where something is made."""
        return [name for name in SIDES if getattr(self, name)]


def best_guess(
    levels: list[Level],
    settings: Settings,
    seed: int,
    backend: str,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """The first guess, each side of which is the best of TRIES: codes, levels[0].shape + (3,)."""
    drawn = levels[min(DRAWN_LEVEL, len(levels) - 1)]
    tried = levels[:TRIED_LEVELS]
    settings = replace(settings, last_levels=0, complete_levels=1.0, passes=TRIED_PASSES)
    guesses = [guess_of(drawn, levels[0], dict.fromkeys(SIDES, n), seed) for n in range(TRIES)]
    costs: list[dict[str, float]] = []
    for guess in guesses:
        # One by one, as the CPU does it: a batch would take as long, and more memory.
        *_, state = synthesize(tried, guess[None], settings, (seed,), backend, checkpoint)
        costs.append(side_costs(state))
    chosen = {side: min(range(TRIES), key=lambda number: costs[number][side]) for side in costs[0]}
    return guess_of(drawn, levels[0], dict.fromkeys(SIDES, 0) | chosen, seed)


def guess_of(drawn: Level, coarsest: Level, numbers: dict[str, int], seed: int) -> torch.Tensor:
    """A guess: the guess of a number at each side, reduced to the coarsest level.

    drawn: the level in whose pixels it is made. numbers: from 0, by side.
    """
    sides, clip = Sides.of(drawn), drawn.kept.codes
    wide = torch.cat(
        [
            beside(clip, sides.left, True, numbers["left"], f"{seed} left"),
            clip,
            beside(clip, sides.right, False, numbers["right"], f"{seed} right"),
        ],
        2,
    )
    upright = wide.transpose(1, 2)
    whole = torch.cat(
        [
            along(upright, sides.top, True, numbers["top"], f"{seed} top"),
            upright,
            along(upright, sides.bottom, False, numbers["bottom"], f"{seed} bottom"),
        ],
        2,
    ).transpose(1, 2)
    guess = pyramid.resize(whole.contiguous(), coarsest.shape)
    return coarsest.with_source_outside(guess)


def beside(clip: torch.Tensor, count: int, is_before: bool, number: int, name: str) -> torch.Tensor:
    """`count` columns to put at the left of a clip (is_before) or at its right.

    clip: (T, H, W, 3). number: of the guess, from 0. name: what its random numbers hang on.
    """
    chance, width = random.Random(f"{name} {number}"), clip.shape[2]
    if number >= len(MOVES):
        return strips(clip, count, chance)
    moment = 0 if number == 0 else chance.randrange(len(clip))
    move = round(MOVES[number] * width)
    clip = clip.roll(moment, 0)
    places = torch.arange(-count - move, -move) if is_before else torch.arange(move, count + move)
    return clip[:, :, places % width]


def along(clip: torch.Tensor, count: int, is_before: bool, number: int, name: str) -> torch.Tensor:
    """`beside` for what lies above and below, seen upright: pieces come from near the edge, so that
    there is sky over the sky."""
    chance, width = random.Random(f"{name} {number}"), clip.shape[2]
    if not is_before:
        return along(clip.flip(2), count, True, number, name).flip(2)
    if number >= len(PERIODS):
        return strips(clip[:, :, : max(2, round(NEAR * width))], count, chance)
    moment = 0 if number == 0 else chance.randrange(len(clip))
    period = max(1, round(PERIODS[number] * width))
    return clip.roll(moment, 0)[:, :, torch.arange(-count, 0) % period]


def strips(clip: torch.Tensor, count: int, chance: random.Random) -> torch.Tensor:
    """`count` columns of strips of a clip from any place and moment."""
    parts, left, width = [clip[:, :, :0]], count, clip.shape[2]
    while left > 0:
        low, high = (max(1, round(share * width)) for share in STRIPS)
        side = min(left, low + int(chance.random() * (high - low + 1)))
        start = int(chance.random() * (width - side + 1))
        parts.append(clip.roll(chance.randrange(len(clip)), 0)[:, :, start : start + side])
        left -= side
    return torch.cat(parts, 2)


def side_costs(state: Pass) -> dict[str, float]:
    """What each side of the first sample costs after a pass, by name; less is better."""
    level, patch = state.level_input, state.patch
    corners = state.queries.corners().reshape(-1, 3).long()
    weights = voxel_weights(corners, patch, level.known).flatten(1).float()  # (N, P)
    is_made = weights.amin(1) == 1
    corners, weights = corners[is_made], weights[is_made]
    field = state.field[0].reshape(-1, 3).cpu().long()[is_made]
    query, key = _patches(state.query[0], patch, corners), _patches(state.key[0], patch, field)
    distance = torch.zeros(len(corners))
    for of_query, of_key in zip(query, key):  # of each channel: (N, P)
        distance += ((of_query - of_key).square() * weights).sum(1)
    distance /= weights.sum(1)
    times = torch.where(weights.amax(1) > 1, BORDER_COUNT, 1.0)
    costs = {}
    for side in Sides.of(level).names:
        here = _lies_at(corners, patch, level, side)
        error = (distance * times)[here].sum() / times[here].sum().clamp(min=1e-9)
        costs[side] = float(error) * (1 + COPY_COST * copied(corners[here], field[here]))
    return costs


def _patches(video: torch.Tensor, patch: Shape, corners: torch.Tensor) -> Iterator[torch.Tensor]:
    """The patches of a (T, H, W, C) video at (N, 3) places, as rows: (N, P) of each channel."""
    index = flat_index(corners, grid(video.shape[:3], patch))
    for channel in video.cpu().split(1, dim=3):
        yield unfold(channel, patch)[index].float()


def _lies_at(corners: torch.Tensor, patch: Shape, level: Level, side: str) -> torch.Tensor:
    """Which patches belong to a side: those whose middle lies further beyond that edge of what is
    kept than beyond any other."""
    y, x = (corners[:, axis] + patch[axis] / 2 for axis in (1, 2))
    (_, top, left), (_, bottom, right) = level.known
    beyond = torch.stack([top - y, y - bottom, left - x, x - right])
    return beyond.argmax(0) == SIDES.index(side)


def copied(corners: torch.Tensor, field: torch.Tensor) -> float:
    """Share of patches with the most common displacement in space, within 1 px, in [0, 1]."""
    if not len(corners):
        return 0.0
    moves = (field - corners)[:, 1:]
    moves = moves - moves.amin(0) + 1
    counts = torch.zeros(tuple((moves.amax(0) + 2).tolist()))
    counts.index_put_(tuple(moves.T), torch.ones(len(moves)), accumulate=True)
    around = F.avg_pool2d(counts[None, None], 3, 1, 1, divisor_override=1)
    return float(around.max()) / len(corners)
