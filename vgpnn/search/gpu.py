"""Weighted PatchMatch on a GPU (section 3.3), by jump flooding (Rong and Tan 2006).

A sweep is a launch for each of JUMPS. In a launch every query patch tries the matches of the six
neighbours that far away, and some random matches around its own. A launch reads one field and
writes another, so no program sees what the others write: a seed gives the same bytes on any GPU.
The samples of a batch run side by side, each as if it were alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import triton

from vgpnn.machine.threads import launched
from vgpnn.patches import grid, starts
from vgpnn.query_grid import QueryGrid
from vgpnn.search import gpu_kernels
from vgpnn.search.gpu_kernels import NO_DISTANCE
from vgpnn.search.packing import pack, shared
from vgpnn.settings import Shape

BLOCK = 8  # query patches of one program, which waits for the slowest of them
WARPS = 1  # of one program: the threads of a warp agree on an early exit without a barrier
LANES = 8  # pixels of a patch that are compared before the next chance of an early exit
JUMPS = (8, 4, 2, 1)  # [patches] how far the neighbours are in each launch of a sweep
NEIGHBOURS = 6  # neighbours whose matches are tried in a launch: two along each axis
RANDOM = 2  # random matches tried in a launch: 32 random bits are enough for two coordinates


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    guesses: tuple[torch.Tensor, ...],
    seeds: tuple[int, ...],
    checkpoint: Callable[[], None],
    sweeps: int,
    reach: int | None = None,
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate twin of `naive.nearest` for a batch; see `search.nearest` for the arguments.

    query: (S, T, H, W, C) uint8 codes; key: (S, T', H', W', C) uint8 codes. What all samples
        share is an expanded view, of which the GPU gets a single copy.
    slack: (S,) + key grid, float64, or None.
    guesses: (S,) + query grid + (3,) int16 each; a match of -1 in any but the first is ignored.
    seeds: one for each sample; it decides the result whatever else is in the batch.
    Returns the field, (S,) + query grid + (3,) int16, and the distances, (S,) + query grid int32.
    Raises TypeError for codes of another type, and ValueError for a guess of another shape.
    """
    samples, device = len(seeds), query.device
    queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
    key_grid = grid(key.shape[1:4], patch)
    shape, count = (samples, *queries.counts), math.prod(queries.counts)
    query_pixels, key_pixels = pack(query, patch[0]), pack(key, patch[0])
    weights = None if slack is None else shared(slack).float().reciprocal().contiguous()
    # The first of each pair is read by the next launch, which writes the second.
    fields = [torch.zeros(*shape, 3, dtype=torch.int16, device=device) for _ in range(2)]
    distances = [
        torch.full(shape, NO_DISTANCE.value, dtype=torch.int32, device=device) for _ in range(2)
    ]
    streams = torch.tensor([seed % 2**63 for seed in seeds], dtype=torch.int64, device=device)
    # Neither AMD's GPUs nor Triton's interpreter know PTX, the assembler of NVIDIA's GPUs.
    has_ptx = query.is_cuda and torch.version.hip is None

    def launch(
        guess: torch.Tensor, neighbours: int, jump: int, randoms: int, reach: int, number: int
    ) -> None:
        # A program owns BLOCK query patches of one sample.
        improve = partial(
            gpu_kernels.improve[(triton.cdiv(count, BLOCK), samples)],
            query_pixels,
            key_pixels,
            weights,
            guess,
            *fields,
            *distances,
            streams,
            count,
            _sample_stride(query_pixels[..., 0]),
            _sample_stride(key_pixels[..., 0]),
            0 if weights is None else _sample_stride(weights),
            *queries.counts,
            *queries.all[1:],
            queries.stride,
            queries.shift,
            *key_grid,
            *query.shape[2:4],
            *key.shape[2:4],
            neighbours,
            jump,
            randoms,
            reach,
            number,
            *patch[1:],
            query_pixels.shape[-1],
            LANES,
            has_ptx,
            BLOCK,
            num_warps=WARPS,
        )
        launched(improve, ("improve", *patch, query_pixels.shape[-1]), checkpoint)
        fields.reverse()
        distances.reverse()

    for guess in starts(guesses, shape, key_grid):
        # The match of the patch itself in the guess is the only candidate.
        guess = guess.to(device).contiguous()
        launch(guess, neighbours=1, jump=0, randoms=0, reach=0, number=0)
    farthest = max(key_grid[1:]) if reach is None else reach
    for number in range(sweeps * len(JUMPS)):
        scale = number % len(JUMPS)
        # Every random match is tried within half the reach of the one before.
        within = farthest >> (RANDOM * scale)
        launch(fields[0], NEIGHBOURS, JUMPS[scale], RANDOM * (reach != 0), within, number)
    return fields[0], distances[0]


def candidates(sweeps: int, guesses: int, reach: int | None = None) -> int:
    """The number of key patches that `nearest` compares with one query patch at most.

    guesses: number of fields that the search starts from; without any it makes up one.
    reach: of the random matches, as for `search.nearest`.
    """
    randoms = 0 if reach == 0 else RANDOM
    return max(1, guesses) + sweeps * len(JUMPS) * (NEIGHBOURS + randoms)


def _sample_stride(batch: torch.Tensor) -> int:
    """Number of elements from one sample to the next, 0 where a single one serves all."""
    return batch[0].numel() if len(batch) > 1 else 0
