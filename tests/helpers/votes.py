"""Random cases for the vote: its kernels are compared with the oracle on the same ones."""

from __future__ import annotations

import torch

from vgpnn.patches import grid
from vgpnn.settings import SETTINGS

SHAPES = {
    "same-size": ((5, 14, 16), (5, 14, 16), (3, 7, 7)),
    "other-size": ((4, 9, 21), (6, 17, 12), (3, 7, 7)),
    "even-patch": ((3, 8, 9), (3, 10, 10), (2, 4, 4)),
    "one-frame": ((1, 15, 9), (1, 9, 15), (1, 5, 5)),
}


SAMPLES = 2
MODES = tuple(SETTINGS["vote"].words)


def random_case(name, channels=3):
    v_shape, shape, patch = SHAPES[name]
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*v_shape, channels), generator=generator, dtype=torch.uint8)
    top = torch.tensor(grid(v_shape, patch))
    size = (SAMPLES, *grid(shape, patch), 3)
    field = (torch.rand(*size, generator=generator) * top).to(torch.int16)
    return value, field, patch


def random_quality(field):
    """For every match of a field, the weight of a bad one, a good one, or one in between."""
    generator = torch.Generator().manual_seed(2)
    return torch.randint(1, 256, field.shape[:-1], generator=generator).to(torch.uint8)
