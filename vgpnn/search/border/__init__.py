"""The search again for patches that straddle the border of what stays, in which known voxels count
more.

Where a part of the result is known and stays, a patch that lies half on it decides what goes on
from there. Compared as usual, its known half is outvoted by what was guessed beside it, and the
border is seen as a line. Here known voxels count KNOWN_WEIGHT times. Few patches straddle, so this
search follows the usual one, whose matches it begins with, and takes a small part of its time.

As every search it exists several times: `naive` is exact, in plain torch; `cpu` has Numba kernels;
and `plain`, which a GPU runs, is PatchMatch in plain torch: that is enough for so few patches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from vgpnn import search
from vgpnn.machine.devices import fast_backend
from vgpnn.patches import grid, stacked
from vgpnn.query_grid import QueryGrid
from vgpnn.search import EXACT_PAIRS, Match, pairs_of
from vgpnn.search.border import cpu, naive, plain
from vgpnn.search.border.straddling import KNOWN_WEIGHT, Bounds
from vgpnn.settings import Shape

__all__ = ["KNOWN_WEIGHT", "Bounds", "nearest"]

SWEEPS = 2  # more than those of the search before: its matches are nearly right


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None = None,
    guesses: tuple[torch.Tensor, ...] = (),
    seeds: tuple[int, ...] = (0,),
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    sweeps: int = 2,
    reach: int | None = None,
    queries: QueryGrid | None = None,
    known: Bounds | None = None,
) -> Match:
    """`search.nearest`, and then a match that fits what is known for every patch that straddles.

    known: the first voxel (t, y, x) of the box of the query that stays, and the one after its last;
        None: nothing stays, and this is `search.nearest`, which explains the other arguments.
    A distance at the border is the mean of the squared differences, in which known voxels count
    KNOWN_WEIGHT times, times the number of codes, so that it is in the unit of the other distances.
    """
    how = {"slack": slack, "seeds": seeds, "backend": backend, "checkpoint": checkpoint}
    how |= {"sweeps": sweeps, "reach": reach}
    match = search.nearest(query, key, patch, guesses=guesses, queries=queries, **how)
    if known is None:
        return match
    queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
    return _rematched(match, query, key, queries, known, **how)


def _rematched(
    match: Match,
    query: torch.Tensor,
    key: torch.Tensor,
    queries: QueryGrid,
    known: Bounds,
    slack: torch.Tensor | None,
    seeds: tuple[int, ...],
    backend: str,
    checkpoint: Callable[[], None],
    sweeps: int,
    reach: int | None,
) -> Match:
    """A match whose tensors are overwritten where patches straddle."""
    patch = queries.patch
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
        if backend == "naive" or (backend != "cpu" and is_exact):
            one = naive.rematched(*sample, weights, *found, checkpoint)
        elif backend != "cpu":
            one = plain.rematched(
                *sample, weights, *found, checkpoint, seed, sweeps + SWEEPS, reach
            )
        else:
            effort = 0 if is_exact else sweeps + SWEEPS
            one = cpu.rematched(*sample, weights, *found, checkpoint, seed, effort, reach)
        fields.append(one[0])
        distances.append(one[1])
    return replace(match, field=stacked(fields), distance=stacked(distances))
