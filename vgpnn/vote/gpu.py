"""Vote as one Triton kernel: gather and median together, no copy of the patches."""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from ..settings import Shape

BLOCK = 16  # voxels of one program


def vote(value: torch.Tensor, field: torch.Tensor, patch: Shape, mode: str) -> torch.Tensor:
    """Twin of `naive.vote`, to the byte; see `vote.vote` for the arguments."""
    value, field = value.contiguous(), field.contiguous()
    shape = [g + p - 1 for g, p in zip(field.shape[:3], patch)]
    out = torch.empty(*shape, value.shape[3], dtype=torch.uint8, device=value.device)
    count = math.prod(shape)
    overlap = triton.next_power_of_2(math.prod(patch))
    _vote[(triton.cdiv(count, BLOCK),)](
        value, field, out, count, shape[1], shape[2], *field.shape[:3], *value.shape[1:3],
        value.shape[3], *patch, overlap, mode == "median", BLOCK,
    )  # fmt: skip
    return out


@triton.jit
def _vote(
    value, field, out, count, height, width, g_t, g_y, g_x, v_h, v_w,
    CHANNELS: tl.constexpr, P_T: tl.constexpr, P_Y: tl.constexpr, P_X: tl.constexpr,
    OVERLAP: tl.constexpr, MEDIAN: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """value (t, v_h, v_w, C) uint8, field (g_t, g_y, g_x, 3) int16, out (T, height, width, C)."""
    voxel = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)  # one program: BLOCK voxels
    t, y, x = voxel // (height * width), voxel // width % height, voxel % width
    k = tl.arange(0, OVERLAP)  # the patches that may cover a voxel
    d_t, d_y, d_x = k // (P_Y * P_X), k // P_X % P_Y, k % P_X
    c_t = t[:, None] - d_t[None, :]
    c_y = y[:, None] - d_y[None, :]
    c_x = x[:, None] - d_x[None, :]
    covers = (c_t >= 0) & (c_t < g_t) & (c_y >= 0) & (c_y < g_y) & (c_x >= 0) & (c_x < g_x)
    covers = covers & (k < P_T * P_Y * P_X)[None, :] & (voxel < count)[:, None]
    at = field + ((c_t * g_y + c_y) * g_x + c_x) * 3
    j_t = tl.load(at, mask=covers, other=0).to(tl.int64) + d_t[None, :]
    j_y = tl.load(at + 1, mask=covers, other=0).to(tl.int64) + d_y[None, :]
    j_x = tl.load(at + 2, mask=covers, other=0).to(tl.int64) + d_x[None, :]
    pixel = ((j_t * v_h + j_y) * v_w + j_x) * CHANNELS
    voters = tl.sum(covers.to(tl.int32), 1)
    for channel in tl.static_range(CHANNELS):
        votes = tl.load(value + pixel + channel, mask=covers, other=0).to(tl.int32)
        if MEDIAN:
            # The smallest code that at least half of the votes do not exceed, by bisection.
            low, high = voters * 0, voters * 0 + 255
            for _ in tl.static_range(8):
                middle = (low + high) // 2
                below = tl.sum((covers & (votes <= middle[:, None])).to(tl.int32), 1)
                enough = below >= (voters + 1) // 2
                high = tl.where(enough, middle, high)
                low = tl.where(enough, low, middle + 1)
            result = low
        else:
            result = (tl.sum(votes, 1) + voters // 2) // tl.maximum(voters, 1)
        place = out + voxel * CHANNELS + channel
        tl.store(place, result.to(tl.uint8), mask=voxel < count)
