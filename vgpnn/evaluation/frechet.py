"""Frechet distance of two sets of features, the measure of SVFID (Gur et al. 2020, HP-VAE-GAN).

SVFID is this distance between C3D features (`c3d`) of a result and of its source, where every place
of the feature map is one point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import scipy.linalg
import torch

from vgpnn.evaluation import c3d
from vgpnn.tasks.problem import as_video
from vgpnn.video import Video

Features = Callable[[torch.Tensor], Iterable[torch.Tensor]]
Moments = tuple[np.ndarray, np.ndarray]


def svfid(
    source: Video | torch.Tensor,
    generated: Video | torch.Tensor,
    features: Features = c3d.feature_slabs,
) -> float:
    """Frechet distance between the features of two videos; 0 is alike.

    features: from (T, H, W, 3) values in [-1, 1] to points, some (N, D) at a time.
    Raises ValueError with one sentence where there are none.
    """
    one, other = (moments(features(as_video(clip).frames)) for clip in (source, generated))
    return frechet_distance(*one, *other)


def moments(points: Iterable[torch.Tensor | np.ndarray]) -> Moments:
    """Mean (D,) and unbiased covariance (D, D) of points, some (N, D) at a time.

    Raises ValueError below two points."""
    count, total, products = 0, 0.0, 0.0
    for some in points:
        rows = np.asarray(some, np.float64)
        if count == 0:
            first = rows.mean(0)  # near the mean: what is subtracted in the end stays small
        rows = rows - first
        count, total, products = count + len(rows), total + rows.sum(0), products + rows.T @ rows
    if count < 2:
        raise ValueError(f"Points are two rows or more, (N, D), not {count}: give more.")
    mean = total / count
    return first + mean, (products - count * np.outer(mean, mean)) / (count - 1)


def frechet_distance(
    mean: np.ndarray, covariance: np.ndarray, mean2: np.ndarray, covariance2: np.ndarray
) -> float:
    """Squared Frechet distance of two Gaussians (Dowson and Landau 1982), as FID has it:

    |m - m2|^2 + tr(C + C2 - 2 (C^(1/2) C2 C^(1/2))^(1/2)).

    mean: (D,). covariance: (D, D), symmetric and positive semi-definite; singular is fine, which is
    why the roots are taken of eigenvalues and not of the product C C2.
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
    apart = np.square(np.subtract(mean, mean2)).sum()
    return float(apart + np.trace(covariance) + np.trace(covariance2) - 2 * between)
