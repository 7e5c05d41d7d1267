"""Fields that are looked up in tables on a GPU: what carries them over levels, and source maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
import triton
import triton.language as tl

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
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


def looked_up(
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
        look_up[(-(-math.prod(counts) // BLOCK), len(field))],
        field.contiguous(),
        result,
        *tables,
        *field.shape[1:4],
        *counts,
        *keys,
        *map(float, ratios),
        *map(float, halves),
        BLOCK,
        **KERNEL_OPTIONS,
    )
    launched(launch, ("look up",), checkpoint)
    return result


SIZES = ["from_t", "from_y", "from_x", "to_t", "to_y", "to_x", "k_t", "k_y", "k_x"]
SCALES = ["ratio_t", "ratio_y", "ratio_x", "half_t", "half_y", "half_x"]


@triton.jit(do_not_specialize=SIZES + SCALES)
def look_up(
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
    """Look up BLOCK matches of one sample; see `looked_up` and `Tables` for the parameters."""
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
