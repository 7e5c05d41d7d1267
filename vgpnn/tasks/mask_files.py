"""Masks from files, one for each kind of mark (see `marking`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from vgpnn import video
from vgpnn.settings import Shape
from vgpnn.tasks import cues
from vgpnn.tasks.cues import OPAQUE_ALPHA
from vgpnn.tasks.marking import COLOURS
from vgpnn.tasks.paint_files import read_layers

WHITE = 128  # of 255: grey of a mask without transparency, from which on it marks


def read(
    paths: Mapping[str, str | os.PathLike],
    shape: Shape,
    start: float = 0.0,
    fps: video.Rate | None = None,
    marked_on: int = 0,
    checkpoint: Callable[[], None] = lambda: None,
) -> dict[int, np.ndarray]:
    """Pictures as `marking.marked` takes them, from a mask for each kind: (H, W, 4) uint8 by frame.

    paths: by name of a kind, a PNG of the frame `marked_on`, or a video or a folder of numbered
        PNG images, whose first one is of that frame. What is painted, or white where nothing of a
        mask is see-through, is marked.
    shape: (T, H, W) of the clip. start, fps: with which it was read [s, frames/s].
    Raises ValueError with one sentence for a file that cannot be used.
    """
    length, height, width = shape
    if not 0 <= marked_on < length:
        raise ValueError(
            f"The masks are of frame {marked_on}: choose one from 0 to {length - 1}, the last."
        )
    pictures: dict[int, np.ndarray] = {}
    for name, colour in COLOURS.items():
        if name not in paths:
            continue
        layers = read_layers(paths[name], start, fps, length - marked_on, height, checkpoint)
        for number, layer in enumerate(layers, marked_on):
            checkpoint()
            mask = mask_of(layer, height, width)
            picture = pictures.setdefault(number, np.zeros((height, width, 4), np.uint8))
            picture[mask] = *colour, 255
    return pictures


def picture_of(layers: Mapping[str, np.ndarray]) -> np.ndarray:
    """One picture, (H, W, 4) uint8 in `COLOURS`, of masks of one size, (H, W, 4) uint8 by kind."""
    height, width = next(iter(layers.values())).shape[:2]
    picture = np.zeros((height, width, 4), np.uint8)
    for name, colour in COLOURS.items():
        if name in layers:
            picture[mask_of(layers[name], height, width)] = *colour, 255
    return picture


def mask_of(layer: np.ndarray, height: int, width: int) -> np.ndarray:
    """Where a picture, (h, w, 4) uint8, marks a clip of a size [px]: (H, W) bool.

    Raises ValueError where it has another aspect than the clip."""
    if not cues.has_shape(layer, height, width):
        raise ValueError(
            f"The mask has another shape than the clip, which is {width} x {height}: paint on a "
            "frame of the clip."
        )
    layer = cv2.resize(layer, (width, height), interpolation=cv2.INTER_NEAREST)
    if (layer[..., 3] < OPAQUE_ALPHA).any():
        return cues.painted(layer)
    return layer[..., :3].mean(-1) >= WHITE
