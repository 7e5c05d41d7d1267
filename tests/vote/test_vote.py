"""The vote kernel against the oracle, to the byte, and on closed forms."""

import pytest
import torch
from helpers.votes import MODES, SAMPLES, SHAPES, random_case, random_quality

from vgpnn.patches import corners
from vgpnn.vote import match_quality, vote


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SHAPES)
def test_kernel_equals_oracle(name, mode):
    case = *random_case(name), mode, random_quality(random_case(name)[1])
    assert torch.equal(vote(*case, "cpu"), vote(*case, "naive"))


@pytest.mark.parametrize("mode", MODES)
def test_half_coherent_field(mode):
    """Some windows agree and some do not: both paths of the kernel meet."""
    value, field, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    field[:, :, :5] = identity[:, :5]
    case = value, field, patch, mode, random_quality(field)
    result = vote(*case, "cpu")
    assert torch.equal(result, vote(*case, "naive"))
    assert torch.equal(result[:, :, :5], value[:, :5].expand(SAMPLES, -1, -1, -1, -1))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_identity_field_gives_the_value_back(backend, mode):
    value, _, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    case = value, identity[None], patch, mode, random_quality(identity[None])
    assert torch.equal(vote(*case, backend)[0], value)


def test_median_is_an_order_statistic_of_the_votes():
    """One patch of one voxel each: the vote copies; a 1 x 1 x 3 patch takes the middle of three."""
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 1, 3, 3)
    # Votes for the third voxel: value[0 + 2], value[2 + 1], value[1 + 0] = 30, 250, 200.
    assert vote(value, field, (1, 1, 3), "median", None, "cpu")[0, 0, 0, 2, 0] == 200
    assert vote(value, field, (1, 1, 3), "mean", None, "cpu")[0, 0, 0, 2, 0] == 160
    # Even number of votes for the second voxel, value[1] and value[2]: the lower one.
    assert vote(value, field, (1, 1, 3), "median", None, "cpu")[0, 0, 0, 1, 0] == 30


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_most_votes_from_one_place_are_the_median(share):
    """Where more than half of the patches agree, the others are not asked: as the oracle says."""
    value, field, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    agree = torch.rand(field.shape[:-1], generator=torch.Generator().manual_seed(1)) < share
    field = identity.where(agree[..., None], field)
    for mode in MODES:
        case = value, field, patch, mode, random_quality(field)
        assert torch.equal(vote(*case, "cpu"), vote(*case, "naive"))


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_weighted_vote_is_a_mean_in_which_good_matches_count_more(backend):
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 1, 3, 3)
    quality = torch.tensor([4, 1, 5], dtype=torch.uint8).view(1, 1, 1, 3)
    voted = vote(value, field, (1, 1, 3), "weighted", quality, backend)[0, 0, 0, :, 0]
    # The third voxel: 30, 250 and 200, weighted 4, 1, 5; the first has one vote.
    assert voted[2] == (4 * 30 + 250 + 5 * 200) // 10 and voted[0] == 10
    even = torch.full_like(quality, 7)
    mean = vote(value, field, (1, 1, 3), "mean", None, backend)
    assert torch.equal(vote(value, field, (1, 1, 3), "weighted", even, backend), mean)


def test_quality_falls_with_the_distance_in_units_of_the_third_quartile():
    distance = torch.tensor([0, 1, 2, 400, 10**7]).view(1, 1, 1, 5)
    # The third of the four that are not 0 is the third quartile: there, exp(-1/2).
    assert match_quality(distance)[0, 0, 0].tolist() == [255, 255, 254, 155, 1]
    copied = torch.cat([torch.zeros(1, 1, 9, 5, dtype=torch.long), distance], dim=2)
    assert match_quality(copied)[0, 0, 9].tolist() == [255, 255, 254, 155, 1]
    assert match_quality(100 * distance).equal(match_quality(distance))
    assert (match_quality(torch.zeros(2, 1, 3, 4, dtype=torch.int32)) == 255).all()
