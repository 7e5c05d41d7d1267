"""Similarities of the plane, which turn, scale and shift, and how they are fitted to points.

A similarity is a (2, 3) float64 matrix for columns (x, y, 1) [px]; a path is one for every frame,
(T, 2, 3). All functions work on single matrices and on stacks of them.
"""

from __future__ import annotations

import numpy as np

IDENTITY = np.eye(2, 3)
ROUNDS = 5  # of a robust fit, in each of which weights follow from the residuals
LEAST_SPREAD = 1e-9


def of(numbers: np.ndarray) -> np.ndarray:
    """The matrices of (..., 4) numbers a, b, x, y: they turn and scale by a + bi, then shift."""
    a, b, x, y = np.moveaxis(np.asarray(numbers, float), -1, 0)
    rows = np.stack([a, -b, x], -1), np.stack([b, a, y], -1)
    return np.stack(rows, -2)


def moved_by(x: float, y: float) -> np.ndarray:
    """The matrix of a shift [px]."""
    return of(np.array([1.0, 0.0, x, y]))


def applied(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where (N, 2) points go: (..., N, 2)."""
    return points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def composed(second: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The similarity that does `first`, and then `second`."""
    turn = second[..., :2] @ first[..., :2]
    shift = (second[..., :2] @ first[..., 2:])[..., 0] + second[..., 2]
    return np.concatenate([turn, shift[..., None]], -1)


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The similarity that undoes another."""
    back = np.linalg.inv(matrix[..., :2])
    return np.concatenate([back, -(back @ matrix[..., 2:])], -1)


def rescaled(matrix: np.ndarray, factor: float) -> np.ndarray:
    """A similarity between pictures as one between the same pictures, so many times as large.

    Pixel 0 has its middle at 0.5 of both.
    """
    numbers = np.array(matrix, float)
    half = np.array([0.5, 0.5])
    moved = numbers[..., :2] @ half - half  # what the halves add at the smaller size
    numbers[..., 2] = (numbers[..., 2] - moved) * factor + moved
    return numbers


def fitted(before: np.ndarray, after: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The similarity with the least weighted squares that takes (N, 2) points to others.

    weights: (N,); None: all count alike. There is at least one point.
    """
    weights = np.ones(len(before)) if weights is None else weights
    weights = weights / weights.sum()
    middle, target = weights @ before, weights @ after
    (x, y), (u, v) = (before - middle).T, (after - target).T
    spread = max(LEAST_SPREAD, float(weights @ (x * x + y * y)))
    a, b = weights @ (x * u + y * v) / spread, weights @ (x * v - y * u) / spread
    turn = of(np.array([a, b, 0.0, 0.0]))
    turn[:, 2] = target - turn[:, :2] @ middle
    return turn


def robustly_fitted(
    before: np.ndarray, after: np.ndarray, near: float, start: np.ndarray | None = None
) -> np.ndarray:
    """`fitted`, with weights that fall with the distance (Cauchy's).

    near: the distance at which a point counts half [px]. start: a first answer; None: that of equal
    weights.
    """
    found = fitted(before, after) if start is None else start
    for _ in range(ROUNDS):
        off = distances(found, before, after)
        found = fitted(before, after, 1 / (1 + np.square(off / near)))
    return found


def distances(matrix: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How far (N, 2) points are from where a similarity takes others: (N,) [px]."""
    return np.linalg.norm(applied(matrix, before) - after, axis=-1)


def corners(size: tuple[int, int]) -> np.ndarray:
    """The middles of the outermost pixels of an (H, W) picture: (4, 2)."""
    bottom, right = size[0] - 1.0, size[1] - 1.0
    return np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]])
