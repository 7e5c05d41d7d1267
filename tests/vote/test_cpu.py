"""The vote on the CPU against plain torch, to the byte."""

import pytest
import torch
from helpers.votes import GRIDS, MODES, SHAPES, half_coherent_field, random_case, random_quality

from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import cpu, naive


def vote(value, field, voters, mode, quality):
    return cpu.vote(value, field, voters, mode, quality, lambda: None)


# Every number of channels, and every patch; each pair of the two is compiled for seconds.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize(("name", "channels"), list(zip(SHAPES, (3, 3, 4, 1))))
def test_it_equals_plain_torch(name, channels, kind, mode):
    value, (field, _), voters = random_case(name, channels, *GRIDS[kind])
    case = value, field, voters, mode, random_quality(field)
    assert torch.equal(vote(*case), naive.vote(*case))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_it_equals_plain_torch_where_many_patches_agree(share, mode):
    """Windows without a majority, with one, and with a single displacement meet in one result."""
    value, (field, _), voters = random_case("same-size")
    field = half_coherent_field(field, share, voters.all)
    case = value, field, voters, mode, random_quality(field)
    assert torch.equal(vote(*case), naive.vote(*case))


@pytest.mark.parametrize("mode", MODES)
def test_it_equals_plain_torch_where_whole_columns_agree(mode):
    """Runs of columns with one displacement are copied, up to where another one begins."""
    value, (field, _), voters = random_case("same-size")
    identity = voters.corners()
    field[:, :5] = identity[:, :5]  # the upper rows: a copy
    field[:, :, :4] = identity[:, :, :4]  # the left columns: the same copy
    field[:, :, 4:] = 0
    field[..., 4:, 2] = torch.tensor([0, 1, 2, 4, 5, 6]).short()  # the others: two copies
    case = value, field, voters, mode, random_quality(field)
    result = vote(*case)
    assert torch.equal(result, naive.vote(*case))
    assert torch.equal(result[:, :, :4], value[:, :, :4])


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_it_equals_plain_torch_for_more_votes_than_a_byte_counts(mode):
    """One more, and whole vectors of them."""
    patch = 4, 8, 8
    shape = tuple(2 * p + 1 for p in patch)  # so that all pixels of a patch vote somewhere
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*shape, 3), generator=generator, dtype=torch.uint8)
    field = torch.randint(0, 3, (*grid(shape, patch), 3), generator=generator).short()
    for codes in (value, value.clamp(max=3), value.clamp(min=253)):
        case = codes, field, QueryGrid(shape, patch), mode, random_quality(field)
        assert torch.equal(vote(*case), naive.vote(*case))


def test_bands_and_threads_do_not_change_the_result(monkeypatch):
    value = torch.randint(
        0, 256, (4, 60, 12, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )
    patch = (3, 7, 7)
    size = grid((4, 60, 12), patch)
    field = half_coherent_field(torch.zeros(*size, 3, dtype=torch.int16), 0.7, size)
    voters = QueryGrid((4, 60, 12), patch)
    expected = naive.vote(value, field, voters, "median")
    for threads in ("1", "3"):
        monkeypatch.setenv("VGPNN_THREADS", threads)
        assert torch.equal(vote(value, field, voters, "median", None), expected)


def test_a_checkpoint_can_cancel():
    class Cancelled(Exception):
        pass

    def cancel():
        raise Cancelled

    value, (field, _), voters = random_case("same-size")
    with pytest.raises(Cancelled):
        cpu.vote(value, field, voters, "median", None, cancel)
