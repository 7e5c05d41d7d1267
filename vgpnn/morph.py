"""From one drawn shape to another: for moving cues and for sketches from key drawings.

Displacement interpolation (McCann 1997): the points of the one shape go straight to points of the
other, paired so that all together go the shortest way. A shape that only moves stays as it is, and
thin strokes do not break.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

FRACTION_BITS = 4  # of the coordinates that are drawn
POINTS = 500  # of a shape, at most, that are paired: the time grows with their cube


def between(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """The shape `share` of the way from one (H, W) bool shape to another; bool of the same size.

    Where one of the two is empty, the other stays in place.
    """
    if share == 0 and one.any():
        return one
    if not one.any() or not other.any():
        return one | other
    step = 1
    while max(shape[::step, ::step].sum() for shape in (one, other)) > POINTS:
        step += 1
    begin, end = discs(one, step), discs(other, step)
    count = max(len(begin), len(end))
    begin, end = (d[np.arange(count) * len(d) // count] for d in (begin, end))
    apart = np.square(begin[:, None, :2] - end[None, :, :2]).sum(-1)
    _, partner = linear_sum_assignment(apart)
    drawn = np.zeros(one.shape, np.uint8)
    now = (begin * (1 - share) + end[partner] * share) * 2**FRACTION_BITS
    for y, x, radius in now.round().astype(int).tolist():
        cv2.circle(drawn, (x, y), radius, 1, cv2.FILLED, cv2.LINE_8, FRACTION_BITS)
    gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * step + 1,) * 2)
    return cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, gap) > 0


def discs(shape: np.ndarray, step: int) -> np.ndarray:
    """(N, 3) float: y, x and radius [px] of discs that fill a shape, one every `step` pixels."""
    depth = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    places = np.argwhere(shape)
    on_grid = (places % step == 0).all(1)
    if on_grid.any():
        places = places[on_grid]
    radius = depth[places[:, 0], places[:, 1]] - 1 + (step - 1) / 2
    return np.column_stack([places, radius])
