"""Weighted PatchMatch (section 3.3; Barnes et al. 2009) as Numba kernels on all cores.

A sweep scans the query patches in order. Each takes over the neighbours' matches where they fit
better (propagation) and tries random matches in shrinking boxes around its own (random search).
The cost of the best match is kept, and a distance is given up as soon as it exceeds what would
win. Frames are interleaved beforehand so that one row of a patch, all its frames and channels,
is one run of bytes: a distance is then a few vector operations per row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import torch
from numba.extending import register_jitable

from ..kernels import helper_of, kernel_of
from ..patches import grid, starts
from ..settings import Shape
from ..threads import run_bands

LANES = 16  # a patch row is compared in whole vectors of this many elements
# At a fine level, one of more patches than this, random search of a field that was carried over
# reaches this far [px], and every other sweep only propagates: what is found farther hardly ever
# wins there, and random search takes most of the time (measured).
FINE, NEAR = 50_000, 16
NO_LIMIT = np.int32(2**31 - 1)


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
    """Approximate twin of `naive.nearest`; see `search.nearest` for the arguments.

    query, key: (T, H, W, C) uint8 codes on the CPU.
    Returns the field, query grid + (3,) int16, and the distances, query grid int32.
    """
    kernels = compiled(patch, query.shape[3])
    q_grid, k_grid = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    q, k = _interleave(query, patch[0]), _interleave(key, patch[0])
    weights = np.ones(1) if slack is None else slack.numpy().reshape(-1)
    weighted = 0 if slack is None else 1
    first, *others = starts(guesses, q_grid, k_grid)
    field = first.numpy().copy()
    distance = np.empty(q_grid, np.int32)
    # Grid of the queries, grid of the keys, height and width of either video.
    size = np.array([*q_grid, *k_grid, *query.shape[1:3], *key.shape[1:3]])
    rows = q_grid[0] * q_grid[1]
    state = q, k, field, distance, weights, weighted, size
    fine = bool(guesses) and math.prod(q_grid) > FINE
    reaches = (NEAR, 0) if fine else (max(k_grid[1:]),) * 2
    run_bands(partial(kernels.evaluate, *state), rows, checkpoint)
    for guess in others:
        run_bands(partial(kernels.adopt, *state, guess.numpy()), rows, checkpoint)
    for number in range(sweeps):
        stream = np.uint64((seed * 64 + number) & (2**64 - 1))
        order = field.copy(), number % 2 == 0, reaches[number % 2], stream
        run_bands(partial(kernels.sweep, *state, *order), rows, checkpoint)
    return torch.from_numpy(field), torch.from_numpy(distance)


def _interleave(video: torch.Tensor, frames: int) -> np.ndarray:
    """(T, H, W, C) to flat (T-t+1, H, W, t, C): each pixel with those of the next frames."""
    if video.dtype != torch.uint8:
        raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    pixels = video.numpy()
    t, h, w, c = pixels.shape
    shape = (t - frames + 1, h, w, frames, c)
    size = math.prod(shape)
    flat = np.empty(size + 8 * LANES, np.uint8)
    flat[size:] = 0  # vectors may read past the last row
    for k in range(frames):
        flat[:size].reshape(shape)[:, :, :, k] = pixels[k : k + shape[0]]
    return flat


@cache
def compiled(patch: Shape, channels: int) -> SimpleNamespace:
    """Kernels for one patch size: constant sizes let the compiler unroll and vectorise."""
    patch_rows = patch[1]
    pixel = patch[0] * channels  # elements of an interleaved pixel
    used = patch[2] * pixel
    padded = -(-used // LANES) * LANES
    kernel, helper = kernel_of(*patch, channels), helper_of(*patch, channels)

    @helper
    def ssd(q, k, q_at, k_at, q_stride, k_stride, limit):
        # Unsigned indices: signed ones may count from the end, which blocks vectorising.
        total = np.int32(0)
        for _ in range(patch_rows):
            for c in range(np.uint64(padded)):
                d = np.int32(np.int32(q[q_at + c]) - np.int32(k[k_at + c]))
                total = np.int32(total + d * d)
            for c in range(np.uint64(used), np.uint64(padded)):
                d = np.int32(np.int32(q[q_at + c]) - np.int32(k[k_at + c]))
                total = np.int32(total - d * d)
            if total >= limit:
                return total
            q_at += q_stride
            k_at += k_stride
        return total

    @kernel
    def evaluate(q, k, field, distance, weights, weighted, size, lo, hi):
        q_h, q_w, k_h, k_w = size[6], size[7], size[8], size[9]
        for row in range(lo, hi):
            t, y = divmod(row, size[1])
            for x in range(size[2]):
                j_t, j_y, j_x = field[t, y, x]
                distance[t, y, x] = ssd(
                    q,
                    k,
                    np.uint64(((t * q_h + y) * q_w + x) * pixel),
                    np.uint64(((j_t * k_h + j_y) * k_w + j_x) * pixel),
                    np.uint64(q_w * pixel),
                    np.uint64(k_w * pixel),
                    NO_LIMIT,
                )

    @helper
    def better(q, k, q_at, j_t, j_y, j_x, cost, weights, weighted, size):
        """Distance to key j and its cost if that is below `cost`, else -1 and `cost`."""
        slack = weights[weighted * ((j_t * size[4] + j_y) * size[5] + j_x)]
        limit = np.int32(min(np.ceil(cost * slack), 2147483647.0))
        d = ssd(
            q,
            k,
            q_at,
            np.uint64(((j_t * size[8] + j_y) * size[9] + j_x) * pixel),
            np.uint64(size[7] * pixel),
            np.uint64(size[9] * pixel),
            limit,
        )
        if d < limit:
            return d, d / slack
        return np.int32(-1), cost

    @helper
    def corner(field, t, y, x):
        return np.int64(field[t, y, x, 0]), np.int64(field[t, y, x, 1]), np.int64(field[t, y, x, 2])

    @kernel
    def adopt(q, k, field, distance, weights, weighted, size, guess, lo, hi):
        """Take over the matches of another field where they fit better."""
        for row in range(lo, hi):
            t, y = divmod(row, size[1])
            for x in range(size[2]):
                b_t, b_y, b_x = corner(field, t, y, x)
                c_t, c_y, c_x = corner(guess, t, y, x)
                if c_t < 0 or (c_t == b_t and c_y == b_y and c_x == b_x):
                    continue
                slack = weights[weighted * ((b_t * size[4] + b_y) * size[5] + b_x)]
                cost = distance[t, y, x] / slack
                q_at = np.uint64(((t * size[6] + y) * size[7] + x) * pixel)
                d, cost = better(q, k, q_at, c_t, c_y, c_x, cost, weights, weighted, size)
                if d >= 0:
                    distance[t, y, x] = d
                    field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2] = c_t, c_y, c_x

    @kernel
    def sweep(
        q, k, field, distance, weights, weighted, size, before, forward, reach, stream, lo, hi
    ):
        """Propagation and random search over a band of rows, in scan order or against it."""
        q_t, q_y, q_x = size[0], size[1], size[2]
        k_t, k_y, k_x = size[3], size[4], size[5]
        step = 1 if forward else -1
        for n_row in range(hi - lo):
            row = lo + n_row if forward else hi - 1 - n_row
            t, y = divmod(row, q_y)
            for n_x in range(q_x):
                x = n_x if forward else q_x - 1 - n_x
                d = distance[t, y, x]
                if d == 0:
                    continue
                b_t, b_y, b_x = corner(field, t, y, x)
                cost = d / weights[weighted * ((b_t * k_y + b_y) * k_x + b_x)]
                q_at = np.uint64(((t * size[6] + y) * size[7] + x) * pixel)
                changed = False
                for axis in range(3):
                    d_t, d_y, d_x = step * (axis == 2), step * (axis == 1), step * (axis == 0)
                    n_t, n_y, n_x2 = t - d_t, y - d_y, x - d_x
                    if not (0 <= n_t < q_t and 0 <= n_y < q_y and 0 <= n_x2 < q_x):
                        continue
                    # Another band may be writing to its rows: read what they held before.
                    known = field if lo <= n_t * q_y + n_y < hi else before
                    c_t, c_y, c_x = corner(known, n_t, n_y, n_x2)
                    c_t, c_y, c_x = c_t + d_t, c_y + d_y, c_x + d_x
                    if c_t == b_t and c_y == b_y and c_x == b_x:
                        continue
                    if not (0 <= c_t < k_t and 0 <= c_y < k_y and 0 <= c_x < k_x):
                        continue
                    new, cost = better(q, k, q_at, c_t, c_y, c_x, cost, weights, weighted, size)
                    if new >= 0:
                        d, b_t, b_y, b_x, changed = new, c_t, c_y, c_x, True
                radius = reach
                number = np.uint64((row * q_x + x) * 16)
                while radius >= 1 and d > 0:
                    bits = mix(stream, number)
                    number += np.uint64(1)
                    c_t = draw(bits, b_t, radius, k_t)
                    c_y = draw(bits >> np.uint64(21), b_y, radius, k_y)
                    c_x = draw(bits >> np.uint64(42), b_x, radius, k_x)
                    new, cost = better(q, k, q_at, c_t, c_y, c_x, cost, weights, weighted, size)
                    if new >= 0:
                        d, b_t, b_y, b_x, changed = new, c_t, c_y, c_x, True
                    radius //= 2
                if changed:
                    distance[t, y, x] = d
                    field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2] = b_t, b_y, b_x

    return SimpleNamespace(evaluate=evaluate, adopt=adopt, sweep=sweep)


@register_jitable
def mix(stream, number):
    """Counter-based random bits (SplitMix64, Steele et al. 2014): no state to share."""
    z = (stream * np.uint64(0x9E3779B97F4A7C15)) ^ (number * np.uint64(0xD1B54A32D192ED03))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@register_jitable
def draw(bits, centre, radius, size):
    """A coordinate uniform in [centre - radius, centre + radius] cut to [0, size)."""
    low = max(np.int64(0), centre - radius)
    high = min(size - 1, centre + radius)
    return low + np.int64(
        ((bits & np.uint64(0x1FFFFF)) * np.uint64(high - low + 1)) >> np.uint64(21)
    )
