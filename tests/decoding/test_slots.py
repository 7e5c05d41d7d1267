"""Frames are put on a grid in their order, one on each place, however much their times jitter."""

from __future__ import annotations

import numpy as np
import pytest

from vgpnn.decoding.sandbox.slots import are_crowded, ordered_slots, rising


def test_numbers_that_fall_become_their_mean():
    assert rising(np.array([0, 2, 1, 3.0])).tolist() == [0, 1.5, 1.5, 3]
    assert rising(np.array([3, 2, 1.0])).tolist() == [2, 2, 2]
    values = np.random.default_rng(0).normal(size=200)
    assert (np.diff(rising(values)) >= 0).all()
    assert rising(values).mean() == pytest.approx(values.mean())


def test_every_frame_has_a_place_of_its_own():
    """Two of them are nearest to one place, and the one before it is empty."""
    slots, moved = ordered_slots(np.array([0, 1, 2.7, 3.1, 4, 5]), 30)
    assert slots.tolist() == [0, 1, 2, 3, 4, 5] and 0 < moved < 0.4


def test_gaps_stay_where_frames_are_missing():
    kept = np.array([0, 1, 2, 5, 6, 9, 10])
    jitter = np.array([0, 0.4, -0.3, 0.4, -0.4, 0.3, 0])
    assert ordered_slots(kept + jitter, 30)[0].tolist() == kept.tolist()


@pytest.mark.parametrize("rate", [10, 30])
def test_times_of_a_varying_rate_are_no_jitter(rate):
    """They would be moved too far, in frames or in seconds."""
    positions = np.sort(np.random.default_rng(0).uniform(0, 90, 90))
    assert ordered_slots(positions, rate)[0] is None
    steps = np.array([1, 1, 0.5, 0.5, 4, 3, 0.5]).cumsum()
    assert ordered_slots(steps, 10)[0] is None


def test_a_place_is_crowded_only_beside_an_empty_one():
    assert are_crowded(np.array([0, 1, 3, 3, 4])) and are_crowded(np.array([0, 1, 1, 3]))
    assert not are_crowded(np.array([0, 1, 1, 2, 3])) and not are_crowded(np.array([0, 2, 4]))
