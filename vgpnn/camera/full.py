"""A result on a canvas, finished at the clip's own size: the canvas stays at the working size, and
colours are fetched from the frames in full.

The path is made exact at a larger size first. Where neighbouring voxels come from different places,
the places are blended from one voxel to the next; elsewhere all of them say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from vgpnn.camera import courses, gate, similarity
from vgpnn.camera.canvas import sampled
from vgpnn.camera.refining import refined
from vgpnn.camera.view import View, in_frames
from vgpnn.full_size import FullPlace

SIDE = 480  # [px] of the smaller side at which the path is made exact
BAND = 50_000  # pixels that are fetched at once
SAME = 0.3  # [working px] places that are as near are one

Checkpoint = Callable[[], None]


@dataclass(frozen=True)
class FullView:
    """What a camera sees in full.

    view, places: of the result at the working size, and its source map on the canvas.
    frames: (t, h, w, 3) uint8, the clip in full. place: of the result in full.
    rate: frames in full for each working frame.
    """

    view: View
    places: np.ndarray
    frames: np.ndarray
    place: FullPlace
    rate: float

    @cached_property
    def _factor(self) -> float:
        """How many times as large as the working ones the frames are."""
        return self.frames.shape[1] / self.view.canvas.size[0]

    def source_path(self, checkpoint: Checkpoint = lambda: None) -> np.ndarray:
        """From the canvas, at the working size, to each frame in full at that size: (t, 2, 3)."""
        canvas = self.view.canvas
        times = np.arange(len(self.frames)) / self.rate
        path = courses.between(canvas.path, canvas.size, times)
        if self._factor <= 1 and len(self.frames) == len(canvas.frames):
            return path
        smaller = max(1.0, min(self.frames.shape[1:3]) / SIDE)
        greys = gate.grey_frames(torch.from_numpy(self.frames), smaller, checkpoint)
        larger = greys.shape[1] / canvas.size[0]
        exact = refined(greys, similarity.rescaled(path, larger), checkpoint)
        return similarity.rescaled(exact, 1 / larger)

    def pictures(self, checkpoint: Checkpoint = lambda: None) -> Iterator[np.ndarray]:
        """Yield the frames of the result, (H, W, 3) uint8."""
        view, (count, height, width) = self.view, self.place.shape
        source_path = self.source_path(checkpoint)
        times = np.arange(count) / self.rate
        if view.path is view.canvas.path and count == len(source_path):
            path = source_path  # as the camera went, between working frames, too
        else:
            path = courses.between(view.path, view.size, times)
        step = max(1, BAND // width)
        for number in range(count):
            picture = np.empty((height, width, 3), np.uint8)
            for first in range(0, height, step):
                checkpoint()
                rows = np.arange(first, min(height, first + step))
                band = self._band(rows, number, path[number], source_path)
                picture[rows] = band.reshape(len(rows), width, 3)
            yield picture

    def _band(
        self, rows: np.ndarray, number: int, matrix: np.ndarray, source_path: np.ndarray
    ) -> np.ndarray:
        """The colours of some rows of a frame of the result: (N, 3) uint8."""
        view, width = self.view, self.place.shape[2]
        working = min(len(self.places) - 1, int(number / self.rate + 0.5))
        later = number - working * self.rate  # than the working frame [frames in full]
        y, x = np.meshgrid(rows, np.arange(width), indexing="ij")
        scale = np.divide(view.size, self.place.enlarged)[::-1]
        spots = np.column_stack([x.ravel(), y.ravel()]) + 0.5 - self.place.first[::-1]
        spots = spots * scale - 0.5
        on_canvas = similarity.applied(similarity.inverse(matrix), spots)
        places = self.places[working]

        def fetched(moments: np.ndarray, there: np.ndarray) -> np.ndarray:
            frames = np.rint(moments * self.rate + later).astype(int)
            frames = np.clip(frames, 0, len(self.frames) - 1)
            sources = (in_frames(source_path, frames, there) + 0.5) * self._factor - 0.5
            return sampled(self.frames, frames, sources)

        nearest = view.scene(places, np.rint(on_canvas).astype(np.int32), on_canvas)
        found = fetched(*nearest)
        low = np.floor(on_canvas).astype(np.int32)
        part = on_canvas - low
        around = [np.array([dx, dy], np.int32) for dy in (0, 1) for dx in (0, 1)]
        others = [view.scene(places, low + each, on_canvas) for each in around]
        is_seam = np.zeros(len(found), bool)
        for moments, there in others:
            is_seam |= (moments != nearest[0]) | (np.abs(there - nearest[1]).max(-1) > SAME)
        seam = np.flatnonzero(is_seam)
        if len(seam):
            blended = np.zeros((len(seam), 3))
            for each, (moments, there) in zip(around, others):
                weight = np.where(each > 0, part[seam], 1 - part[seam]).prod(-1)
                blended += weight[:, None] * fetched(moments[seam], there[seam])
            found[seam] = np.rint(blended)
        return found
