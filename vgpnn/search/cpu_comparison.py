"""How the CPU kernels compare a query patch with a key patch.

Interleaving. Patches are not compared in the layout of the video. Pixel (t, y, x) of an interleaved
video holds the codes of pixel (y, x) in all the frames that a patch at frame t covers: patch_t * C
bytes side by side. One row of a patch, with all its frames and channels, is then a single run of
patch_x * patch_t * C bytes (63 bytes for patches of 3 x 7 x 7 pixels in colour), and two rows are
compared as whole vectors of 64 bytes (`vectors.rows_distance`). Query and key are interleaved once
for a search, which takes patch_t times their own memory.

Early exit. A match j of a query patch costs D / slack_j, where D is the distance of the two patches
and slack_j = 1 / w_j. A candidate wins if its D is below cost * slack_j, with the cost of the best
match so far. D only grows while the rows of the patches are compared, so a candidate is given up
when D reaches that limit. This is tested after every second row, and of the last three rows only
once: a test has to add up the lanes of a vector, and now and then it is mispredicted, so a test
after each row would cost more than the rows that it saves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vgpnn.machine import vectors
from vgpnn.settings import Shape

MARGIN = vectors.LANES  # [bytes] zeros after interleaved pixels: the last vector reads past the end
COUNTED_DISTANCES, COUNTED_ROWS = 0, 1  # indices of `counts`


class Sizes(NamedTuple):
    """Whole numbers that every kernel needs.

    query_grid, key_grid: number of patches along t, y and x that are searched for, and of all keys.
    query_ends: number of all patches of the query along y and x. stride, shift: of the query grid,
        see `query_grid`.
    query_size, key_size: height and width of the two videos [px].
    slack_step: 1 if every key patch has its own slack, 0 if a single one of 1.0 serves all.
    """

    query_grid: Shape
    key_grid: Shape
    query_ends: tuple[int, int]
    stride: int
    shift: int
    query_size: tuple[int, int]
    key_size: tuple[int, int]
    slack_step: int


def comparison(
    patch: Shape, channels: int, counting: bool, helper: Callable
) -> tuple[Callable, Callable, Callable, Callable]:
    """Four functions: where a patch begins, the slack of a key patch, the distance to it, and the
    distance if it is better.

    helper: the decorator `machine.kernels.helper_of` for these sizes. Parameters of the functions:
    j: (t, y, x) of a key patch.
    query, at: the interleaved query, and the index in it at which the query patch begins.
    key, slack, sizes, counts: as for the kernels, see `cpu_kernels.compiled`.
    """
    p_t, p_y, p_x = patch
    pixel = p_t * channels  # bytes of an interleaved pixel
    row_bytes = p_x * pixel  # of one row of a patch
    pairs = max(0, (p_y - 2) // 2)  # of rows after which the limit is tested
    last_rows = p_y - 2 * pairs  # 2 or 3 of them, or the only one

    @helper
    def place_of(t, y, x, size):
        """The index in an interleaved video at which patch (t, y, x) begins.

        size: height and width of the video [px].
        """
        return np.uint64(((t * size[0] + y) * size[1] + x) * pixel)

    @helper
    def slack_of(j, slack, sizes):
        _, grid_y, grid_x = sizes.key_grid
        return slack[sizes.slack_step * ((j[0] * grid_y + j[1]) * grid_x + j[2])]

    @helper
    def distance_to(j, query, at, key, sizes, counts, limit):
        """Summed squared difference of two patches, int32, or a part of it that is >= `limit`."""
        key_at = place_of(j[0], j[1], j[2], sizes.key_size)
        query_stride = np.uint64(sizes.query_size[1] * pixel)
        key_stride = np.uint64(sizes.key_size[1] * pixel)
        total = np.int32(0)
        if counting:
            counts[COUNTED_DISTANCES] += 1
        for _ in range(pairs):
            if counting:
                counts[COUNTED_ROWS] += 2
            total += vectors.rows_distance(
                query, at, query_stride, key, key_at, key_stride, 2, row_bytes
            )
            if total >= limit:
                return np.int32(total)
            at += np.uint64(2) * query_stride
            key_at += np.uint64(2) * key_stride
        if counting:
            counts[COUNTED_ROWS] += last_rows
        total += vectors.rows_distance(
            query, at, query_stride, key, key_at, key_stride, last_rows, row_bytes
        )
        return np.int32(total)

    @helper
    def distance_if_better(j, query, at, key, sizes, counts, slack, cost):
        """(D, D / slack_j) of a key patch if that is below `cost`, else (-1, cost)."""
        slack_j = slack_of(j, slack, sizes)
        # As D is a whole number, D < cost * slack_j means D < the next whole number. Where slack_j
        # is 0 nothing is below that: such a key is never taken. (`np.ceil` would be a call.)
        bound = min(cost * slack_j, 2147483647.0)
        limit = np.int32(bound)
        limit += np.int32(limit < bound)
        d = distance_to(j, query, at, key, sizes, counts, limit)
        if d < limit:
            return d, d / slack_j
        return np.int32(-1), cost

    return place_of, slack_of, distance_to, distance_if_better
