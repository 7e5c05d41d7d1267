"""From one drawn shape to another: for moving cues and for sketches from key drawings.

Displacement interpolation (McCann 1997): the points of the one shape go straight to points of the
other, paired so that all together go the shortest way. A shape that only moves stays as it is, and
thin strokes do not break.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

POINTS = 500  # of a shape, at most, that are paired: the time grows with their cube
FINENESS = 4  # discs across the half-width of a piece
FRACTION_BITS = 4  # of the coordinates that are drawn


class Morph:
    """One (H, W) bool shape on its way to another. Where one is empty, the other stays in place."""

    def __init__(self, one: np.ndarray, other: np.ndarray) -> None:
        self.one, self.other = one, other
        if not one.any() or not other.any():
            return
        coarser = 1.0
        while max(len(discs(shape, coarser)) for shape in (one, other)) > POINTS:
            coarser *= 1.5
        begin, end = discs(one, coarser), discs(other, coarser)
        count = max(len(begin), len(end))
        begin, end = (d[np.arange(count) * len(d) // count] for d in (begin, end))
        apart = np.square(begin[:, None, :2] - end[None, :, :2]).sum(-1)
        self._begin, self._end = begin, end[linear_sum_assignment(apart)[1]]

    def at(self, share: float) -> np.ndarray:
        """The shape `share` of the way, in [0, 1]; bool."""
        if not self.one.any() or not self.other.any():
            return self.one | self.other
        if share in (0, 1):
            return self.other if share else self.one
        drawn = np.zeros(self.one.shape, np.uint8)
        now = (self._begin * (1 - share) + self._end * share) * 2**FRACTION_BITS
        for y, x, radius in now.round().astype(int).tolist():
            cv2.circle(drawn, (x, y), radius, 1, cv2.FILLED, cv2.LINE_8, FRACTION_BITS)
        return drawn > 0


def discs(shape: np.ndarray, coarser: float = 1.0) -> np.ndarray:
    """(N, 3) float: y, x and radius [px] of discs that fill a shape.

    Every piece has a grid of its own, finer where the piece is thin, and one disc for every cell
    of it that the piece touches, around the deepest pixel there.
    """
    depth = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, label = cv2.connectedComponents(shape.astype(np.uint8))
    places = np.argwhere(shape)
    piece, deep = label[shape], depth[shape]
    deepest = np.zeros(count)
    np.maximum.at(deepest, piece, deep)
    step = np.maximum(1, deepest / FINENESS * coarser)[piece]
    row, column = (places // step[:, None]).astype(np.int64).T
    cell = (piece.astype(np.int64) * shape.shape[0] + row) * shape.shape[1] + column
    order = np.argsort(-deep, kind="stable")
    chosen = order[np.unique(cell[order], return_index=True)[1]]
    return np.column_stack([places[chosen], deep[chosen] - 1])
