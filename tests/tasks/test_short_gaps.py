"""Marks between painted frames that are close to each other go each its own way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import vgpnn
from vgpnn.tasks import marking
from vgpnn.tasks.short_gaps import LONGEST, carried

SHAPE = (5, 96, 128)
STEP = 2  # [px per frame] by which a disc sinks; the ground stands still


@pytest.fixture(scope="module")
def scene():
    """A textured disc that sinks over a ground that does not move, and where both are: (T, H, W,
    3) uint8 and (T, H, W) bool."""
    random = np.random.default_rng(0)
    fine = np.kron(random.integers(0, 80, (24, 32, 3)), np.ones((4, 4, 1)))
    thing = np.kron(random.integers(140, 256, (24, 32, 3)), np.ones((4, 4, 1)))
    y, x = np.mgrid[: SHAPE[1], : SHAPE[2]]
    codes, marked = [], []
    for t in range(SHAPE[0]):
        disc = (y - 40 - STEP * t) ** 2 + (x - 60) ** 2 <= 16**2
        shifted = np.roll(thing, STEP * t, 0)
        codes.append(np.where(disc[..., None], shifted, fine))
        marked.append(disc | (y >= 76 + STEP * t) & (x > 52) & (x < 68) | (y >= 88))
    return torch.from_numpy(np.stack(codes).astype(np.uint8)), np.stack(marked)


def overlap(mask, other):
    return float((mask & other).sum() / (mask | other).sum())


def paint_of(mask):
    picture = np.zeros((*mask.shape, 4), np.uint8)
    picture[mask] = *marking.COLOURS["more"], 255
    return picture


def test_pieces_that_touch_go_each_its_own_way(scene):
    codes, marked = scene
    found = dict(carried(codes, {0: marked[0], 4: marked[4]}))
    assert [*found] == [1, 2, 3]
    for frame, mask in found.items():
        assert overlap(mask.numpy(), marked[frame]) > 0.85
    pictures = {frame: paint_of(marked[frame]) for frame in (0, 4)}
    whole = marking.marked(codes, pictures, alike=False).more
    assert all(whole[frame].equal(found[frame]) for frame in found)


def test_only_where_the_flow_leads_from_one_to_the_next(scene):
    codes, marked = scene
    moved = np.roll(marked[4], 50, 1)
    assert [*carried(codes, {0: marked[0], 4: moved})] == []
    empty = np.zeros_like(moved)
    assert [*carried(codes, {0: marked[0], 4: empty})] == []


def test_many_pieces_are_carried_in_any_case(scene):
    codes, _ = scene
    dots = np.zeros(SHAPE[1:], bool)
    dots[4::12, 4::12] = True
    assert [frame for frame, _ in carried(codes, {0: dots, 2: dots})] == [1]


def test_frames_that_are_far_apart_are_left_to_the_tracks(scene):
    codes = torch.cat([scene[0], scene[0][-1:]])
    masks = {0: scene[1][0], LONGEST + 1: scene[1][4]}
    assert [*carried(codes, masks)] == []


def test_it_can_be_stopped(scene):
    def checkpoint():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        list(carried(scene[0], {0: scene[1][0], 4: scene[1][4]}, checkpoint))
