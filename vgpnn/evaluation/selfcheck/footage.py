"""What the kernels are checked on: a bundled example, and a blurred query that differs from it."""

from __future__ import annotations

from functools import lru_cache

import torch

from vgpnn.evaluation.benchmark import sample_clip
from vgpnn.pyramid import resize
from vgpnn.settings import Shape

BLUR = 0.82  # the factor of a level: a guess is the level below, enlarged


@lru_cache(maxsize=8)
def clip(shape: Shape) -> torch.Tensor:
    """The bundled example at a size, (T, H, W, 3) codes. It is shared: do not change it."""
    return sample_clip(shape)


def guess_and_source(shape: Shape) -> tuple[torch.Tensor, torch.Tensor]:
    """A query and a key as the loop has them, (T, H, W, 3) codes each.

    The query is the example in a mirror, as blurred as the first guess of a level.
    """
    source = clip(shape)
    small = (shape[0], *(max(1, round(n * BLUR)) for n in shape[1:]))
    return resize(resize(source.flip(2).contiguous(), small), shape), source
