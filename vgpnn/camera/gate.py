"""Whether a camera moves, and whether its path is right enough to be used.

A path is right where more of the scene stands still with it than without. There may be two things
that move as one, such as clouds and the ground: then both paths are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from vgpnn.camera import path as paths
from vgpnn.camera import similarity, still
from vgpnn.camera.refining import refined
from vgpnn.camera.tracks import Window, even_contrast, windows

SIDE = 240  # [px] of the smaller side at which a camera is looked at; larger clips are shrunk
LEAST_SIDE, LEAST_FRAMES = 48, 5  # of a clip whose camera is looked at
FEW_FRAMES = 9  # that are looked at first
GAIN = 0.15  # more has to stand still with a path than without
# The share that stands still, and its steadiness, from which on a path is used. A wrong path, which
# follows what drifts past, is at most 0.66 as steady, and a right one 0.82 or more (measured).
SURE, SURE_STEADINESS = 0.35, 0.6
LEAST, LEAST_STEADINESS = 0.2, 0.75
DOUBTFUL = 0.2  # share from which on a path is offered
HOPEFUL = 0.05  # gain of a first path, below which it is not made better
MOST_GROWTH = 2.0  # of the area of the canvas over that of a frame
MOST_ZOOM = 2.0  # between a frame and the middle one
BETTER = 0.01  # gain of a round that makes a path better, below which no other follows
MOST_ROUNDS = 3

STILL, FOUND, UNSURE, TOO_FAR, NONE = "still", "found", "unsure", "too far", "none"


@dataclass(frozen=True)
class Camera:
    """What is known of the camera of a clip.

    kind: "still" (nothing is gained), "found" (a path that is used), "unsure" (one that may be
        wrong), "too far" (one whose canvas would be too large), or "none" (no path was found).
    path: (T, 2, 3) float64, from the pixels of the middle frame to those of each frame; None where
        there is none.
    share, without: of the textured pixels that stand still with the path, and without, in [0, 1].
    steadiness: of that share over time, in [0, 1]: its lowest frames over its highest.
    """

    kind: str
    path: np.ndarray | None = None
    share: float = 0.0
    without: float = 0.0
    steadiness: float = 0.0


def looked_at(codes: torch.Tensor, checkpoint: Callable[[], None] = lambda: None) -> Camera:
    """What is known of the camera of a clip, (T, H, W, 3) uint8 codes.

    checkpoint: called for every frame; may raise to cancel.
    """
    frames, height, width = codes.shape[:3]
    if frames < LEAST_FRAMES or min(height, width) < LEAST_SIDE:
        return Camera(STILL)
    factor = max(1.0, min(height, width) / SIDE)
    greys = grey_frames(codes, factor, checkpoint)
    some = np.unique(np.linspace(0, frames - 1, FEW_FRAMES).round().astype(int))
    at_rest = np.broadcast_to(similarity.IDENTITY, (frames, 2, 3))
    without = still.stack(greys[some], at_rest[some], checkpoint=checkpoint).share()
    if without > 1 - GAIN:
        return Camera(STILL, without=without)
    near = max(paths.LEAST_NEAR, paths.NEAR * greys.shape[1] / SIDE)
    length = min(paths.LENGTH, max(LEAST_FRAMES - 1, 2 * (frames - 1) // 3))  # several windows
    tracked = windows(even_contrast(greys), length, max(1, length // 3), checkpoint)
    best, best_share, without_all = None, 0.0, None
    for first in candidates(tracked, near, frames, checkpoint):
        if _share(greys[some], first[some], checkpoint) - without < HOPEFUL:
            continue
        if without_all is None:
            without_all = still.stack(greys, at_rest, checkpoint=checkpoint).share()
        found, share = _improved(greys, first, checkpoint)
        if share > best_share:
            best, best_share = found, share
        if share >= SURE and share - without_all >= GAIN:
            break
    if best is None:
        return Camera(STILL, without=without)
    shares = still.stack(greys, best, checkpoint=checkpoint).shares()
    low, high = (np.quantile(shares, each) for each in (0.15, 0.85))
    steadiness, share = float(low / max(high, 1e-6)), min(best_share, float(shares.mean()))
    kind = decided(share, without_all, steadiness, grows(best, greys.shape[1:]))
    return Camera(kind, similarity.rescaled(best, factor), share, without_all, steadiness)


def decided(share: float, without: float, steadiness: float, growth: float) -> str:
    """The kind of a `Camera` whose path was found."""
    if share - without < GAIN:
        return STILL
    if share < DOUBTFUL:
        return NONE
    if growth > MOST_GROWTH:
        return TOO_FAR
    pairs = (SURE, SURE_STEADINESS), (LEAST, LEAST_STEADINESS)
    return FOUND if any(share >= a and steadiness >= b for a, b in pairs) else UNSURE


def candidates(
    tracked: list[Window], near: float, frames: int, checkpoint: Callable[[], None] = lambda: None
) -> Iterator[np.ndarray]:
    """Yield paths: the one of what most tracks have in common, and then that of the others."""
    length, first = tracked[0].places.shape[1] - 1, None
    while first is None:
        chosen = [paths.background(window.shortened(length), near) for window in tracked]
        first = paths.estimated(tracked, chosen, frames, checkpoint)
        if first is not None:
            break
        # A camera that moves fast leaves nothing in sight that long.
        length = length // 2
        if length < LEAST_FRAMES - 1:
            return
    yield first
    fitting = [on_path(window, first, 2 * near) for window in tracked]
    others = [paths.background(window, near, fits) for window, fits in zip(tracked, fitting)]
    second = paths.estimated(tracked, others, frames, checkpoint)
    if second is not None:
        yield second


def on_path(window: Window, path: np.ndarray, near: float) -> np.ndarray:
    """Which tracks of a window stand still on a path, as far as they were followed: (N,) bool."""
    back = similarity.inverse(path)
    first = similarity.applied(back[window.first], window.places[:, 0])
    fits = np.ones(len(first), bool)
    for step in range(1, window.places.shape[1]):
        place = similarity.applied(back[window.first + step], window.places[:, step])
        off = np.linalg.norm(place - first, axis=-1)
        fits &= (off < near) | ~window.alive[:, step]
    return fits


def grey_frames(
    codes: torch.Tensor, factor: float, checkpoint: Callable[[], None] = lambda: None
) -> np.ndarray:
    """Codes, (T, H, W, 3) uint8, as grey frames, (T, H', W') uint8, `factor` times as small."""
    height, width = (max(1, round(side / factor)) for side in codes.shape[1:3])
    found = np.empty((len(codes), height, width), np.uint8)
    for number, frame in enumerate(codes):
        checkpoint()
        picture = frame.cpu().numpy()
        if factor > 1:
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        found[number] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return found


def grows(path: np.ndarray, size: tuple[int, int]) -> float:
    """The area of the canvas that holds all frames of (H, W), in areas of a frame."""
    low, high = still.bounds(path, size)
    width, height = high - low + 1
    return float(width * height / (size[0] * size[1]))


def _share(greys: np.ndarray, path: np.ndarray, checkpoint: Callable[[], None]) -> float:
    """The share that stands still with a path; 0 with one that no camera takes."""
    scales = np.sqrt(np.abs(np.linalg.det(path[..., :2])))
    is_possible = scales.min() > 1 / MOST_ZOOM and scales.max() < MOST_ZOOM
    if not is_possible or grows(path, greys.shape[1:]) > 2 * MOST_GROWTH:
        return 0.0
    return still.stack(greys, path, checkpoint=checkpoint).share()


def _improved(
    greys: np.ndarray, path: np.ndarray, checkpoint: Callable[[], None]
) -> tuple[np.ndarray, float]:
    """A path that was made better as long as more stands still with it, and the share that does."""
    share = _share(greys, path, checkpoint)
    for _ in range(MOST_ROUNDS):
        better = refined(greys, path, checkpoint)
        its_share = _share(greys, better, checkpoint)
        if its_share <= share:
            break
        gain, path, share = its_share - share, better, its_share
        if gain < BETTER:
            break
    return path, share
