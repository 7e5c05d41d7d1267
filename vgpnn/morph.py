"""From one drawn shape to another: for moving cues and for sketches from key drawings."""

from __future__ import annotations

import cv2
import numpy as np


def between(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """The shape `share` of the way from one (H, W) bool shape to another; bool of the same size.

    Signed distances are blended, each moved to where the middle of the shape then is. Where one
    of the two is empty, the other stays in place.
    """
    if share == 0 and one.any():
        return one
    if not one.any() or not other.any():
        return one | other
    middles = [np.argwhere(shape).mean(0) for shape in (one, other)]
    middle = middles[0] * (1 - share) + middles[1] * share
    fields = [
        moved(signed_distance(shape), middle - at) for shape, at in zip((one, other), middles)
    ]
    return fields[0] * (1 - share) + fields[1] * share < 0


def signed_distance(shape: np.ndarray) -> np.ndarray:
    """Distance [px] to the border of a shape, negative inside: (H, W) float32."""
    inside = shape.astype(np.uint8)
    exact = cv2.DIST_MASK_PRECISE
    return cv2.distanceTransform(1 - inside, cv2.DIST_L2, exact) - cv2.distanceTransform(
        inside, cv2.DIST_L2, exact
    )


def moved(picture: np.ndarray, by: np.ndarray) -> np.ndarray:
    """A picture moved by (down, right) [px]; its border is repeated."""
    matrix = np.float32([[1, 0, by[1]], [0, 1, by[0]]])
    size = picture.shape[::-1]
    return cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
