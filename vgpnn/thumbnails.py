"""A few small pictures from the whole of a video, as a strip."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import numpy as np
from PIL import Image

from vgpnn.decoding.messages import VideoError
from vgpnn.decoding.process import decode_in_sandbox
from vgpnn.limits import LIMITS, Limits

QUALITY = 75  # of the JPEG, from 1 to 95


def thumbnails(
    path: str | os.PathLike,
    count: int,
    height: int,
    limits: Limits = LIMITS,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """(count, H, W, 3) uint8 RGB: the frames in the middle of `count` equal parts of a video's
    time. Of a video of more than 600 frames they are the nearest ones before, which are stored
    whole.

    height: of each picture [px]; a smaller video keeps its size. Where the file breaks off, the
    last picture is repeated.
    checkpoint: called several times a second; may raise to cancel.
    Raises `VideoError` for a file that cannot be used, and for a long one of a kind in which no
    picture is stored whole, or none can be found.
    """
    part = {"frames": count, "height": height}
    with decode_in_sandbox("glance", path, limits, checkpoint, **part) as (header, read_frames):
        pictures = np.empty((count, header["height"], header["width"], 3), np.uint8)
        filled, _ = read_frames(pictures)
    if filled == 0:
        raise VideoError("The video has no picture that can be decoded: use another file.")
    pictures[filled:] = pictures[filled - 1]
    return pictures


def strip(pictures: np.ndarray) -> bytes:
    """A JPEG in which (N, H, W, 3) uint8 pictures stand side by side."""
    file = io.BytesIO()
    Image.fromarray(np.hstack(list(pictures))).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
