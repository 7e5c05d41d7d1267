"""Weighted PatchMatch by jump flooding (section 3.3; Rong and Tan 2006) as Triton kernels.

Every launch reads one field and writes another, so that no program sees what its neighbours write:
the same seed gives the same bytes on any device. The distance of the best match is kept. Samples
run side by side, each as if it were alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import triton
import triton.language as tl

from vgpnn.patches import grid, starts
from vgpnn.settings import Shape

# One warp is one program: its lanes agree on an early exit without a barrier, and few patches
# wait for the slowest among them.
BLOCK, WARPS = 8, 1  # query patches of one program
LANES = 8  # pixels of a patch that are compared before the next chance to give it up
JUMPS = (8, 4, 2, 1)  # how far the neighbours are whose matches are tried, one launch each
NEIGHBOURS, RANDOM = 6, 2  # matches tried in one launch; 32 random bits are enough for 2 draws
NO_DISTANCE = tl.constexpr(2**31 - 1)


def nearest(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    guesses: tuple[torch.Tensor, ...],
    seeds: tuple[int, ...],
    checkpoint: Callable[[], None],
    sweeps: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Approximate twin of `naive.nearest` for a batch; see `search.nearest` for the arguments.

    query, key: (S, T, H, W, C) and (S, T', H', W', C) uint8 codes; what all samples share is
        an expanded view, and is kept once.
    slack: (S,) + key grid.
    guesses: (S,) + query grid + (3,) int16 each; a match of -1 in any but the first is none.
    seeds: one a sample, which decides its result whatever else is in the batch.
    sweeps: of all jumps.
    Returns the field, (S,) + query grid + (3,) int16, and the distances, (S,) + query grid int32.
    """
    samples, device = len(seeds), query.device
    q_grid, k_grid = grid(query.shape[1:4], patch), grid(key.shape[1:4], patch)
    shape, count = (samples, *q_grid), math.prod(q_grid)
    q, k = pack(query, patch[0]), pack(key, patch[0])
    weights = None if slack is None else _once(slack).float().reciprocal().contiguous()
    fields = [torch.zeros(*shape, 3, dtype=torch.int16, device=device) for _ in range(2)]
    distances = [
        torch.full(shape, NO_DISTANCE.value, dtype=torch.int32, device=device) for _ in range(2)
    ]
    streams = torch.tensor([seed % 2**63 for seed in seeds], dtype=torch.int64, device=device)
    # Inline PTX, which neither AMD's GPUs nor the interpreter know.
    native = query.is_cuda and torch.version.hip is None

    def launch(guess: torch.Tensor, *tries: int) -> None:
        checkpoint()
        _improve[(triton.cdiv(count, BLOCK), samples)](
            q,
            k,
            weights,
            guess,
            *fields,
            *distances,
            streams,
            count,
            _step(q[..., 0]),
            _step(k[..., 0]),
            0 if weights is None else _step(weights),
            *q_grid,
            *k_grid,
            *query.shape[2:4],
            *key.shape[2:4],
            *tries,
            *patch[1:],
            q.shape[-1],
            LANES,
            native,
            BLOCK,
            num_warps=WARPS,
        )
        fields.reverse()
        distances.reverse()

    for guess in starts(guesses, shape, k_grid):
        launch(guess.to(device).contiguous(), 1, 0, 0, 0, 0)
    for number in range(sweeps * len(JUMPS)):
        scale = number % len(JUMPS)
        reach = max(k_grid[1:]) >> (RANDOM * scale)
        launch(fields[0], NEIGHBOURS, JUMPS[scale], RANDOM, reach, number)
    return fields[0], distances[0]


def candidates(sweeps: int, guesses: int) -> int:
    """Patch distances that `nearest` evaluates at most for one query patch, given that many
    guesses."""
    return max(1, guesses) + sweeps * len(JUMPS) * (NEIGHBOURS + RANDOM)


def pack(video: torch.Tensor, frames: int) -> torch.Tensor:
    """(S, T, H, W, C) uint8 to (S or 1, T-t+1, H, W, words) int32: each pixel with those of the
    next frames, zeros up to a power of two. So a load of up to 16 bytes is aligned, and one row of
    a patch, all its frames and channels, is one run of bytes."""
    if video.dtype != torch.uint8:
        raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    video = _once(video)
    s, t, h, w, c = video.shape
    size = max(4, triton.next_power_of_2(frames * c))
    packed = video.new_zeros(s, t - frames + 1, h, w, size)
    for k in range(frames):
        packed[..., k * c : (k + 1) * c] = video[:, k : k + packed.shape[1]]
    return packed.view(torch.int32)


def _once(batch: torch.Tensor) -> torch.Tensor:
    """A batch of one where all samples are the same memory."""
    return batch[:1] if batch.stride(0) == 0 else batch


def _step(batch: torch.Tensor) -> int:
    """From one sample to the next, in elements."""
    return batch[0].numel() if len(batch) > 1 else 0


# Not specialised: the kernel would be compiled anew for every level, as its sizes change.
@triton.jit(
    do_not_specialize=[
        "count",
        "q_step",
        "k_step",
        "w_step",
        "q_t",
        "q_y",
        "q_x",
        "k_t",
        "k_y",
        "k_x",
        "q_h",
        "q_w",
        "k_h",
        "k_w",
        "neighbours",
        "jump",
        "randoms",
        "reach",
        "launch",
    ]
)
def _improve(
    query,
    key,
    weights,
    guess,
    field,
    better,
    distance,
    less,
    streams,
    count,
    q_step,
    k_step,
    w_step,
    q_t,
    q_y,
    q_x,
    k_t,
    k_y,
    k_x,
    q_h,
    q_w,
    k_h,
    k_w,
    neighbours,
    jump,
    randoms,
    reach,
    launch,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    WORDS: tl.constexpr,
    LANES: tl.constexpr,
    NATIVE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """From field and distance to better and less: (S,) + query grid + (3,) int16, and int32.

    query, key: (S or 1, T-t+1, H, W, WORDS) int32 from `pack`. weights: (S or 1,) + key grid
    float32, or None. guess: like field. streams: (S,) int64.
    One program owns BLOCK query patches of one sample. It tries for all of them at once: the
    match of the patch itself in `guess` (neighbours = 1, jump = 0), or the matches of the six
    neighbours `jump` away, in t, y and x, moved along, and then random matches around the best
    one, within reach and within half of it.
    """
    # Offsets of whole samples may pass 2**31, those within one may not.
    sample = tl.program_id(1).to(tl.int64)
    query += sample * q_step * WORDS  # steps in pixels, so that loads are known to be aligned
    key += sample * k_step * WORDS
    guess += sample * count * 3
    field += sample * count * 3
    better += sample * count * 3
    distance += sample * count
    less += sample * count
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    real = n < count
    t, y, x = n // (q_y * q_x), n // q_x % q_y, n % q_x
    b_t = tl.load(field + n * 3, mask=real, other=0).to(tl.int32)
    b_y = tl.load(field + n * 3 + 1, mask=real, other=0).to(tl.int32)
    b_x = tl.load(field + n * 3 + 2, mask=real, other=0).to(tl.int32)
    best = tl.load(distance + n, mask=real, other=0)
    cost = best.to(tl.float32)
    if weights is not None:
        weights += sample * w_step
        cost *= tl.load(weights + (b_t * k_y + b_y) * k_x + b_x, mask=real, other=1.0)
    cost = tl.where(best == NO_DISTANCE, float("inf"), cost)
    pixels = ()  # all of the query patches, in registers for all candidates
    for step in tl.static_range((P_Y * P_X + LANES - 1) // LANES):
        pixels += (
            _pixels(query, (t * q_h + y) * q_w + x, q_w, real, step, P_Y, P_X, WORDS, LANES),
        )
    bits = tl.philox(tl.load(streams + sample), n, n * 0 + launch, n * 0, n * 0)
    for number in range(neighbours + randoms):
        if number < neighbours:
            away = (number % 2 * 2 - 1) * jump
            d_t = tl.where(number // 2 == 0, away, 0)
            d_y = tl.where(number // 2 == 1, away, 0)
            d_x = tl.where(number // 2 == 2, away, 0)
            n_t, n_y, n_x = t + d_t, y + d_y, x + d_x
            tries = real & (n_t >= 0) & (n_t < q_t) & (n_y >= 0) & (n_y < q_y)
            tries &= (n_x >= 0) & (n_x < q_x)
            there = guess + ((n_t * q_y + n_y) * q_x + n_x) * 3
            c_t = tl.load(there, mask=tries, other=0).to(tl.int32) - d_t
            c_y = tl.load(there + 1, mask=tries, other=0).to(tl.int32) - d_y
            c_x = tl.load(there + 2, mask=tries, other=0).to(tl.int32) - d_x
            tries &= (c_t >= 0) & (c_t < k_t) & (c_y >= 0) & (c_y < k_y)
            tries &= (c_x >= 0) & (c_x < k_x)
        else:
            radius = tl.maximum(reach >> (number - neighbours), 1)
            c_t = _draw(bits[0] >> (number - neighbours) * 16, b_t, radius, k_t)
            c_y = _draw(bits[1] >> (number - neighbours) * 16, b_y, radius, k_y)
            c_x = _draw(bits[2] >> (number - neighbours) * 16, b_x, radius, k_x)
            tries = real
        # Nothing beats a distance of 0, and the match itself need not be compared again.
        other = (c_t != b_t) | (c_y != b_y) | (c_x != b_x) | (best == NO_DISTANCE)
        tries &= other & (best > 0)
        weight = tl.full([BLOCK], 1.0, tl.float32)
        if weights is not None:
            weight = tl.load(weights + (c_t * k_y + c_y) * k_x + c_x, mask=tries, other=1.0)
        corner = (c_t * k_h + c_y) * k_w + c_x
        squares = tl.zeros([BLOCK, LANES * WORDS], tl.int32)
        total = tl.zeros([BLOCK], tl.int32)
        going = tl.max(tries.to(tl.int32), 0) > 0
        for step in tl.static_range((P_Y * P_X + LANES - 1) // LANES):
            if going:
                codes = _pixels(key, corner, k_w, tries, step, P_Y, P_X, WORDS, LANES)
                squares = _add_squares(squares, pixels[step], codes, NATIVE)
                total = tl.sum(squares, 1)
                # A sum only grows: who has lost here has lost. A weight of infinity (slack 0)
                # gives infinity or, times 0, NaN, and neither is less than anything.
                tries &= total.to(tl.float32) * weight < cost
                going = tl.max(tries.to(tl.int32), 0) > 0
        best = tl.where(tries, total, best)
        cost = tl.where(tries, total.to(tl.float32) * weight, cost)
        b_t = tl.where(tries, c_t, b_t)
        b_y = tl.where(tries, c_y, b_y)
        b_x = tl.where(tries, c_x, b_x)
    tl.store(better + n * 3, b_t.to(tl.int16), mask=real)
    tl.store(better + n * 3 + 1, b_y.to(tl.int16), mask=real)
    tl.store(better + n * 3 + 2, b_x.to(tl.int16), mask=real)
    tl.store(less + n, best, mask=real)


@triton.jit
def _pixels(
    video,
    corner,
    width,
    wanted,
    step: tl.constexpr,
    P_Y: tl.constexpr,
    P_X: tl.constexpr,
    WORDS: tl.constexpr,
    LANES: tl.constexpr,
):
    """Words of the step-th LANES pixels of the patches at `corner`: (BLOCK, LANES * WORDS)."""
    e = tl.arange(0, LANES * WORDS)
    pixel = step * LANES + e // WORDS
    at = corner[:, None] + (pixel // P_X * width + pixel % P_X)[None, :]
    inside = wanted[:, None] & (pixel < P_Y * P_X)[None, :]
    return tl.load(video + at * WORDS + (e % WORDS)[None, :], mask=inside, other=0)


@triton.jit
def _draw(bits, centre, radius, size):
    """A coordinate uniform in [centre - radius, centre + radius] cut to [0, size)."""
    low = tl.maximum(centre - radius, 0)
    span = tl.minimum(centre + radius, size - 1) - low + 1  # below 2**16, as coordinates are int16
    return low + ((bits & 0xFFFF) * span.to(tl.uint32) >> 16).to(tl.int32)


@triton.jit
def _add_squares(total, a, b, NATIVE: tl.constexpr):
    """total + the squared differences of the four codes in each word of a and b."""
    if NATIVE:  # two instructions for the sixteen below
        total = tl.inline_asm_elementwise(
            "{ .reg .b32 d; mov.b32 d, 0; vabsdiff4.u32.u32.u32 d, $2, $3, d;"
            " dp4a.u32.u32 $0, d, d, $1; }",
            "=r,r,r,r",
            [total, a, b],
            dtype=tl.int32,
            is_pure=True,
            pack=1,
        )
    else:
        for byte in tl.static_range(4):
            d = (a >> (8 * byte) & 255) - (b >> (8 * byte) & 255)
            total += d * d
    return total
