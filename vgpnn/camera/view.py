"""The way back: a result on the canvas, as the camera sees it.

Colours are fetched once, from the original frames, with one kernel (Lanczos): a pixel of the result
lies somewhere on the canvas, the source map says which place of the scene is shown there, and the
path says where a frame has it. Two warps would blur (measured: 0.76 to 0.93 of the sharpness).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from vgpnn.camera import courses, similarity
from vgpnn.camera.canvas import Canvas, sampled
from vgpnn.machine.threads import thread_count
from vgpnn.settings import Shape

BAND = 65_536  # pixels that a thread fetches at once


@dataclass(frozen=True)
class View:
    """What a camera sees of a result on the canvas.

    canvas: of the source. shape: (T, H, W) of the result on the canvas. path: (T, 2, 3), from it to
    the frames. size: (H, W) of the frames.
    """

    canvas: Canvas
    shape: Shape
    path: np.ndarray
    size: tuple[int, int]

    @property
    def source(self) -> Shape:
        """(t, h, w) of the clip."""
        return tuple(self.canvas.frames.shape[:3])

    def fetched(
        self, places: torch.Tensor, checkpoint: Callable[[], None] = lambda: None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A result and its source map as the camera sees them.

        places: source map of the result on the canvas, (T, H, W, 3) int16, into the canvas of the
            source. Returns (T, H, W, 3) uint8 codes, and a map into the original frames.
        """
        canvas, spots = self.canvas, pixels(self.size)
        frames = len(places)
        codes = np.empty((frames, len(spots), 3), np.uint8)
        found = np.empty((frames, len(spots), 3), np.int16)
        limits = np.array(canvas.size[::-1]) - 1

        def fetch(part: tuple[int, int]) -> None:
            number, first = part
            band = np.s_[first : first + BAND]
            on_canvas = similarity.applied(similarity.inverse(self.path[number]), spots[band])
            voxels = np.rint(on_canvas).astype(np.int32)
            moments, there = self.scene(places[number].numpy(), voxels, on_canvas)
            sources = in_frames(canvas.path, moments, there)
            codes[number, band] = sampled(canvas.frames, moments, sources)
            whole = np.clip(np.rint(sources), 0, limits)
            found[number, band] = np.column_stack([moments, whole[:, ::-1]])

        parts = [(each, first) for each in range(frames) for first in range(0, len(spots), BAND)]
        step = thread_count()
        with ThreadPoolExecutor(step) as threads:
            for first in range(0, len(parts), step):
                checkpoint()
                for _ in threads.map(fetch, parts[first : first + step]):
                    pass  # an error of a thread is raised here
        shape = frames, *self.size, 3
        return torch.from_numpy(codes.reshape(shape)), torch.from_numpy(found.reshape(shape))

    def scene(
        self, places: np.ndarray, voxels: np.ndarray, spots: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What the result shows at spots of its canvas.

        places: source map of a frame of it, (H, W, 3). voxels: (N, 2) int32 x and y, those that
        decide; beyond the canvas its edge does. spots: (N, 2) x and y [px].
        Returns (N,) int32 frames of the clip, and (N, 2) x and y on the canvas of the source. What
        lies beside the middle of a voxel lies as much beside that of its source.
        """
        canvas = self.canvas
        (height, width), (_, rows, columns) = places.shape[:2], canvas.shape
        x, y = np.clip(voxels[:, 0], 0, width - 1), np.clip(voxels[:, 1], 0, height - 1)
        moment, row, column = places.reshape(-1, 3).take(y * width + x, 0).T.astype(np.int32)
        place = row * columns + column
        moments = canvas.moments.reshape(-1).take(moment * (rows * columns) + place)
        there = np.empty(spots.shape)
        for axis, voxel in enumerate((x, y)):
            nearest = canvas.nearest[1 - axis].reshape(-1).take(place)
            there[:, axis] = nearest + np.clip(spots[:, axis] - voxel, -1, 1)
        return moments.astype(np.int32), there

    def glimpsed(self, codes: torch.Tensor) -> torch.Tensor:
        """What the camera sees of a result that is still in the making: a quick look.

        codes: (t, h, w, 3) uint8, the canvas at any size. Returns (t, h', w', 3).
        """
        frames, height, width = codes.shape[:3]
        share = min(height / self.shape[1], width / self.shape[2])
        size = tuple(max(2, round(side * share)) for side in self.size)
        at = np.linspace(0, len(self.path) - 1, frames).round().astype(int)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = [
            cv2.warpAffine(
                np.ascontiguousarray(frame),
                similarity.inverse(similarity.rescaled(self.path[number], share)),
                size[::-1],
                flags=flags,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for frame, number in zip(codes.cpu().numpy(), at)
        ]
        return torch.from_numpy(np.stack(seen))


def in_frames(path: np.ndarray, numbers: np.ndarray, spots: np.ndarray) -> np.ndarray:
    """Where (N, 2) spots of a canvas lie in frames, (N, 2). numbers: (N,), of the frames."""
    (a, b, x), (c, d, y) = np.moveaxis(path.take(numbers, 0), 0, -1)
    return np.stack(
        [a * spots[:, 0] + b * spots[:, 1] + x, c * spots[:, 0] + d * spots[:, 1] + y], -1
    )


def pixels(size: tuple[int, int]) -> np.ndarray:
    """The middles of all pixels of an (H, W) picture in row-major order: (H * W, 2) x and y."""
    y, x = np.mgrid[: size[0], : size[1]]
    return np.column_stack([x.ravel(), y.ravel()]).astype(float)


def view_of(
    canvas: Canvas,
    shape: Shape,
    size: tuple[int, int],
    loop: bool = False,
    kind: str = courses.ORIGINAL,
) -> View:
    """The view of a result. shape: (T, H, W) of it on the canvas. size: (H, W) of its frames.

    loop, kind: see `courses.course`.
    """
    path = courses.course(canvas.path, canvas.size, shape[0], loop, kind)
    scales = shape[1] / canvas.shape[1], shape[2] / canvas.shape[2]
    if size != canvas.size or scales != (1.0, 1.0):
        path = courses.resized(path, canvas.size, size, scales)
    return View(canvas, shape, path, size)
