"""The path of a camera: where the scene lies in every frame, from tracks that last.

The background is what fits one similarity over a whole window of frames and over half of it: moving
texture dies before that, or bends. A chain from frame to frame, by contrast, follows whatever moves
as one, such as waves (measured: 6 px off where this path is 1 px off). All windows are solved at
once, with weights that fall with the residual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from vgpnn.camera import similarity
from vgpnn.camera.tracks import Window

LENGTH = 12  # frames over which corners are followed
NEAR = 1.0  # [px at a height of 240] what fits a similarity is as near as this
LEAST_NEAR = 0.6  # [px] the same, of small pictures
LEAST_TRACKS = 8  # of a window; of fewer nothing can be said
TRIES = 1000  # of RANSAC
SOLVED_ROUNDS = 6  # of the robust solution of all frames
PRIOR = 1e-6  # weight of the path before, which keeps frames without tracks where they were
SPANS = 1, 3, 6, 12  # [frames] of the pairs that are compared


def background(window: Window, near: float, without: np.ndarray | None = None) -> np.ndarray:
    """Which tracks of a window are of the background: (N,) bool.

    near: see `NEAR` [px]. without: (N,) bool, tracks that do not count.
    """
    last = window.places.shape[1] - 1
    alive = window.alive if without is None else window.alive & ~without[:, None]
    while last > 2 and alive[:, last].sum() < 5 * LEAST_TRACKS:
        last -= 1
    lives = alive[:, last]
    fits = _inliers(window, lives, last, near)
    both = fits & _inliers(window, lives, max(1, last // 2), near)
    return both if both.sum() > LEAST_TRACKS else fits


def _inliers(window: Window, lives: np.ndarray, step: int, near: float) -> np.ndarray:
    """Which tracks that live fit the similarity that most of them fit, over some frames."""
    found = np.zeros(len(lives), bool)
    if lives.sum() < LEAST_TRACKS:
        return found
    before, after = window.places[lives, 0], window.places[lives, step]
    options = {"ransacReprojThreshold": near, "maxIters": TRIES, "confidence": 0.999}
    _, inliers = cv2.estimateAffinePartial2D(before, after, method=cv2.RANSAC, **options)
    if inliers is not None:
        found[lives] = inliers[:, 0] > 0
    return found


def estimated(
    windows: Sequence[Window],
    chosen: Sequence[np.ndarray],
    frames: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray | None:
    """The path on which the chosen tracks stand still, (T, 2, 3): from the middle frame to each.

    chosen: of every window which tracks count, (N,) bool. None where frames are not connected.
    """
    pairs, start = [], [None] * frames
    start[0] = similarity.IDENTITY
    for window, is_chosen in zip(windows, chosen):
        checkpoint()
        for step in range(1, window.places.shape[1]):
            kept = is_chosen & window.alive[:, step]
            if kept.sum() < LEAST_TRACKS:
                continue
            at, places = window.first + step, window.places[kept]
            if start[at] is None and start[window.first] is not None:
                moved = similarity.fitted(places[:, 0], places[:, step])
                start[at] = similarity.composed(moved, start[window.first])
            for span in SPANS:
                if step >= span and (span == 1 or step == span):
                    pairs.append((at - span, at, places[:, step - span], places[:, step]))
    if any(each is None for each in start):  # frames that nothing connects with those before
        return None
    return _solved(pairs, rebased(np.stack(start), frames // 2), checkpoint)


def rebased(path: np.ndarray, reference: int) -> np.ndarray:
    """A path whose scene lies as it does in a frame."""
    return similarity.composed(path, similarity.inverse(path[reference]))


def _solved(
    pairs: list[tuple[int, int, np.ndarray, np.ndarray]],
    path: np.ndarray,
    checkpoint: Callable[[], None],
) -> np.ndarray:
    """The path for which the points of all pairs of frames lie at one place of the scene.

    pairs: numbers of two frames, and (N, 2) points in each. A similarity from a frame to the scene
    is linear in its four numbers, so that each round is one linear system.
    """
    frames, reference = len(path), len(path) // 2
    middle = np.mean([pair[2].mean(0) for pair in pairs], 0)
    sizes = [len(pair[2]) for pair in pairs]
    starts = np.cumsum([0, *sizes[:-1]])
    first, second = (np.array([pair[k] for pair in pairs]) for k in (0, 1))
    rows = [_rows(np.concatenate([pair[k] for pair in pairs]) - middle) for k in (2, 3)]
    to_scene = similarity.inverse(path)
    shift = similarity.applied(to_scene, middle[None])[:, 0] - middle
    numbers = np.stack([to_scene[:, 0, 0], to_scene[:, 1, 0], *shift.T], -1)  # (T, 4)
    of_pair = np.repeat(np.arange(len(pairs)), sizes)
    free = np.delete(np.arange(4 * frames), slice(4 * reference, 4 * reference + 4))
    for _ in range(SOLVED_ROUNDS):
        checkpoint()
        one, other = (
            np.einsum("nij,nj->ni", each, numbers[frame][of_pair])
            for each, frame in zip(rows, (first, second))
        )
        off = np.linalg.norm(one - other, axis=-1)
        near = np.clip(1.5 * np.median(off), 0.15, 2.0)
        weights = 1 / np.square(1 + np.square(off / near))
        system = np.zeros((frames, 4, frames, 4))
        for (a, left), (b, right) in ((m, n) for m in enumerate(rows) for n in enumerate(rows)):
            blocks = np.add.reduceat(
                np.einsum("nki,nkj->nij", left * weights[:, None, None], right), starts
            )
            places = (first, second)[a], (first, second)[b]
            np.add.at(system, (places[0], slice(None), places[1]), blocks if a == b else -blocks)
        system = system.reshape(4 * frames, 4 * frames)
        flat = numbers.reshape(-1)
        wanted = -np.delete(system, free, 1)[free] @ np.delete(flat, free) + PRIOR * flat[free]
        inner = system[np.ix_(free, free)] + PRIOR * np.eye(len(free))
        flat[free] = np.linalg.solve(inner, wanted)
        numbers = flat.reshape(frames, 4)
    found = similarity.of(numbers)
    found[:, :, 2] += middle - (found[:, :, :2] @ middle)
    return similarity.inverse(found)


def _rows(points: np.ndarray) -> np.ndarray:
    """(N, 2) points as (N, 2, 4): their product with the numbers of a similarity moves them."""
    x, y = points.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    return np.stack([np.stack([x, -y, one, zero], -1), np.stack([y, x, zero, one], -1)], 1)
