"""A path made exact: every frame is compared with the median of all on the stabilised canvas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vgpnn.camera import similarity, still
from vgpnn.camera.path import LEAST_TRACKS
from vgpnn.camera.tracks import even_corners, follow

MEDIAN_FRAMES = 25  # of the canvas, at most; more change the median no more
LEVELS = 2  # of the pyramid: little is left to be found
FAR = 6.0  # [px] a corner that moves farther is none of the background
NEAR = 0.4  # [px] a corner that is off by as much counts half
LEAST_KEPT = 0.2  # of the corners, which agree; of fewer nothing is believed
INSIDE = 5  # [px] corners keep away from what is not seen


def refined(
    greys: np.ndarray, path: np.ndarray, checkpoint: Callable[[], None] = lambda: None
) -> np.ndarray:
    """A path, (T, 2, 3), from one that is nearly right. greys: (T, H, W) uint8."""
    some = np.unique(np.linspace(0, len(greys) - 1, MEDIAN_FRAMES).round().astype(int))
    base = still.stack(greys[some], path[some], checkpoint=checkpoint)
    moved = similarity.composed(similarity.inverse(base.path[:1]), path[some[:1]])[0]
    on_canvas = similarity.composed(path, np.broadcast_to(similarity.inverse(moved), path.shape))
    found = aligned(greys, on_canvas, base.median, checkpoint)
    return similarity.composed(found, np.broadcast_to(moved, path.shape))


def aligned(
    greys: np.ndarray,
    path: np.ndarray,
    median: np.ndarray,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """The path, (T, 2, 3), from a canvas to frames that best fit it.

    greys: (T, h, w) uint8. path: nearly right. median: (H, W) uint8, what the canvas shows.
    """
    corners = even_corners(median)
    found = []
    for grey, matrix in zip(greys, path):
        checkpoint()
        found.append(_aligned(grey, matrix, median, corners))
    return np.stack(found)


def _aligned(
    grey: np.ndarray, matrix: np.ndarray, median: np.ndarray, corners: np.ndarray
) -> np.ndarray:
    """The similarity of one frame; the one given, where little of it agrees with the canvas."""
    height, width = grey.shape
    places = similarity.applied(matrix, corners.astype(float))
    low, high = (places > INSIDE).all(-1), (places < [width - INSIDE, height - INSIDE]).all(-1)
    points = corners[low & high]
    if len(points) < LEAST_TRACKS:
        return matrix
    laid = still.stack_one(grey, matrix, median)
    there, is_found = follow(median, laid, points, LEVELS)
    is_found &= np.abs(there - points).max(-1) < FAR
    before, after = points[is_found].astype(float), there[is_found].astype(float)
    if len(before) < LEAST_TRACKS:
        return matrix
    change = similarity.robustly_fitted(before, after, NEAR, similarity.IDENTITY)
    if (similarity.distances(change, before, after) < 2 * NEAR).mean() < LEAST_KEPT:
        return matrix
    return similarity.composed(matrix, change)
