"""The Numba kernel of the votes by mean and by weighted mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.query_grid import placing
from vgpnn.settings import Shape
from vgpnn.vote.cpu_displacements import displacing


@cache
def compiled(patch: Shape, channels: int) -> Callable:
    """The kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    kernel, helper = kernel_of(*patch, channels), helper_of(*patch, channels)
    displacements_of, (_, first_from, count_to) = displacing(helper), placing(helper)

    @kernel
    def mean(value, field, quality, result, stride, shift, is_weighted, t, start, stop):
        """Vote on a band: the rows from `start` up to, but without, `stop` of frame `t`.

        value: (T', H', W', C) uint8. field: query grid + (3,) int16. quality: query grid uint8,
        read if `is_weighted`. result: (T, H, W, C) uint8, written. stride, shift: of the query
        grid.
        """
        rows, columns = field.shape[1], field.shape[2]
        end_y, end_x = result.shape[1] - p_y + 1, result.shape[2] - p_x + 1
        height, width = value.shape[1], value.shape[2]
        pixels = value.reshape(-1, channels)
        # The patches that cover the band: frames t0 to t1 - 1 and rows i0 to i1 - 1 of the grid.
        t0, t1 = max(0, t - p_t + 1), min(field.shape[0], t + 1)
        i0 = first_from(start - p_y + 1, rows, stride, 0)
        i1 = count_to(stop - 1, rows, end_y, stride, shift)
        displacements = displacements_of(
            field, (height, width), (end_y, end_x), stride, shift, t0, t1, i0, i1
        )
        totals = np.empty(channels, np.int64)
        for y in range(start, stop):
            for x in range(result.shape[2]):
                voxel = (t * height + y) * width + x
                totals[:] = 0
                whole = 0
                for frame in range(t0, t1):
                    shift_t = shift * (frame & 1)
                    # The patches of the frame that cover the voxel.
                    row = first_from(y - p_y + 1, rows, stride, shift_t)
                    past_row = count_to(y, rows, end_y, stride, shift_t)
                    column = first_from(x - p_x + 1, columns, stride, shift_t)
                    past_column = count_to(x, columns, end_x, stride, shift_t)
                    for i in range(row, past_row):
                        for j in range(column, past_column):
                            weight = np.int64(1)
                            if is_weighted:
                                weight = np.int64(quality[frame, i, j])
                            pixel = np.uint64(voxel + displacements[frame - t0, i - i0, j])
                            for c in range(channels):
                                totals[c] += weight * pixels[pixel, c]
                            whole += weight
                for c in range(channels):
                    result[t, y, x, c] = (totals[c] + whole // 2) // whole

    return mean
