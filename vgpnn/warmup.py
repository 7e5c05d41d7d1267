"""Compile the kernels, or load them from Numba's cache, before somebody waits for them."""

from __future__ import annotations

import torch

from vgpnn import vote
from vgpnn.presets import PRESETS
from vgpnn.pyramid import resize
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu


def warm_up() -> None:
    """Run every CPU kernel that the presets use once, on a few voxels."""
    for settings in PRESETS.values():
        for patch in {settings.patch, settings.large_patch}:
            shape = [side + 2 for side in patch]
            tiny = torch.randint(0, 256, (*shape, 3), dtype=torch.uint8)
            field, distance = cpu.nearest(tiny, tiny.flip(2), patch, None, (), 0, lambda: None, 2)
            cpu.exact(tiny, tiny, patch, None, lambda: None)
            slack = torch.ones(distance.shape, dtype=torch.float64)
            cpu.nearest(tiny, tiny, patch, slack, (field,) * 2, 0, lambda: None, 2)
            quality = vote.match_quality(distance[None])
            voters = QueryGrid(tuple(shape), patch)
            vote.vote(tiny, field[None], voters, settings.vote, quality)
            resize(tiny, patch)
