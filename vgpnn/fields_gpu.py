"""Nearest-neighbour fields on a GPU: carried over levels, and inverted; twins of those in `fields`.

All of them are a table look-up for every patch, which is one launch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
import triton
import triton.language as tl

from vgpnn.machine.threads import launched
from vgpnn.query_grid import QueryGrid
from vgpnn.search.gpu_kernels import place_along
from vgpnn.settings import Shape

BLOCK = 256  # patches of one program


class Tables(NamedTuple):
    """For every fine patch along an axis the number of a coarse one, and an offset from its place.

    Those of rows and columns have four lines, for even and odd coarse frames, and in each for even
    and odd fine frames. Numbers are int32, offsets are float32.
    """

    frames: torch.Tensor
    frame_offsets: torch.Tensor
    rows: torch.Tensor
    row_offsets: torch.Tensor
    columns: torch.Tensor
    column_offsets: torch.Tensor


def device_tables(
    along: Callable[[int, int, int], tuple[torch.Tensor, torch.Tensor]], device: torch.device
) -> Tables:
    """The tables on a device.

    along: called with an axis, and 1 for odd coarse and for odd fine frames; returns the numbers
        and the offsets of all fine patches along the axis.
    """
    tables = list(along(0, 0, 0))
    for axis in (1, 2):
        pairs = [along(axis, odd, fine_odd) for odd in (0, 1) for fine_odd in (0, 1)]
        tables += [torch.stack(parts) for parts in zip(*pairs)]
    types = (torch.int32, torch.float32) * 3
    moved = (table.to(kind).to(device, non_blocking=True) for table, kind in zip(tables, types))
    return Tables(*moved)


def carried(
    field: torch.Tensor,
    tables: Tables,
    counts: Shape,
    keys: Shape,
    ratios: Sequence[float],
    halves: Sequence[float],
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Fields looked up: (match + offset) * ratio - half, rounded, along each axis.

    field: (S, T', H', W', 3) int16. tables: of the T x H x W patches of the result, counts.
    keys: how many key patches there are along t, y and x; no match lies beyond them.
    Returns (S, T, H, W, 3) int16.
    """
    result = torch.empty(len(field), *counts, 3, dtype=torch.int16, device=field.device)
    launch = partial(
        carry[(triton.cdiv(math.prod(counts), BLOCK), len(field))],
        field.contiguous(),
        result,
        *tables,
        *field.shape[1:4],
        *counts,
        *keys,
        *map(float, ratios),
        *map(float, halves),
        BLOCK,
        # A product and a sum in one instruction would be rounded once, and not as in `fields`.
        enable_fp_fusion=False,
    )
    launched(launch, ("carry",), checkpoint)
    return result


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
        claim_keys[(triton.cdiv(count, BLOCK), samples)],
        field.contiguous(),
        owners,
        count,
        owners.shape[1],
        *key_grid[1:],
        BLOCK,
    )
    launched(claim, ("claim",), checkpoint)
    name = partial(
        name_owners[(triton.cdiv(owners.shape[1], BLOCK), samples)],
        owners,
        back,
        owners.shape[1],
        *queries.counts[1:],
        *queries.all[1:],
        queries.stride,
        queries.shift,
        BLOCK,
    )
    launched(name, ("name",), checkpoint)
    return back


SIZES = ["from_t", "from_y", "from_x", "to_t", "to_y", "to_x", "k_t", "k_y", "k_x"]
SCALES = ["ratio_t", "ratio_y", "ratio_x", "half_t", "half_y", "half_x"]


@triton.jit(do_not_specialize=SIZES + SCALES)
def carry(
    field,
    result,
    frames,
    frame_offsets,
    rows,
    row_offsets,
    columns,
    column_offsets,
    from_t,
    from_y,
    from_x,
    to_t,
    to_y,
    to_x,
    k_t,
    k_y,
    k_x,
    ratio_t,
    ratio_y,
    ratio_x,
    half_t,
    half_y,
    half_x,
    BLOCK: tl.constexpr,
):
    """Look up BLOCK matches of one sample; see `carried` and `Tables` for the parameters."""
    sample = tl.program_id(1).to(tl.int64)
    field += sample * from_t * from_y * from_x * 3
    result += sample * to_t * to_y * to_x * 3
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = n < to_t * to_y * to_x
    t, y, x = n // (to_y * to_x), n // to_x % to_y, n % to_x
    frame = tl.load(frames + t, mask=exists, other=0)
    line = frame % 2 * 2 + t % 2
    row = tl.load(rows + line * to_y + y, mask=exists, other=0)
    column = tl.load(columns + line * to_x + x, mask=exists, other=0)
    offset_t = tl.load(frame_offsets + t, mask=exists, other=0.0)
    offset_y = tl.load(row_offsets + line * to_y + y, mask=exists, other=0.0)
    offset_x = tl.load(column_offsets + line * to_x + x, mask=exists, other=0.0)
    entry = field + ((frame * from_y + row).to(tl.int64) * from_x + column) * 3
    to = result + n.to(tl.int64) * 3
    found = _scaled(entry, exists, offset_t, ratio_t, half_t, k_t)
    tl.store(to, found, mask=exists)
    found = _scaled(entry + 1, exists, offset_y, ratio_y, half_y, k_y)
    tl.store(to + 1, found, mask=exists)
    found = _scaled(entry + 2, exists, offset_x, ratio_x, half_x, k_x)
    tl.store(to + 2, found, mask=exists)


@triton.jit
def _scaled(entry, exists, offset, ratio, half, count):
    """One coordinate of carried matches, int16, as `torch.round` rounds: halves to even numbers."""
    place = (tl.load(entry, mask=exists, other=0).to(tl.float32) + offset) * ratio - half
    whole = tl.floor(place + 0.5)
    is_odd = whole - 2 * tl.floor(whole * 0.5) == 1
    whole = tl.where((whole - place == 0.5) & is_odd, whole - 1, whole)
    return tl.minimum(tl.maximum(whole, 0.0), count - 1.0).to(tl.int16)


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
