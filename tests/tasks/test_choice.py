"""How drafts are scored, and which are chosen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.evaluation import metrics
from vgpnn.tasks import choice, generation
from vgpnn.tasks.choice import Score

SETTINGS = vgpnn.PRESETS["generate"].with_changes(sigma=0.0, passes=1, coarsest_passes=1)


def picture(seed: int) -> torch.Tensor:
    return torch.rand(3, 12, 20, generator=torch.Generator().manual_seed(seed))


def scored(error: float, seed: int, change: float = 0.5, joins: float = 0.0) -> Score:
    return Score(error, change, joins, picture(seed), picture(99))


@pytest.fixture(scope="module")
def state():
    return next(generation.problem(drifting_texture((5, 30, 40), 0), 0, SETTINGS).passes())


def test_a_copy_has_no_error_and_no_change(state):
    (score,) = choice.scores(state, [0.0])
    assert score.error == 0 and score.change == 0 and torch.equal(score.picture, score.source)


def test_what_the_source_lacks_and_what_the_result_lacks_are_both_errors(state):
    """A stripe of another colour: no patch of the source has it, and the source's is missing."""
    changed = state.guess.clone()
    changed[:, :, :, :8] = 255 - changed[:, :, :, :8]
    (score,) = choice.scores(replace(state, guess=changed), [0.0])
    (flat,) = choice.scores(replace(state, guess=torch.full_like(changed, 128)), [0.0])
    assert 0 < score.error < flat.error and score.change > 0
    source = state.level_input.source
    coherence = choice.ERROR_FACTOR * metrics.mean_nearest_distance(
        metrics.draw_patches(changed[0], 10**6, torch.Generator().manual_seed(0)), source
    )
    completeness = choice.ERROR_FACTOR * metrics.mean_nearest_distance(
        metrics.draw_patches(source, 10**6, torch.Generator().manual_seed(0)), changed[0]
    )
    assert score.error == pytest.approx((coherence + completeness) / 2, rel=0.25)


def test_novelty_is_a_distance_that_follows_pans():
    one, other = picture(0), picture(1)
    assert choice.novelty(one, one) == 0
    assert choice.novelty(one, other) == pytest.approx(choice.novelty(other, one))
    panned = torch.cat([one[..., 4:], one[..., :4]], dim=2)
    far = torch.cat([one[..., 10:], one[..., :10]], dim=2)
    differences = [(each - one).abs().mean().item() for each in (panned, far)]
    assert differences[0] == pytest.approx(differences[1], rel=0.2)
    assert choice.novelty(panned, one) < 0.2 * choice.novelty(far, one)


def test_of_equal_drafts_the_one_with_less_error_is_best():
    scores = [scored(9.0, 1), scored(3.0, 1), scored(5.0, 1)]
    assert choice.best(scores, [], (0.2, 1.0), 0.8) == 1


def test_joins_that_do_not_fit_count_as_error():
    scores = [scored(3.0, 1, joins=40.0), scored(6.0, 1)]
    assert choice.best(scores, [], (0.2, 1.0), 0.8) == 1


def test_a_draft_like_one_that_was_chosen_is_not_chosen_again():
    scores = [scored(3.0, 1), scored(5.0, 2)]
    assert choice.best(scores, [], (0.2, 1.0), 0.8) == 0
    assert choice.best(scores, [scored(3.0, 1)], (0.2, 1.0), 0.8) == 1


def test_changes_outside_the_band_are_taken_only_where_there_are_no_others():
    scores = [scored(0.1, 1, change=0.1), scored(9.0, 2, change=0.3), scored(0.1, 3, change=1.2)]
    assert choice.best(scores, [], (0.2, 1.0), 0.8) == 1
    assert choice.best(scores[:1] + scores[2:], [], (0.2, 1.0), 0.8) == 0  # the nearest to the band


def test_the_band_moves_with_the_setting_and_never_allows_near_copies():
    bands = [choice.band(noise) for noise in (0.0, 0.6, 1.0, 2.0, 5.0)]
    assert bands == sorted(bands)
    assert all(0.12 < low <= high for low, high in bands)
    assert choice.band(1.0) == (choice.LEAST_CHANGE, choice.MOST_CHANGE)


@pytest.mark.parametrize(("side", "furthest"), [(7, 2), (5, 0), (1, 0), (4, 3)])
def test_means_of_diagonals(side, furthest):
    matrix = np.random.default_rng(0).random((side, side))
    expected = [np.diagonal(matrix, by).mean() for by in range(-furthest, furthest + 1)]
    assert choice.diagonal_means(matrix, furthest) == pytest.approx(expected)
