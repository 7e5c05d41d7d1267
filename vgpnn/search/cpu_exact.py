"""The Numba kernel of the exact search on the CPU, for levels with few patches.

It gives the same bytes as `naive.nearest`: costs are rounded in the same steps and in the same
type, and of equally good keys the first one is taken.

Most keys are given up before any of their rows is read: the square of the difference of the sums of
two patches is at most their distance times the number of codes (the Cauchy-Schwarz inequality).
That takes a good match from the start, and the neighbour that was searched before has one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from vgpnn.machine import vectors
from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.query_grid import placing
from vgpnn.search.cpu_comparison import comparison
from vgpnn.search.cpu_kernels import NO_LIMIT
from vgpnn.search.naive import CODE_CENTRE
from vgpnn.settings import Shape

# Costs are rounded up to three times, to 24 bits or more. Where it is to 24 bits, a distance is
# below 2**26, so that each time it changes by at most 4.
ROUNDING, LARGEST_ERROR = 2.0**-20, 16


@cache
def compiled(patch: Shape, channels: int) -> Callable:
    """The kernel for one patch size and number of channels."""
    constants = *patch, channels, vectors.STAMP
    kernel, helper = kernel_of(*constants), helper_of(*constants)
    _, p_y, p_x = patch
    pixel = patch[0] * channels  # bytes of an interleaved pixel
    row_bytes = p_x * pixel  # of one row of a patch
    codes = p_y * row_bytes  # of a patch
    code_centre, no_limit = np.int32(CODE_CENTRE), NO_LIMIT
    rounding, largest_error = 1 + ROUNDING, np.int32(LARGEST_ERROR)
    place_of, _, distance_to, _ = comparison(patch, channels, False, helper)
    place_along, _, _ = placing(helper)

    @helper
    def sums_of(video, at, width):
        """The sum of a patch's codes, and the sum of their squares, counted from their middle.

        video: interleaved. at: where the patch begins. width: of the video [px].
        """
        total, squares = np.int32(0), np.int32(0)
        for _ in range(p_y):
            for n in range(np.uint64(row_bytes)):
                code = np.int32(np.int32(video[at + n]) - code_centre)
                total = np.int32(total + code)
                squares = np.int32(squares + code * code)
            at += np.uint64(width * pixel)
        return np.int64(total), np.int64(squares)

    @kernel
    def exact(query, key, field, distance, weights, sizes, counts, t, start, stop):
        """Write the best of all matches and its distance, in a band of rows.

        The parameters are those of the kernels in `cpu_kernels`, but for the weights.
        weights: flat, of the type in which that search has its table: w_j of every key patch in
            row-major order, below 0 for keys that are never matched, or a single 1 for all.
        """
        grid_t, grid_y, grid_x = sizes.key_grid
        number_of, is_weighted = weights.dtype.type, sizes.slack_step == 1
        key_sums = np.empty(grid_t * grid_y * grid_x, np.int64)
        for n in range(len(key_sums)):
            key_at = place_of(
                n // (grid_y * grid_x), n // grid_x % grid_y, n % grid_x, sizes.key_size
            )
            key_sums[n], _ = sums_of(key, key_at, sizes.key_size[1])
        (_, rows, columns), (end_y, end_x) = sizes.query_grid, sizes.query_ends
        shift = sizes.shift * (t & 1)
        for i in range(start, stop):
            y = place_along(i, rows, end_y, sizes.stride, shift)
            best_n = np.int64(-1)
            for j in range(columns):
                x = place_along(j, columns, end_x, sizes.stride, shift)
                at = place_of(t, y, x, sizes.query_size)
                query_sum, norm = sums_of(query, at, sizes.query_size[1])
                # The first candidate is the match of the neighbour, moved by a step if it can be.
                first = best_n + np.int64(best_n % grid_x < grid_x - 1) if best_n >= 0 else best_n
                best_n, d, least = np.int64(-1), no_limit, number_of(np.inf)
                limit = no_limit
                for number in range(-1, len(key_sums)):
                    n = first if number < 0 else np.int64(number)
                    if n < 0:
                        continue
                    weight = weights[n * sizes.slack_step]
                    if weight < 0:
                        continue
                    if is_weighted:
                        # A distance from here on costs more, however the costs are rounded.
                        bound = np.float64(least) / weight * rounding + largest_error
                        limit = np.int32(min(bound, 2147483647.0))
                    difference = query_sum - key_sums[n]
                    if difference * difference >= np.int64(limit) * codes:
                        continue
                    candidate = n // (grid_y * grid_x), n // grid_x % grid_y, n % grid_x
                    new = distance_to(candidate, query, at, key, sizes, counts, limit)
                    if new >= limit:
                        continue
                    # In the steps and the type in which that search rounds.
                    cost = number_of(new - norm)
                    if is_weighted:
                        cost = (cost + number_of(norm)) * weight
                    # Of equally good keys the first one is taken.
                    if cost < least or (cost == least and n < best_n):
                        best_n, d, least = n, new, cost
                        if not is_weighted and new < no_limit - largest_error:
                            limit = np.int32(new + largest_error)
                distance[t, i, j] = d
                field[t, i, j, 0] = best_n // (grid_y * grid_x)
                field[t, i, j, 1] = best_n // grid_x % grid_y
                field[t, i, j, 2] = best_n % grid_x

    return exact
