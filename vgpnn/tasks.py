"""The tasks of the paper: each is data given to the one loop in `synthesis`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from . import pyramid
from .codes import encode_wide
from .search import naive
from .settings import PRESETS, Settings
from .synthesis import Step, synthesize


def generate_steps(
    video: torch.Tensor,
    seed: int,
    settings: Settings = PRESETS["generate"],
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[Step]:
    """Diverse generation (section 4): the initial guess is the coarsest level plus noise."""
    shape = tuple(video.shape[:3])
    shapes = [scale.apply(shape) for scale in pyramid.scales(shape, settings)]
    sources = [pyramid.resize(video, s) for s in shapes]
    guess = initial_guess(sources[0], settings, seed)
    return synthesize(sources, shapes, guess, settings, seed, backend, checkpoint)


def initial_guess(coarsest: torch.Tensor, settings: Settings, seed: int) -> torch.Tensor:
    """q = x_0 + z with z ~ N(0, sigma^2), drawn per spatial location and replicated along time."""
    if not settings.noise:
        return encode_wide(coarsest)
    sigma = settings.sigma
    if sigma is None:
        sigma = automatic_sigma(coarsest, settings)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, *coarsest.shape[1:], generator=generator) * sigma
    return encode_wide(coarsest + noise)


def automatic_sigma(coarsest, settings):
    import math
    from .codes import encode, CODES_PER_UNIT
    from .patches import unfold
    p = unfold(encode(coarsest).double(), settings.patch)
    d = torch.cdist(p, p); d.fill_diagonal_(float('inf'))
    return (d.amin(1).mean() / CODES_PER_UNIT).item()
