"""The vote in plain torch on closed forms, and against counting by hand."""

import itertools
import statistics

import pytest
import torch
from helpers.votes import GRIDS, MODES, SHAPES, random_case, random_quality

from vgpnn.query_grid import QueryGrid
from vgpnn.vote import naive


def votes_for(value, field, voters, voxel):
    """The pixels that the patches over one voxel vote for, and the patches: lists."""
    pixels, patches = [], []
    corners = voters.corners()
    for patch in itertools.product(*map(range, voters.counts)):
        offset = torch.tensor(voxel) - corners[patch]
        if (offset >= 0).all() and (offset < torch.tensor(voters.patch)).all():
            match = field[patch].long() + offset
            pixels.append(value[tuple(match)].tolist())
            patches.append(patch)
    return pixels, patches


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("name", SHAPES)
def test_it_is_what_counting_by_hand_gives(name, kind, mode):
    """At the corners, on an edge and in the middle."""
    value, (field, _), voters = random_case(name, 3, *GRIDS[kind])
    quality = random_quality(field)
    result = naive.vote(value, field, voters, mode, quality)
    frames, height, width, _ = result.shape
    for voxel in (
        (0, 0, 0),
        (frames - 1, height - 1, width - 1),
        (0, height // 2, 1),
        (frames // 2, height // 2, width // 2),
    ):
        pixels, patches = votes_for(value, field, voters, voxel)
        weights = [quality[p].item() if mode == "weighted" else 1 for p in patches]
        for channel, code in enumerate(result[voxel].tolist()):
            codes = [pixel[channel] for pixel in pixels]
            if mode == "median":
                assert code == statistics.median_low(codes)
            else:
                mean = sum(w * c for w, c in zip(weights, codes)) / sum(weights)
                assert code == int(mean + 0.5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", GRIDS)
def test_an_identity_field_gives_the_value_back(kind, mode):
    value, (field, _), voters = random_case("same-size", 3, *GRIDS[kind])
    identity, quality = voters.corners(), random_quality(field)
    assert torch.equal(naive.vote(value, identity, voters, mode, quality), value)


def test_a_median_is_the_lower_middle_vote():
    """Three patches of three pixels: the middle voxel has three votes, its neighbours have two."""
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 3, 3)
    voters = QueryGrid((1, 1, 5), (1, 1, 3))
    median = naive.vote(value, field, voters, "median").flatten().tolist()
    # The votes are 10; 200 and 30; 30, 250 and 200; 0 and 30; 250.
    assert median == [10, 30, 200, 0, 250]
    mean = naive.vote(value, field, voters, "mean").flatten().tolist()
    assert mean == [10, 115, 160, 15, 250]


def test_a_mean_is_rounded_half_up():
    value = torch.tensor([0, 1, 0, 2], dtype=torch.uint8).view(1, 1, 4, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 0]], dtype=torch.int16).view(1, 1, 2, 3)
    # The second voxel has the votes 1 and 0.
    assert naive.vote(value, field, QueryGrid((1, 1, 3), (1, 1, 2)), "mean").flatten().tolist() == [
        0,
        1,
        1,
    ]
