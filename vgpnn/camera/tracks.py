"""Corners that are followed from frame to frame (Lucas and Kanade 1981).

They are spread evenly over the picture, and each is as good as its neighbourhood allows: dark rock
counts as much as bright water. Frames have the same local contrast (CLAHE) while they are followed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

CELLS = 6, 10  # rows and columns of cells, in each of which corners are taken
CORNERS = 4  # of a cell, at most
CONTRAST = 3.0  # clip limit of CLAHE
WINDOW = 15  # [px] side of the square around a corner that is compared
LEVELS = 3  # of the pyramid in which corners are followed
BACK = 0.5  # [px] a corner that does not come back as near as this is lost
EDGE = 4  # [px] corners keep away from the edge of the picture
LEAST_QUALITY = 0.05  # of the best corner of a cell
SPACING = 5  # [px] side of the square in which a corner is the best one
FLOOR = 0.5  # of the median quality of the picture, below which there is no corner


@dataclass(frozen=True)
class Window:
    """Corners of one frame, and where they are in the frames after it.

    first: number of that frame. places: (N, L + 1, 2) x and y [px]. alive: (N, L + 1) bool, whether
    a corner has been followed that far.
    """

    first: int
    places: np.ndarray
    alive: np.ndarray

    def shortened(self, length: int) -> Window:
        """The tracks over fewer frames."""
        return Window(self.first, self.places[:, : length + 1], self.alive[:, : length + 1])


def even_contrast(greys: Sequence[np.ndarray]) -> list[np.ndarray]:
    """(H, W) uint8 frames with the same local contrast."""
    clahe = cv2.createCLAHE(CONTRAST, CELLS[::-1])
    return [clahe.apply(grey) for grey in greys]


def even_corners(grey: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
    """The best corners of every cell of an (H, W) uint8 picture: (N, 2) float32, x and y [px].

    inside: (H, W) bool, where corners may be; None: everywhere.
    """
    quality = cv2.cornerMinEigenVal(grey, 5)
    floor = 1e-6 + FLOOR * float(np.median(quality))
    quality[quality != cv2.dilate(quality, np.ones((SPACING, SPACING)))] = 0
    quality[quality <= floor] = 0
    if inside is not None:
        quality[~inside] = 0
    quality[:EDGE], quality[-EDGE:], quality[:, :EDGE], quality[:, -EDGE:] = 0, 0, 0, 0
    rows, columns = np.nonzero(quality)
    values = quality[rows, columns]
    height, width = grey.shape
    cell = rows * CELLS[0] // height * CELLS[1] + columns * CELLS[1] // width
    order = np.lexsort((columns, rows, -values, cell))  # in every cell the best one first
    cell, values = cell[order], values[order]
    starts = np.searchsorted(cell, cell)  # of each one's cell
    is_taken = np.arange(len(cell)) - starts < CORNERS
    is_taken &= values > LEAST_QUALITY * values[starts]
    chosen = order[is_taken]
    return np.stack([columns[chosen], rows[chosen]], -1).astype(np.float32)


def follow(
    before: np.ndarray, after: np.ndarray, points: np.ndarray, levels: int = LEVELS
) -> tuple[np.ndarray, np.ndarray]:
    """Where (N, 2) float32 points of a picture are in another, (H, W) uint8 both.

    Returns their places, (N, 2), and which of them are found, and come back: (N,) bool.
    """
    if not len(points):
        return points, np.zeros(0, bool)
    stop = cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 10, 0.03
    known = {"winSize": (WINDOW, WINDOW), "maxLevel": levels, "criteria": stop}
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, **known)
    known |= {"flags": cv2.OPTFLOW_USE_INITIAL_FLOW}
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(after, before, there, points.copy(), **known)
    is_found = (found[:, 0] > 0) & (found_back[:, 0] > 0)
    return there, is_found & (np.abs(back - points).max(1) < BACK)


def windows(
    greys: Sequence[np.ndarray],
    length: int,
    step: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> list[Window]:
    """The tracks of windows of frames that begin every `step` frames and go on over `length`.

    greys: T pictures, (H, W) uint8, T > length. The last window ends with the last frame.
    """
    last = len(greys) - 1 - length
    firsts = sorted({*range(0, last + 1, step), last})
    found = {}
    for number, grey in enumerate(greys):
        checkpoint()
        active = [first for first in found if 0 < number - first <= length]
        if active:  # the corners of all windows at once
            points = [found[first][0][-1] for first in active]
            ends = np.cumsum([len(each) for each in points])[:-1]
            places, is_found = follow(greys[number - 1], grey, np.concatenate(points))
            parts = zip(active, points, np.split(places, ends), np.split(is_found, ends))
            for first, before, place, is_alive in parts:
                tracks, alive = found[first]
                alive.append(alive[-1] & is_alive)
                tracks.append(np.where(is_alive[:, None], place, before))
        if number in firsts:
            corners = even_corners(grey)
            found[number] = [corners], [np.ones(len(corners), bool)]
    return [
        Window(first, np.stack(tracks, 1).astype(float), np.stack(alive, 1))
        for first, (tracks, alive) in found.items()
    ]
