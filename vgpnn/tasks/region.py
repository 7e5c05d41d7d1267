"""The region of inpainting: how large its pieces are, and how it grows around the paint."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import torch

SPECK_SHARE = 0.05  # of the area of the largest piece; a piece that is smaller is a speck


def smallest_piece_side(shape: np.ndarray) -> float:
    """Side [px] of the square that has the area of a shape's smallest connected piece.

    shape: (H, W) bool. Specks, which a slip of the hand or a codec leaves, do not count.
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(shape.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return math.sqrt(areas[areas >= SPECK_SHARE * areas.max()].min())


def grow(region: torch.Tensor, pixels: int, checkpoint: Callable[[], None] = lambda: None) -> None:
    """Grow a region, (T, H, W) bool, in place, in every frame by a number of pixels."""
    if pixels < 1:
        return
    before = after = None  # paint mostly stays where it is for many frames
    for frame in region:
        if not frame.any():
            continue
        if before is None or not torch.equal(frame, before):
            before = frame.clone()
            after = torch.from_numpy(grown(frame.numpy(), pixels, checkpoint))
        frame.copy_(after)


def grown(
    shape: np.ndarray, pixels: int, checkpoint: Callable[[], None] = lambda: None
) -> np.ndarray:
    """A (H, W) bool shape with all pixels that a disc of this radius around one of it covers.

    The disc is OpenCV's. `cv2.dilate` looks at every pixel of it for every pixel of the picture,
    which takes minutes for a large one; here every row of it takes one look.
    """
    height, width = shape.shape
    pixels = min(pixels, height + width)  # from which on the disc covers everything anyway
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    half_widths = disc.sum(1) // 2  # [px] of each row of the disc
    # How far the next pixel of the shape is in the same row [px]; the width where there is none.
    column = np.arange(width)
    left = np.maximum.accumulate(np.where(shape, column, -width), axis=1)
    right = np.minimum.accumulate(np.where(shape, column, 2 * width)[:, ::-1], axis=1)[:, ::-1]
    distance = np.minimum(column - left, right - column).astype(np.uint16)
    covered = np.zeros(shape.shape, bool)
    for offset in range(-min(pixels, height - 1), min(pixels, height - 1) + 1):
        checkpoint()
        rows = slice(max(0, offset), height + min(0, offset))  # that the shape is moved to
        moved = distance[max(0, -offset) : height - max(0, offset)]
        covered[rows] |= moved <= min(half_widths[pixels + offset], width - 1)
    return covered
