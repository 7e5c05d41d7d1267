"""The Numba kernels of the search of patches that straddle the border of a known box.

Query and key are read as they lie in the video: a row of a patch is patch_x * C bytes in each
frame. The known voxels of a row are one run of it, because a box is known.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.query_grid import placing
from vgpnn.search.border.straddling import KNOWN_WEIGHT
from vgpnn.search.cpu_kernels import DRAW_BITS, DRAWS_PER_QUERY, drawn, random_bits
from vgpnn.settings import Shape


@cache
def compiled(patch: Shape, channels: int) -> SimpleNamespace:
    """The kernels `exact` and `sweep` for one patch size and number of channels.

    Both work on the rows from `start` to before `stop` of frame `t` of the query grid, and begin
    with the same parameters:
    query, key: flat uint8 videos. q_size, k_size: height and width of each [px].
    counts, ends, steps: of the query grid, see `query_grid.placing`: its patches along t, y and x;
    all patches of the query along y and x; stride and shift. k_grid: number of keys along t, y, x.
    known: the first voxel (t, y, x) of the box and the one after its last, six numbers.
    slack, slack_step: 1 / w_j of every key in row-major order, and 1; or a single 1.0, and 0.
    field, distance: query grid + (3,) int16 and query grid; written for patches that straddle.
    """
    constants = *patch, channels, KNOWN_WEIGHT
    kernel, helper = kernel_of(*constants), helper_of(*constants)
    place_along, _, _ = placing(helper)
    p_t, p_y, p_x = patch
    row_bytes = p_x * channels
    codes = float(p_t * p_y * row_bytes)
    more = KNOWN_WEIGHT - 1
    draws, draw_bits = DRAWS_PER_QUERY, DRAW_BITS

    @helper
    def place_in_frame(t, i, j, counts, ends, steps):
        """The place (y, x) of patch (t, i, j) of the query grid [px]."""
        shift = steps[1] * (t & 1)
        return (
            place_along(i, counts[1], ends[0], steps[0], shift),
            place_along(j, counts[2], ends[1], steps[0], shift),
        )

    @helper
    def overlap(place, side, first, past):
        """The part of a patch along an axis that lies in the box: from and to, in the patch."""
        return max(0, first - place), min(side, past - place)

    @helper
    def squares(query, at, key, k_at, count):
        total = np.int32(0)
        for n in range(np.uint64(count)):
            d = np.int32(query[at + n]) - np.int32(key[k_at + n])
            total += d * d
        return np.int64(total)

    @helper
    def distance_to(query, at, q_size, key, j, k_size, parts, limit):
        """D_w of a query patch at `at` to the key patch j, or a part of it that is >= `limit`.

        parts: along t, y and x, from and to: the voxels of the patch that are known.
        """
        k_at = ((j[0] * k_size[0] + j[1]) * k_size[1] + j[2]) * channels
        q_row, k_row = q_size[1] * channels, k_size[1] * channels
        q_frame, k_frame = q_size[0] * q_row, k_size[0] * k_row
        first, run = parts[2][0] * channels, (parts[2][1] - parts[2][0]) * channels
        total = np.int64(0)
        for i in range(p_y):
            is_known_row = parts[1][0] <= i < parts[1][1]
            for f in range(p_t):
                a = at + f * q_frame + i * q_row
                b = k_at + f * k_frame + i * k_row
                total += squares(query, np.uint64(a), key, np.uint64(b), row_bytes)
                if is_known_row and parts[0][0] <= f < parts[0][1]:
                    of_known = squares(query, np.uint64(a + first), key, np.uint64(b + first), run)
                    total += more * of_known
            if total >= limit:
                break
        return total

    @helper
    def parts_of(t, y, x, known):
        """The known voxels of a patch along each axis."""
        return (
            overlap(t, p_t, known[0], known[3]),
            overlap(y, p_y, known[1], known[4]),
            overlap(x, p_x, known[2], known[5]),
        )

    @helper
    def known_voxels(parts):
        """How many voxels of a patch are known."""
        (t0, t1), (y0, y1), (x0, x1) = parts
        return max(0, t1 - t0) * max(0, y1 - y0) * max(0, x1 - x0)

    @helper
    def below(cost, slack_j):
        """The smallest whole number that is no distance below a cost."""
        return np.int64(np.ceil(min(cost * slack_j, 2.0**62)))

    @kernel
    def exact(
        query,
        key,
        q_size,
        k_size,
        counts,
        ends,
        steps,
        k_grid,
        known,
        slack,
        slack_step,
        field,
        distance,
        t,
        start,
        stop,
    ):
        """Write the best of all keys for the patches that straddle in a band of rows."""
        grid_t, grid_y, grid_x = k_grid
        for i in range(start, stop):
            for column in range(counts[2]):
                y, x = place_in_frame(t, i, column, counts, ends, steps)
                parts = parts_of(t, y, x, known)
                inside = known_voxels(parts)
                if inside == 0 or inside == p_t * p_y * p_x:
                    continue
                at = ((t * q_size[0] + y) * q_size[1] + x) * channels
                # The match that is there already lets most keys be given up early.
                match = (
                    np.int64(field[t, i, column, 0]),
                    np.int64(field[t, i, column, 1]),
                    np.int64(field[t, i, column, 2]),
                )
                d = distance_to(query, at, q_size, key, match, k_size, parts, np.int64(2**62))
                best = (match[0] * grid_y + match[1]) * grid_x + match[2]
                cost = d / slack[best * slack_step]
                for n in range(grid_t * grid_y * grid_x):
                    slack_j = slack[n * slack_step]
                    if slack_j == 0:
                        continue
                    limit = below(cost, slack_j) + 1  # of equally good keys the first one is taken
                    j = n // (grid_y * grid_x), n // grid_x % grid_y, n % grid_x
                    new = distance_to(query, at, q_size, key, j, k_size, parts, limit)
                    new_cost = new / slack_j
                    if new < limit and (new_cost < cost or (new_cost == cost and n < best)):
                        cost, d, best = new_cost, new, np.int64(n)
                field[t, i, column, 0] = best // (grid_y * grid_x)
                field[t, i, column, 1] = best // grid_x % grid_y
                field[t, i, column, 2] = best % grid_x
                total = p_t * p_y * p_x + more * inside
                distance[t, i, column] = round(d * codes / (total * channels))

    @kernel
    def sweep(
        query,
        key,
        q_size,
        k_size,
        counts,
        ends,
        steps,
        k_grid,
        known,
        slack,
        slack_step,
        field,
        distance,
        forward,
        reach,
        stream,
        t,
        start,
        stop,
    ):
        """Propagation and random search for the patches that straddle in a frame.

        forward: whether to go in scan order. reach: see `search.nearest`.
        stream: uint64, which random numbers to take.
        """
        grid_t, grid_y, grid_x = k_grid
        step = 1 if forward else -1
        for row in range(stop - start):
            i = start + row if forward else stop - 1 - row
            for column in range(counts[2]):
                c = column if forward else counts[2] - 1 - column
                y, x = place_in_frame(t, i, c, counts, ends, steps)
                parts = parts_of(t, y, x, known)
                inside = known_voxels(parts)
                if inside == 0 or inside == p_t * p_y * p_x:
                    continue
                at = ((t * q_size[0] + y) * q_size[1] + x) * channels
                b_t, b_y, b_x = (
                    np.int64(field[t, i, c, 0]),
                    np.int64(field[t, i, c, 1]),
                    np.int64(field[t, i, c, 2]),
                )
                no_limit = np.int64(2**62)
                best = b_t, b_y, b_x
                d = distance_to(query, at, q_size, key, best, k_size, parts, no_limit)
                slack_j = slack[slack_step * ((b_t * grid_y + b_y) * grid_x + b_x)]
                cost = d / slack_j
                radius = reach
                number = np.uint64(((t * counts[1] + i) * counts[2] + c) * draws)
                attempt = 0
                while attempt < 3 or (radius >= 1 and d > 0):
                    if attempt < 3:  # the neighbours along x, y and t that were visited before
                        s_t, s_y, s_x = step * (attempt == 2), step * (attempt == 1), 0
                        if attempt == 0:
                            s_x = step
                        attempt += 1
                        n_t, n_i, n_j = t - s_t, i - s_y, c - s_x
                        if not (0 <= n_t < counts[0] and 0 <= n_i < counts[1]):
                            continue
                        if not 0 <= n_j < counts[2]:
                            continue
                        n_y, n_x = place_in_frame(n_t, n_i, n_j, counts, ends, steps)
                        candidate = (
                            np.int64(field[n_t, n_i, n_j, 0]) + s_t,
                            np.int64(field[n_t, n_i, n_j, 1]) + y - n_y,
                            np.int64(field[n_t, n_i, n_j, 2]) + x - n_x,
                        )
                    else:
                        bits = random_bits(stream, number)
                        number += np.uint64(1)
                        candidate = (
                            drawn(bits, best[0], radius, grid_t),
                            drawn(bits >> np.uint64(draw_bits), best[1], radius, grid_y),
                            drawn(bits >> np.uint64(2 * draw_bits), best[2], radius, grid_x),
                        )
                        radius //= 2
                    c_t, c_y, c_x = candidate
                    if not (0 <= c_t < grid_t and 0 <= c_y < grid_y and 0 <= c_x < grid_x):
                        continue
                    if candidate == best:
                        continue
                    slack_j = slack[slack_step * ((c_t * grid_y + c_y) * grid_x + c_x)]
                    limit = below(cost, slack_j)
                    new = distance_to(query, at, q_size, key, candidate, k_size, parts, limit)
                    if new < limit:
                        d, best, cost = new, candidate, new / slack_j
                field[t, i, c, 0], field[t, i, c, 1], field[t, i, c, 2] = best
                total = p_t * p_y * p_x + more * inside
                distance[t, i, c] = round(d * codes / (total * channels))

    return SimpleNamespace(exact=exact, sweep=sweep)
