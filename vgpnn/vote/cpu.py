"""The vote on all cores of the CPU, as a Numba kernel that copies no patches.

The kernel reads the votes for a voxel where they lie in the value, and it avoids most of the work:

- Displacement. Patch p with match j votes for voxel v with the value's pixel at v + (j - p). Where
  a field is coherent, neighbouring patches have the same displacement j - p, and so they vote for
  the same pixel. A displacement is stored as one number, the difference of two indices of pixels.
- Agreement. Where all patches that cover a voxel have one displacement, its pixel is copied.
- Majority. Where more than half of them have one displacement, its pixel is the median in every
  channel, whatever the other patches vote for.
- Bisection. Otherwise the median is found in eight steps, each of which counts in a few vector
  instructions how many votes do not exceed a code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import bands, run_bands
from vgpnn.settings import Shape

LANES = 32  # votes that are counted in one vector instruction


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    quality: torch.Tensor | None,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """Twin of `naive.vote` for one sample, to the byte; see `vote.vote` for the arguments.

    value: (T', H', W', C) uint8 codes. field: query grid + (3,) int16. quality: query grid uint8.
    Returns (T, H, W, C) uint8 codes.
    """
    shape = tuple(n + p - 1 for n, p in zip(field.shape[:3], patch))
    result = empty((*shape, value.shape[3]), torch.uint8).numpy()
    is_weighted = mode == "weighted"
    weights = quality if is_weighted else torch.ones(1, 1, 1, dtype=torch.uint8)  # not read
    inputs = value.contiguous().numpy(), field.numpy(), weights.numpy()
    kernel = partial(
        compiled(patch, value.shape[3]), *inputs, result, mode != "median", is_weighted
    )
    run_bands(kernel, bands(range(shape[0]), shape[1]), checkpoint)
    return torch.from_numpy(result)


@cache
def compiled(patch: Shape, channels: int) -> Callable:
    """The kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    overlap = p_t * p_y * p_x  # patches that cover a voxel at most
    padded = -(-overlap // LANES) * LANES
    # The narrowest type that counts all votes: more of them fit a vector.
    counter = np.uint8 if padded < 256 else np.uint16
    kernel, helper = kernel_of(*patch, channels), helper_of(*patch, channels)

    @helper
    def displacements_of(field, value, t0, t1, y0, y1):
        """Displacements of the patches in frames t0 to t1 - 1 and rows y0 to y1 - 1 of a field.

        field: grid + (3,) int16. value: (T', H', W', C). Returns (t1 - t0, y1 - y0, grid_x) int32.
        """
        height, width, columns = value.shape[1], value.shape[2], field.shape[2]
        displacements = np.empty((t1 - t0, y1 - y0, columns), np.int32)
        for t in range(t0, t1):
            for y in range(y0, y1):
                for x in range(columns):
                    j_t, j_y, j_x = field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2]
                    displacement = ((j_t - t) * height + j_y - y) * width + j_x - x
                    displacements[t - t0, y - y0, x] = displacement
        return displacements

    @helper
    def find_uniform(displacements, y0, y1, uniform):
        """Whether the patches of each column agree, in rows y0 to y1 - 1 of all frames.

        displacements: (frames, rows, grid_x) int32. uniform: (grid_x,) bool, written.
        """
        for x in range(displacements.shape[2]):
            first, agree = displacements[0, y0, x], True
            for t in range(displacements.shape[0]):
                for y in range(y0, y1):
                    agree &= displacements[t, y, x] == first
            uniform[x] = agree

    @helper
    def agreeing(displacements, y0, y1, x0, x1, displacement):
        """How many patches in a window of all frames have a displacement."""
        count = 0
        for t in range(displacements.shape[0]):
            for y in range(y0, y1):
                for x in range(x0, x1):
                    count += displacements[t, y, x] == displacement
        return count

    @helper
    def median(votes, count):
        """The lower median of `count` votes, by bisection of the codes from 0 to 255.

        votes: (padded,) uint8, the votes and then 255s, which are never counted.
        """
        need = (count + 1) // 2
        low, high = 0, 255
        while low < high:
            middle = (low + high) // 2
            code = np.uint8(middle)
            below = counter(0)
            for n in range(np.uint64(padded)):
                below = counter(below + counter(votes[n] <= code))
            if below >= need:
                high = middle
            else:
                low = middle + 1
        return low

    @kernel
    def vote(value, field, quality, result, is_mean, is_weighted, t, start, stop):
        """Vote on a band: the rows from `start` up to, but without, `stop` of frame `t`.

        value: (T', H', W', C) uint8. field: grid + (3,) int16. quality: grid uint8, read if
        `is_weighted`. result: (T, H, W, C) uint8, written. is_mean: else the median.
        """
        grid_t, grid_y, grid_x = field.shape[0], field.shape[1], field.shape[2]
        height, width = value.shape[1], value.shape[2]
        pixels = value.reshape(-1, channels)
        # The patches that cover the band. In what follows t0, t1, x0 and x1 are positions in the
        # grid, and y0 and y1 are counted from the first row of these patches.
        t0, t1 = max(0, t - p_t + 1), min(grid_t, t + 1)
        first_row = max(0, start - p_y + 1)
        displacements = displacements_of(field, value, t0, t1, first_row, min(grid_y, stop))
        uniform = np.empty(grid_x, np.bool_)
        votes = np.empty((channels, padded), np.uint8)
        weights = np.ones(padded, np.int64)
        for y in range(start, stop):
            y0, y1 = max(0, y - p_y + 1) - first_row, min(grid_y, y + 1) - first_row
            find_uniform(displacements, y0, y1, uniform)
            run = 0  # columns up to the newest one that agree within themselves and with each other
            for x in range(result.shape[2]):
                # The patches that cover the voxel are in the columns x0 to x1 - 1.
                x0, x1 = max(0, x - p_x + 1), min(grid_x, x + 1)
                if x < grid_x:
                    joins = x > 0 and displacements[0, y0, x] == displacements[0, y0, x - 1]
                    run = (run + 1 if joins else 1) if uniform[x] else 0
                voxel = (t * height + y) * width + x
                central = displacements[(t1 - t0) // 2, (y0 + y1) // 2, (x0 + x1) // 2]
                count = (t1 - t0) * (y1 - y0) * (x1 - x0)
                agree = count
                if run < x1 - x0:
                    agree = agreeing(displacements, y0, y1, x0, x1, central)
                if agree == count or (2 * agree > count and not is_mean):
                    for c in range(channels):
                        result[t, y, x, c] = pixels[voxel + central, c]
                    continue
                n = 0
                for i_t in range(t1 - t0):
                    for i_y in range(y0, y1):
                        for i_x in range(x0, x1):
                            pixel = np.uint64(voxel + displacements[i_t, i_y, i_x])
                            for c in range(channels):
                                votes[c, n] = pixels[pixel, c]
                            n += 1
                if is_weighted:
                    n = 0
                    for i_t in range(t0, t1):
                        for i_y in range(first_row + y0, first_row + y1):
                            for i_x in range(x0, x1):
                                weights[n] = quality[i_t, i_y, i_x]
                                n += 1
                for c in range(channels):
                    if is_mean:
                        total, whole = 0, 0
                        for n in range(count):
                            total += weights[n] * votes[c, n]
                            whole += weights[n]
                        result[t, y, x, c] = (total + whole // 2) // whole
                    else:
                        votes[c, count:] = 255
                        result[t, y, x, c] = median(votes[c], count)

    return vote
