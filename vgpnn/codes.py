"""8-bit codes: the integer form of videos inside the engine.

A code is round((v + 1) * 127.5) for a value v in [-1, 1]. Patch distances between codes are
whole numbers, so they are exact and equal on every device and for any number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from vgpnn.settings import Shape

CODES_PER_UNIT = 127.5
LARGEST_VALUE = 250.0  # of a noisy guess: its codes still fit 16 bits


def encode(video: torch.Tensor) -> torch.Tensor:
    """Values in [-1, 1] to uint8 codes of the same shape; values outside are clamped."""
    return ((video + 1) * CODES_PER_UNIT).round().clamp(0, 255).to(torch.uint8)


def encode_wide(video: torch.Tensor) -> torch.Tensor:
    """Values in [-250, 250] to int16 codes of the same shape; values outside are clamped.

    A first guess with noise leaves [-1, 1] by far.
    """
    return (
        ((video.clamp(-LARGEST_VALUE, LARGEST_VALUE) + 1) * CODES_PER_UNIT).round().to(torch.int16)
    )


def decode(codes: torch.Tensor) -> torch.Tensor:
    """Codes to float32 values of the same shape; those of uint8 codes lie in [-1, 1]."""
    return codes.to(torch.float32) / CODES_PER_UNIT - 1


def squares_per_mse(patch: Shape, channels: int) -> float:
    """The summed squared code difference of a pair of patches whose MSE per element is 1.

    patch: (t, h, w). MSE is that of values in [-1, 1].
    """
    return math.prod(patch) * channels * CODES_PER_UNIT**2


@dataclass(frozen=True)
class MeanError:
    """The mean distance of each of S samples, which a GPU is waited for when it is asked for.

    total: (S,) float64, the sum of the distances of a sample. count: how many they are.
    unit: the distance that is 1 in MSE per element.
    """

    total: torch.Tensor
    count: int
    unit: float

    def values(self) -> tuple[float, ...]:
        """The mean distances, in MSE per element of values in [-1, 1]."""
        return tuple(total / self.count / self.unit for total in self.total.tolist())


def mean_squared_error(distance: torch.Tensor, patch: Shape, channels: int) -> MeanError:
    """The mean distance of each sample.

    distance: (S,) + grid, in summed squared codes of patches of (t, h, w) voxels.
    """
    total = distance.flatten(1).sum(1, dtype=torch.float64)
    return MeanError(total, distance[0].numel(), squares_per_mse(patch, channels))
