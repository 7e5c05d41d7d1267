"""Vote as a Numba kernel: gathers and selects without materialising any patch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch

from ..kernels import helper_of, kernel_of
from ..settings import Shape
from ..threads import run_bands

LANES = 32


def vote(
    value: torch.Tensor,
    field: torch.Tensor,
    patch: Shape,
    mode: str,
    checkpoint: Callable[[], None],
) -> torch.Tensor:
    """Twin of `naive.vote`; see `vote.vote` for the arguments."""
    size = value.shape[:3]
    shape = tuple(n + p - 1 for n, p in zip(field.shape[:3], patch))
    # Displacement of each match in the value's own strides: a run of patches copied from one
    # place has one displacement, and the vote of each for voxel p is value[displacement + p].
    displacement = torch.zeros(field.shape[:3], dtype=torch.int32)
    for axis, stride in enumerate((size[1] * size[2], size[2], 1)):
        along = [1, 1, 1]
        along[axis] = -1
        place = torch.arange(field.shape[axis], dtype=torch.int32).view(along)
        displacement += (field[..., axis] - place) * stride
    displacement = displacement.numpy()
    # One 32-bit word per pixel: a vote is then a single load.
    channels = value.shape[3]
    words = np.zeros((size[0] * size[1] * size[2], 4), np.uint8)
    words[:, :channels] = value.reshape(-1, channels).numpy()
    words = words.view(np.uint32).reshape(-1)
    out = np.empty((*shape, value.shape[3]), np.uint8)
    kernel = compiled(patch, value.shape[3])

    def band(lo, hi):
        kernel(words, displacement, out, size[1], size[2], mode == "mean", lo, hi)

    run_bands(band, shape[0] * shape[1], checkpoint)
    return torch.from_numpy(out)


@cache
def compiled(patch: Shape, channels: int):
    """Kernel for one patch size and number of channels."""
    p_t, p_y, p_x = patch
    # The narrowest counter that holds every vote: the more of them fit a vector.
    counter = np.uint8 if p_t * p_y * p_x < 224 else np.uint16
    padded = -(-(p_t * p_y * p_x) // LANES) * LANES

    @helper_of(*patch, channels)
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

    @kernel_of(*patch, channels)
    def kernel(words, displacement, out, value_h, value_w, mean, lo, hi):
        g_t, g_y, g_x = displacement.shape
        out_y, out_x = out.shape[1], out.shape[2]
        ballots = np.empty(padded, np.uint32)
        votes = np.empty((channels, padded), np.uint8)
        for row in range(lo, hi):
            t, y = divmod(row, out_y)
            t0, t1 = max(0, t - p_t + 1), min(g_t, t + 1)
            y0, y1 = max(0, y - p_y + 1), min(g_y, y + 1)
            for x in range(out_x):
                x0, x1 = max(0, x - p_x + 1), min(g_x, x + 1)
                at = (t * value_h + y) * value_w + x
                first = displacement[t0, y0, x0]
                unanimous = True
                for i_t in range(t0, t1):
                    for i_y in range(y0, y1):
                        for i_x in range(x0, x1):
                            unanimous &= displacement[i_t, i_y, i_x] == first
                    if not unanimous:
                        break
                if unanimous:
                    word = words[np.uint64(first + at)]
                    for c in range(channels):
                        out[t, y, x, c] = (word >> np.uint32(8 * c)) & np.uint32(255)
                    continue
                count = 0
                for i_t in range(t0, t1):
                    for i_y in range(y0, y1):
                        for i_x in range(x0, x1):
                            ballots[count] = words[np.uint64(displacement[i_t, i_y, i_x] + at)]
                            count += 1
                ballots[count:] = 0xFFFFFFFF  # the padding never counts as below
                for c in range(channels):
                    for n in range(np.uint64(padded)):
                        votes[c, n] = (ballots[n] >> np.uint32(8 * c)) & np.uint32(255)
                    if mean:
                        total = 0
                        for n in range(count):
                            total += votes[c, n]
                        out[t, y, x, c] = (total + count // 2) // count
                    else:
                        out[t, y, x, c] = median(votes[c], count)

    return kernel
