"""Moments: they play on, jump seldom, and where it shows little."""

import numpy as np
import pytest
import torch

from vgpnn.tasks import moments
from vgpnn.tasks.moments import Jump


def turning(frames, period):
    """Points on a circle, (T, 2): frames that are alike after each period."""
    phase = torch.arange(frames) % period * 2 * torch.pi / period
    return torch.stack([phase.cos(), phase.sin()], -1)


def drawn(frames, count, seed, circular=False):
    costs = moments.jump_costs(moments.window_differences(frames))
    return moments.draw(costs, count, np.random.default_rng(seed), circular)


def test_windows_tell_motion_from_its_reverse():
    """A pendulum: single frames are equal on both ways, windows are not."""
    swing = torch.tensor([[0.0], [1], [2], [3], [2], [1], [0], [1], [2], [3]])
    differences = moments.window_differences(swing)
    assert differences[1, 7] == 0  # on the same way
    assert differences[1, 5] > 1  # on the way back
    assert np.array_equal(differences, differences.T)


def test_jumps_lead_where_the_motion_goes_on():
    """A motion that repeats: jumps by whole periods cost nothing but that they are jumps."""
    costs = moments.jump_costs(moments.window_differences(turning(36, 12)))
    for before in (3, 20, 30):
        free = np.flatnonzero(costs[before] < 0.01)
        assert len(free) >= 2 and ((free - before - 1) % 12 == 0).all()
        assert np.isinf(costs[before, [before, before + 2]]).all()  # would stutter


@pytest.mark.parametrize("circular", [False, True], ids=["open", "loop"])
@pytest.mark.parametrize("seed", range(3))
def test_moments_play_on_and_jump_seldom(circular, seed):
    found = drawn(turning(36, 12), 60, seed, circular)
    jumps = moments.jumps_of(found, circular)
    assert found.shape == (60,) and found.min() >= 0 and found.max() < 36
    assert 1 <= len(jumps) <= 4


def test_other_seeds_draw_other_moments_and_the_same_seed_the_same():
    found = {tuple(drawn(turning(24, 5), 48, seed)) for seed in range(6)}
    assert len(found) >= 3
    assert np.array_equal(drawn(turning(24, 5), 48, 3), drawn(turning(24, 5), 48, 3))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("circular", [False, True], ids=["open", "loop"])
def test_short_sources_have_moments_too(length, circular):
    random = torch.Generator().manual_seed(0)
    found = drawn(torch.rand(length, 8, generator=random), 17, 0, circular)
    assert found.shape == (17,) and found.min() >= 0 and found.max() < length


def test_a_course_is_made_of_long_pieces():
    course, begins = moments.draw_course(40, 200, np.random.default_rng(1), (0.5, 0.6))
    assert course.shape == (200,) and course.min() >= 0 and course.max() < 40
    cuts = {0, *(np.flatnonzero(np.diff(course) != 1) + 1).tolist()}
    assert cuts <= begins
    lengths = np.diff(sorted(begins))
    assert 20 <= lengths[0] <= 24 and (lengths[1:] >= 36).all() and (lengths <= 40).all()


def test_a_jump_is_named_by_what_is_shown_before_and_after_it():
    shown = np.array([4, 5, 6, 1, 2, 3])
    assert moments.jumps_of(shown, circular=False) == [Jump(2, 6, 1)]
    assert moments.jumps_of(shown, circular=True) == [Jump(2, 6, 1)]  # 4 follows 3
    assert moments.jumps_of(shown + [0, 0, 0, 0, 0, 1], True)[-1] == Jump(5, 4, 4)
