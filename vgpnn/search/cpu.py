"""Weighted PatchMatch (section 3.3; Barnes et al. 2009) as Numba kernels on all cores.

A sweep scans the query patches in order. Each takes over the neighbours' matches where they fit
better (propagation) and tries random matches in shrinking boxes around its own (random search).
The cost of the best match is kept, and a distance is given up as soon as it exceeds what would
win. Frames are interleaved so that one row of a patch, all its frames and channels, is one run of
bytes: a distance is then a few vector operations per row.

Bands of rows run in parallel, those of every other frame and then the others: what a band reads
of other frames is never being written, and what it reads of the bands beside it is a copy of their
last rows. So the result does not depend on which band comes first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import torch
from numba.extending import register_jitable

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import ROWS_PER_BAND, bands, run_bands
from vgpnn.patches import grid, is_fine, starts
from vgpnn.settings import Shape

LANES = 16  # a patch row is compared in whole vectors of this many elements
# How far [px] random search reaches from a field that was carried over to a fine level, on every
# other sweep: of the matches tried 8 to 16 px away 1 in 5000 won (measured).
NEAR = 4
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

    query, key: (T, H, W, C) uint8 codes on the CPU, of one sample.
    Returns the field, query grid + (3,) int16, and the distances, query grid int32.
    """
    for video in (query, key):
        if video.dtype != torch.uint8:
            raise TypeError(f"The kernels read uint8 codes, not {video.dtype}.")
    kernels = compiled(patch, query.shape[3], _tally is not None)
    q_grid, k_grid = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    frames, rows, _ = q_grid
    first, *others = starts(guesses, q_grid, k_grid)
    state = prepared(query, key, patch, slack, first, checkpoint)
    _, _, field, distance, _, _, size = state
    fine = bool(guesses) and is_fine(q_grid)
    reaches = (NEAR, 0) if fine else (max(k_grid[1:]),) * 2
    run_bands(partial(kernels.evaluate, *state), bands(range(frames), rows), checkpoint)
    for guess in others:
        adopt = partial(kernels.adopt, *state, guess.numpy())
        run_bands(adopt, bands(range(frames), rows), checkpoint)
    for number in range(sweeps):
        stream = np.uint64((seed * 64 + number) & (2**64 - 1))
        forward = number % 2 == 0
        edges = field[:, ROWS_PER_BAND - forward :: ROWS_PER_BAND].copy()
        sweep = partial(kernels.sweep, *state, edges, forward, reaches[number % 2], stream)
        for parity in (0, 1):
            run_bands(sweep, bands(range(parity, frames, 2), rows), checkpoint)
    if _tally is not None:
        _tally.distances += int(size[-2])
        _tally.elements += int(size[-1]) * patch[0] * patch[2] * query.shape[3]
    return torch.from_numpy(field), torch.from_numpy(distance)


def prepared(
    query: torch.Tensor,
    key: torch.Tensor,
    patch: Shape,
    slack: torch.Tensor | None,
    field: torch.Tensor,
    checkpoint: Callable[[], None],
) -> tuple:
    """What every kernel reads and writes, for a search that starts from a field and overwrites it:
    the query, the key interleaved, the field, its distances, weights and whether there are any,
    and sizes."""
    q_grid, k_grid = grid(query.shape[:3], patch), grid(key.shape[:3], patch)
    k = empty((k_grid[0] * math.prod(key.shape[1:]) * patch[0] + 8 * LANES,), torch.uint8).numpy()
    k[-8 * LANES :] = 0  # vectors may read past the last row
    interleave = partial(compiled(patch, query.shape[3]).interleave, key.numpy(), k)
    run_bands(interleave, bands(range(k_grid[0]), key.shape[1]), checkpoint)
    weights = np.ones(1) if slack is None else slack.numpy().reshape(-1)
    # Grid of the queries, grid of the keys, height and width of the keys' video; what is counted.
    size = np.array([*q_grid, *k_grid, *key.shape[1:3], 0, 0])
    distance = empty(q_grid, torch.int32).numpy()
    field = field.contiguous().numpy()
    return query.numpy(), k, field, distance, weights, 0 if slack is None else 1, size


@dataclass
class Tally:
    """Work of searches: distances begun, and elements compared until each was given up."""

    distances: int = 0
    elements: int = 0


_tally: Tally | None = None


@contextmanager
def counted() -> Iterator[Tally]:
    """Count the work of the searches inside. Counts are right on one thread (VGPNN_THREADS=1)."""
    global _tally
    _tally = Tally()
    try:
        yield _tally
    finally:
        _tally = None


@cache
def compiled(patch: Shape, channels: int, counting: bool = False) -> SimpleNamespace:
    """Kernels for one patch size: constant sizes let the compiler unroll and vectorise."""
    p_t, p_y, p_x = patch
    pixel = p_t * channels  # elements of an interleaved pixel
    used = p_x * pixel
    padded = -(-used // LANES) * LANES
    margin = 8 * LANES
    rows_per_band = ROWS_PER_BAND
    sizes = *patch, channels, *[1] * counting
    kernel, helper = kernel_of(*sizes), helper_of(*sizes)

    @helper
    def interleaved(video, t, y, out, at):
        """Write row y of the frames from t on: each pixel with those of the next frames."""
        for x in range(video.shape[2]):
            for f in range(p_t):
                for c in range(channels):
                    out[at] = video[t + f, y, x, c]
                    at += 1

    @kernel
    def interleave(video, out, t, lo, hi):
        height, width = video.shape[1], video.shape[2]
        for y in range(lo, hi):
            interleaved(video, t, y, out, (t * height + y) * width * pixel)

    @helper
    def rows_of(video, t, lo, hi):
        """The interleaved rows that the patches of a band cover."""
        width = video.shape[2] * pixel
        out = np.empty((hi - lo + p_y - 1) * width + margin, np.uint8)
        for y in range(lo, hi + p_y - 1):
            interleaved(video, t, y, out, (y - lo) * width)
        out[len(out) - margin :] = 0
        return out

    @helper
    def ssd(q, k, q_at, k_at, q_stride, k_stride, limit, size):
        # Unsigned indices: signed ones may count from the end, which blocks vectorising.
        total = np.int32(0)
        if counting:
            size[8] += 1
        for _ in range(p_y):
            if counting:
                size[9] += 1
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

    @helper
    def to_key(q, k, q_at, q_stride, j_t, j_y, j_x, size, limit):
        """Distance of the query patch at `q_at` to key j, or a part of it that is above `limit`."""
        k_at = np.uint64(((j_t * size[6] + j_y) * size[7] + j_x) * pixel)
        return ssd(q, k, q_at, k_at, q_stride, np.uint64(size[7] * pixel), limit, size)

    @helper
    def better(q, k, q_at, q_stride, j_t, j_y, j_x, cost, weights, weighted, size):
        """Distance to key j and its cost if that is below `cost`, else -1 and `cost`."""
        slack = weights[weighted * ((j_t * size[4] + j_y) * size[5] + j_x)]
        limit = np.int32(min(np.ceil(cost * slack), 2147483647.0))
        d = to_key(q, k, q_at, q_stride, j_t, j_y, j_x, size, limit)
        if d < limit:
            return d, d / slack
        return np.int32(-1), cost

    @helper
    def corner(field, t, y, x):
        return np.int64(field[t, y, x, 0]), np.int64(field[t, y, x, 1]), np.int64(field[t, y, x, 2])

    @kernel
    def evaluate(query, k, field, distance, weights, weighted, size, t, lo, hi):
        """State the distances of a field."""
        q, q_stride = rows_of(query, t, lo, hi), query.shape[2] * pixel
        for y in range(lo, hi):
            for x in range(size[2]):
                b_t, b_y, b_x = corner(field, t, y, x)
                q_at = np.uint64((y - lo) * q_stride + x * pixel)
                distance[t, y, x] = to_key(
                    q, k, q_at, np.uint64(q_stride), b_t, b_y, b_x, size, NO_LIMIT
                )

    @kernel
    def adopt(query, k, field, distance, weights, weighted, size, guess, t, lo, hi):
        """Take over the matches of another field where they fit better."""
        q, q_stride = rows_of(query, t, lo, hi), query.shape[2] * pixel
        for y in range(lo, hi):
            for x in range(size[2]):
                b_t, b_y, b_x = corner(field, t, y, x)
                c_t, c_y, c_x = corner(guess, t, y, x)
                if c_t < 0 or (c_t == b_t and c_y == b_y and c_x == b_x):
                    continue
                slack = weights[weighted * ((b_t * size[4] + b_y) * size[5] + b_x)]
                cost = distance[t, y, x] / slack
                q_at = np.uint64((y - lo) * q_stride + x * pixel)
                d, cost = better(
                    q, k, q_at, np.uint64(q_stride), c_t, c_y, c_x, cost, weights, weighted, size
                )
                if d >= 0:
                    distance[t, y, x] = d
                    field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2] = c_t, c_y, c_x

    @kernel
    def sweep(
        query, k, field, distance, weights, weighted, size, edges, forward, reach, stream, t, lo, hi
    ):
        """Propagation and random search over a band of rows, in scan order or against it."""
        q, q_stride = rows_of(query, t, lo, hi), np.uint64(query.shape[2] * pixel)
        q_t, q_y, q_x = size[0], size[1], size[2]
        k_t, k_y, k_x = size[3], size[4], size[5]
        step = 1 if forward else -1
        for n_row in range(hi - lo):
            y = lo + n_row if forward else hi - 1 - n_row
            for n_x in range(q_x):
                x = n_x if forward else q_x - 1 - n_x
                d = distance[t, y, x]
                if d == 0:
                    continue
                b_t, b_y, b_x = corner(field, t, y, x)
                cost = d / weights[weighted * ((b_t * k_y + b_y) * k_x + b_x)]
                q_at = np.uint64(y - lo) * q_stride + np.uint64(x * pixel)
                changed = False
                # Neighbours mostly agree, and a match that lost once need not be tried again.
                l_t, l_y, l_x = b_t, b_y, b_x
                for axis in range(3):
                    d_t, d_y, d_x = step * (axis == 2), step * (axis == 1), step * (axis == 0)
                    n_t, n_y, n_x2 = t - d_t, y - d_y, x - d_x
                    if not (0 <= n_t < q_t and 0 <= n_y < q_y and 0 <= n_x2 < q_x):
                        continue
                    if axis == 1 and not lo <= n_y < hi:  # in a band that may be writing
                        band = lo // rows_per_band - 1 if forward else lo // rows_per_band
                        c_t, c_y, c_x = corner(edges, t, band, x)
                    else:
                        c_t, c_y, c_x = corner(field, n_t, n_y, n_x2)
                    c_t, c_y, c_x = c_t + d_t, c_y + d_y, c_x + d_x
                    if c_t == b_t and c_y == b_y and c_x == b_x:
                        continue
                    if c_t == l_t and c_y == l_y and c_x == l_x:
                        continue
                    if not (0 <= c_t < k_t and 0 <= c_y < k_y and 0 <= c_x < k_x):
                        continue
                    l_t, l_y, l_x = c_t, c_y, c_x
                    new, cost = better(
                        q, k, q_at, q_stride, c_t, c_y, c_x, cost, weights, weighted, size
                    )
                    if new >= 0:
                        d, b_t, b_y, b_x, changed = new, c_t, c_y, c_x, True
                radius = reach
                number = np.uint64(((t * q_y + y) * q_x + x) * 16)
                while radius >= 1 and d > 0:
                    bits = mix(stream, number)
                    number += np.uint64(1)
                    c_t = draw(bits, b_t, radius, k_t)
                    c_y = draw(bits >> np.uint64(21), b_y, radius, k_y)
                    c_x = draw(bits >> np.uint64(42), b_x, radius, k_x)
                    new, cost = better(
                        q, k, q_at, q_stride, c_t, c_y, c_x, cost, weights, weighted, size
                    )
                    if new >= 0:
                        d, b_t, b_y, b_x, changed = new, c_t, c_y, c_x, True
                    radius //= 2
                if changed:
                    distance[t, y, x] = d
                    field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2] = b_t, b_y, b_x

    return SimpleNamespace(interleave=interleave, evaluate=evaluate, adopt=adopt, sweep=sweep)


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
