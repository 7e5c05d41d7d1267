"""Where a frame looks most like a thing: template matching near the places that are expected."""

from __future__ import annotations

import math

import cv2
import numpy as np

SIDE = 48  # [px] larger pieces are compared at this size
NOISE = 4.0  # [codes squared] by which two frames of the same thing differ
FAR = 0.3  # what the whole reach weighs against how unlike a place is
SAME = 1.0  # [codes squared] where frames differ by less, nothing moved by a part of a pixel

Box = tuple[slice, slice]  # rows and columns of a picture


def best_move(
    looks: list[np.ndarray],
    weight: np.ndarray,
    frame: np.ndarray,
    box: Box,
    expected: list[np.ndarray],
    reach: float,
) -> tuple[np.ndarray, float, float, float]:
    """Where a frame looks most like a thing, near one of the places that are expected.

    looks: pictures of the thing, (h, w, 3) float32. weight: (h, w), how much each pixel counts.
    frame: (H, W, 3) float32. box: where in the frame the thing would be if it did not move.
    expected: moves, x and y [px], of at most `reach` each.
    Returns the move, x and y [px], and how unlike the thing the frame is there, where it was, and
    in the mean around [codes squared].
    """
    # A whole number of pixels becomes one, so that a thing that stays is compared with itself.
    factor = math.ceil(max(weight.shape) / SIDE)
    box, weight, looks = _whole_pixels(factor, box, weight, looks)
    pad = math.ceil((2 * reach + 2) / factor) * factor
    rows, columns = box
    top, left = max(0, rows.start - pad), max(0, columns.start - pad)
    wide = frame[top : rows.stop + pad, left : columns.stop + pad]
    missing = top - (rows.start - pad), rows.stop + pad - len(frame)
    missing += left - (columns.start - pad), columns.stop + pad - frame.shape[1]
    wide = cv2.copyMakeBorder(wide, *(max(0, each) for each in missing), cv2.BORDER_REPLICATE)
    if factor > 1:
        wide, weight, *looks = (
            cv2.resize(each, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
            for each in (wide, weight, *looks)
        )
    mask = np.repeat(np.sqrt(weight)[..., None], 3, 2)
    unlike = sum(cv2.matchTemplate(wide, each, cv2.TM_SQDIFF, mask=mask) for each in looks)
    unlike = np.maximum(unlike, 0) / (weight.sum() * 3 * len(looks))
    y, x = np.mgrid[: unlike.shape[0], : unlike.shape[1]] * factor - pad
    mean = unlike[np.hypot(x, y) <= reach + 1].mean()
    distance = np.min([np.hypot(x - each[0], y - each[1]) for each in expected], 0)
    cost = (unlike + NOISE) / (mean + NOISE) + FAR * np.square(np.minimum(distance / reach, 2))
    row, column = np.unravel_index(cost.argmin(), cost.shape)
    move = np.array([x[row, column], y[row, column]], float)
    is_inside = 0 < row < len(unlike) - 1 and 0 < column < unlike.shape[1] - 1
    if is_inside and unlike[row, column] > SAME:
        near = unlike[row - 1 : row + 2, column - 1 : column + 2]
        move += np.array([_lowest(near[1]), _lowest(near[:, 1])]) * factor
    was = unlike[pad // factor, pad // factor]
    return move, float(unlike[row, column]), float(was), float(mean)


def _whole_pixels(
    factor: int, box: Box, weight: np.ndarray, looks: list[np.ndarray]
) -> tuple[Box, np.ndarray, list[np.ndarray]]:
    """A box and what is in it, grown at its end to a multiple of `factor`, by pixels that do not
    count: a thin line would have no pixel at all when it is made smaller."""
    more = [-(side.stop - side.start) % factor for side in box]
    ends = [(0, pixels) for pixels in more]
    box = tuple(slice(side.start, side.stop + pixels) for side, pixels in zip(box, more))
    return box, np.pad(weight, ends), [np.pad(each, [*ends, (0, 0)], "edge") for each in looks]


def _lowest(three: np.ndarray) -> float:
    """Where a parabola through three values at -1, 0 and 1 is lowest, in [-0.5, 0.5]."""
    left, middle, right = three.astype(float)
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend > 0 else 0.0
