"""Weighted nearest-neighbour search (section 3.2): one function for all devices.

`naive` is exact and written in plain torch, for any device. `cpu` and `gpu` are PatchMatch, with
Numba kernels and with Triton kernels; both also have the exact search, for levels with few patches.
`plain` is the twin of `gpu` in plain torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from vgpnn.machine.devices import checked_backend, fast_backend
from vgpnn.patches import grid, stacked
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu, naive, plain
from vgpnn.settings import Shape

EXACT_PAIRS = 250_000  # levels with at most this many (query, key) pairs are searched exactly


@dataclass(frozen=True)
class Match:
    """The nearest key patch of every query patch of S samples.

    field: (S,) + query grid + (3,) int16, corner (t, y, x) of the key patch.
    distance: (S,) + query grid, int32 or int64, summed squared code difference of the two patches.
    """

    field: torch.Tensor
    distance: torch.Tensor


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
) -> Match:
    """For every query patch i the key patch j that minimises D(Q_i, K_j) * w_j.

    query: (S, T, H, W, C) integer codes; key: (S, T', H', W', C) integer codes on the same device.
        The S samples are searched as one batch. What they share may be expanded along S.
    patch: (t, h, w) of the patches.
    slack: (S,) + key grid, float64, 1 / w_j in the unit of D (see `completeness`), or None where
        all weights are 1. Keys with a slack of 0 are never matched, and not all may have a slack
        of 0.
    guesses: (S,) + query grid + (3,) int16 each, fields that PatchMatch starts from; the exact
        search ignores them. The first may be overwritten. It must not point at keys with a slack
        of 0. In the others -1 stands for no match.
    seeds: one for each sample, of its random search. A seed gives the same field for any number of
        threads and whatever the other samples are.
    backend: "naive" (exact), "cpu", "gpu" or "torch" (PatchMatch), or "auto": exact for few pairs
        of patches, else what is fast on the device. Codes other than uint8 are searched exactly.
    checkpoint: called several times a second; may raise to cancel.
    sweeps: of PatchMatch over all query patches; more of them find better matches. On the CPU every
        other one goes backward, and tries no random matches.
    reach: how far [px] the first random match that is tried may be from the best one; the next one
        is tried within half of it. 0: no random matches are tried. None: as far as there are keys.
    queries: the query patches that search; None: all of them. The query grid of what is returned,
        and of the guesses, is theirs.
    Raises ValueError for other backends, and for a guess of another shape.
    """
    checked_backend(backend)
    # Only the noisy guess of the coarsest level, which is small, has codes of more than 8 bits.
    has_wide_codes = not query.dtype == key.dtype == torch.uint8
    if has_wide_codes:
        backend = "naive"
    elif backend == "auto":
        pairs = pairs_of(query.shape[1:4], key.shape[1:4], patch)
        backend = fast_backend(query.device)
        if pairs <= EXACT_PAIRS:
            backend = {"cpu": "exact", "gpu": "gpu-exact", "torch": "naive"}[backend]
    if backend == "gpu-exact":
        from vgpnn.search import gpu_exact  # It needs Triton, which is not on every machine.

        return Match(*gpu_exact.nearest(query, key, patch, slack, checkpoint, queries))
    if backend in ("gpu", "torch"):
        if backend == "gpu":
            from vgpnn.search import gpu as flooding
        else:
            flooding = plain
        sample = query, key, patch, slack
        return Match(*flooding.nearest(*sample, guesses, seeds, checkpoint, sweeps, reach, queries))
    samples = []
    for number, seed in enumerate(seeds):
        sample = query[number], key[number], patch, None if slack is None else slack[number]
        if backend == "naive":
            samples.append(naive.nearest(*sample, checkpoint, queries))
        elif backend == "exact":
            samples.append(cpu.exact(*sample, checkpoint, queries))
        else:
            sample_guesses = tuple(guess[number] for guess in guesses)
            effort = sweeps, reach, queries
            samples.append(cpu.nearest(*sample, sample_guesses, seed, checkpoint, *effort))
    fields, distances = zip(*samples)
    return Match(stacked(fields), stacked(distances))


def pairs_of(query: Shape, key: Shape, patch: Shape) -> int:
    """The number of pairs of patches that an exact search of (T, H, W) videos compares."""
    return math.prod(grid(query, patch)) * math.prod(grid(key, patch))
