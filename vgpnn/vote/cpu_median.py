"""The Numba kernel of the vote by median.

A row of the result is a row of bytes: every channel of every voxel is a lane, and the medians of 64
lanes are found at once (`vectors.ranked`). For that, the votes are laid out as rows of bytes too:

- Slots. Some of the patches in a row of the field lie side by side and do not overlap. So many of
  its columns apart (the number of slots), all of them fit into as many rows of votes. In such a row
  one row of a patch is one piece, with all its pixels and channels, and it is copied in a few
  instructions.
- Lanes that no patch of a slot covers, at both ends of a row and between the patches of a sparse
  grid, hold 255. Such a vote comes last, so it does not move the median, whose rank is counted from
  the lowest vote.
- Copies. Where all patches that cover the voxels of a vector have one displacement, their votes
  are the same, so the vector is copied from the value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from vgpnn.machine import vectors
from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.query_grid import placing
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
    place_of, first_from, count_to = placing(helper)

    @helper
    def find_columns(width, columns, stride, shift, places, covering, ends):
        """What depends on columns alone, in the frames that are not shifted and in those that are.

        width: of the result [px]. columns: of the grid. Written are
        places: (2, columns), where each column begins [px].
        covering: (2, width), how many columns cover each pixel.
        ends: (2, vectors, 2), the first column of patches that cover a voxel of each vector, and
            the one after the last.
        """
        end_x = width - p_x + 1
        for odd in range(2):
            for j in range(columns):
                places[odd, j] = place_of(j, columns, end_x, stride, shift * odd)
            for x in range(width):
                covering[odd, x] = count_to(x, columns, end_x, stride, shift * odd)
                covering[odd, x] -= first_from(x - p_x + 1, columns, stride, shift * odd)
            for vector in range(ends.shape[1]):
                first = vector * lanes_of_vector // channels
                last = min(width - 1, ((vector + 1) * lanes_of_vector - 1) // channels)
                ends[odd, vector, 0] = first_from(first - p_x + 1, columns, stride, shift * odd)
                ends[odd, vector, 1] = count_to(last, columns, end_x, stride, shift * odd)

    @helper
    def find_common(displacements, t0, ends, common):
        """The displacement that a row of patches has all along a vector, or NO_ONE.

        displacements: (frames, rows, columns) int32, from frame t0 on. ends: see `find_columns`.
        common: (frames, rows, vectors) int32, written.
        """
        for vector in range(common.shape[2]):
            for frame in range(common.shape[0]):
                begin, end = ends[(t0 + frame) & 1, vector]
                for row in range(common.shape[1]):
                    first, others = displacements[frame, row, begin], 0
                    for j in range(begin, end):
                        others += displacements[frame, row, j] != first
                    common[frame, row, vector] = no_one if others else first

    @helper
    def common_of(common, rows, vector):
        """The displacement that some rows of all frames share along a vector, or NO_ONE.

        rows: (frames, 2), the first row in each frame, and the one after the last.
        """
        first, others = common[0, rows[0, 0], vector], 0
        for frame in range(common.shape[0]):
            for row in range(rows[frame, 0], rows[frame, 1]):
                others += common[frame, row, vector] != first
        return no_one if others else first

    @helper
    def find_ranks(even, odd, covering, ranks):
        """The rank of the lower median in every lane.

        even, odd: rows of patches that cover the row of the result, in all frames of either kind.
        covering: see `find_columns`. ranks: written.
        """
        for x in range(covering.shape[1]):
            count = even * covering[0, x] + odd * covering[1, x]
            for lane in range(x * channels, (x + 1) * channels):
                ranks[lane] = (count + 1) // 2

    @helper
    def lay_out(codes, displacements, t0, rows, origin, run, slots, places, ends, votes, at, step):
        """Write the votes for the voxels of a run of vectors; how many rows of votes there are.

        codes: of the value, flat. displacements: (frames, rows, columns) int32, from frame t0 on.
        rows: those that vote, see `common_of`. origin: index of the pixel of the value at the first
        voxel of the row. run: the first vector, and the one after the last.
        places, ends: see `find_columns`. votes: row number n begins at `at` + n * `step`.
        """
        count = 0
        first_lane = run[0] * lanes_of_vector
        for frame in range(displacements.shape[0]):
            odd = (t0 + frame) & 1
            begin, end = ends[odd, run[0], 0], ends[odd, run[1] - 1, 1]
            for row in range(rows[frame, 0], rows[frame, 1]):
                for slot in range(slots):
                    of_row = at + count * step
                    vectors.filled(votes, of_row + first_lane, run[1] - run[0], 255)
                    for j in range(begin + slot, end, slots):
                        x = places[odd, j]
                        pixel = origin + x + displacements[frame, row, j]
                        vectors.copied(
                            codes, pixel * channels, votes, of_row + x * channels, patch_row
                        )
                    count += 1
        return count

    @kernel
    def median(value, field, result, stride, shift, t, start, stop):
        """Vote on a band: the rows from `start` up to, but without, `stop` of frame `t`.

        value: (T', H', W', C) uint8. field: query grid + (3,) int16. result: (T, H, W, C) uint8,
        written. stride, shift: of the query grid, see `query_grid`.
        """
        height, width = result.shape[1], result.shape[2]
        grid_rows, columns = field.shape[1], field.shape[2]
        end_y, end_x = height - p_y + 1, width - p_x + 1
        codes, voted = value.reshape(-1), result.reshape(-1)
        lanes = width * channels
        count_of_vectors = -(-lanes // lanes_of_vector)
        # An odd number of vectors: rows at an even step would meet in a few sets of the cache.
        step = (count_of_vectors | 1) * lanes_of_vector
        votes = np.empty(overlap * step + lanes_of_vector, np.uint8)
        at = vectors.aligned(votes)
        ranks = np.zeros(step, counter)
        medians = np.empty(step, np.uint8)
        # Columns at which the patches of a row lie side by side: the first two and the last two may
        # be nearer to each other than the stride.
        slots = -(-(p_x + stride - 1) // stride)
        places = np.empty((2, columns), np.int64)
        covering = np.empty((2, width), np.int64)
        ends = np.empty((2, count_of_vectors, 2), np.int64)
        find_columns(width, columns, stride, shift, places, covering, ends)
        # The patches that cover the band: frames t0 to t1 - 1, and rows i0 to i1 - 1 of the grid.
        t0, t1 = max(0, t - p_t + 1), min(field.shape[0], t + 1)
        i0 = first_from(start - p_y + 1, grid_rows, stride, 0)
        i1 = count_to(stop - 1, grid_rows, end_y, stride, shift)
        displacements = displacements_of(
            field, value.shape[1:3], (end_y, end_x), stride, shift, t0, t1, i0, i1
        )
        common = np.empty((t1 - t0, i1 - i0, count_of_vectors), np.int32)
        find_common(displacements, t0, ends, common)
        rows = np.empty((t1 - t0, 2), np.int64)  # of the patches that cover a row of the result
        ranked = -1, -1  # what the ranks were found for
        for y in range(start, stop):
            even = odd = 0
            for frame in range(t1 - t0):
                shift_t = shift * ((t0 + frame) & 1)
                rows[frame, 0] = first_from(y - p_y + 1, grid_rows, stride, shift_t) - i0
                rows[frame, 1] = count_to(y, grid_rows, end_y, stride, shift_t) - i0
                if (t0 + frame) & 1:
                    odd += rows[frame, 1] - rows[frame, 0]
                else:
                    even += rows[frame, 1] - rows[frame, 0]
            if ranked != (even, odd):
                find_ranks(even, odd, covering, ranks)
                ranked = even, odd
            origin = (t * value.shape[1] + y) * value.shape[2]
            out = (t * height + y) * lanes
            vector = 0
            while vector < count_of_vectors:
                shared = common_of(common, rows, vector)
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
                    and common_of(common, rows, past) == no_one
                ):
                    past += 1
                count = lay_out(
                    codes,
                    displacements,
                    t0,
                    rows,
                    origin,
                    (vector, past),
                    slots,
                    places,
                    ends,
                    votes,
                    at,
                    step,
                )
                for n in range(vector, past):
                    of_vector = n * lanes_of_vector
                    vectors.ranked(
                        votes,
                        at + of_vector,
                        step,
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
