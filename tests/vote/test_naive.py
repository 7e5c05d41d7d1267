"""The vote in plain torch on closed forms, and against counting by hand."""

import statistics

import pytest
import torch
from helpers.votes import MODES, SHAPES, random_case, random_quality

from vgpnn.patches import corners
from vgpnn.vote import naive


def votes_for(value, field, patch, voxel):
    """The pixels that the patches over one voxel vote for, and the patches: lists."""
    pixels, patches = [], []
    for patch_corner in corners(
        tuple(n + p - 1 for n, p in zip(field.shape, patch)), patch
    ).reshape(-1, 3):
        offset = torch.tensor(voxel) - patch_corner
        if (offset >= 0).all() and (offset < torch.tensor(patch)).all():
            match = field[tuple(patch_corner)].long() + offset
            pixels.append(value[tuple(match)].tolist())
            patches.append(tuple(patch_corner.tolist()))
    return pixels, patches


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SHAPES)
def test_it_is_what_counting_by_hand_gives(name, mode):
    """At the corners, on an edge and in the middle."""
    value, (field, _), patch = random_case(name)
    quality = random_quality(field)
    result = naive.vote(value, field, patch, mode, quality)
    frames, height, width, _ = result.shape
    for voxel in (
        (0, 0, 0),
        (frames - 1, height - 1, width - 1),
        (0, height // 2, 1),
        (frames // 2, height // 2, width // 2),
    ):
        pixels, patches = votes_for(value, field, patch, voxel)
        weights = [quality[p].item() if mode == "weighted" else 1 for p in patches]
        for channel, code in enumerate(result[voxel].tolist()):
            codes = [pixel[channel] for pixel in pixels]
            if mode == "median":
                assert code == statistics.median_low(codes)
            else:
                mean = sum(w * c for w, c in zip(weights, codes)) / sum(weights)
                assert code == int(mean + 0.5)


@pytest.mark.parametrize("mode", MODES)
def test_an_identity_field_gives_the_value_back(mode):
    value, (field, _), patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    assert torch.equal(naive.vote(value, identity, patch, mode, random_quality(field)), value)


def test_a_median_is_the_lower_middle_vote():
    """Three patches of three pixels: the middle voxel has three votes, its neighbours have two."""
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 3, 3)
    median = naive.vote(value, field, (1, 1, 3), "median").flatten().tolist()
    # The votes are 10; 200 and 30; 30, 250 and 200; 0 and 30; 250.
    assert median == [10, 30, 200, 0, 250]
    mean = naive.vote(value, field, (1, 1, 3), "mean").flatten().tolist()
    assert mean == [10, 115, 160, 15, 250]


def test_a_mean_is_rounded_half_up():
    value = torch.tensor([0, 1, 0, 2], dtype=torch.uint8).view(1, 1, 4, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 0]], dtype=torch.int16).view(1, 1, 2, 3)
    # The second voxel has the votes 1 and 0.
    assert naive.vote(value, field, (1, 1, 2), "mean").flatten().tolist() == [0, 1, 1]
