"""The search again for patches that straddle the border of what stays, in which known voxels count
more.

Where a part of the result is known and stays, a patch that lies half on it decides what goes on
from there. Compared as usual, its known half is outvoted by what was guessed beside it, and the
border is seen as a line. Here known voxels count KNOWN_WEIGHT times. Few patches straddle, so this
search follows the usual one, whose matches it begins with, and takes a small part of its time.

As every search it exists three times: `naive` is exact, in plain torch; `cpu` has Numba kernels;
and `gpu` is in plain torch, too, which is enough for so few patches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from vgpnn.machine.devices import checked_backend, fast_backend
from vgpnn.patches import grid, stacked
from vgpnn.query_grid import QueryGrid
from vgpnn.search import EXACT_PAIRS, Match, pairs_of
from vgpnn.search.border import cpu, gpu, naive
from vgpnn.search.border.straddling import KNOWN_WEIGHT, Bounds
from vgpnn.settings import Shape

__all__ = ["KNOWN_WEIGHT", "Bounds", "rematched"]

SWEEPS = 2  # more than those of the search before: its matches are nearly right


def rematched(
    match: Match,
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    known: Bounds | None,
    slack: torch.Tensor | None = None,
    seeds: tuple[int, ...] = (0,),
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    sweeps: int = 2,
    reach: int | None = None,
    queries: QueryGrid | None = None,
) -> Match:
    """A match in which every patch that straddles the border has a key that fits what is known.

    match: of `search.nearest` with the other arguments, which are explained there; its tensors are
        overwritten. known: the first voxel (t, y, x) of the box of the query that stays, and the
        one after its last; None: nothing stays, and the match is returned as it is.
    A distance at the border is the mean of the squared differences, in which known voxels count
    KNOWN_WEIGHT times, times the number of codes, so that it is in the unit of the other distances.
    Raises ValueError for other backends.
    """
    checked_backend(backend)
    queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
    if known is None:
        return match
    pairs = pairs_of(queries.shape, tuple(key.shape[1:4]), patch)
    if backend == "auto":
        backend = fast_backend(query.device)
    if query.dtype != torch.uint8:  # a noisy guess
        backend = "naive"
    reach = max(grid(key.shape[1:4], patch)[1:]) if reach is None else reach
    is_exact = pairs <= EXACT_PAIRS
    fields, distances = [], []
    for number, seed in enumerate(seeds):
        sample = query[number], key[number], queries, known
        weights = None if slack is None else slack[number]
        found = match.field[number], match.distance[number]
        if backend == "naive" or (backend == "gpu" and is_exact):
            one = naive.rematched(*sample, weights, *found, checkpoint)
        elif backend == "gpu":
            one = gpu.rematched(*sample, weights, *found, checkpoint, seed, sweeps + SWEEPS, reach)
        else:
            effort = 0 if is_exact else sweeps + SWEEPS
            one = cpu.rematched(*sample, weights, *found, checkpoint, seed, effort, reach)
        fields.append(one[0])
        distances.append(one[1])
    return replace(match, field=stacked(fields), distance=stacked(distances))
