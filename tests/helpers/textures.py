"""Smooth random clips, as values in [-1, 1]."""

from __future__ import annotations

import torch

from vgpnn.pyramid import resize


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def texture(
    shape: tuple[int, int, int] = (5, 24, 30), seed: int = 0, grain: int = 3
) -> torch.Tensor:
    """Smooth noise with details of about `grain` px, (T, H, W, 3) in [-0.8, 0.8]."""
    t, h, w = shape
    coarse = torch.rand(t, h // grain, w // grain, 3, generator=generator(seed)) * 2 - 1
    return resize(coarse, shape).clamp(-0.8, 0.8)
