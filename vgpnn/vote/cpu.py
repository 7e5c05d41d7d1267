"""The vote on all cores of the CPU, by Numba kernels that copy no patches as a whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

from vgpnn.machine.memory import empty
from vgpnn.machine.threads import bands, run_bands
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import cpu_mean, cpu_median


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    voters: QueryGrid,
    mode: str,
    quality: torch.Tensor | None,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """Twin of `naive.vote` for one sample, to the byte; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8 codes. field: query grid + (3,) int16. quality: query grid uint8.
    Returns (T, H, W, C) uint8 codes.
    """
    shape, step = voters.shape, (voters.stride, voters.shift)
    result = empty((*shape, value.shape[3]), torch.uint8).numpy()
    value = value.contiguous().numpy()
    sizes = voters.patch, value.shape[3]
    if mode == "median":
        kernel = partial(cpu_median.compiled(*sizes), value, field.numpy(), result, *step)
    else:
        is_weighted = mode == "weighted"
        weights = quality if is_weighted else torch.ones(1, 1, 1, dtype=torch.uint8)  # not read
        kernel = partial(
            cpu_mean.compiled(*sizes),
            value,
            field.numpy(),
            weights.numpy(),
            result,
            *step,
            is_weighted,
        )
    run_bands(kernel, bands(range(shape[0]), shape[1]), checkpoint)
    return torch.from_numpy(result)
