"""Random cases for the votes: all kernels are compared with plain torch on the same ones."""

from __future__ import annotations

import torch

from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import SETTINGS

# Shapes of the value, the result and the patches.
SHAPES = {
    "same-size": ((5, 14, 16), (5, 14, 16), (3, 7, 7)),
    "other-size": ((4, 9, 21), (6, 17, 12), (3, 7, 7)),
    "even-patch": ((3, 8, 9), (3, 10, 10), (2, 4, 4)),
    "one-frame": ((1, 15, 9), (1, 9, 15), (1, 5, 5)),
}
SAMPLES = 2
GRIDS = {"all": (1, 0), "every-second": (2, 0), "shifted": (2, 1)}  # stride and shift
MODES = tuple(SETTINGS["vote"].words)


def random_case(
    name: str, channels: int = 3, stride: int = 1, shift: int = 0
) -> tuple[torch.Tensor, torch.Tensor, QueryGrid]:
    """A value (T', H', W', C), fields of SAMPLES samples, and their patches, by the case's name."""
    value_shape, shape, patch = SHAPES[name]
    voters = QueryGrid(shape, patch, stride, shift)
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*value_shape, channels), generator=generator, dtype=torch.uint8)
    ends = torch.tensor(grid(value_shape, patch))
    size = (SAMPLES, *voters.counts, 3)
    field = (torch.rand(*size, generator=generator) * ends).to(torch.int16)
    return value, field, voters


def random_quality(field: torch.Tensor) -> torch.Tensor:
    """A quality from 1 to 255 for every match of a (..., 3) field: (...) uint8."""
    generator = torch.Generator().manual_seed(2)
    return torch.randint(1, 256, field.shape[:-1], generator=generator).to(torch.uint8)


def half_coherent_field(field: torch.Tensor, share: float, ends: tuple) -> torch.Tensor:
    """The field with a share of its matches replaced by those of a copy of the value.

    ends: the grid of the value's patches; a copy that is larger repeats the last ones.
    """
    axes = [torch.arange(n).clamp(max=end - 1) for n, end in zip(field.shape[-4:-1], ends)]
    copy = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).to(torch.int16)
    chosen = torch.rand(field.shape[:-1], generator=torch.Generator().manual_seed(1)) < share
    return copy.where(chosen[..., None], field)
