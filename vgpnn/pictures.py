"""Single pictures for the page: the strip of a preview, and pictures made smaller or larger."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import torch
from PIL import Image

STRIP_FRAMES, STRIP_HEIGHT = 24, 180  # frames, and height of each [px], of a film strip at most
STRIP_QUALITY = 80  # of the JPEG, from 1 to 95


def film_strip(codes: torch.Tensor) -> tuple[bytes, int, tuple[int, int]]:
    """A video of (T, H, W, 3) uint8 codes as one JPEG, in which frame lies below frame.

    Returns the file's bytes, the number of frames in it, and (width, height) of each [px]. Of a
    long video every n-th frame is there, and a high one is reduced.
    """
    frames = codes[:: -(-len(codes) // STRIP_FRAMES)]
    count, height, width = frames.shape[:3]
    strip = Image.fromarray(frames.reshape(count * height, width, 3).cpu().numpy())
    if height > STRIP_HEIGHT:
        width, height = round(width * STRIP_HEIGHT / height), STRIP_HEIGHT
        strip = strip.resize((width, count * height), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    strip.save(file, "JPEG", quality=STRIP_QUALITY)
    return file.getvalue(), count, (width, height)


def reduced(picture: np.ndarray, pixels: int) -> np.ndarray:
    """An (H, W, C) picture with at most so many pixels, each copied from the nearest one."""
    height, width = picture.shape[:2]
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1:
        return picture
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)


def enlarged(picture: np.ndarray, height: int) -> np.ndarray:
    """An (H, W, 3) picture enlarged by a whole number to about `height` [px]."""
    factor = max(1, round(height / picture.shape[0]))
    size = picture.shape[1] * factor, picture.shape[0] * factor
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
