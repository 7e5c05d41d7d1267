"""The vote on a GPU, as one Triton kernel that copies no patches."""

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
from vgpnn.search.packing import pack
from vgpnn.settings import SETTINGS

BLOCK = 4  # voxels of one program, at most
VOTES = 1024  # of one program at most, unless one voxel has more
# Votes of one voxel for each warp. The threads of a single warp count votes without a barrier.
WARP_VOTES = 512
MODES = tuple(SETTINGS["vote"].words)  # the kernel gets the number of a mode
MEDIAN, WEIGHTED = tl.constexpr(MODES.index("median")), tl.constexpr(MODES.index("weighted"))


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    voters: QueryGrid,
    mode: str,
    quality: torch.Tensor | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> torch.Tensor:
    """Twin of `naive.vote` for a batch, to the byte; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8, which all samples share. field: (S,) + query grid + (3,) int16.
    quality: (S,) + query grid uint8. Returns (S, T, H, W, C) uint8.
    """
    samples, shape, patch = len(field), voters.shape, voters.patch
    height, width, channels = value.shape[1:]
    pixels = pack(value[None], 1, checkpoint)
    # The kernel takes a pointer even where it does not read the quality.
    weights = quality.contiguous() if mode == "weighted" else pixels
    result = torch.empty(samples, *shape, channels, dtype=torch.uint8, device=value.device)
    count = math.prod(shape)
    # How many patches of the grid cover a voxel at most, along each axis. The first two and the
    # last two along y and x may be nearer to each other than the stride.
    covering = patch[0], *(-(-(side + voters.stride - 1) // voters.stride) for side in patch[1:])
    overlap = 1 << (math.prod(covering) - 1).bit_length()
    # A program owns so many voxels of one sample.
    block = min(BLOCK, max(1, VOTES // overlap))
    kernel = partial(
        vote_kernel[(-(-count // block), samples)],
        pixels,
        field.contiguous(),
        weights,
        result,
        count,
        *shape[1:],
        *voters.counts,
        voters.stride,
        voters.shift,
        height,
        width,
        channels,
        pixels.shape[-1],
        *patch,
        *covering,
        overlap,
        MODES.index(mode),
        block,
        num_warps=max(1, overlap // WARP_VOTES),
        **KERNEL_OPTIONS,
    )
    launched(kernel, ("vote", *patch, overlap, channels, mode), checkpoint)
    return result


# Triton compiles a kernel anew for some values of integers, such as 1 and multiples of 16, unless
# they are listed here. All of these change from level to level.
@triton.jit(
    do_not_specialize=[
        "count",
        "height",
        "width",
        "grid_t",
        "grid_y",
        "grid_x",
        "stride",
        "shift",
        "value_height",
        "value_width",
    ]
)
def vote_kernel(
    pixels,
    field,
    quality,
    result,
    count,
    height,
    width,
    grid_t,
    grid_y,
    grid_x,
    stride,
    shift,
    value_height,
    value_width,
    CHANNELS: tl.constexpr,
    WORDS: tl.constexpr,
    P_T: tl.constexpr,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    N_T: tl.constexpr,
    N_Y: tl.constexpr,
    N_X: tl.constexpr,
    OVERLAP: tl.constexpr,
    MODE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Gather the votes for some voxels, and write their median or mean.

    One program owns BLOCK voxels of one sample. It holds OVERLAP votes for each of them: as many as
    N_T x N_Y x N_X patches of the grid, which cover a voxel at most, rounded up to a power of two.

    pixels: (T', value_height, value_width, WORDS) int32, the value from `packing.pack`.
    field: (S, grid_t, grid_y, grid_x, 3) int16, where in the value each patch's match begins.
    quality: (S, grid_t, grid_y, grid_x) uint8; read if MODE is WEIGHTED, else any pointer.
    result: (S, T, height, width, CHANNELS) uint8, written.
    count: number of voxels of a sample, T * height * width. stride, shift: of the query grid.
    """
    sample = tl.program_id(1).to(tl.int64)  # in a batch 32 bits are not enough for an index
    field += sample * grid_t * grid_y * grid_x * 3
    quality += sample * grid_t * grid_y * grid_x
    result += sample * count * CHANNELS
    voxel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    exists = voxel < count
    t, y, x = voxel // (height * width), voxel // width % height, voxel % width
    # Vote n comes from patch (c_t, i, j) of the grid, of which the voxel is pixel (d_t, d_y, d_x),
    # if it covers the voxel.
    n = tl.arange(0, OVERLAP)
    c_t = t[:, None] - (n // (N_Y * N_X))[None, :]
    shift_t = shift * (c_t & 1)
    i = first_from(y[:, None] - P_Y + 1, grid_y, stride, shift_t) + (n // N_X % N_Y)[None, :]
    j = first_from(x[:, None] - P_X + 1, grid_x, stride, shift_t) + (n % N_X)[None, :]
    d_t = t[:, None] - c_t
    d_y = y[:, None] - place_along(i, grid_y, height - P_Y + 1, stride, shift_t)
    d_x = x[:, None] - place_along(j, grid_x, width - P_X + 1, stride, shift_t)
    covers = (c_t >= 0) & (c_t < grid_t) & (i < grid_y) & (j < grid_x) & (d_y >= 0) & (d_x >= 0)
    covers &= (n < N_T * N_Y * N_X)[None, :] & exists[:, None]
    patch = (c_t * grid_y + i) * grid_x + j
    weights = covers.to(tl.int32)
    if MODE == WEIGHTED:
        weights = tl.load(quality + patch, mask=covers, other=0).to(tl.int32)
    m_t = tl.load(field + patch * 3, mask=covers, other=0).to(tl.int32)
    m_y = tl.load(field + patch * 3 + 1, mask=covers, other=0).to(tl.int32)
    m_x = tl.load(field + patch * 3 + 2, mask=covers, other=0).to(tl.int32)
    pixel = ((m_t + d_t) * value_height + m_y + d_y) * value_width + m_x + d_x
    whole = tl.sum(weights, 1)
    for channel in tl.static_range(CHANNELS):
        if channel % 4 == 0:  # a word has four channels
            words = tl.load(pixels + pixel * WORDS + channel // 4, mask=covers, other=0)
        votes = words >> (8 * (channel % 4)) & 255
        if MODE == MEDIAN:
            # The smallest code that at least half of the votes do not exceed, by bisection between
            # the smallest and the largest vote, for all voxels of the program at once.
            low = tl.min(tl.where(covers, votes, 255), 1)
            high = tl.max(tl.where(covers, votes, 0), 1)
            while tl.max(high - low, 0) > 0:
                middle = (low + high) // 2
                below = tl.sum((covers & (votes <= middle[:, None])).to(tl.int32), 1)
                is_enough = below >= (whole + 1) // 2
                # Where low and high have met, there are enough below and neither moves.
                high = tl.where(is_enough, middle, high)
                low = tl.where(is_enough, low, middle + 1)
            code = low
        else:
            code = (tl.sum(weights * votes, 1) + whole // 2) // tl.maximum(whole, 1)
        tl.store(result + voxel * CHANNELS + channel, code.to(tl.uint8), mask=exists)


@triton.jit
def first_from(place, count, stride, shift):
    """The number of the first patch at a place or after it: the twin of the one in `query_grid`."""
    return tl.where(place <= 0, 0, tl.minimum(count - 1, (place + shift + stride - 1) // stride))
