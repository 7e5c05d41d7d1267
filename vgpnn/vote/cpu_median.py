"""The Numba kernel of the vote by median.

A row of the result is a row of bytes: every channel of every voxel is a lane, and the medians of 64
lanes are found at once (`vectors.ranked`). For that, the votes are laid out as rows of bytes too:

- Slots. Patches whose columns differ by the width of a patch lie side by side and do not overlap.
  All patches of a row of the field therefore fit into as many rows of votes as a patch is wide. In
  such a row, called a slot, one row of a patch is one piece, with all its pixels and channels, and
  it is copied in a few instructions.
- Lanes that no patch of a slot covers, at both ends of a row, hold 255. Such a vote comes last, so
  it does not move the median, whose rank is counted from the lowest vote. These lanes are written
  once for a band, because no patch ever covers them.
- Copies. Where all patches that cover the voxels of a vector have one displacement, their votes
  are the same, so the vector is copied from the value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from vgpnn.machine import vectors
from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.settings import Shape
from vgpnn.vote.cpu_displacements import displacing

# Vectors whose votes are laid out together. Each row of votes begins with a part of a patch, which
# costs as much as a whole one, so more vectors cost less; but their votes have to stay in a cache:
# 75 KB for patches of 3 x 7 x 7.
RUN = 8
NO_ONE = np.int32(-(2**31))  # in place of a displacement: there is more than one


@cache
def compiled(patch: Shape, channels: int) -> Callable:
    """The kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    overlap = p_t * p_y * p_x  # patches that cover a voxel at most
    patch_row = p_x * channels  # bytes of one row of a patch in one frame
    counter = np.uint8 if overlap < 256 else np.uint16  # see `vectors.ranked`
    lanes_of_vector, longest_run, no_one = vectors.LANES, RUN, NO_ONE
    constants = *patch, channels, vectors.STAMP
    kernel, helper = kernel_of(*constants), helper_of(*constants)
    displacements_of = displacing(helper)

    @helper
    def columns_of(vector, width, grid_x):
        """The first column of patches that cover a voxel of a vector, and the one after the last.

        width: of the result [px].
        """
        first = vector * lanes_of_vector // channels
        last = min(width - 1, ((vector + 1) * lanes_of_vector - 1) // channels)
        return max(0, first - p_x + 1), min(grid_x, last + 1)

    @helper
    def find_common(displacements, width, common):
        """The displacement that a row of patches has all along a vector, or NO_ONE.

        displacements: (frames, rows, grid_x) int32. width: of the result [px].
        common: (frames, rows, vectors) int32, written.
        """
        for vector in range(common.shape[2]):
            begin, end = columns_of(vector, width, displacements.shape[2])
            for t in range(common.shape[0]):
                for y in range(common.shape[1]):
                    first, others = displacements[t, y, begin], 0
                    for x in range(begin, end):
                        others += displacements[t, y, x] != first
                    common[t, y, vector] = no_one if others else first

    @helper
    def common_of(common, y0, y1, vector):
        """The displacement that rows y0 to y1 - 1 of all frames share along a vector, or NO_ONE."""
        first, others = common[0, y0, vector], 0
        for t in range(common.shape[0]):
            for y in range(y0, y1):
                others += common[t, y, vector] != first
        return no_one if others else first

    @helper
    def find_ranks(rows, grid_x, ranks):
        """The rank of the lower median in every lane.

        rows: of patches, in all frames, that cover the row of the result. ranks: written.
        """
        for x in range(grid_x + p_x - 1):
            count = rows * (min(grid_x, x + 1) - max(0, x - p_x + 1))
            for lane in range(x * channels, (x + 1) * channels):
                ranks[lane] = (count + 1) // 2

    @helper
    def lay_out(codes, displacements, y0, y1, origin, begin, end, votes, at, stride):
        """Write the votes of the columns `begin` to `end` - 1 of patches; how many rows they take.

        codes: of the value, flat. displacements: (frames, rows, grid_x) int32, of which the rows
        y0 to y1 - 1 count. origin: index of the pixel of the value at the first voxel of the row.
        votes: row number n begins at `at` + n * `stride`.
        """
        count = 0
        for t in range(displacements.shape[0]):
            for y in range(y0, y1):
                for slot in range(p_x):
                    row = at + count * stride
                    for x in range(begin + (slot - begin) % p_x, end, p_x):
                        pixel = origin + x + displacements[t, y, x]
                        vectors.copied(
                            codes, pixel * channels, votes, row + x * channels, patch_row
                        )
                    count += 1
        return count

    @kernel
    def median(value, field, result, t, start, stop):
        """Vote on a band: the rows from `start` up to, but without, `stop` of frame `t`.

        value: (T', H', W', C) uint8. field: grid + (3,) int16. result: (T, H, W, C) uint8, written.
        """
        grid_t, grid_y, grid_x = field.shape[0], field.shape[1], field.shape[2]
        height, width = result.shape[1], result.shape[2]
        codes, voted = value.reshape(-1), result.reshape(-1)
        lanes = width * channels
        count_of_vectors = -(-lanes // lanes_of_vector)
        # An odd number of vectors: rows at an even step would meet in a few sets of the cache.
        stride = (count_of_vectors | 1) * lanes_of_vector
        votes = np.empty(overlap * stride + lanes_of_vector, np.uint8)
        for n in range(len(votes)):
            votes[n] = 255
        at = vectors.aligned(votes)
        ranks = np.empty(stride, counter)
        medians = np.empty(stride, np.uint8)
        # The patches that cover the band. In what follows y0 and y1 are counted from the first row
        # of these patches.
        t0, t1 = max(0, t - p_t + 1), min(grid_t, t + 1)
        first_row, last_row = max(0, start - p_y + 1), min(grid_y, stop)
        displacements = displacements_of(
            field, value.shape[1], value.shape[2], t0, t1, first_row, last_row
        )
        common = np.empty((t1 - t0, last_row - first_row, count_of_vectors), np.int32)
        find_common(displacements, width, common)
        rows_ranked = 0
        for y in range(start, stop):
            y0, y1 = max(0, y - p_y + 1) - first_row, min(grid_y, y + 1) - first_row
            rows = (t1 - t0) * (y1 - y0)
            if rows != rows_ranked:
                find_ranks(rows, grid_x, ranks)
                rows_ranked = rows
            origin = (t * value.shape[1] + y) * value.shape[2]
            out = (t * height + y) * lanes
            vector = 0
            while vector < count_of_vectors:
                shared = common_of(common, y0, y1, vector)
                lane = vector * lanes_of_vector
                if shared != no_one:
                    length = min(lanes_of_vector, lanes - lane)
                    vectors.copied(
                        codes, (origin + shared) * channels + lane, voted, out + lane, length
                    )
                    vector += 1
                    continue
                past = vector + 1
                while (
                    past < min(count_of_vectors, vector + longest_run)
                    and common_of(common, y0, y1, past) == no_one
                ):
                    past += 1
                begin, _ = columns_of(vector, width, grid_x)
                _, end = columns_of(past - 1, width, grid_x)
                count = lay_out(codes, displacements, y0, y1, origin, begin, end, votes, at, stride)
                for n in range(vector, past):
                    of_vector = n * lanes_of_vector
                    vectors.ranked(
                        votes,
                        at + of_vector,
                        stride,
                        count,
                        ranks,
                        of_vector,
                        medians,
                        of_vector,
                        overlap,
                    )
                length = min(past * lanes_of_vector, lanes) - lane
                vectors.copied(medians, lane, voted, out + lane, length)
                vector = past

    return median
