"""Regions: pixels follow the moments that show least, and joins lie where they show least."""

import numpy as np
import torch
from helpers.clips import drifting_texture

from vgpnn.codes import decode
from vgpnn.tasks import regions
from vgpnn.tasks.moments import Jump


def test_a_join_lies_where_the_picture_stands_still(monkeypatch):
    """Two parts that move, with a still one between: each part follows one schedule."""
    monkeypatch.setattr(regions, "PREFERENCE", 0.05)
    random = torch.Generator().manual_seed(0)
    frames = torch.rand(12, 1, 1, 3, generator=random).expand(12, 10, 15, 3).clone()
    frames[:, :, 6:9] = 0.5
    frames[:, :, 9:] = torch.rand(12, 1, 1, 3, generator=random)
    schedules = np.stack([np.roll(np.arange(12), shift) for shift in (3, 5, 7)])
    chances = [np.random.default_rng(seed) for seed in range(8)]
    found = [regions.labelled(frames, schedules, False, each, lambda: None) for each in chances]
    for chosen, joins in found:
        assert chosen[:, :6].unique().numel() == 1 and chosen[:, 9:].unique().numel() == 1
        assert joins < 1e-3


def test_pixels_follow_the_schedule_that_does_not_jump_there():
    """One schedule jumps where the left half shows it, the other one where the right half does."""
    frames = torch.zeros(12, 8, 16, 3)
    frames[:6, :, :8] = 1.0  # the left half changes at frame 6, and so is not alike around it
    frames[:, :, 8:] = torch.arange(12.0).view(12, 1, 1, 1) % 2
    calm = np.array([6, 7, 8, 9, 10, 11, 6, 7, 8, 9, 10, 11])  # by an even number, on one side of 6
    wild = np.array([6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 5, 6])
    random = np.random.default_rng(0)
    chosen, _ = regions.labelled(frames, np.stack([wild, calm]), False, random, lambda: None)
    assert (chosen[:, :7] == 1).all()


def test_the_room_of_a_jump_ends_at_its_neighbours():
    jumps = [Jump(3, 0, 0), Jump(9, 0, 0)]
    assert regions.rooms(jumps, 12, circular=False) == [(4, 6), (6, 2)]
    assert regions.rooms(jumps, 12, circular=True) == [(6, 6), (6, 6)]
    assert regions.rooms(jumps[:1], 12, circular=True) == [(12, 12)]
    assert regions.rooms([], 12, circular=True) == []


def test_other_chances_make_other_regions():
    frames = decode(drifting_texture((12, 20, 24), 0))
    random = np.random.default_rng(0)
    schedules = np.stack([(np.arange(20) + shift) % 12 for shift in range(6)])
    one, other = (
        regions.labelled(frames, schedules, False, random, lambda: None)[0] for _ in range(2)
    )
    assert one.unique().numel() > 1 and (one != other).any()
