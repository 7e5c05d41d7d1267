"""The exact weighted search on a GPU, for levels with few patches, as one Triton kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import triton
import triton.language as tl

from vgpnn.machine.threads import KERNEL_OPTIONS, launched
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search.gpu_kernels import add_squares, place_along, weight_of
from vgpnn.search.packing import VIDEO_SIZES, described, has_ptx, pack
from vgpnn.settings import Shape

KEY_WORDS = 512  # of the keys that a program compares at once: 128 keys where a pixel has four
WARPS = 4  # of one program


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    checkpoint: Callable[[], None],
    queries: QueryGrid | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Twin of `naive.nearest` for a batch of uint8 codes; the arguments are those of `gpu.nearest`.

    Every query patch is compared with every key patch. Of equally good keys the first one in
    row-major order is taken.
    """
    samples, device = len(query), query.device
    queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
    key_grid = grid(key.shape[1:4], patch)
    pixels = [pack(video, patch[0], checkpoint) for video in (query, key)]
    field = torch.empty(samples, *queries.counts, 3, dtype=torch.int16, device=device)
    distance = torch.empty(samples, *queries.counts, dtype=torch.int32, device=device)
    launch = partial(
        compare_all[(math.prod(queries.counts), samples)],
        *described(query, key, *pixels, slack, queries, key_grid),
        field,
        distance,
        *patch[1:],
        pixels[0].shape[-1],
        has_ptx(query),
        KEY_WORDS // pixels[0].shape[-1],
        num_warps=WARPS,
        **KERNEL_OPTIONS,
    )
    launched(launch, ("exact", *patch, pixels[0].shape[-1], slack is None), checkpoint)
    return field, distance


@triton.jit(do_not_specialize=VIDEO_SIZES)
def compare_all(
    query,
    key,
    slack,
    query_stride,
    key_stride,
    slack_stride,
    q_t,
    q_y,
    q_x,
    end_y,
    end_x,
    stride,
    shift,
    k_t,
    k_y,
    k_x,
    query_height,
    query_width,
    key_height,
    key_width,
    field,
    distance,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    WORDS: tl.constexpr,
    HAS_PTX: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compare one query patch of one sample with all keys, BLOCK at once, and write the best match.

    field: (S, q_t, q_y, q_x, 3) int16. distance: (S, q_t, q_y, q_x) int32. Both are written.
    The other parameters are those of `improve`.
    """
    n, sample = tl.program_id(0), tl.program_id(1).to(tl.int64)
    query += sample * query_stride * WORDS
    key += sample * key_stride * WORDS
    if slack is not None:
        slack += sample * slack_stride
    t, i, j = n // (q_y * q_x), n // q_x % q_y, n % q_x
    y = place_along(i, q_y, end_y, stride, shift * (t & 1))
    x = place_along(j, q_x, end_x, stride, shift * (t & 1))
    word = tl.arange(0, WORDS)
    query += ((t * query_height + y) * query_width + x) * WORDS
    best, best_key, best_cost = n * 0, n * 0, tl.full([], float("inf"), tl.float64)
    for first in range(0, k_t * k_y * k_x, BLOCK):
        k = first + tl.arange(0, BLOCK)
        exists = k < k_t * k_y * k_x
        c_t, c_y, c_x = k // (k_y * k_x), k // k_x % k_y, k % k_x
        corner = ((c_t * key_height + c_y) * key_width + c_x)[:, None] * WORDS + word[None, :]
        squares = tl.zeros([BLOCK, WORDS], tl.int32)
        for row in range(P_Y):
            for column in tl.static_range(P_X):
                a = tl.load(query + (row * query_width + column) * WORDS + word)
                at = key + corner + (row * key_width + column) * WORDS
                b = tl.load(at, mask=exists[:, None], other=0)
                a = tl.broadcast_to(a[None, :], [BLOCK, WORDS])
                squares = add_squares(squares, a, b, HAS_PTX)
        total = tl.sum(squares, 1)
        # Whole numbers of 32 bits are exact in 64 bits, whose time does not matter for few pairs.
        cost = total.to(tl.float64)
        if slack is not None:
            # In 32 bits, as in `naive`, so that the same keys are equally good.
            weight = weight_of(slack + k, exists)
            cost = tl.where(weight < float("inf"), total.to(tl.float32) * weight, weight)
            cost = cost.to(tl.float64)
        cost = tl.where(exists, cost, float("inf"))
        least = tl.min(cost, 0)
        least_key = tl.min(tl.where(exists & (cost == least), k, k_t * k_y * k_x), 0)
        is_better = least < best_cost
        best = tl.where(is_better, tl.sum(tl.where(k == least_key, total, 0), 0), best)
        best_key = tl.where(is_better, least_key, best_key)
        best_cost = tl.where(is_better, least, best_cost)
    field += (sample * q_t * q_y * q_x + n) * 3
    tl.store(field, (best_key // (k_y * k_x)).to(tl.int16))
    tl.store(field + 1, (best_key // k_x % k_y).to(tl.int16))
    tl.store(field + 2, (best_key % k_x).to(tl.int16))
    tl.store(distance + sample * q_t * q_y * q_x + n, best)
