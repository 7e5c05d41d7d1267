"""Weighted nearest-neighbour search (section 3.2) behind one dispatch.

`naive` is the exact oracle in plain torch, `cpu` is PatchMatch as Numba kernels, `gpu` as Triton
kernels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from ..devices import fast_backend
from ..patches import grid
from ..settings import Shape
from . import cpu, naive

BACKENDS = ("auto", "naive", "cpu", "gpu")
SWEEPS = 2  # of PatchMatch where it starts from the field of the pass before: forward, backward
FIRST_SWEEPS = 6  # at the first pass of a level, where keys are new and the field was upscaled
EXACT_PAIRS = 4_000_000  # levels with at most this many (query, key) pairs are searched exactly


@dataclass(frozen=True)
class Match:
    """A nearest-neighbour field.

    field: query grid + (3,) int16, corner (t, y, x) of the key patch found.
    distance: query grid, integer, summed squared code difference of each pair.
    """

    field: torch.Tensor
    distance: torch.Tensor


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None = None,
    guesses: tuple[torch.Tensor, ...] = (),
    seed: int = 0,
    backend: str = "auto",
    checkpoint: Callable[[], None] = lambda: None,
    sweeps: int = SWEEPS,
) -> Match:
    """For every query patch i the key patch j that minimises D(Q_i, K_j) * w_j.

    query, key: (T, H, W, C) integer codes on one device.
    slack: key grid, float64, 1 / w_j in the unit of D (see `completeness`); None: w = 1. Keys
        where it is 0 may not be used; at least one must not be 0.
    guesses: fields to start from; the exact search needs none. Where a slack is 0, the first may
        only point at keys that may be used.
    seed: of the random search; the same seed gives the same field whatever the thread count.
    backend: "auto", "naive" (exact), "cpu" or "gpu" (PatchMatch).
    checkpoint: called several times a second; may raise to cancel.
    sweeps: of PatchMatch over all queries; more find better matches.
    """
    pairs = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    if backend not in BACKENDS:
        listed = ", ".join(map(repr, BACKENDS))
        raise ValueError(f"backend must be one of {listed}, not {backend!r}.")
    # A noisy guess: the coarsest level, which is small. The kernels read 8-bit codes only.
    wide = not query.dtype == key.dtype == torch.uint8
    if backend == "auto":
        small = _count(pairs[0]) * _count(pairs[1]) <= EXACT_PAIRS
        backend = "naive" if small else fast_backend(query.device)
    if backend == "naive" or wide:
        return Match(*naive.nearest(query, key, patch, slack, checkpoint))
    arguments = query, key, patch, slack, guesses, seed, checkpoint, sweeps
    if backend == "gpu":
        from . import gpu  # Triton is not everywhere

        return Match(*gpu.nearest(*arguments))
    return Match(*cpu.nearest(*arguments))


def _count(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]
