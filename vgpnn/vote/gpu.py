"""Vote as one Triton kernel: gather and median together, no copy of the patches."""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from vgpnn.search.gpu import pack
from vgpnn.settings import SETTINGS, Shape

# One warp is one program: counting votes needs no barrier.
BLOCK, WARPS = 4, 1  # voxels of one program
MODES = tuple(SETTINGS["vote"].words)


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    quality: torch.Tensor | None = None,
) -> torch.Tensor:
    """Twin of `naive.vote` for a batch, to the byte; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8, shared by all samples; field: (S,) + query grid + (3,) int16;
    quality: (S,) + query grid uint8. Returns (S, T, H, W, C) uint8.
    """
    samples, *q_grid = field.shape[:4]
    shape = [g + p - 1 for g, p in zip(q_grid, patch)]
    v_h, v_w, channels = value.shape[1:]
    # A patch's first pixel; the others are at the same distances from it for all patches.
    start = ((field[..., 0].int() * v_h + field[..., 1]) * v_w + field[..., 2]).contiguous()
    pixels = pack(value[None], 1)
    read = quality.contiguous() if mode == "weighted" else pixels  # any pointer: it is not read
    out = torch.empty(samples, *shape, channels, dtype=torch.uint8, device=value.device)
    count = math.prod(shape)
    overlap = triton.next_power_of_2(math.prod(patch))
    _vote[(triton.cdiv(count, BLOCK), samples)](
        pixels,
        start,
        read,
        out,
        count,
        *shape[1:],
        *q_grid,
        v_h,
        v_w,
        channels,
        pixels.shape[-1],
        *patch,
        overlap,
        MODES.index(mode),
        BLOCK,
        num_warps=WARPS,
    )
    return out


# Not specialised: the kernel would be compiled anew for every level, as its sizes change.
@triton.jit(
    do_not_specialize=["count", "height", "width", "g_t", "g_y", "g_x", "v_h", "v_w"],
)
def _vote(
    pixels,
    start,
    quality,
    out,
    count,
    height,
    width,
    g_t,
    g_y,
    g_x,
    v_h,
    v_w,
    CHANNELS: tl.constexpr,
    WORDS: tl.constexpr,
    P_T: tl.constexpr,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    OVERLAP: tl.constexpr,
    MODE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """pixels: (t, v_h, v_w, WORDS) int32; start: (S, g_t, g_y, g_x) int32, index of a pixel;
    quality: (S, g_t, g_y, g_x) uint8, read where the votes are weighted;
    out: (S, T, height, width, CHANNELS) uint8. One program owns BLOCK voxels of one sample."""
    sample = tl.program_id(1).to(tl.int64)
    start += sample * g_t * g_y * g_x
    quality += sample * g_t * g_y * g_x
    out += sample * count * CHANNELS
    voxel = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = voxel < count
    t, y, x = voxel // (height * width), voxel // width % height, voxel % width
    k = tl.arange(0, OVERLAP)  # the patches that may cover a voxel
    d_t, d_y, d_x = k // (P_Y * P_X), k // P_X % P_Y, k % P_X
    c_t = t[:, None] - d_t[None, :]
    c_y = y[:, None] - d_y[None, :]
    c_x = x[:, None] - d_x[None, :]
    covers = (c_t >= 0) & (c_t < g_t) & (c_y >= 0) & (c_y < g_y) & (c_x >= 0) & (c_x < g_x)
    covers = covers & (k < P_T * P_Y * P_X)[None, :] & real[:, None]
    patch = (c_t * g_y + c_y) * g_x + c_x
    weights = covers.to(tl.int32)
    if MODE == 2:
        weights = tl.load(quality + patch, mask=covers, other=0).to(tl.int32)
    at = tl.load(start + patch, mask=covers, other=0)
    at += ((d_t * v_h + d_y) * v_w + d_x)[None, :]
    voters = tl.sum(weights, 1)
    for channel in tl.static_range(CHANNELS):
        if channel % 4 == 0:
            words = tl.load(pixels + at * WORDS + channel // 4, mask=covers, other=0)
        votes = words >> (8 * (channel % 4)) & 255
        if MODE == 0:
            # The smallest code that at least half of the votes do not exceed, by bisection of
            # their span: none where all agree.
            low = tl.min(tl.where(covers, votes, 255), 1)
            high = tl.max(tl.where(covers, votes, 0), 1)
            while tl.max(high - low, 0) > 0:
                middle = (low + high) // 2
                below = tl.sum((covers & (votes <= middle[:, None])).to(tl.int32), 1)
                enough = below >= (voters + 1) // 2
                # Where low and high have met, enough is true and nothing moves.
                high = tl.where(enough, middle, high)
                low = tl.where(enough, low, middle + 1)
            result = low
        else:
            result = (tl.sum(weights * votes, 1) + voters // 2) // tl.maximum(voters, 1)
        tl.store(out + voxel * CHANNELS + channel, result.to(tl.uint8), mask=real)
