"""Which patches of a video search: their places, and that they cover every voxel."""

import pytest
import torch

from vgpnn.patches import corners
from vgpnn.query_grid import QueryGrid, can_be_sparse, placing

KINDS = {"all": (1, 0), "every-second": (2, 0), "shifted": (2, 1)}
place_of, first_from, count_to = placing()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [*range(1, 12), 40, 41])
def test_numbers_and_places_along_an_axis_belong_together(side, kind):
    """side: how many patches there are along the axis."""
    stride, shift = KINDS[kind]
    grid = QueryGrid((5, side + 2, 3), (1, 3, 3), stride, shift)
    for odd in (0, 1):
        places = grid.places(1, odd).tolist()
        count, of_frame = len(places), shift * odd
        assert places == [place_of(n, count, side, stride, of_frame) for n in range(count)]
        assert places == sorted(set(places)) and (places[0], places[-1]) == (0, side - 1)
        for place in range(-4, side + 4):
            after = [n for n, p in enumerate(places) if p >= place]
            if after:
                assert first_from(place, count, stride, of_frame) == after[0]
            if place >= 0:
                before = sum(p <= place for p in places)
                assert count_to(place, count, side, stride, of_frame) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("patch", [(3, 7, 7), (2, 3, 4), (1, 5, 3)], ids=str)
@pytest.mark.parametrize("shape", [(5, 9, 12), (4, 8, 7), (3, 7, 8)], ids=str)
def test_every_voxel_is_covered(shape, patch, kind):
    grid = QueryGrid(shape, patch, *KINDS[kind])
    covered = torch.zeros(shape, dtype=torch.bool)
    for t, y, x in grid.corners().reshape(-1, 3).tolist():
        covered[t : t + patch[0], y : y + patch[1], x : x + patch[2]] = True
    assert covered.all()


@pytest.mark.parametrize("slots_of", [lambda side: side // 2 + 1])
@pytest.mark.parametrize("side", range(3, 12))
def test_columns_that_many_slots_apart_do_not_overlap(side, slots_of):
    """The kernel of the median lays patches side by side."""
    for width in range(side, 40):
        grid = QueryGrid((2, side, width), (1, side, side), 2, 1)
        for odd in (0, 1):
            places = grid.places(2, odd)
            slots = slots_of(side)
            assert (places[slots:] - places[:-slots] >= side).all()


def test_odd_frames_are_shifted_and_cover_other_places():
    grid = QueryGrid((4, 11, 12), (1, 3, 3), 2, 1)
    assert grid.counts == (4, 5, 6)
    assert grid.places(1, 0).tolist() == [0, 2, 4, 6, 8]
    assert grid.places(1, 1).tolist() == [0, 1, 3, 5, 8]
    assert grid.places(2, 0).tolist() == [0, 2, 4, 6, 8, 9]
    assert grid.places(2, 1).tolist() == [0, 1, 3, 5, 7, 9]


def test_all_patches_are_a_grid_too():
    grid = QueryGrid.of_all((2, 3, 5), (3, 5, 5))
    assert grid == QueryGrid((4, 7, 9), (3, 5, 5)) and grid.counts == grid.all == (2, 3, 5)
    assert torch.equal(grid.corners(), corners((4, 7, 9), (3, 5, 5)).short())


@pytest.mark.parametrize("kind", KINDS)
def test_the_nearest_patch_is_that_of_least_distance(kind):
    grid = QueryGrid((3, 20, 23), (1, 3, 3), *KINDS[kind])
    wanted = torch.linspace(-2, 22, 97) + 0.01
    for axis in (1, 2):
        for odd in (0, 1):
            places = grid.places(axis, odd)
            distance = (places - wanted[:, None]).abs()
            found = grid.nearest(axis, odd, wanted)
            assert torch.equal(distance.gather(1, found[:, None])[:, 0], distance.amin(1))


def test_small_patches_have_no_sparse_grid():
    assert (
        can_be_sparse((1, 3, 3)) and not can_be_sparse((3, 2, 7)) and not can_be_sparse((3, 7, 1))
    )
