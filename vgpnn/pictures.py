"""Pictures for the page: a video as one film strip, and pictures made smaller."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import torch
from PIL import Image

STRIP_FRAMES = 24  # of a film strip at most
STRIP_HEIGHT = 180  # [px] of each of its frames at most
STRIP_QUALITY = 80  # of its JPEG, from 1 to 95


def film_strip(codes: torch.Tensor) -> tuple[bytes, int, tuple[int, int]]:
    """A video of (T, H, W, 3) uint8 codes as one JPEG, in which each frame lies below the last.

    Returns the bytes of the file, the number of frames in it, and (width, height) of each [px].
    A video of more than STRIP_FRAMES frames is shown by every n-th of them, and frames that are
    higher than STRIP_HEIGHT are reduced.
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
    """An (H, W, C) picture reduced to at most `pixels` pixels; a smaller one stays as it is.

    Every pixel is copied from the nearest one, so that no new colours appear.
    """
    height, width = picture.shape[:2]
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1:
        return picture
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
