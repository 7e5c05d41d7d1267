"""Displacements, by which the kernels of the vote read votes where they lie in the value.

Patch p with match j votes for voxel v with the value's pixel at v + (j - p). Where a field is
coherent, neighbouring patches have the same displacement j - p, and so they vote for the same
pixel. A displacement is stored as one number, the difference of two indices of pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def displacing(helper: Callable) -> Callable:
    """The function that finds the displacements of the patches that cover a band.

    helper: the decorator `machine.kernels.helper_of` for the sizes of the kernel.
    """

    @helper
    def displacements_of(field, height, width, t0, t1, y0, y1):
        """Displacements of the patches in frames t0 to t1 - 1 and rows y0 to y1 - 1 of a field.

        field: grid + (3,) int16. height, width: of the value [px].
        Returns (t1 - t0, y1 - y0, grid_x) int32.
        """
        columns = field.shape[2]
        displacements = np.empty((t1 - t0, y1 - y0, columns), np.int32)
        for t in range(t0, t1):
            for y in range(y0, y1):
                for x in range(columns):
                    j_t, j_y, j_x = field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2]
                    displacement = ((j_t - t) * height + j_y - y) * width + j_x - x
                    displacements[t - t0, y - y0, x] = displacement
        return displacements

    return displacements_of
