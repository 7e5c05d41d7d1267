"""The Numba kernel of the votes by mean and by weighted mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.settings import Shape
from vgpnn.vote.cpu_displacements import displacing


@cache
def compiled(patch: Shape, channels: int) -> Callable:
    """The kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    kernel, helper = kernel_of(*patch, channels), helper_of(*patch, channels)
    displacements_of = displacing(helper)

    @kernel
    def mean(value, field, quality, result, is_weighted, t, start, stop):
        """Vote on a band: the rows from `start` up to, but without, `stop` of frame `t`.

        value: (T', H', W', C) uint8. field: grid + (3,) int16. quality: grid uint8, read if
        `is_weighted`. result: (T, H, W, C) uint8, written.
        """
        grid_t, grid_y, grid_x = field.shape[0], field.shape[1], field.shape[2]
        height, width = value.shape[1], value.shape[2]
        pixels = value.reshape(-1, channels)
        # The patches that cover the band. In what follows t0, t1, x0 and x1 are positions in the
        # grid, and y0 and y1 are counted from the first row of these patches.
        t0, t1 = max(0, t - p_t + 1), min(grid_t, t + 1)
        first_row = max(0, start - p_y + 1)
        displacements = displacements_of(field, height, width, t0, t1, first_row, min(grid_y, stop))
        totals = np.empty(channels, np.int64)
        for y in range(start, stop):
            y0, y1 = max(0, y - p_y + 1) - first_row, min(grid_y, y + 1) - first_row
            for x in range(result.shape[2]):
                # The patches that cover the voxel are in the columns x0 to x1 - 1.
                x0, x1 = max(0, x - p_x + 1), min(grid_x, x + 1)
                voxel = (t * height + y) * width + x
                totals[:] = 0
                whole = 0
                for i_t in range(t1 - t0):
                    for i_y in range(y0, y1):
                        for i_x in range(x0, x1):
                            weight = np.int64(1)
                            if is_weighted:
                                weight = np.int64(quality[t0 + i_t, first_row + i_y, i_x])
                            pixel = np.uint64(voxel + displacements[i_t, i_y, i_x])
                            for c in range(channels):
                                totals[c] += weight * pixels[pixel, c]
                            whole += weight
                for c in range(channels):
                    result[t, y, x, c] = (totals[c] + whole // 2) // whole

    return mean
