"""Clips with parts that move and parts that stand still, (T, H, W, 3) values in [-1, 1]."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from vgpnn.settings import Shape


def half_moving(shape: Shape, right: bool, seed: int) -> torch.Tensor:
    """Light noise that runs to the left on one half; the other half is dark and stands still.

    right: whether the right half is the one that moves.
    """
    frames, height, width = shape
    generator = torch.Generator().manual_seed(seed)
    still = blurred(torch.rand(height, width, 3, generator=generator)) * 0.4
    running = torch.rand(height, width + 2 * frames, 3, generator=generator)
    running = 0.6 + blurred(running) * 0.4
    moves = torch.zeros(height, width, 1, dtype=torch.bool)
    moves[:, width // 2 :] = right
    moves[:, : width // 2] = not right
    video = [running[:, 2 * k : 2 * k + width].where(moves, still) for k in range(frames)]
    return torch.stack(video) * 2 - 1


def two_speeds(shape: Shape, left: int, right: int) -> torch.Tensor:
    """Noise of equal looks that runs to the left, at a speed of its own on each half [px/frame]."""
    frames, height, width = shape
    generator = torch.Generator().manual_seed(0)
    texture = blurred(torch.rand(height, 2 * width, 3, generator=generator)) * 2 - 1
    half = width // 2
    return torch.stack(
        [
            torch.cat([texture[:, speed * k : speed * k + half] for speed in (left, right)], dim=1)
            for k in range(frames)
        ]
    )


def moving_strokes(frames: int = 5, side: int = 60) -> torch.Tensor:
    """A sketch: a dark upright bar that moves to the right over light paper."""
    sketch = torch.ones(frames, side, side, 3)
    for k in range(frames):
        sketch[k, 8 : side - 8, 20 + k : 38 + k] = -1
    return sketch


def blurred(picture: torch.Tensor) -> torch.Tensor:
    """An (H, W, 3) picture in which every pixel is the mean of 3 x 3."""
    return F.avg_pool2d(picture.permute(2, 0, 1)[None], 3, 1, 1)[0].permute(1, 2, 0)
