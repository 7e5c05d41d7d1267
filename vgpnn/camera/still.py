"""What stands still on a canvas: the one measure that tells a right path from a wrong one.

The share of inliers does not: it is 0.5 on a path that follows waves (measured).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from vgpnn.camera import similarity

TEXTURE = 3.0  # [grey per px] slope of a canvas pixel that shows whether it moves
STILL = 0.5  # [px] mean deviation over time of what stands still
NOISE = 0.8  # [grey] mean deviation of what does not move at all
LOOSE, LOOSE_NOISE = 0.7, 1.5  # the same, where no texture is asked for
BLUR = 5  # [px] over which deviations and slopes are averaged
ROWS = 32  # whose median is taken at once


@dataclass(frozen=True)
class Stack:
    """Grey frames that are laid onto a canvas.

    greys: (T, H, W) uint8. seen: (T, H, W) bool, which canvas pixels lie in the frame.
    path: (T, 2, 3) from the canvas to the frames. checkpoint: called for every frame of a
    computation; may raise to cancel.
    """

    greys: np.ndarray
    seen: np.ndarray
    path: np.ndarray
    checkpoint: Callable[[], None] = lambda: None

    @cached_property
    def _times(self) -> np.ndarray:
        """In how many frames each pixel is seen: (H, W) int32."""
        times = np.zeros(self.greys.shape[1:], np.int32)
        for seen in self.seen:
            self.checkpoint()
            times += seen
        return times

    @cached_property
    def ever(self) -> np.ndarray:
        """Which pixels are seen in any frame: (H, W) bool."""
        return self._times > 0

    @property
    def median(self) -> np.ndarray:
        """The median over time of what is seen: (H, W) uint8, 0 where nothing is."""
        median = np.empty(self.greys.shape[1:], np.uint8)
        for first in range(0, len(median), ROWS):
            self.checkpoint()
            band = np.s_[first : first + ROWS]
            values = np.where(self.seen[:, band], self.greys[:, band], 255)
            values = np.sort(np.moveaxis(values, 0, -1), -1)
            middle = np.maximum(self._times[band] - 1, 0) // 2
            median[band] = np.take_along_axis(values, middle[..., None], -1)[..., 0]
        return np.where(self.ever, median, 0)

    @cached_property
    def _mean(self) -> np.ndarray:
        """The mean over time of what is seen: (H, W) float32, 0 where nothing is."""
        total = np.zeros(self.greys.shape[1:], np.float32)
        for grey, seen in zip(self.greys, self.seen):  # frame by frame, so that no floats pile up
            self.checkpoint()
            total += grey * seen
        return total / np.maximum(self._times, 1).astype(np.float32)

    @cached_property
    def _slope(self) -> np.ndarray:
        """How steep the mean is [grey per px]: (H, W) float32.

        The step to what no frame sees is none of the scene: it would count as a texture that stands
        still, and a path would seem to be right because its canvas has edges.
        """
        slopes = [
            cv2.Sobel(self._mean, cv2.CV_32F, *axis, scale=0.125) for axis in ((1, 0), (0, 1))
        ]
        return averaged(np.hypot(*slopes), self._is_inner)

    @cached_property
    def _is_inner(self) -> np.ndarray:
        """Which pixels have neighbours that are seen, so that their slope is known: (H, W) bool."""
        return cv2.erode(self.ever.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0

    @cached_property
    def _is_textured(self) -> np.ndarray:
        return (self._slope > TEXTURE) & (2 * self._times > len(self.seen)) & self._is_inner

    @cached_property
    def deviation(self) -> np.ndarray:
        """The mean deviation over time from the mean [grey]: (H, W) float32."""
        total = np.zeros(self.greys.shape[1:], np.float32)
        for grey, seen in zip(self.greys, self.seen):
            self.checkpoint()
            total += np.abs(grey - self._mean) * seen
        total /= np.maximum(self._times, 1).astype(np.float32)
        return averaged(total, self.ever)

    def share(self) -> float:
        """The share of the textured pixels that stand still, in [0, 1]."""
        still = self.deviation < STILL * self._slope + NOISE
        return float(still[self._is_textured].mean()) if self._is_textured.any() else 0.0

    def shares(self) -> np.ndarray:
        """Of every frame the share of the textured pixels that are where they are on the mean.

        What drifts past is so in the middle of the clip alone: (T,), in [0, 1]."""
        limit, found = STILL * self._slope + NOISE, []
        for grey, seen in zip(self.greys, self.seen):
            self.checkpoint()
            off = cv2.blur(np.abs(grey - self._mean), (BLUR, BLUR))
            counts = self._is_textured & seen
            found.append((off < limit)[counts].mean() if counts.any() else 0.0)
        return np.array(found)

    def is_still(self) -> np.ndarray:
        """Which pixels of the canvas stand still as long as they are seen: (H, W) bool."""
        return (self.deviation < LOOSE * self._slope + LOOSE_NOISE) & self.ever


def averaged(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values, (H, W) float32, averaged over squares of BLUR pixels, of which some are known."""
    if known.all():
        return cv2.blur(values, (BLUR, BLUR))
    weight = cv2.blur(known.astype(np.float32), (BLUR, BLUR))
    total = cv2.blur(np.where(known, values, np.float32(0)), (BLUR, BLUR))
    return np.where(weight > 0.01, total / np.maximum(weight, 0.01), np.float32(0))


def bounds(path: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last whole (x, y) of the scene that some frame of (H, W) sees."""
    seen = similarity.applied(similarity.inverse(path), similarity.corners(size)).reshape(-1, 2)
    return np.floor(seen.min(0) + 1e-6).astype(int), np.ceil(seen.max(0) - 1e-6).astype(int)


def laid_out(path: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, tuple[int, int]]:
    """A path from the pixels of the canvas that holds all frames of (H, W), and its (H, W), which
    are even."""
    low, high = bounds(path, size)
    width, height = (high - low + 2) // 2 * 2
    moved = similarity.moved_by(*low.astype(float))
    return similarity.composed(path, np.broadcast_to(moved, path.shape)), (int(height), int(width))


def stack(
    greys: np.ndarray,
    path: np.ndarray,
    canvas: tuple[int, int] | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Stack:
    """Frames, (T, H, W) uint8, on a canvas. path: from the scene to each.

    canvas: its (height, width), to whose pixels the path refers; None: that which holds all frames.
    checkpoint: see `Stack`.
    """
    if canvas is None:
        path, canvas = laid_out(path, greys.shape[1:])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    known = {"flags": flags, "borderMode": cv2.BORDER_REPLICATE}
    laid = np.empty((len(greys), *canvas), np.uint8)
    seen = np.empty(laid.shape, bool)
    for number, (grey, matrix) in enumerate(zip(greys, path)):
        checkpoint()
        seen[number] = is_seen(matrix, greys.shape[1:], canvas)
        laid[number] = cv2.warpAffine(grey, matrix, canvas[::-1], **known)
    return Stack(laid, seen, path, checkpoint)


def is_seen(
    matrix: np.ndarray, size: tuple[int, int], canvas: tuple[int, int], slack: float = 0.01
) -> np.ndarray:
    """Which pixels of a canvas of (H, W) lie in a frame of (h, w): (H, W) bool.

    matrix: from the canvas to the frame. slack: how far [px] beyond its pixels they may lie.
    """
    y, x = np.arange(canvas[0])[:, None], np.arange(canvas[1])
    inside = np.ones(canvas, bool)
    for row, side in zip(matrix, size[::-1]):
        place = row[0] * x + row[1] * y + row[2]
        inside &= (place >= -slack) & (place <= side - 1 + slack)
    return inside


def stack_one(grey: np.ndarray, matrix: np.ndarray, beneath: np.ndarray) -> np.ndarray:
    """A canvas, (H, W) uint8, with one frame laid onto it. matrix: from the canvas to the frame."""
    size = beneath.shape[::-1]
    laid = cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return np.where(is_seen(matrix, grey.shape, beneath.shape), laid, beneath)
