"""PatchMatch on the CPU for patches that straddle the border of a known box.

A frame is one band of `machine.threads`, and a sweep goes over the even frames first and then over
the odd ones, so that the result does not depend on which frame comes first. Levels with few patches
are searched exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from vgpnn.machine.threads import run_bands
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search.border.cpu_kernels import compiled
from vgpnn.search.border.straddling import Bounds
from vgpnn.search.cpu import STREAMS_PER_SEED

FIRST_STREAM = STREAMS_PER_SEED // 2  # of random numbers: the usual search takes those before it
# Matches of straddling patches by exact search, one candidate after another in few rows at a time,
# so that Stop is heard.
EXACT_ROWS = 8


def rematched(
    query: torch.Tensor,
    key: torch.Tensor,
    queries: QueryGrid,
    known: Bounds,
    slack: torch.Tensor | None,
    field: torch.Tensor,
    distance: torch.Tensor,
    checkpoint: Callable[[], None],
    seed: int,
    sweeps: int,
    reach: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Twin of `naive.rematched`, which explains the arguments before `checkpoint`.

    seed, sweeps, reach: see `search.nearest`; 0 sweeps stand for an exact search.
    """
    patch, frames, rows = queries.patch, *queries.counts[:2]
    field, distance = field.contiguous(), distance.contiguous()
    kernels = compiled(patch, query.shape[3])
    state = (
        query.contiguous().numpy().reshape(-1),
        key.contiguous().numpy().reshape(-1),
        tuple(query.shape[1:3]),
        tuple(key.shape[1:3]),
        queries.counts,
        queries.all[1:],
        (queries.stride, queries.shift),
        grid(key.shape[:3], patch),
        (*known[0], *known[1]),
        np.ones(1) if slack is None else slack.contiguous().numpy().reshape(-1),
        int(slack is not None),
        field.numpy(),
        distance.numpy(),
    )
    if not sweeps:
        cuts = [(lo, min(lo + EXACT_ROWS, rows)) for lo in range(0, rows, EXACT_ROWS)]
        parts = [(frame, *cut) for frame in range(frames) for cut in cuts]
        run_bands(partial(kernels.exact, *state), parts, checkpoint)
        return field, distance
    for number in range(sweeps):
        forward = number % 2 == 0
        stream = np.uint64((seed * STREAMS_PER_SEED + FIRST_STREAM + number) & (2**64 - 1))
        sweep = partial(kernels.sweep, *state, forward, reach, stream)
        for parity in (0, 1):
            parts = [(frame, 0, rows) for frame in range(parity, frames, 2)]
            run_bands(sweep, parts, checkpoint)
    return field, distance
