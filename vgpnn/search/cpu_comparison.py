"""How the CPU kernels compare a query patch with a key patch.

Interleaving. Patches are not compared in the layout of the video. Pixel (t, y, x) of an interleaved
video holds the codes of pixel (y, x) in all the frames that a patch at frame t covers: patch_t * C
bytes side by side. One row of a patch, with all its frames and channels, is then a single run of
patch_x * patch_t * C bytes (63 bytes for patches of 3 x 7 x 7 pixels in colour), and two rows are
compared in a few vector instructions. The key is interleaved once for a search, the query band by
band.

Early exit. A match j of a query patch costs D / slack_j, where D is the distance of the two patches
and slack_j = 1 / w_j. A candidate wins if its D is below cost * slack_j, with the cost of the best
match so far. D only grows while the rows of the patches are compared, so a candidate is given up
after the first row at which D reaches that limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vgpnn.settings import Shape

LANES = 16  # [bytes] patch rows are compared in whole vectors of this size
MARGIN = 8 * LANES  # [bytes] zeros after interleaved pixels: the last vector may read past the end
COUNTED_DISTANCES, COUNTED_ROWS = 0, 1  # indices of `counts`


class Sizes(NamedTuple):
    """Whole numbers that every kernel needs.

    query_grid, key_grid: number of patches along t, y and x.
    key_size: height and width of the key video [px].
    query_stride: bytes from one interleaved row of the query to the next.
    slack_step: 1 if every key patch has its own slack, 0 if a single one serves all.
    """

    query_grid: Shape
    key_grid: Shape
    key_size: tuple[int, int]
    query_stride: int
    slack_step: int


def interleaving(patch: Shape, channels: int, helper: Callable) -> tuple[Callable, Callable]:
    """Two functions: interleave one row of a video, and all rows that the patches of a band cover.

    helper: the decorator `machine.kernels.helper_of` for these sizes.
    """
    p_t, p_y, _ = patch
    pixel = p_t * channels

    @helper
    def interleave_row(video, t, y, interleaved, at):
        """Write row y of the frames that a patch at frame t covers.

        video: (T, H, W, C) uint8. interleaved: flat uint8, written from index `at` on.
        """
        for x in range(video.shape[2]):
            for frame in range(t, t + p_t):
                for channel in range(channels):
                    interleaved[at] = video[frame, y, x, channel]
                    at += 1

    @helper
    def query_rows(video, t, start, stop):
        """The rows that the patches of a band cover: flat uint8, interleaved, with a margin."""
        stride = video.shape[2] * pixel
        rows = np.empty((stop - start + p_y - 1) * stride + MARGIN, np.uint8)
        for y in range(start, stop + p_y - 1):
            interleave_row(video, t, y, rows, (y - start) * stride)
        rows[len(rows) - MARGIN :] = 0
        return rows

    return interleave_row, query_rows


def comparison(
    patch: Shape, channels: int, counting: bool, helper: Callable
) -> tuple[Callable, Callable, Callable]:
    """Three functions: the slack of a key patch, the distance to it, the distance if it is better.

    helper: as for `interleaving`. Parameters of the three functions:
    j: (t, y, x) of a key patch.
    rows, at: interleaved rows of the query, flat uint8, and where in them the query patch begins.
    key, slack, sizes, counts: as for the kernels, see `cpu_kernels.compiled`.
    """
    p_t, p_y, p_x = patch
    pixel = p_t * channels
    used = p_x * pixel  # bytes of one row of a patch
    padded = -(-used // LANES) * LANES  # the same, rounded up to whole vectors

    @helper
    def slack_of(j, slack, sizes):
        _, grid_y, grid_x = sizes.key_grid
        return slack[sizes.slack_step * ((j[0] * grid_y + j[1]) * grid_x + j[2])]

    @helper
    def distance_to(j, rows, at, key, sizes, counts, limit):
        """Summed squared difference of two patches, int32, or a part of it that is >= `limit`."""
        # The indices are unsigned: a signed one may count from the end of an array, and the test
        # for that keeps the compiler from vectorising.
        height, width = sizes.key_size
        key_at = np.uint64(((j[0] * height + j[1]) * width + j[2]) * pixel)
        total = np.int32(0)
        if counting:
            counts[COUNTED_DISTANCES] += 1
        for _ in range(p_y):
            if counting:
                counts[COUNTED_ROWS] += 1
            # Whole vectors are added up, and then the bytes beyond the row are taken out again.
            for n in range(np.uint64(padded)):
                difference = np.int32(np.int32(rows[at + n]) - np.int32(key[key_at + n]))
                total = np.int32(total + difference * difference)
            for n in range(np.uint64(used), np.uint64(padded)):
                difference = np.int32(np.int32(rows[at + n]) - np.int32(key[key_at + n]))
                total = np.int32(total - difference * difference)
            if total >= limit:
                return total
            at += np.uint64(sizes.query_stride)
            key_at += np.uint64(width * pixel)
        return total

    @helper
    def distance_if_better(j, rows, at, key, sizes, counts, slack, cost):
        """(D, D / slack_j) of a key patch if that is below `cost`, else (-1, cost)."""
        slack_j = slack_of(j, slack, sizes)
        # As D is a whole number, D < cost * slack_j means D < ceil(cost * slack_j). Where slack_j
        # is 0 nothing is below that: such a key is never taken.
        limit = np.int32(min(np.ceil(cost * slack_j), 2147483647.0))
        d = distance_to(j, rows, at, key, sizes, counts, limit)
        if d < limit:
            return d, d / slack_j
        return np.int32(-1), cost

    return slack_of, distance_to, distance_if_better
