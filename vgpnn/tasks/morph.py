"""From one drawn shape to another: for moving cues, and for sketches from key drawings.

This is displacement interpolation (McCann 1997): each point of a shape goes straight to a point of
the other. They are paired so that all points together go the shortest way. A shape that only moves
keeps its form, and thin strokes do not break.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import scipy  # scipy.optimize takes half a second to load: it is loaded when it is first used

POINTS = 500  # of a shape that are paired at most: the time grows with the cube of their number
KEPT_PIECES = POINTS // 2  # of a shape in more than POINTS pieces: the others have points left
DISCS_PER_DEPTH = 4  # discs from the border of a piece to its deepest pixel
COARSER_STEP = 1.5  # factor by which the grid of discs grows where there are too many
FRACTION_BITS = 4  # of the coordinates with which OpenCV draws discs


class Morph:
    """A (H, W) bool shape on its way to another one.

    Where one of the two is empty, the other stays in its place. Of more than POINTS separate
    pieces only the thickest ones are seen on the way, and all of them at both ends.
    checkpoint: called several times a second while the shapes are paired; may raise to cancel.
    """

    def __init__(
        self,
        start: np.ndarray,
        end: np.ndarray,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> None:
        self.start, self.end = start, end
        self.start_discs = self.end_discs = np.empty((0, 3))  # (N, 3), disc by disc on its way
        if not start.any() or not end.any():
            return
        pieces = []
        for shape in (start, end):
            checkpoint()
            pieces.append(Pieces(shape))
        coarseness = 1.0
        # It ends: there is one disc for each piece once the cells are as large as the picture.
        while max(each.count_up_to(coarseness, POINTS) for each in pieces) > POINTS:
            checkpoint()
            coarseness *= COARSER_STEP
        start_discs, end_discs = (each.discs(coarseness) for each in pieces)
        count = max(len(start_discs), len(end_discs))
        start_discs, end_discs = _repeated(start_discs, count), _repeated(end_discs, count)
        distance = np.square(start_discs[:, None, :2] - end_discs[None, :, :2]).sum(-1)
        checkpoint()
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


class Pieces:
    """The connected pieces of a (H, W) bool shape, to be filled with discs.

    Every piece has a grid of its own, which is finer where the piece is thin. Each cell of the grid
    that the piece touches has one disc, around the deepest pixel in it. Of more than POINTS pieces
    only the KEPT_PIECES deepest ones count.
    """

    def __init__(self, shape: np.ndarray) -> None:
        drawn = shape.astype(np.uint8)
        depth = cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        depth = np.minimum(depth, np.hypot(*shape.shape))  # where all is drawn, it has no end
        count, label = cv2.connectedComponents(drawn)  # the background is number 0
        piece_depth = np.zeros(count)
        np.maximum.at(piece_depth, label[shape], depth[shape])
        if count - 1 > POINTS:
            left_out = np.argsort(-piece_depth, kind="stable")[KEPT_PIECES:]
            shape = shape & ~np.isin(label, left_out)
        self._height, self._width = shape.shape
        self._places = np.argwhere(shape)
        # Of each of the places the number of its piece, and how deep it lies [px].
        self._piece, self._depth = label[shape].astype(np.int64), depth[shape]
        self._area = np.bincount(self._piece, minlength=count)  # [px] of each piece
        self._piece_depth = piece_depth

    def _side(self, coarseness: float) -> np.ndarray:
        """The side of a cell [px] of each piece."""
        return np.maximum(1, self._piece_depth / DISCS_PER_DEPTH * coarseness)

    def _cells(self, coarseness: float) -> np.ndarray:
        """A number for the cell in which each of the places lies."""
        side = self._side(coarseness)[self._piece]
        row, column = (self._places // side[:, None]).astype(np.int64).T
        return (self._piece * self._height + row) * self._width + column

    def count_up_to(self, coarseness: float, enough: int) -> int:
        """The number of discs; where it is above `enough`, maybe a smaller number above that.

        The area of the pieces mostly shows that already, without a look at all places.
        """
        pixels = np.ceil(self._side(coarseness)) ** 2  # in a cell, at most
        least = int(np.ceil(self._area / pixels).sum())
        return least if least > enough else len(np.unique(self._cells(coarseness)))

    def discs(self, coarseness: float = 1.0) -> np.ndarray:
        """(N, 3) float: y, x and radius [px] of discs that fill the pieces.

        coarseness: factor on the side of all cells.
        """
        cell = self._cells(coarseness)
        order = np.argsort(-self._depth, kind="stable")
        deepest = order[np.unique(cell[order], return_index=True)[1]]
        return np.column_stack([self._places[deepest], self._depth[deepest] - 1])
