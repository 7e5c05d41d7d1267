"""Similarities: composing, undoing, fitting."""

import numpy as np
import pytest

from vgpnn.camera import similarity

POINTS = np.random.default_rng(0).uniform(0, 100, (40, 2))
ONE = similarity.of(np.array([0.9, 0.1, 3.0, -4.0]))
OTHER = similarity.of(np.array([1.1, -0.3, -7.0, 2.0]))


def test_composed_does_the_first_and_then_the_second():
    both = similarity.applied(similarity.composed(OTHER, ONE), POINTS)
    assert np.allclose(both, similarity.applied(OTHER, similarity.applied(ONE, POINTS)))


def test_the_inverse_undoes_stacks_of_similarities():
    stack = np.stack([ONE, OTHER])
    undone = similarity.composed(similarity.inverse(stack), stack)
    assert np.allclose(undone, similarity.IDENTITY)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_rescaled_similarity_moves_the_same_places_of_larger_pictures(factor):
    large = similarity.rescaled(ONE, factor)
    moved = (similarity.applied(ONE, POINTS) + 0.5) * factor - 0.5
    assert np.allclose(similarity.applied(large, (POINTS + 0.5) * factor - 0.5), moved)


def test_a_fit_finds_the_similarity_again():
    assert np.allclose(similarity.fitted(POINTS, similarity.applied(ONE, POINTS)), ONE)


def test_a_robust_fit_does_not_follow_the_few_that_move_apart():
    after = similarity.applied(ONE, POINTS)
    after[:10] += [9, 4]
    plain, robust = similarity.fitted(POINTS, after), similarity.robustly_fitted(POINTS, after, 0.3)
    assert np.abs(robust - ONE).max() < 0.05 < np.abs(plain - ONE).max()


def test_one_point_is_moved_without_a_turn():
    found = similarity.fitted(POINTS[:1], POINTS[:1] + 5)
    assert np.allclose(similarity.applied(found, POINTS[:1]), POINTS[:1] + 5)
