"""Weighted nearest-neighbour search (section 3.2) behind one dispatch.

`naive` is the exact oracle in plain torch, `cpu` is PatchMatch as Numba kernels, `gpu` as Triton
kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from vgpnn.machine.devices import checked_backend, fast_backend
from vgpnn.patches import grid, stacked
from vgpnn.search import cpu, naive
from vgpnn.settings import Shape

SWEEPS = 2  # of PatchMatch where it starts from the field of the pass before: forward, backward
FIRST_SWEEPS = 6  # at the first pass of a level, where keys are new and the field was upscaled
FINE_SWEEPS = 4  # the same at a fine level: more took half a percent off the distances (measured)
EXACT_PAIRS = 1_000_000  # levels with at most this many (query, key) pairs are searched exactly


@dataclass(frozen=True)
class Match:
    """Nearest-neighbour fields of S samples.

    field: (S,) + query grid + (3,) int16, corner (t, y, x) of the key patch found.
    distance: (S,) + query grid, integer, summed squared code difference of each pair.
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
    sweeps: int = SWEEPS,
) -> Match:
    """For every query patch i the key patch j that minimises D(Q_i, K_j) * w_j.

    query, key: (S, T, H, W, C) integer codes on one device, of S samples that are searched as one
        batch; what they share is expanded along S.
    slack: (S,) + key grid, float64, 1 / w_j in the unit of D (see `completeness`); None: w = 1.
        Keys where it is 0 may not be used; at least one must not be 0.
    guesses: fields to start from; the exact search needs none. The first is handed over: it may be
        overwritten. Where a slack is 0, it may only point at keys that may be used.
    seeds: of the random search of every sample; the same seed gives the same field whatever the
        thread count and whatever the other samples.
    backend: "auto", "naive" (exact), "cpu" or "gpu" (PatchMatch).
    checkpoint: called several times a second; may raise to cancel.
    sweeps: of PatchMatch over all queries; more find better matches.
    """
    checked_backend(backend)
    # A noisy guess: the coarsest level, which is small. The kernels read 8-bit codes only.
    wide = not query.dtype == key.dtype == torch.uint8
    if backend == "auto":
        pairs = pairs_of(query.shape[1:4], key.shape[1:4], patch)
        backend = "naive" if pairs <= EXACT_PAIRS else fast_backend(query.device)
    if backend == "gpu" and not wide:
        from vgpnn.search import gpu  # Triton is not everywhere

        return Match(*gpu.nearest(query, key, patch, slack, guesses, seeds, checkpoint, sweeps))
    found = []
    for number, seed in enumerate(seeds):
        one = query[number], key[number], patch, None if slack is None else slack[number]
        if backend == "naive" or wide:
            found.append(naive.nearest(*one, checkpoint))
        else:
            starts = tuple(guess[number] for guess in guesses)
            found.append(cpu.nearest(*one, starts, seed, checkpoint, sweeps))
    return Match(*(stacked(parts) for parts in zip(*found)))


def pairs_of(query: Shape, key: Shape, patch: Shape) -> int:
    """How many pairs of patches an exact search compares; shapes: (T, H, W)."""
    return math.prod(grid(query, patch)) * math.prod(grid(key, patch))
