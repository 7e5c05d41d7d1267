"""Putting frames in their order on the places of a regular grid, one on each."""

from __future__ import annotations

import numpy as np

# How far frames may be moved for this: each of them [frames], and as the root of the mean square
# [frames, s]. Beyond, it was not the jitter of a recorder that moved them.
MOST_MOVED, MEAN_MOVED, MEAN_SECONDS = 1.5, 0.45, 0.015
SHIFTS = 0.0, 0.25, 0.5, 0.75  # [frames] by which the grid may lie after the first frame


def ordered_slots(positions: np.ndarray, rate: float) -> tuple[np.ndarray | None, float]:
    """(T,) whole numbers that rise with each frame, from 0 on, and are close to where the frames
    are; None where they cannot be close enough. Then how far frames were moved [frames].

    positions: (T,) sorted, in frames of a grid. rate: of the grid [frames/s].
    Jitter may bring two frames to one place of the grid while the place beside it stays empty: the
    nearest place of each would lose one of them.
    """
    counts = np.arange(len(positions))
    best, least = None, min(MEAN_MOVED, MEAN_SECONDS * rate)
    for shift in SHIFTS:
        # A whole number more for each frame is what slots must have; what is left must not fall.
        slots = np.round(rising(positions - shift - counts)) + counts
        moved = np.abs(slots - (positions - shift))
        mean = float(np.sqrt((moved * moved).mean()))
        if mean <= least and moved.max() <= MOST_MOVED:
            best, least = slots, mean
    return None if best is None else (best - best[0]).astype(np.int64), least


def are_crowded(slots: np.ndarray) -> bool:
    """Whether two frames have one place while a place beside it is empty.

    slots: (T,) whole numbers that do not fall. Where no place is empty, one of the two frames is
    none that is shown: VP8 has such packets, right beside one that shows a frame.
    """
    steps = np.diff(slots)
    same = steps == 0
    return bool((same[1:] & (steps[:-1] > 1)).any() or (same[:-1] & (steps[1:] > 1)).any())


def rising(values: np.ndarray) -> np.ndarray:
    """(T,): the numbers that never fall and are closest to some values, by least squares.

    Where values fall, their mean takes their place.
    """
    means: list[float] = []
    sizes: list[int] = []
    for value in values.tolist():
        size = 1
        while means and means[-1] > value:
            total = size + sizes[-1]
            value = (value * size + means.pop() * sizes.pop()) / total
            size = total
        means.append(value)
        sizes.append(size)
    return np.repeat(means, sizes)
