"""The Frechet distance of Gaussians with closed forms, and SVFID with simple features."""

import math

import numpy as np
import pytest
import torch
from helpers.textures import texture

from vgpnn.evaluation.frechet import frechet_distance, moments, svfid


def test_frechet_distance_of_gaussians():
    mean, other_mean = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 7.0])
    variances, other_variances = np.array([4.0, 9.0, 0.0]), np.array([1.0, 16.0, 0.25])
    expected = 4 + 16 + 1 + 1 + 0.25  # |m - m2|^2 + sum (s - s2)^2; the first one is singular
    a, b = (mean, np.diag(variances)), (other_mean, np.diag(other_variances))
    assert frechet_distance(*a, *b) == pytest.approx(expected)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    a, b = ((turn @ mean, turn @ covariance @ turn.T) for mean, covariance in (a, b))
    assert frechet_distance(*a, *b) == pytest.approx(expected)
    assert frechet_distance(*b, *a) == pytest.approx(expected)
    assert frechet_distance(*a, *a) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_where_covariances_do_not_commute():
    """For 2 x 2 matrices tr sqrt(A B) = sqrt(tr(A B) + 2 sqrt(det(A B)))."""
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[4.0, -1.0], [-1.0, 1.0]])
    product = a @ b
    root = math.sqrt(np.trace(product) + 2 * math.sqrt(np.linalg.det(product)))
    distance = frechet_distance(np.zeros(2), a, np.zeros(2), b)
    assert distance == pytest.approx(np.trace(a) + np.trace(b) - 2 * root)


def test_moments_do_not_depend_on_how_points_are_given():
    points = np.random.default_rng(0).normal(50, 3, (101, 4))
    for count in (1, 2, 7):
        mean, covariance = moments(np.array_split(points, count))
        assert np.allclose(mean, points.mean(0)) and np.allclose(covariance, np.cov(points.T))


def test_svfid_of_colours_is_the_square_of_a_brightening():
    source = texture() / 2
    distance = svfid(source, source + 0.25, lambda video: video.reshape(-1, 20, 3))
    assert distance == pytest.approx(3 * 0.25**2, rel=0.02)


def test_a_single_point_has_no_covariance():
    with pytest.raises(ValueError, match="give more"):
        moments([torch.zeros(1, 3)])


def test_features_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="compare the same features"):
        frechet_distance(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))
    with pytest.raises(ValueError, match="compare the same features"):
        frechet_distance(np.zeros(2), np.eye(3), np.zeros(2), np.eye(3))
