"""The canvas: all that a moving camera has seen of a scene, held still.

The union of all frames is as large as what they show together. Where a frame does not reach, the
canvas has what the nearest frame in time saw there. That is known where the scene stands still;
elsewhere it is a guess, whose patches are no keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import scipy  # scipy.ndimage takes a while to load: it is loaded when it is first used
import torch
import torch.nn.functional as F

from vgpnn.camera import still
from vgpnn.level import Level
from vgpnn.settings import Shape

TOLERANCE = 0.5  # share of a patch at the coarsest level that may be a guess
TOLERANT_LEVELS = 0.6  # share of the levels, from the coarsest, with any tolerance
KERNEL = cv2.INTER_LANCZOS4  # keeps 0.98 of the sharpness, a cubic one 0.94 (measured)
ROWS = 32  # of a canvas that are worked on at once
BLOCK = 16_384  # pixels that OpenCV samples at once; a side of its pictures has at most 32,767


@dataclass(frozen=True)
class Canvas:
    """A clip of T frames on a canvas that stands still.

    frames: (T, h, w, 3) uint8, the clip itself. path: (T, 2, 3), from the canvas to each frame.
    codes: (T, H, W, 3) uint8, the canvas at every time. moments: (T, H, W) int16, the frame that
    each of its voxels was taken from. nearest: (2, H, W) int32, row and column of the nearest pixel
    that any frame has seen. guessed: (T, H, W) bool, voxels that no frame saw then, and that are
    not known to stand still.
    """

    frames: np.ndarray
    path: np.ndarray
    codes: np.ndarray
    moments: np.ndarray
    nearest: np.ndarray
    guessed: np.ndarray

    @property
    def shape(self) -> Shape:
        """(T, H, W) of the canvas."""
        return tuple(self.codes.shape[:3])

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of a frame."""
        return tuple(self.frames.shape[1:3])


def canvas_of(
    frames: np.ndarray, path: np.ndarray, checkpoint: Callable[[], None] = lambda: None
) -> Canvas:
    """The canvas of a clip. frames: (T, h, w, 3) uint8. path: (T, 2, 3), from a scene to each."""
    path, size = still.laid_out(path, frames.shape[1:3])
    greys = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    laid = still.stack(greys, path, size, checkpoint)
    moments, nearest = when_seen(laid.seen, checkpoint)
    flags = {"flags": cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}
    codes = []
    for frame, matrix in zip(frames, path):
        checkpoint()
        codes.append(cv2.warpAffine(frame, matrix, size[::-1], **flags))
    codes = np.stack(codes)
    for number, (moment, seen) in enumerate(zip(moments, laid.seen)):
        checkpoint()
        rows, columns = np.nonzero(~seen)
        there = moment[rows, columns], *nearest[:, rows, columns]  # which was seen, and stays
        codes[number, rows, columns] = codes[there]
    guessed = ~laid.seen & ~(laid.is_still() & laid.ever)
    return Canvas(frames, path, codes, moments, nearest, guessed)


def when_seen(
    seen: np.ndarray, checkpoint: Callable[[], None] = lambda: None
) -> tuple[np.ndarray, np.ndarray]:
    """When each voxel of a canvas was seen that is nearest in time, and which pixel ever was.

    seen: (T, H, W) bool. Returns (T, H, W) int16 frames, their own where they are seen and the
    earlier of two that are as near, and (2, H, W) int32 rows and columns, their own where a pixel
    is ever seen. The frames are those of that pixel.
    """
    count = len(seen)
    numbers = np.arange(count, dtype=np.int16)[:, None, None]
    moments, ever = np.empty(seen.shape, np.int16), np.empty(seen.shape[1:], bool)
    for first in range(0, len(ever), ROWS):
        checkpoint()
        rows = np.s_[first : first + ROWS]
        band = seen[:, rows]
        before = np.maximum.accumulate(np.where(band, numbers, np.int16(-2 * count)), 0)
        after = np.where(band, numbers, np.int16(3 * count))
        after = np.minimum.accumulate(after[::-1], 0)[::-1]
        moments[:, rows] = np.where(numbers - before <= after - numbers, before, after)
        ever[rows] = band.any(0)
    nearest = np.indices(ever.shape, np.int32)
    if not ever.all():
        nearest = scipy.ndimage.distance_transform_edt(
            ~ever, return_distances=False, return_indices=True
        ).astype(np.int32)
        rows, columns = np.nonzero(~ever)
        there = nearest[:, rows, columns]
        for moment in moments:
            checkpoint()
            moment[rows, columns] = moment[there[0], there[1]]
    return moments, nearest


def with_guessed_keys(
    levels: list[Level], guessed: np.ndarray, checkpoint: Callable[[], None] = lambda: None
) -> list[Level]:
    """Levels, coarsest first, that know which voxels of their source are a guess.

    guessed: (T, H, W) bool at the size of the finest source. How much of a patch may be a guess
    falls from TOLERANCE at the coarsest level, where a strict rule would leave no keys, to none.
    """
    share = torch.from_numpy(guessed).float()
    found = []
    for number, level in reversed([*enumerate(levels)]):
        checkpoint()
        if tuple(share.shape) != level.source_shape:
            share = F.adaptive_avg_pool3d(share[None, None], level.source_shape)[0, 0]
        tolerance = TOLERANCE * max(0.0, 1 - number / (TOLERANT_LEVELS * len(levels)))
        unknown = share.to(level.source.device)
        found.append(replace(level, unknown=unknown, tolerance=tolerance))
    return found[::-1]


def sampled(frames: np.ndarray, moments: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Colours of many frames at places between their pixels, with one kernel: (N, 3) uint8.

    frames: (T, h, w, 3) uint8. moments: (N,) which frame. places: (N, 2) x and y [px]; beyond the
    edge of a frame its edge goes on.
    """
    colours = np.empty((len(moments), 3), np.uint8)
    limits = np.array(frames.shape[2:0:-1], np.float32) - 1
    places = np.clip(places, 0, limits).astype(np.float32)
    order = np.argsort(moments.astype(np.int16), kind="stable")
    ends = np.cumsum([0, *np.bincount(moments, minlength=len(frames))])
    for frame, first, past in zip(frames, ends, ends[1:]):
        for start in range(first, past, BLOCK):
            part = order[start : min(past, start + BLOCK)]
            maps = places[part][None]
            picture = cv2.remap(frame, maps, None, KERNEL, borderMode=cv2.BORDER_REPLICATE)
            colours[part] = picture[0]
    return colours
