"""The path that a result gets: as the camera went, or held still, for any length and size."""

from __future__ import annotations

import numpy as np

from vgpnn.camera import similarity

ORIGINAL, HELD = "original", "still"


def course(
    path: np.ndarray,
    size: tuple[int, int],
    frames: int,
    loop: bool = False,
    kind: str = ORIGINAL,
) -> np.ndarray:
    """The path of a result of a number of frames: (frames, 2, 3), from the canvas to them.

    path: (T, 2, 3), from the canvas to frames of (H, W), which is `size`. kind: "original" or
    "still". loop: whether the last frame leads into the first.
    What the camera does on its way, such as shaking, keeps its pace, and goes on from its start in
    a longer result. The way itself, such as a pan, takes as long as a longer result. A shorter one
    goes a part of it, in the middle, at the camera's pace. A loop has no way: it ends where it
    began.
    """
    if kind == ORIGINAL and not loop and frames == len(path):
        return path
    if kind == ORIGINAL and not loop and frames <= len(path):
        first = (len(path) - frames) // 2
        return path[first : first + frames]
    poses = poses_of(path, size)
    if kind == HELD:
        return path_of(np.repeat(poses.mean(0)[None], frames, 0), size)
    count, steps = len(poses), np.arange(len(poses))[:, None]
    if loop:
        way = (2 * poses[-1] - poses[-2] - poses[0]) / count  # to where the next frame would be
        around = poses - way * steps
        around += poses.mean(0) - around.mean(0)
        turns = max(1, round(frames / count))
        return path_of(_periodic(around, np.arange(frames) * turns * count / frames), size)
    way = (poses[-1] - poses[0]) / max(1, count - 1)
    shaking = poses - way * steps
    places = np.arange(frames) % max(1, count - 1) if count > 1 else np.zeros(frames, int)
    share = np.arange(frames)[:, None] / (frames - 1)
    return path_of(shaking[places] + share * (poses[-1] - poses[0]), size)


def _periodic(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values of a period, (T, N), at places between them."""
    before = np.floor(places).astype(int)
    part = (places - before)[:, None]
    return values[before % len(values)] * (1 - part) + values[(before + 1) % len(values)] * part


def poses_of(path: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A path as numbers that can be averaged: of every frame the logarithm of its scale, its turn
    [rad], and where its middle lies on the canvas, x and y [px]: (T, 4)."""
    scale, turn = np.hypot(path[:, 0, 0], path[:, 1, 0]), np.arctan2(path[:, 1, 0], path[:, 0, 0])
    middle = similarity.applied(similarity.inverse(path), middle_of(size)[None])[:, 0]
    return np.column_stack([np.log(scale), np.unwrap(turn), middle])


def path_of(poses: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The path of (T, 4) poses, see `poses_of`."""
    scales = np.exp(poses[:, 0])
    numbers = scales * np.cos(poses[:, 1]), scales * np.sin(poses[:, 1])
    path = similarity.of(np.column_stack([*numbers, np.zeros((len(poses), 2))]))
    path[:, :, 2] = middle_of(size) - similarity.applied(path, poses[:, None, 2:])[:, 0]
    return path


def resized(
    path: np.ndarray,
    size: tuple[int, int],
    result: tuple[int, int],
    scales: tuple[float, float],
) -> np.ndarray:
    """A path for frames of another (H, W), `result`, on a canvas of other proportions.

    scales: how many times as high and as wide the canvas is. The scene keeps its size in the
    frames, and their middles lie where they did in proportion.
    """
    poses = poses_of(path, size)
    factors = np.array(scales[::-1])
    poses[:, 2:] = (poses[:, 2:] + 0.5) * factors - 0.5
    return path_of(poses, result)


def middle_of(size: tuple[int, int]) -> np.ndarray:
    """The middle of an (H, W) picture, (x, y) [px]."""
    return (np.array(size[::-1]) - 1.0) / 2


def between(path: np.ndarray, size: tuple[int, int], places: np.ndarray) -> np.ndarray:
    """A path, (T, 2, 3), at times between its frames: (N, 2, 3). places: (N,), in frames."""
    poses = poses_of(path, size)
    numbers = np.arange(len(poses))
    found = [np.interp(places, numbers, column) for column in poses.T]
    return path_of(np.column_stack(found), size)
