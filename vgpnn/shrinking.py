"""Numba kernels that shrink videos of codes on the CPU: the twin of torch's antialiased resampling.

Torch shrinks codes to floats picture by picture and axis by axis, with the channels apart. Here a
row of a frame stays one run of codes, all channels side by side: rows are added up as whole
vectors, and the sums are rounded once, after time. Codes differ from those of torch by 1 at most,
where the sum is near a half.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import torch

from vgpnn.machine.kernels import kernel_of
from vgpnn.machine.memory import empty
from vgpnn.machine.threads import bands, run_bands
from vgpnn.settings import Shape

KERNEL_RADIUS = 2.0  # of the cubic kernel, in steps of the result where it shrinks
SHARPNESS = -0.5  # the parameter a of the cubic kernel (Keys 1981)


def shrunk(video: torch.Tensor, shape: Shape, checkpoint: Callable[[], None]) -> torch.Tensor:
    """A (T, H, W, C) video of uint8 codes on the CPU, resampled to `shape`: uint8 codes.

    checkpoint: called several times a second; may raise to cancel.
    """
    frames, height, width = shape
    channels = video.shape[3]
    in_space_of, in_time_of = _kernels(channels)
    in_space = empty((len(video), height, width * channels), torch.float32).numpy()
    rows, columns = (weights(*sizes) for sizes in zip(video.shape[1:3], shape[1:]))
    kernel = partial(in_space_of, video.contiguous().numpy(), rows, columns, in_space)
    run_bands(kernel, bands(range(len(video)), height), checkpoint)
    out = empty((frames, height, width, channels), torch.uint8)
    rows_of_codes = out.numpy().reshape(frames, height, -1)
    kernel = partial(in_time_of, in_space, weights(len(video), frames), rows_of_codes)
    run_bands(kernel, bands(range(frames), height), checkpoint)
    return out


@lru_cache(maxsize=256)
def weights(before: int, after: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a side of `before` px is multiplied by to become one of `after` px.

    Returns the first px that counts, (after,) int64, how many px count from there on, (after,)
    int64, and their weights, (after, taps) float32, which add up to 1.
    """
    step = before / after
    stretch = max(1.0, step)  # a shrinking side is antialiased
    middle = (np.arange(after) + 0.5) * step
    first = np.maximum(0, np.floor(middle - KERNEL_RADIUS * stretch + 0.5)).astype(np.int64)
    end = np.minimum(before, np.floor(middle + KERNEL_RADIUS * stretch + 0.5)).astype(np.int64)
    taps = np.arange((end - first).max())
    place = first[:, None] + taps
    distance = np.abs(place + 0.5 - middle[:, None]) / stretch
    table = np.where(place < end[:, None], _cubic(distance), 0.0)
    return first, end - first, (table / table.sum(1, keepdims=True)).astype(np.float32)


def _cubic(x: np.ndarray) -> np.ndarray:
    """The cubic convolution kernel at distances of at least 0."""
    a = SHARPNESS
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


@lru_cache(maxsize=8)
def _kernels(channels: int) -> tuple[Callable, Callable]:
    """The kernels for space and for time, each for a band of rows of a frame of their result."""
    kernel = kernel_of(channels)

    @kernel
    def shrink_in_space(video, rows, columns, result, t, start, stop):
        """video: (T, H, W, C) uint8. rows, columns: see `weights`.
        result: (T, h, w * C) float32, written.
        """
        first_row, row_counts, row_weights = rows
        first_column, column_counts, column_weights = columns
        height, codes = video.shape[1], video.reshape(-1)
        length = np.uint64(video.shape[2] * channels)  # unsigned: no index counts from the end
        total = np.empty(length, np.float32)
        for y in range(start, stop):
            total[:] = 0
            for tap in range(row_counts[y]):
                weight = row_weights[y, tap]
                at = np.uint64(t * height + first_row[y] + tap) * length
                for n in range(length):
                    total[n] += weight * np.float32(codes[at + n])
            for x in range(len(first_column)):
                for c in range(np.uint64(channels)):
                    at = np.uint64(first_column[x] * channels) + c
                    found = np.float32(0)
                    for tap in range(column_counts[x]):
                        found += column_weights[x, tap] * total[at]
                        at += np.uint64(channels)
                    result[t, y, x * channels + c] = found

    @kernel
    def shrink_in_time(video, frames, result, t, start, stop):
        """video: (T, h, n) float32. frames: see `weights`. result: (t, h, n) uint8, written."""
        first_frame, frame_counts, frame_weights = frames
        length = np.uint64(video.shape[2])
        total = np.empty(length, np.float32)
        for y in range(start, stop):
            total[:] = 0.5  # rounds half up
            for tap in range(frame_counts[t]):
                weight, row = frame_weights[t, tap], video[first_frame[t] + tap, y]
                for n in range(length):
                    total[n] += weight * row[n]
            codes = result[t, y]
            for n in range(length):
                # Not `min` and `max`, which would be compiled to branches.
                found = np.float32(0) if total[n] < 0 else total[n]
                found = np.float32(255) if found > 255 else found
                codes[n] = np.uint8(np.int32(found))

    return shrink_in_space, shrink_in_time
