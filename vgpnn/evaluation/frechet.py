"""The Frechet distance of two sets of features, and SVFID (Gur et al. 2020, HP-VAE-GAN).

SVFID is this distance between the C3D features (`c3d`) of a result and of its source. Every place
of a feature map is one point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import scipy  # scipy.linalg is loaded when it is first used
import torch

from vgpnn.evaluation import c3d
from vgpnn.video import Video, as_video

Features = Callable[[torch.Tensor], Iterable[torch.Tensor]]
Moments = tuple[np.ndarray, np.ndarray]


def svfid(
    source: Video | torch.Tensor,
    generated: Video | torch.Tensor,
    features: Features = c3d.feature_slabs,
) -> float:
    """The Frechet distance between the features of two videos; 0 means that they are alike.

    features: gives the points of (T, H, W, 3) values in [-1, 1], (N, D) for some at a time.
    Raises ValueError with one sentence where the features cannot be computed.
    """
    a, b = (moments(features(as_video(clip).frames)) for clip in (source, generated))
    return frechet_distance(*a, *b)


def moments(points: Iterable[torch.Tensor | np.ndarray]) -> Moments:
    """The mean (D,) and the unbiased covariance (D, D) of points, given (N, D) at a time.

    Raises ValueError for fewer than two points.
    """
    count, total, products = 0, 0.0, 0.0
    for part in points:
        rows = np.asarray(part, np.float64)
        if count == 0:
            # Sums are of differences to a point near the mean, which keeps them small and exact.
            origin = rows.mean(0)
        rows = rows - origin
        count, total, products = count + len(rows), total + rows.sum(0), products + rows.T @ rows
    if count < 2:
        raise ValueError(f"Points are two rows or more, (N, D), not {count}: give more.")
    mean = total / count
    return origin + mean, (products - count * np.outer(mean, mean)) / (count - 1)


def frechet_distance(
    mean: np.ndarray, covariance: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray
) -> float:
    """The squared Frechet distance of two Gaussians (Dowson and Landau 1982), as FID uses it:

    |m - m2|^2 + tr(C + C2 - 2 (C^(1/2) C2 C^(1/2))^(1/2)).

    mean: (D,). covariance: (D, D), symmetric and positive semi-definite. It may be singular, so the
    roots are taken of eigenvalues, and not of the product C C2.
    Raises ValueError for shapes that do not fit.
    """
    shapes = {np.shape(mean), np.shape(mean2)}, {np.shape(covariance), np.shape(covariance2)}
    if shapes != ({np.shape(mean)}, {(len(mean), len(mean))}):
        raise ValueError(
            "Means are (D,) and covariances (D, D), with one D: compare the same features."
        )
    values, vectors = scipy.linalg.eigh(covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    between = np.sqrt(scipy.linalg.eigvalsh(root @ covariance2 @ root).clip(0)).sum()
    squares = np.square(np.subtract(mean, mean2)).sum()
    return float(squares + np.trace(covariance) + np.trace(covariance2) - 2 * between)
