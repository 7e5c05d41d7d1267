"""Sketches drawn on the page: key drawings, each turning into the next."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from vgpnn.codes import decode
from vgpnn.tasks.morph import Morph

INK, PAPER = np.uint8(20), np.uint8(252)  # grey levels, from 0 to 255


def morphed(drawings: list[np.ndarray], frames: int) -> torch.Tensor:
    """A moving sketch, (frames, H, W, 3) in [-1, 1], from two or more key drawings.

    drawings: (H, W) bool each, True where there is ink. They are resized to the size of the first.
    """
    size = drawings[0].shape[::-1]
    drawings = [
        cv2.resize(drawing.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        for drawing in drawings
    ]
    morphs = [Morph(start, end) for start, end in zip(drawings, drawings[1:])]
    pictures = []
    for time in np.linspace(0, len(morphs), frames):  # in drawings
        number = min(int(time), len(morphs) - 1)
        pictures.append(picture(morphs[number].at(time - number)))
    return decode(torch.from_numpy(np.stack(pictures)))


def picture(drawing: np.ndarray) -> np.ndarray:
    """A (H, W) bool drawing as ink on paper, (H, W, 3) uint8."""
    return np.where(drawing[..., None], INK, PAPER).repeat(3, -1)
