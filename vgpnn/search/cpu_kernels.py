"""The Numba kernels of PatchMatch on the CPU: propagation and random search in a band of rows.

What a kernel calls is a local function of `compiled` or defined in this file, so that Numba's cache
notices every change of it (see `machine.kernels`).
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
from numba.extending import register_jitable

from vgpnn.machine import vectors
from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.machine.threads import ROWS_PER_BAND
from vgpnn.query_grid import placing
from vgpnn.search.cpu_comparison import comparison
from vgpnn.settings import Shape

NO_LIMIT = np.int32(2**31 - 1)  # a limit that no distance reaches
DRAWS_PER_QUERY = 16  # random numbers reserved for a query patch: a radius below 2**16 halved to 0
DRAW_BITS = 21  # random bits for one coordinate: three coordinates take 63 of 64 bits


@cache
def compiled(patch: Shape, channels: int, counting: bool) -> SimpleNamespace:
    """The kernels `interleave`, `evaluate`, `adopt` and `sweep` for one patch size.

    Sizes that the compiler knows let it unroll and vectorise the comparison of two rows. Kernels
    that count their work are a little slower.

    Every kernel works on a band: the rows from `start` up to, but without, `stop` of frame `t`.
    Rows and columns of the query grid are i and j; y and x are places in the video [px]. All but
    `interleave` work on the query grid and begin with the same parameters. The arrays among them
    are not packed into a tuple: Numba would count the references to them in the inner loops, which
    takes half as long again (measured).

    query: flat uint8; the interleaved query, (T - patch_t + 1, H, W, patch_t * C) in row-major
        order, and MARGIN zeros behind it.
    key: the same of the key.
    field: query grid + (3,) int16, the corner (t, y, x) of the match of each query patch.
    distance: query grid int32, the distance D of each query patch to its match.
    slack: flat float64, 1 / w_j of every key patch in row-major order, or a single 1.0 that serves
        all keys. Above 0 for the keys that the field points at.
    sizes: see `cpu_comparison.Sizes`.
    counts: (2,) int64; how many distances were begun, and how many pairs of rows were compared.
        Written only if `counting`.
    """
    constants = *patch, channels, vectors.STAMP, *[1] * counting
    kernel, helper = kernel_of(*constants), helper_of(*constants)
    p_t = patch[0]
    move = 1 << (channels - 1).bit_length()  # [bytes] the power of two from the channels on
    rows_per_band = ROWS_PER_BAND  # as a local variable, so that Numba's cache notices a change
    place_of, slack_of, distance_to, distance_if_better = comparison(
        patch, channels, counting, helper
    )

    place_along, _, _ = placing(helper)

    @helper
    def corner(field, t, i, j):
        """The entry of a field as three int64: index arithmetic would overflow int16."""
        return np.int64(field[t, i, j, 0]), np.int64(field[t, i, j, 1]), np.int64(field[t, i, j, 2])

    @helper
    def place_in_frame(t, i, j, sizes):
        """The place (y, x) of patch (t, i, j) of the query grid [px]."""
        shift = sizes.shift * (t & 1)
        (_, rows, columns), (end_y, end_x) = sizes.query_grid, sizes.query_ends
        return (
            place_along(i, rows, end_y, sizes.stride, shift),
            place_along(j, columns, end_x, sizes.stride, shift),
        )

    @helper
    def inside(place, grid):
        return 0 <= place[0] < grid[0] and 0 <= place[1] < grid[1] and 0 <= place[2] < grid[2]

    @kernel
    def interleave(video, interleaved, t, start, stop):
        """Fill a band of an interleaved video.

        video: (T, H, W, C) uint8. interleaved: flat uint8, as `key`.
        """
        height, width = video.shape[1], video.shape[2]
        codes = video.reshape(-1)
        frame_bytes = np.uint64(height * width * channels)
        for y in range(start, stop):
            of_video = np.uint64(((t * height + y) * width) * channels)
            at = place_of(t, y, 0, (height, width))
            for x in range(width):
                for frame in range(np.uint64(p_t)):
                    pixel_at = of_video + frame * frame_bytes
                    # One move of a power of two takes the place of the two or three moves that
                    # a pixel of three channels takes. What it writes too much is overwritten by the
                    # next pixel; the last one of a row has none.
                    if x < width - 1:
                        vectors.copied(codes, pixel_at, interleaved, at, move)
                    else:
                        vectors.copied(codes, pixel_at, interleaved, at, channels)
                    at += np.uint64(channels)
                of_video += np.uint64(channels)

    @kernel
    def evaluate(query, key, field, distance, slack, sizes, counts, t, start, stop):
        """Write the distances of the matches that the field has."""
        for i in range(start, stop):
            for j in range(sizes.query_grid[2]):
                y, x = place_in_frame(t, i, j, sizes)
                at = place_of(t, y, x, sizes.query_size)
                match = corner(field, t, i, j)
                distance[t, i, j] = distance_to(match, query, at, key, sizes, counts, NO_LIMIT)

    @kernel
    def adopt(query, key, field, distance, slack, sizes, counts, guess, t, start, stop):
        """Take over the matches of another field where they cost less.

        guess: query grid + (3,) int16; -1 where it has no match.
        """
        for i in range(start, stop):
            for j in range(sizes.query_grid[2]):
                best, candidate = corner(field, t, i, j), corner(guess, t, i, j)
                if candidate[0] < 0 or candidate == best:
                    continue
                cost = distance[t, i, j] / slack_of(best, slack, sizes)
                y, x = place_in_frame(t, i, j, sizes)
                at = place_of(t, y, x, sizes.query_size)
                d, cost = distance_if_better(candidate, query, at, key, sizes, counts, slack, cost)
                if d >= 0:
                    distance[t, i, j] = d
                    field[t, i, j, 0], field[t, i, j, 1], field[t, i, j, 2] = candidate

    @kernel
    def sweep(
        query,
        key,
        field,
        distance,
        slack,
        sizes,
        counts,
        borders,
        forward,
        reach,
        stream,
        t,
        start,
        stop,
    ):
        """Propagation and random search in a band, in scan order or against it.

        borders: copies of rows of `field` before the sweep, (query_t, bands, query_x, 3) int16: if
            forward the last row of every band, else the first row of every band but the first.
        forward: whether to go in scan order.
        reach: how far [px] the first random candidate may be from the best match; 0 for none.
        stream: uint64, which random numbers to take.
        """
        query_grid, key_grid = sizes.query_grid, sizes.key_grid
        step = 1 if forward else -1
        for row in range(stop - start):
            i = start + row if forward else stop - 1 - row
            for column in range(query_grid[2]):
                j = column if forward else query_grid[2] - 1 - column
                d = distance[t, i, j]
                if d == 0:
                    continue  # no match is better
                best = corner(field, t, i, j)
                cost = d / slack_of(best, slack, sizes)
                y, x = place_in_frame(t, i, j, sizes)
                at = place_of(t, y, x, sizes.query_size)
                changed = False
                # Propagation: along x, y and t, the neighbour that this sweep visited before. Its
                # match, moved by the step from the neighbour to here, is the candidate. Neighbours
                # mostly agree, so the last candidate is remembered and not compared again.
                last = best
                for axis in range(3):
                    d_t = step * (axis == 2)
                    neighbour = t - d_t, i - step * (axis == 1), j - step * (axis == 0)
                    if not inside(neighbour, query_grid):
                        continue
                    if axis == 1 and not start <= neighbour[1] < stop:
                        # Another thread may be writing to the band beside this one. What that band
                        # held before the sweep is the same for any order of the bands.
                        border = start // rows_per_band - 1 if forward else start // rows_per_band
                        n_t, n_y, n_x = corner(borders, t, border, j)
                    else:
                        n_t, n_y, n_x = corner(field, neighbour[0], neighbour[1], neighbour[2])
                    at_y, at_x = place_in_frame(neighbour[0], neighbour[1], neighbour[2], sizes)
                    candidate = n_t + d_t, n_y + y - at_y, n_x + x - at_x
                    if candidate == best:
                        continue
                    if candidate == last or not inside(candidate, key_grid):
                        continue
                    last = candidate
                    new, cost = distance_if_better(
                        candidate, query, at, key, sizes, counts, slack, cost
                    )
                    if new >= 0:
                        d, best, changed = new, candidate, True
                # Random search: candidates in boxes around the best match, each half as large as
                # the one before.
                radius = reach
                number = np.uint64(((t * query_grid[1] + i) * query_grid[2] + j) * DRAWS_PER_QUERY)
                while radius >= 1 and d > 0:
                    bits = random_bits(stream, number)
                    number += np.uint64(1)
                    candidate = (
                        drawn(bits, best[0], radius, key_grid[0]),
                        drawn(bits >> np.uint64(DRAW_BITS), best[1], radius, key_grid[1]),
                        drawn(bits >> np.uint64(2 * DRAW_BITS), best[2], radius, key_grid[2]),
                    )
                    new, cost = distance_if_better(
                        candidate, query, at, key, sizes, counts, slack, cost
                    )
                    if new >= 0:
                        d, best, changed = new, candidate, True
                    radius //= 2
                if changed:
                    distance[t, i, j] = d
                    field[t, i, j, 0], field[t, i, j, 1], field[t, i, j, 2] = best

    return SimpleNamespace(interleave=interleave, evaluate=evaluate, adopt=adopt, sweep=sweep)


@register_jitable
def random_bits(stream, number):
    """64 random bits, a hash of the stream and of the number in it (all three are uint64).

    The mixing function is that of SplitMix64 (Steele et al. 2014). A generator with a state would
    give other bits whenever the threads take turns in another order.
    """
    z = (stream * np.uint64(0x9E3779B97F4A7C15)) ^ (number * np.uint64(0xD1B54A32D192ED03))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@register_jitable
def drawn(bits, centre, radius, size):
    """A coordinate (int64) from the lowest DRAW_BITS of some random bits (uint64).

    It is uniform in that part of [centre - radius, centre + radius] that lies in [0, size).
    """
    low = max(np.int64(0), centre - radius)
    high = min(size - 1, centre + radius)
    fraction = bits & np.uint64(2**DRAW_BITS - 1)  # [0, 1) in units of 2**-DRAW_BITS
    return low + np.int64((fraction * np.uint64(high - low + 1)) >> np.uint64(DRAW_BITS))
