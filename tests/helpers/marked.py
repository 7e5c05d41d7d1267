"""A clip with things of two colours to be marked."""

from __future__ import annotations

import numpy as np
import torch

from vgpnn.tasks import marking

RED, GREEN = (210, 40, 40), (40, 170, 60)
PLACES = ((22, 18, RED), (60, 30, GREEN), (96, 16, RED), (40, 52, GREEN), (84, 54, RED))
RADIUS = 9


def discs(frames: int = 6, height: int = 72, width: int = 120):
    """Red and green discs that drift over a grey ground: (T, H, W, 3) uint8 codes, and where the
    red ones are, (T, H, W) bool."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    ground = 120 + 18 * np.sin((x + 2 * y) / 9)[..., None] + random.normal(0, 5, (height, width, 3))
    codes, red = [], np.zeros((frames, height, width), bool)
    for t in range(frames):
        frame = ground.copy()
        for column, row, colour in PLACES:
            inside = (x - column - 1.5 * t) ** 2 + (y - row) ** 2 <= RADIUS**2
            frame[inside] = np.array(colour) + random.normal(0, 6, (int(inside.sum()), 3))
            red[t] |= inside & (colour == RED)
        codes.append(frame)
    return torch.from_numpy(
        np.stack(codes).round().clip(0, 255).astype(np.uint8)
    ), torch.from_numpy(red)


def paint_on(mask, kind: str = "more") -> np.ndarray:
    """A picture with the paint of a kind where an (H, W) bool mask is."""
    picture = np.zeros((*mask.shape, 4), np.uint8)
    picture[np.asarray(mask)] = *marking.COLOURS[kind], 255
    return picture


def share_of(result, mask) -> float:
    """The share of the voxels of a result that come from a (t, h, w) mask of its source."""
    return mask.float()[result.source_map.long().unbind(-1)].mean().item()
