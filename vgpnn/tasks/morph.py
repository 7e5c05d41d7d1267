"""From one drawn shape to another: for moving cues, and for sketches from key drawings.

This is displacement interpolation (McCann 1997): each point of a shape goes straight to a point of
the other. They are paired so that all points together go the shortest way. A shape that only moves
keeps its form, and thin strokes do not break.
"""

from __future__ import annotations

import cv2
import numpy as np
import scipy  # scipy.optimize takes half a second to load: it is loaded when it is first used

POINTS = 500  # of a shape that are paired at most: the time grows with the cube of their number
DISCS_PER_DEPTH = 4  # discs from the border of a piece to its deepest pixel
COARSER_STEP = 1.5  # factor by which the grid of discs grows where there are too many
FRACTION_BITS = 4  # of the coordinates with which OpenCV draws discs


class Morph:
    """A (H, W) bool shape on its way to another one.

    Where one of the two is empty, the other stays in its place.
    """

    def __init__(self, start: np.ndarray, end: np.ndarray) -> None:
        self.start, self.end = start, end
        self.start_discs = self.end_discs = np.empty((0, 3))  # (N, 3), disc by disc on its way
        if not start.any() or not end.any():
            return
        coarseness = 1.0
        while max(len(discs(shape, coarseness)) for shape in (start, end)) > POINTS:
            coarseness *= COARSER_STEP
        start_discs, end_discs = discs(start, coarseness), discs(end, coarseness)
        count = max(len(start_discs), len(end_discs))
        start_discs, end_discs = _repeated(start_discs, count), _repeated(end_discs, count)
        distance = np.square(start_discs[:, None, :2] - end_discs[None, :, :2]).sum(-1)
        self.start_discs = start_discs
        self.end_discs = end_discs[scipy.optimize.linear_sum_assignment(distance)[1]]

    def at(self, share: float) -> np.ndarray:
        """The (H, W) bool shape after a share, in [0, 1], of the way."""
        if not len(self.start_discs):
            return self.start | self.end
        if share in (0, 1):
            return self.end if share else self.start
        drawn = np.zeros(self.start.shape, np.uint8)
        between = self.start_discs * (1 - share) + self.end_discs * share
        for y, x, radius in (between * 2**FRACTION_BITS).round().astype(int).tolist():
            cv2.circle(drawn, (x, y), radius, 1, cv2.FILLED, cv2.LINE_8, FRACTION_BITS)
        return drawn > 0


def _repeated(rows: np.ndarray, count: int) -> np.ndarray:
    """`count` rows, each row as often as the others or once more, in their order."""
    return rows[np.arange(count) * len(rows) // count]


def discs(shape: np.ndarray, coarseness: float = 1.0) -> np.ndarray:
    """(N, 3) float: y, x and radius [px] of discs that fill a (H, W) bool shape.

    Every connected piece has a grid of its own, which is finer where the piece is thin. Each cell
    of the grid that the piece touches has one disc, around the deepest pixel in it.
    coarseness: factor on the side of all cells.
    """
    depth = cv2.distanceTransform(shape.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, label = cv2.connectedComponents(shape.astype(np.uint8))
    places = np.argwhere(shape)
    piece, pixel_depth = label[shape], depth[shape]  # of each of the places
    piece_depth = np.zeros(count)
    np.maximum.at(piece_depth, piece, pixel_depth)
    side = np.maximum(1, piece_depth / DISCS_PER_DEPTH * coarseness)[piece]  # [px] of a cell
    row, column = (places // side[:, None]).astype(np.int64).T
    cell = (piece.astype(np.int64) * shape.shape[0] + row) * shape.shape[1] + column
    order = np.argsort(-pixel_depth, kind="stable")
    deepest = order[np.unique(cell[order], return_index=True)[1]]
    return np.column_stack([places[deepest], pixel_depth[deepest] - 1])
