"""Sketches drawn on the page: key drawings, one turning into the next."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from vgpnn.codes import decode
from vgpnn.tasks.morph import Morph

INK, PAPER = np.uint8(20), np.uint8(252)


def morphed(drawings: list[np.ndarray], frames: int) -> torch.Tensor:
    """A moving sketch, (T, H, W, 3) in [-1, 1], from two or more (H, W) bool drawings."""
    size = drawings[0].shape[::-1]
    drawings = [
        cv2.resize(drawing.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        for drawing in drawings
    ]
    morphs = [Morph(*pair) for pair in zip(drawings, drawings[1:])]
    pictures = []
    for at in np.linspace(0, len(drawings) - 1, frames):
        key = min(int(at), len(drawings) - 2)
        pictures.append(picture(morphs[key].at(at - key)))
    return decode(torch.from_numpy(np.stack(pictures)))


def picture(drawing: np.ndarray) -> np.ndarray:
    """(H, W) bool as ink on paper, (H, W, 3) uint8."""
    return np.where(drawing[..., None], INK, PAPER).repeat(3, -1)
