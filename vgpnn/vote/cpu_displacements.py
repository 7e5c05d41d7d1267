"""Displacements, by which the kernels of the vote read votes where they lie in the value.

Patch p with match j votes for voxel v with the value's pixel at v + (j - p). Where a field is
coherent, neighbouring patches have the same displacement j - p, and so they vote for the same
pixel. A displacement is stored as one number, the difference of two indices of pixels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vgpnn.query_grid import placing


def displacing(helper: Callable) -> Callable:
    """The function that finds the displacements of the patches that cover a band.

    helper: the decorator `machine.kernels.helper_of` for the sizes of the kernel.
    """

    place_of, _, _ = placing(helper)

    @helper
    def displacements_of(field, value_size, ends, stride, shift, t0, t1, i0, i1):
        """Displacements of the patches in frames t0 to t1 - 1 and rows i0 to i1 - 1 of a field.

        field: query grid + (3,) int16. value_size: height and width of the value [px].
        ends: how many patches the result has along y and x. stride, shift: of the query grid.
        Returns (t1 - t0, i1 - i0, columns) int32.
        """
        rows, columns = field.shape[1], field.shape[2]
        displacements = np.empty((t1 - t0, i1 - i0, columns), np.int32)
        for t in range(t0, t1):
            shift_t = shift * (t & 1)
            for i in range(i0, i1):
                y = place_of(i, rows, ends[0], stride, shift_t)
                for j in range(columns):
                    x = place_of(j, columns, ends[1], stride, shift_t)
                    k_t, k_y, k_x = field[t, i, j, 0], field[t, i, j, 1], field[t, i, j, 2]
                    displacement = ((k_t - t) * value_size[0] + k_y - y) * value_size[1] + k_x - x
                    displacements[t - t0, i - i0, j] = displacement
        return displacements

    return displacements_of
