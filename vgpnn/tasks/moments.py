"""Which moment of the source a region shows at each frame of a longer result or of a loop.

A region plays the source at its own pace and jumps where that shows least (video textures, Schoedl
et al. 2000). The moments are a cheapest path, found by dynamic programming. They are drawn: each
follows another random course through the source, so that regions differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

WINDOW = (-1, 0, 1)  # frames that are compared: single ones would match motion that runs backwards
JUMP_COST = 1.0  # of any jump, in mean differences between neighbouring frames
TEMPER = 0.35  # standard deviation of the logarithm of what a jump is said to cost
LEAST_JUMP = 4  # [frames] shorter jumps would stutter or stand still
PIECE = (0.9, 1.0)  # lengths of the pieces of a course, in lengths of the source: few jumps
DRIFT_COST = 0.3  # of a frame that is DRIFT_FRAMES or more from the course, in the same unit
DRIFT_FRAMES = 4


@dataclass(frozen=True)
class Jump:
    """Where moments do not advance by one.

    frame: of the result, the last one before the jump. before, after: the moments that are shown at
    `frame` and at the next frame.
    """

    frame: int
    before: int
    after: int


def window_differences(frames: torch.Tensor) -> np.ndarray:
    """(T, T): how different the source is around two moments, as a root of summed squares.

    frames: (T, N) values. Windows of three frames are compared, or as much of them as there is.
    """
    count = len(frames)
    squares = torch.cdist(frames, frames).square().numpy()
    total, compared = np.zeros_like(squares), np.zeros_like(squares)
    for offset in WINDOW:
        first, past = max(0, -offset), count - max(0, offset)
        if first < past:
            inner, shown = slice(first, past), slice(first + offset, past + offset)
            total[inner, inner] += squares[shown, shown]
            compared[inner, inner] += 1
    return np.sqrt(total / compared)


def jump_costs(differences: np.ndarray) -> np.ndarray:
    """(T, T): what it costs to show moment j after moment k, in row k and column j, before chance.

    differences: of `window_differences`. What follows k is k + 1, so a jump costs the difference of
    k + 1 and j, in mean differences between neighbours. After the last moment comes what is like
    what follows a moment like it. Moments too near to k + 1 cannot be jumped to.
    """
    count = len(differences)
    unit = max(1e-6, float(np.diagonal(differences, 1).mean())) if count > 1 else 1.0
    costs = np.empty_like(differences)
    costs[:-1], costs[-1] = differences[1:] / unit, np.roll(differences[-1], 1) / unit
    costs[-1, 0] = np.inf if count > LEAST_JUMP else 0.0
    moments = np.arange(count)
    # A source of a few frames has no jump that is long enough.
    least = min(LEAST_JUMP, max(1, (count - 1) // 2))
    costs[np.abs(moments[:, None] + 1 - moments) < least] = np.inf
    return costs


def draw(
    costs: np.ndarray,
    count: int,
    random: np.random.Generator,
    circular: bool,
    first_piece: tuple[float, float] = PIECE,
) -> np.ndarray:
    """(count,) int64: moments that play on at the source's pace, with few jumps that show little.

    costs: of `jump_costs`. circular: whether the first moment follows the last one.
    """
    length = len(costs)
    if length == 1:
        return np.zeros(count, np.int64)
    course, pieces = draw_course(length, count, random, first_piece)
    moments = np.arange(length)
    least = np.full(length, np.inf)
    least[course[0]] = 0
    predecessors, tempered = [], None
    for frame in range(1, count):
        # Jumps get other costs at each piece, so that a long result does not repeat one jump.
        if tempered is None or frame in pieces:
            tempered = _tempered(costs, random)
        paths = least[:, None] + tempered
        predecessors.append(paths.argmin(0))
        away = np.abs(moments - course[frame]) / DRIFT_FRAMES
        least = paths.min(0) + DRIFT_COST * np.minimum(away, 1.0)
    if circular:
        least = least + _tempered(costs, random)[:, course[0]]
    path = [int(least.argmin())]
    for predecessor in reversed(predecessors):
        path.append(int(predecessor[path[-1]]))
    return np.array(path[::-1])


def _tempered(costs: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The costs of jumps by chance, and 0 for playing on."""
    chance = np.exp(TEMPER * random.standard_normal(costs.shape, np.float32))
    tempered = costs * chance + JUMP_COST
    following = np.arange(len(costs) - 1)
    tempered[following, following + 1] = 0
    return tempered


def draw_course(
    length: int,
    count: int,
    random: np.random.Generator,
    first_piece: tuple[float, float] = PIECE,
) -> tuple[np.ndarray, frozenset[int]]:
    """Where in a source of `length` frames a region should be at each of `count` frames, (count,),
    and at which frames its pieces begin.

    A course is made of long pieces of the source, each from another moment on.
    """
    course, begins, frame = np.zeros(count, np.int64), [], 0
    while frame < count:
        shares = PIECE if begins else first_piece
        frames = max(min(LEAST_JUMP, length), round(random.uniform(*shares) * length))
        start = int(random.integers(length - frames + 1))
        past = min(count, frame + frames)
        course[frame:past] = start + np.arange(past - frame)
        begins.append(frame)
        frame += frames
    return course, frozenset(begins)


def jumps_of(moments: np.ndarray, circular: bool) -> list[Jump]:
    """Where moments, (T,), do not advance by one. circular: whether the first follows the last."""
    following = np.roll(moments, -1)
    frames = np.flatnonzero(following != moments + 1)
    last = len(moments) - 1
    return [
        Jump(int(frame), int(moments[frame]), int(following[frame]))
        for frame in frames
        if circular or frame < last
    ]
