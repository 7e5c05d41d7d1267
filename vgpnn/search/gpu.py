"""Weighted PatchMatch on a GPU (section 3.3), by jump flooding (Rong and Tan 2006).

A launch (see `flooding`) reads one field and writes another, so no program sees what the others
write, and a seed always gives the same bytes. The samples of a batch run side by side, each as if
it were alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial

import torch

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
from vgpnn.patches import grid, starts
from vgpnn.query_grid import QueryGrid
from vgpnn.search import flooding, gpu_kernels
from vgpnn.search.flooding import Launch
from vgpnn.search.packing import described, has_ptx, pack
from vgpnn.settings import Shape

BLOCK = 4  # query patches of one program, which waits for the slowest of them
WARPS = 1  # of one program: the threads of a warp agree on an early exit without a barrier
HELD_WORDS = 256  # of a query patch that stays in registers: 3 x 7 x 7 voxels have 196
LANES = 8  # pixels of a patch that are compared before the next chance of an early exit, at most
MOST_WORDS = 32  # of these pixels of one patch, so that they fit the registers


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
    query_pixels, key_pixels = (pack(video, patch[0], checkpoint) for video in (query, key))
    words = query_pixels.shape[-1]
    # The first of each pair is read by the next launch, which writes the second.
    fields = [torch.empty(*shape, 3, dtype=torch.int16, device=device) for _ in range(2)]
    distances = [torch.empty(shape, dtype=torch.int32, device=device) for _ in range(2)]
    offsets = _seed_offsets(tuple(seed - seeds[0] for seed in seeds), device)
    videos = described(query, key, query_pixels, key_pixels, slack, queries, key_grid)
    is_first = True

    def run(launch: Launch) -> None:
        # A program owns BLOCK query patches of one sample.
        nonlocal is_first
        guess = fields[0] if launch.guess is None else launch.guess.to(device).contiguous()
        improve = partial(
            gpu_kernels.improve[(-(-count // BLOCK), samples)],
            *videos,
            guess,
            *fields,
            *distances,
            offsets,
            *_words(seeds[0]),
            count,
            int(is_first),
            launch.neighbours,
            *launch.jumps,
            launch.randoms,
            launch.reach,
            launch.number,
            *patch[1:],
            words,
            min(LANES, MOST_WORDS // words),
            has_ptx(query),
            math.prod(patch[1:]) * words <= HELD_WORDS,
            BLOCK,
            num_warps=WARPS,
            **KERNEL_OPTIONS,
        )
        sizes = "improve", *patch, words, slack is None
        launched(improve, sizes, checkpoint)
        fields.reverse()
        distances.reverse()
        is_first = False

    for launch in flooding.launches(starts(guesses, shape, key_grid), key_grid, sweeps, reach):
        run(launch)
    return fields[0], distances[0]


@lru_cache(maxsize=64)
def _seed_offsets(offsets: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """What each sample's seed is more than the first one's: (S,) int64. It stays the same in a
    whole run, so it goes to the device once."""
    signed = [(offset + 2**63) % 2**64 - 2**63 for offset in offsets]
    return torch.tensor(signed).to(device, non_blocking=True)


def _words(seed: int) -> tuple[int, int]:
    """The lower and the upper 32 bits of a seed, each as a signed number.

    A seed by itself would be of 32 or of 64 bits, each of which Triton compiles a kernel for.
    """
    return tuple((word ^ 2**31) - 2**31 for word in (seed % 2**32, seed % 2**64 >> 32))


def candidates(sweeps: int, guesses: int, reach: int | None = None) -> int:
    """The number of key patches that `nearest` compares with one query patch at most.

    guesses: number of fields that the search starts from; without any it makes up one.
    reach: of the random matches, as for `search.nearest`.
    """
    randoms = 0 if reach == 0 else flooding.RANDOM
    return max(1, guesses) + sweeps * len(flooding.JUMPS) * (flooding.NEIGHBOURS + randoms)
