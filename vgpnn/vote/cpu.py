"""Vote as a Numba kernel: gathers and selects without materialising any patch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import torch

from vgpnn.machine.kernels import helper_of, kernel_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import bands, run_bands
from vgpnn.settings import Shape

LANES = 32


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    quality: torch.Tensor | None,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """Twin of `naive.vote`; see `vote.vote` for the arguments."""
    shape = tuple(n + p - 1 for n, p in zip(field.shape[:3], patch))
    out = empty((*shape, value.shape[3]), torch.uint8).numpy()
    kernel = compiled(patch, value.shape[3])
    weighted = mode == "weighted"
    read = quality if weighted else torch.ones(1, 1, 1, dtype=torch.uint8)
    inputs = value.contiguous().numpy(), field.numpy(), read.numpy()
    band = partial(kernel, *inputs, out, mode != "median", weighted)
    run_bands(band, bands(range(shape[0]), shape[1]), checkpoint)
    return torch.from_numpy(out)


@cache
def compiled(patch: Shape, channels: int):
    """Kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    # The narrowest counter that holds every vote: the more of them fit a vector.
    counter = np.uint8 if p_t * p_y * p_x < 224 else np.uint16
    padded = -(-(p_t * p_y * p_x) // LANES) * LANES
    kernel, helper = kernel_of(*patch, channels), helper_of(*patch, channels)

    @helper
    def median(votes, count):
        # Bisection over the 256 codes: each step is one vectorised count.
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

    @helper
    def displacements(field, value, t0, t1, y0, y1):
        """Displacement of the matches of some rows, in the value's own strides: a run of patches
        copied from one place has one displacement, and the vote of each for voxel p is the value
        at displacement + p."""
        v_y, v_x, width = value.shape[1], value.shape[2], field.shape[2]
        found = np.empty((t1 - t0, y1 - y0, width), np.int32)
        for t in range(t0, t1):
            for y in range(y0, y1):
                for x in range(width):
                    j_t, j_y, j_x = field[t, y, x, 0], field[t, y, x, 1], field[t, y, x, 2]
                    place = ((j_t - t) * v_y + j_y - y) * v_x + j_x - x
                    found[t - t0, y - y0, x] = place
        return found

    @kernel
    def vote(value, field, quality, out, mean, weighted, t, lo, hi):
        g_t, g_y, g_x = field.shape[0], field.shape[1], field.shape[2]
        value_h, value_w = value.shape[1], value.shape[2]
        codes = value.reshape(-1, channels)
        t0, t1 = max(0, t - p_t + 1), min(g_t, t + 1)
        first = max(0, lo - p_y + 1)
        places = displacements(field, value, t0, t1, first, min(g_y, hi))
        uniform = np.empty(g_x, np.bool_)
        votes = np.empty((channels, padded), np.uint8)
        weights = np.ones(padded, np.int64)
        for y in range(lo, hi):
            y0, y1 = max(0, y - p_y + 1) - first, min(g_y, y + 1) - first
            # Columns of patches that agree: most windows do, and a window is a few columns.
            for x in range(g_x):
                one = places[0, y0, x]
                same = True
                for i_t in range(t1 - t0):
                    for i_y in range(y0, y1):
                        same &= places[i_t, i_y, x] == one
                uniform[x] = same
            run = 0  # how many columns up to the newest agree, and with each other
            for x in range(out.shape[2]):
                x0, x1 = max(0, x - p_x + 1), min(g_x, x + 1)
                if x < g_x:
                    joins = x > 0 and places[0, y0, x] == places[0, y0, x - 1]
                    run = (run + 1 if joins else 1) if uniform[x] else 0
                at = (t * value_h + y) * value_w + x
                middle = places[(t1 - t0) // 2, (y0 + y1) // 2, (x0 + x1) // 2]
                count = (t1 - t0) * (y1 - y0) * (x1 - x0)
                agree = count
                if run < x1 - x0:
                    agree = 0
                    for i_t in range(t1 - t0):
                        for i_y in range(y0, y1):
                            for i_x in range(x0, x1):
                                agree += places[i_t, i_y, i_x] == middle
                if agree == count or (2 * agree > count and not mean):
                    for c in range(channels):  # whatever the others say, this is the median
                        out[t, y, x, c] = codes[middle + at, c]
                    continue
                n = 0
                for i_t in range(t1 - t0):
                    for i_y in range(y0, y1):
                        for i_x in range(x0, x1):
                            place = np.uint64(places[i_t, i_y, i_x] + at)
                            for c in range(channels):
                                votes[c, n] = codes[place, c]
                            n += 1
                if weighted:
                    n = 0
                    for i_t in range(t0, t1):
                        for i_y in range(first + y0, first + y1):
                            for i_x in range(x0, x1):
                                weights[n] = quality[i_t, i_y, i_x]
                                n += 1
                for c in range(channels):
                    if mean:
                        total, whole = 0, 0
                        for n in range(count):
                            total += weights[n] * votes[c, n]
                            whole += weights[n]
                        out[t, y, x, c] = (total + whole // 2) // whole
                    else:
                        votes[c, count:] = 255  # the padding never counts as below
                        out[t, y, x, c] = median(votes[c], count)

    return vote
