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


def moving_disc(
    shape: Shape, radius: float, speed: tuple[float, float], start: tuple[float, float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """A disc of noise that moves over other noise, which moves the other way half as slowly.

    speed: of the disc, x and y [px/frame]. start: its first middle, x and y [px].
    Returns the codes, (T, H, W, 3) uint8, and where the disc is, (T, H, W) bool.
    """
    frames, height, width = shape
    pad, size = 64, int(4 * radius)
    generator = torch.Generator().manual_seed(0)
    ground = 40 + 120 * blurred(
        torch.rand(height + 2 * pad, width + 2 * pad, 3, generator=generator)
    )
    skin = 90 + 160 * blurred(torch.rand(size, size, 3, generator=generator))
    y, x = (each.float() for each in torch.meshgrid(
        torch.arange(height), torch.arange(width), indexing="ij"))  # fmt: skip
    codes, masks = [], []
    for k in range(frames):
        middle = [first + k * step for first, step in zip(start, speed)]
        away = [each - place for each, place in zip((x, y), middle)]
        on_skin = sampled(skin, away[0] + size / 2, away[1] + size / 2)
        below = sampled(ground, x + pad + k * speed[0] / 2, y + pad + k * speed[1] / 2)
        distance = torch.hypot(*away)
        share = (radius + 0.5 - distance).clamp(0, 1)[..., None]
        codes.append(on_skin * share + below * (1 - share))
        masks.append(distance <= radius)
    return torch.stack(codes).round().to(torch.uint8), torch.stack(masks)


def sampled(picture: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A (H, W, C) picture at places between its pixels, with its border repeated around it."""
    height, width = picture.shape[:2]
    grid = torch.stack([2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1], -1)
    options = {"padding_mode": "border", "align_corners": True}
    return F.grid_sample(picture.permute(2, 0, 1)[None], grid[None], **options)[0].permute(1, 2, 0)
