"""The inverse of nearest-neighbour fields on a GPU: the twin of the one in `fields`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import triton
import triton.language as tl

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
from vgpnn.query_grid import QueryGrid
from vgpnn.search.gpu_kernels import place_along
from vgpnn.settings import Shape

BLOCK = 256  # patches of one program


def inverse(
    field: torch.Tensor,
    queries: QueryGrid,
    key_grid: Shape,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """See `fields.inverse`. field: (S,) + query grid + (3,). Returns (S,) + key grid + (3,)."""
    samples, count = len(field), math.prod(queries.counts)
    owners = torch.full((samples, math.prod(key_grid)), -1, dtype=torch.int32, device=field.device)
    back = torch.empty(samples, *key_grid, 3, dtype=torch.int16, device=field.device)
    claim = partial(
        claim_keys[(-(-count // BLOCK), samples)],
        field.contiguous(),
        owners,
        count,
        owners.shape[1],
        *key_grid[1:],
        BLOCK,
        **KERNEL_OPTIONS,
    )
    launched(claim, ("claim",), checkpoint)
    name = partial(
        name_owners[(-(-owners.shape[1] // BLOCK), samples)],
        owners,
        back,
        owners.shape[1],
        *queries.counts[1:],
        *queries.all[1:],
        queries.stride,
        queries.shift,
        BLOCK,
        **KERNEL_OPTIONS,
    )
    launched(name, ("name",), checkpoint)
    return back


@triton.jit(do_not_specialize=["count", "keys", "k_y", "k_x"])
def claim_keys(field, owners, count, keys, k_y, k_x, BLOCK: tl.constexpr):
    """Let every key know the last query that points at it.

    field: (S, count, 3) int16. owners: (S, keys) int32, raised to the number of the query.
    """
    sample = tl.program_id(1).to(tl.int64)
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = n < count
    entry = field + (sample * count + n) * 3
    t = tl.load(entry, mask=exists, other=0).to(tl.int32)
    y = tl.load(entry + 1, mask=exists, other=0).to(tl.int32)
    x = tl.load(entry + 2, mask=exists, other=0).to(tl.int32)
    tl.atomic_max(owners + sample * keys + (t * k_y + y) * k_x + x, n, mask=exists)


@triton.jit(do_not_specialize=["keys", "q_y", "q_x", "end_y", "end_x", "stride", "shift"])
def name_owners(owners, back, keys, q_y, q_x, end_y, end_x, stride, shift, BLOCK: tl.constexpr):
    """Write the corner of every key's query, or -1 where it has none.

    owners: (S, keys) int32. back: (S, keys, 3) int16, written. The others are of the query grid.
    """
    sample = tl.program_id(1).to(tl.int64)
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = n < keys
    owner = tl.load(owners + sample * keys + n, mask=exists, other=-1)
    t = owner // (q_y * q_x)
    y = place_along(owner // q_x % q_y, q_y, end_y, stride, shift * (t & 1))
    x = place_along(owner % q_x, q_x, end_x, stride, shift * (t & 1))
    entry = back + (sample * keys + n) * 3
    tl.store(entry, tl.where(owner < 0, -1, t).to(tl.int16), mask=exists)
    tl.store(entry + 1, tl.where(owner < 0, -1, y).to(tl.int16), mask=exists)
    tl.store(entry + 2, tl.where(owner < 0, -1, x).to(tl.int16), mask=exists)
