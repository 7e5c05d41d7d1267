"""Resampling on a GPU, as one Triton kernel that resamples one axis.

Torch's antialiased resampling takes the weights of a picture's two axes into the fast memory of a
GPU, where those of a very large shrinking do not fit, and it needs a dozen launches for a video.
Here an axis is one launch, and the sums stay float32 until they are rounded to codes once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial

import torch
import triton
import triton.language as tl

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
from vgpnn.settings import Shape
from vgpnn.shrinking import weights

BLOCK = 512  # elements of the result of one program
NARROW = 4  # elements of a pixel, at most, which lie side by side when columns are resampled
TIME, ROWS, COLUMNS = 0, 1, 2  # axes of a video
SLAB_ELEMENTS = 100_000_000  # that exist as floats at the same time, about


def resampled(
    videos: torch.Tensor, shape: Shape, checkpoint: Callable[[], None] = lambda: None
) -> torch.Tensor:
    """Videos (S, T, H, W, C), of values or of uint8 codes, resampled to `shape`, (T', H', W').

    It is the twin of `pyramid.resize`, for S videos at once. Time comes first, so that a large
    video can be resampled in slabs of its frames, which bounds the memory of what lies between two
    steps. Returns (S, T', H', W', C) of the same type.

    checkpoint: called while a kernel is compiled; may raise to cancel.
    """
    axes = [axis for axis in (TIME, ROWS, COLUMNS) if videos.shape[1 + axis] != shape[axis]]
    if not axes:
        return videos
    frames, step = shape[0], shape[0]
    if len(axes) > 1:
        largest = max(math.prod(videos.shape[2:]), math.prod(shape[1:]) * videos.shape[4])
        step = max(1, SLAB_ELEMENTS // (len(videos) * largest))
    slabs = []
    for part in (slice(first, first + step) for first in range(0, frames, step)):
        slab = videos if TIME in axes else videos[:, part]
        for axis in axes:
            dtype = videos.dtype if axis == axes[-1] else torch.float32
            of_axis = part if axis == TIME else slice(None)
            slab = _along(slab, axis, shape[axis], dtype, of_axis, checkpoint)
        slabs.append(slab)
    return slabs[0] if len(slabs) == 1 else torch.cat(slabs, dim=1)


def _along(
    videos: torch.Tensor,
    axis: int,
    after: int,
    dtype: torch.dtype,
    part: slice = slice(None),
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Videos (S, T, H, W, C) resampled along one axis to `after` px, of which `part` is made.

    dtype: of the result: uint8 for codes, which are rounded, or a float type.
    """
    first, table = device_weights(videos.shape[1 + axis], after, videos.device)
    first, table = first[part], table[part]
    before, rest = videos.shape[: 1 + axis], videos.shape[2 + axis :]
    is_code = dtype == torch.uint8
    stored = torch.uint8 if is_code else torch.float32
    result = videos.new_empty((*before, len(first), *rest), dtype=stored)
    inner = math.prod(rest)
    # Of a program along the inner axes: few kinds, each of which is compiled.
    width = NARROW if inner <= NARROW else BLOCK
    height = BLOCK // width
    programs = math.prod(before) * -(-len(first) // height) * -(-inner // width)
    launch = partial(
        resample_axis[(programs,)],
        videos.contiguous(),
        result,
        first,
        table,
        videos.shape[1 + axis],
        len(first),
        inner,
        table.shape[1],
        is_code,
        height,
        width,
        **KERNEL_OPTIONS,
    )
    launched(launch, ("resample", videos.dtype, is_code, height, width), checkpoint)
    return result.to(dtype)


@lru_cache(maxsize=1024)
def device_weights(
    before: int, after: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `shrinking.weights` returns, on a device: the first px, (after,) int32, and the weights,
    (after, taps) float32, which are 0 for px that do not count."""
    first, _, table = weights(before, after)
    tables = torch.from_numpy(first).int(), torch.from_numpy(table)
    return tuple(part.to(device, non_blocking=True) for part in tables)


# Triton compiles a kernel anew for some values of integers, such as 1 and multiples of 16, unless
# they are listed here. All of these change from level to level.
@triton.jit(do_not_specialize=["before", "after", "inner", "taps"])
def resample_axis(
    video,
    result,
    first,
    table,
    before,
    after,
    inner,
    taps,
    IS_CODE: tl.constexpr,
    HEIGHT: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """Resample one axis: result[o, a, i] is the sum of table[a, k] * video[o, first[a] + k, i].

    One program makes HEIGHT x WIDTH elements of one o.

    video: (outer, before, inner) uint8 or float32. result: (outer, after, inner), written: uint8
        codes, rounded and clamped, if IS_CODE, else float32.
    first: (after,) int32. table: (after, taps) float32.
    """
    blocks_i = tl.cdiv(inner, WIDTH)
    blocks = tl.cdiv(after, HEIGHT) * blocks_i
    program = tl.program_id(0)
    # A large video has more elements than 32 bits count.
    o = (program // blocks).to(tl.int64)
    block = program % blocks
    a = block // blocks_i * HEIGHT + tl.arange(0, HEIGHT)
    i = block % blocks_i * WIDTH + tl.arange(0, WIDTH)
    exists_a, exists_i = a < after, i < inner
    place = tl.load(first + a, mask=exists_a, other=0)
    # (HEIGHT, WIDTH) pointers to the first px that counts.
    at = video + (o * before + place)[:, None] * inner + i[None, :]
    total = tl.zeros([HEIGHT, WIDTH], tl.float32)
    for tap in range(taps):
        weight = tl.load(table + a * taps + tap, mask=exists_a, other=0.0)
        inside = (exists_a & (place + tap < before))[:, None] & exists_i[None, :]
        total += weight[:, None] * tl.load(at, mask=inside, other=0).to(tl.float32)
        at += inner
    to = result + (o * after + a)[:, None] * inner + i[None, :]
    exists = exists_a[:, None] & exists_i[None, :]
    if IS_CODE:
        total = tl.minimum(tl.maximum(tl.floor(total + 0.5), 0.0), 255.0)
        tl.store(to, total.to(tl.uint8), mask=exists)
    else:
        tl.store(to, total, mask=exists)
