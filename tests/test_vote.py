"""The vote kernel against the oracle, to the byte, and on closed forms."""

import pytest
import torch

from vgpnn.patches import corners, grid
from vgpnn.vote import vote

SHAPES = {
    "same-size": ((5, 14, 16), (5, 14, 16), (3, 7, 7)),
    "other-size": ((4, 9, 21), (6, 17, 12), (3, 7, 7)),
    "even-patch": ((3, 8, 9), (3, 10, 10), (2, 4, 4)),
    "one-frame": ((1, 15, 9), (1, 9, 15), (1, 5, 5)),
}


SAMPLES = 2


def random_case(name, channels=3):
    v_shape, shape, patch = SHAPES[name]
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*v_shape, channels), generator=generator, dtype=torch.uint8)
    top = torch.tensor(grid(v_shape, patch))
    size = (SAMPLES, *grid(shape, patch), 3)
    field = (torch.rand(*size, generator=generator) * top).to(torch.int16)
    return value, field, patch


@pytest.mark.parametrize("mode", ["median", "mean"])
@pytest.mark.parametrize("name", SHAPES)
def test_kernel_equals_oracle(name, mode):
    case = random_case(name)
    assert torch.equal(vote(*case, mode, "cpu"), vote(*case, mode, "naive"))


@pytest.mark.parametrize("mode", ["median", "mean"])
def test_half_coherent_field(mode):
    """Some windows agree and some do not: both paths of the kernel meet."""
    value, field, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    field[:, :, :5] = identity[:, :5]
    result = vote(value, field, patch, mode, "cpu")
    assert torch.equal(result, vote(value, field, patch, mode, "naive"))
    assert torch.equal(result[:, :, :5], value[:, :5].expand(SAMPLES, -1, -1, -1, -1))


@pytest.mark.parametrize("mode", ["median", "mean"])
@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_identity_field_gives_the_value_back(backend, mode):
    value, _, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    assert torch.equal(vote(value, identity[None], patch, mode, backend)[0], value)


def test_median_is_an_order_statistic_of_the_votes():
    """One patch of one voxel each: the vote copies; a 1 x 1 x 3 patch takes the middle of three."""
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 1, 3, 3)
    # Votes for the third voxel: value[0 + 2], value[2 + 1], value[1 + 0] = 30, 250, 200.
    assert vote(value, field, (1, 1, 3), "median", "cpu")[0, 0, 0, 2, 0] == 200
    assert vote(value, field, (1, 1, 3), "mean", "cpu")[0, 0, 0, 2, 0] == 160
    # Even number of votes for the second voxel, value[1] and value[2]: the lower one.
    assert vote(value, field, (1, 1, 3), "median", "cpu")[0, 0, 0, 1, 0] == 30


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_most_votes_from_one_place_are_the_median(share):
    """Where more than half of the patches agree, the others are not asked: as the oracle says."""
    value, field, patch = random_case("same-size")
    identity = corners((5, 14, 16), patch).short()
    agree = torch.rand(field.shape[:-1], generator=torch.Generator().manual_seed(1)) < share
    field = identity.where(agree[..., None], field)
    for mode in ("median", "mean"):
        expected = vote(value, field, patch, mode, "naive")
        assert torch.equal(vote(value, field, patch, mode, "cpu"), expected)
