"""Cuts through space and time: each pixel changes over where the two courses are alike."""

import pytest
import torch

from vgpnn.tasks import cuts
from vgpnn.tasks.moments import Jump

JUMP = Jump(frame=20, before=20, after=10)


def test_pixels_change_over_where_the_courses_are_alike():
    """The two courses differ but for one moment: two frames before the jump in the upper half of
    the picture, and two frames behind it in the lower half."""
    source = torch.zeros(40, 8, 9, 3)
    source[17:25] = 1.0
    source[18:20, :4] = 0.0
    source[22:24, 4:] = 0.0
    found = cuts.spread(source, JUMP, (3, 3), torch.ones(8, 9, dtype=torch.bool))
    assert (found[:3] == -2).all() and (found[-3:] == 2).all()


def test_outside_the_region_nothing_is_moved():
    random = torch.Generator().manual_seed(0)
    source = torch.rand(40, 8, 9, 3, generator=random)
    region = torch.zeros(8, 9, dtype=torch.bool)
    region[2:5, 3:7] = True
    found = cuts.spread(source, JUMP, (3, 2), region)
    assert (found[~region] == 0).all() and (found >= -3).all() and (found <= 2).all()
    assert not cuts.spread(source, JUMP, (0, 0), region).any()


def test_a_thing_on_its_way_is_not_cut():
    """A bright square is in the picture until 3 frames after the jump: its pixels wait for that."""
    source = torch.zeros(40, 8, 9, 3)
    source[20:24, 2:6, 2:6] = 1.0  # shown at the jump and at the 3 frames behind it
    found = cuts.spread(source, JUMP, (4, 4), torch.ones(8, 9, dtype=torch.bool))
    inside = found[3:5, 3:5]
    assert ((inside >= 3) | (inside <= -2)).all()


@pytest.mark.parametrize(
    ("jump", "room", "reach"),
    [
        (Jump(20, 20, 10), (30, 30), (3, 3)),
        (Jump(20, 39, 10), (30, 30), (3, 0)),
        (Jump(20, 20, 1), (30, 30), (1, 3)),
        (Jump(20, 20, 10), (5, 4), (2, 1)),
        (Jump(20, 39, 0), (1, 1), (0, 0)),
    ],
    ids=str,
)
def test_pixels_change_over_within_the_source_and_before_the_next_jump(jump, room, reach):
    assert cuts.reach_of(jump, room, 40, 3) == reach
    shape = cuts.differences(torch.rand(40, 5, 6, 3), jump, reach).shape
    assert shape == (sum(reach) + 2, 5, 6)
