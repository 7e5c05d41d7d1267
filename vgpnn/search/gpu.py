"""Weighted PatchMatch by jump flooding (section 3.3; Rong and Tan 2006) as Triton kernels.

Every launch reads one field and writes another, so that no program sees what its neighbours write:
the same seed gives the same bytes on any device. The distance of the best match is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import triton
import triton.language as tl

from ..patches import grid, starts
from ..settings import Shape

BLOCK = 32  # query patches of one program
JUMPS = (8, 4, 2, 1)  # how far the neighbours are whose matches are tried, one launch each
NO_DISTANCE = 2**31 - 1


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    guesses: tuple[torch.Tensor, ...],
    seed: int,
    checkpoint: Callable[[], None],
    sweeps: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Twin of `cpu.nearest`; see `search.nearest` for the arguments.

    sweeps: of all jumps. Without a guess, and after it, random matches are tried everywhere.
    """
    query, key = query.contiguous(), key.contiguous()
    q_grid, k_grid = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    count, device = math.prod(q_grid), query.device
    weights = torch.ones(1, device=device) if slack is None else slack.float().contiguous()
    fields = [torch.zeros(*q_grid, 3, dtype=torch.int16, device=device) for _ in range(2)]
    distances = [torch.full(q_grid, NO_DISTANCE, dtype=torch.int32, device=device) for _ in (0, 1)]

    def launch(guess: torch.Tensor, jump: int, reach: int, stream: int) -> None:
        checkpoint()
        _improve[(triton.cdiv(count, BLOCK),)](
            query, key, weights, guess, *fields, *distances, count, jump, reach, stream,
            *q_grid, *k_grid, *query.shape[1:3], *key.shape[1:3], slack is not None,
            query.shape[3], *patch, triton.next_power_of_2(patch[2] * query.shape[3]),
            BLOCK,
        )  # fmt: skip
        fields.reverse()
        distances.reverse()

    for guess in starts(guesses, q_grid, k_grid):
        launch(guess.to(device).contiguous(), 0, 0, 0)
    reach = max(k_grid[1:])
    for sweep in range(sweeps):
        for number, jump in enumerate(JUMPS):
            stream = (seed * 64 + sweep) * len(JUMPS) + number
            launch(fields[0], jump, max(1, reach >> (2 * number)), stream % 2**31)
    return fields[0], distances[0]


@triton.jit
def _improve(
    query, key, weights, guess, field, better, distance, less, count, jump, reach, stream,
    q_t, q_y, q_x, k_t, k_y, k_x, q_h, q_w, k_h, k_w, weighted,
    CHANNELS: tl.constexpr, P_T: tl.constexpr, P_Y: tl.constexpr, P_X: tl.constexpr,
    ROW: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """From field and distance to better and less: query grid + (3,) int16, and int32.

    jump 0 tries the match of `guess` itself; else the matches of the six neighbours that far away,
    moved along, and two random matches within reach. One program owns BLOCK query patches.
    """
    n = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    real = n < count
    t, y, x = n // (q_y * q_x), n // q_x % q_y, n % q_x
    b_t = tl.load(field + n * 3, mask=real, other=0).to(tl.int64)
    b_y = tl.load(field + n * 3 + 1, mask=real, other=0).to(tl.int64)
    b_x = tl.load(field + n * 3 + 2, mask=real, other=0).to(tl.int64)
    best = tl.load(distance + n, mask=real, other=0)
    slack = tl.load(weights + weighted * ((b_t * k_y + b_y) * k_x + b_x), mask=real, other=1.0)
    cost = tl.where(best == 2147483647, float("inf"), best.to(tl.float32) / slack)
    e = tl.arange(0, ROW)  # elements of a row of a patch
    for number in tl.static_range(8):
        away = (number % 2 * 2 - 1) * jump
        d_t = away * (number // 2 == 0)
        d_y = away * (number // 2 == 1)
        d_x = away * (number // 2 == 2)
        n_t, n_y, n_x = t + d_t, y + d_y, x + d_x
        try_it = real & (n_t >= 0) & (n_t < q_t) & (n_y >= 0) & (n_y < q_y)
        try_it = try_it & (n_x >= 0) & (n_x < q_x)
        if number > 0:
            try_it = try_it & (n * 0 + jump > 0)
        at = guess + ((n_t * q_y + n_y) * q_x + n_x) * 3
        c_t = tl.load(at, mask=try_it, other=0).to(tl.int64) - d_t
        c_y = tl.load(at + 1, mask=try_it, other=0).to(tl.int64) - d_y
        c_x = tl.load(at + 2, mask=try_it, other=0).to(tl.int64) - d_x
        if number >= 6:  # random search, first far, then near
            span = (n * 0 + reach) // (1 if number == 6 else 4) + 1
            draw = (n * 2 + number - 6) * 3
            r_t = (tl.rand(stream, draw) * 2 - 1) * span
            r_y = (tl.rand(stream, draw + 1) * 2 - 1) * span
            r_x = (tl.rand(stream, draw + 2) * 2 - 1) * span
            c_t = tl.minimum(tl.maximum(b_t + r_t.to(tl.int64), 0), k_t - 1)
            c_y = tl.minimum(tl.maximum(b_y + r_y.to(tl.int64), 0), k_y - 1)
            c_x = tl.minimum(tl.maximum(b_x + r_x.to(tl.int64), 0), k_x - 1)
            try_it = real & (n * 0 + jump > 0)
        try_it = try_it & (c_t >= 0) & (c_t < k_t) & (c_y >= 0) & (c_y < k_y)
        try_it = try_it & (c_x >= 0) & (c_x < k_x)
        total = best * 0
        for p_t in tl.static_range(P_T):
            for p_y in tl.static_range(P_Y):
                q_at = (((t + p_t) * q_h + y + p_y) * q_w + x) * CHANNELS
                k_at = (((c_t + p_t) * k_h + c_y + p_y) * k_w + c_x) * CHANNELS
                inside = try_it[:, None] & (e < P_X * CHANNELS)[None, :]
                a = tl.load(query + q_at[:, None] + e[None, :], mask=inside, other=0)
                b = tl.load(key + k_at[:, None] + e[None, :], mask=inside, other=0)
                d = a.to(tl.int32) - b.to(tl.int32)
                total += tl.sum(d * d, 1)
        slack = tl.load(
            weights + weighted * ((c_t * k_y + c_y) * k_x + c_x), mask=try_it, other=1.0
        )
        its_cost = total.to(tl.float32) / slack
        wins = try_it & (its_cost < cost)
        best, cost = tl.where(wins, total, best), tl.where(wins, its_cost, cost)
        b_t, b_y, b_x = tl.where(wins, c_t, b_t), tl.where(wins, c_y, b_y), tl.where(wins, c_x, b_x)
    tl.store(better + n * 3, b_t.to(tl.int16), mask=real)
    tl.store(better + n * 3 + 1, b_y.to(tl.int16), mask=real)
    tl.store(better + n * 3 + 2, b_x.to(tl.int16), mask=real)
    tl.store(less + n, best, mask=real)
