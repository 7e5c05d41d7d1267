"""8-bit codes: the integer form of videos inside the engine.

A code is round((v + 1) * 127.5) for a value v in [-1, 1]. Patch distances between codes are
whole numbers, so they are exact and equal on every device and for any number of threads.
"""

from __future__ import annotations

import math

import torch

from vgpnn.settings import Shape

CODES_PER_UNIT = 127.5
CLAMP = 250.0  # |value| a noisy guess may reach: its codes still fit 16 bits


def encode(video: torch.Tensor) -> torch.Tensor:
    """Values in [-1, 1] to uint8 codes of the same shape; values outside are clamped."""
    return ((video + 1) * CODES_PER_UNIT).round().clamp(0, 255).to(torch.uint8)


def encode_wide(video: torch.Tensor) -> torch.Tensor:
    """Values in [-250, 250] to int16 codes: a noisy guess leaves [-1, 1] by far."""
    return ((video.clamp(-CLAMP, CLAMP) + 1) * CODES_PER_UNIT).round().to(torch.int16)


def decode(codes: torch.Tensor) -> torch.Tensor:
    """Codes to float32 values."""
    return codes.to(torch.float32) / CODES_PER_UNIT - 1


def squares_per_mse(patch: Shape, channels: int) -> float:
    """Summed squared code difference of a patch pair whose MSE per element is 1."""
    return math.prod(patch) * channels * CODES_PER_UNIT**2
