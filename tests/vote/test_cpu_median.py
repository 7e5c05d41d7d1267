"""The kernel of the median: rows of votes, slots, and vectors at the ends of rows."""

import pytest
import torch
from helpers.guarded import guarded
from helpers.slow import slow_but
from helpers.votes import GRIDS, random_quality

from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid, can_be_sparse
from vgpnn.vote import cpu, naive
from vgpnn.vote.cpu_median import compiled

# Patch, channels, and the shapes of the value and of the result. Compiling a patch takes more time
# than its tests do, so there are few.
CASES = {
    "several-runs": ((3, 7, 7), 3, (5, 9, 30), (4, 8, 190)),
    "one-frame": ((1, 5, 5), 1, (1, 9, 12), (1, 31, 80)),
    "four-channels": ((2, 4, 4), 4, (4, 9, 30), (5, 9, 61)),
    "many-votes": ((5, 9, 11), 3, (6, 12, 40), (6, 10, 24)),
    "one-pixel": ((1, 1, 1), 3, (2, 9, 9), (2, 3, 70)),
    "as-large-as-the-clip": ((3, 7, 7), 3, (3, 7, 7), (3, 7, 7)),
}
QUICK = "several-runs", "many-votes", "as-large-as-the-clip"


def case(name, kind="all"):
    """A random value and a random field, of which the matches reach all ends of the value."""
    patch, channels, value_shape, shape = CASES[name]
    voters = QueryGrid(shape, patch, *GRIDS[kind if can_be_sparse(patch) else "all"])
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*value_shape, channels), generator=generator, dtype=torch.uint8)
    ends = torch.tensor(grid(value_shape, patch))
    field = (torch.rand(*voters.counts, 3, generator=generator) * ends).to(torch.int16)
    field[0, 0, 0], field[-1, -1, -1] = 0, (ends - 1).short()
    return value, field, voters


def vote(value, field, voters):
    return cpu.vote(value, field, voters, "median", None, lambda: None)


@pytest.mark.parametrize("share", [0, 0.99, 1])
@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("name", slow_but(QUICK, CASES))
def test_it_equals_plain_torch_on_odd_sizes(name, kind, share):
    value, field, voters = case(name, kind)
    last = torch.tensor(grid(value.shape[:3], voters.patch)) - 1
    copied = torch.rand(voters.counts, generator=torch.Generator().manual_seed(1)) < share
    field = voters.corners().minimum(last.short()).where(copied[..., None], field)
    assert torch.equal(vote(value, field, voters), naive.vote(value, field, voters, "median"))


@pytest.mark.slow
def test_it_equals_plain_torch_with_the_largest_patches():
    """3375 votes, which a byte cannot count."""
    patch, shape = (15, 15, 15), (16, 16, 17)
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (*shape, 3), generator=generator, dtype=torch.uint8)
    field = torch.randint(0, 2, (*grid(shape, patch), 3), generator=generator).short()
    voters = QueryGrid(shape, patch)
    assert torch.equal(vote(value, field, voters), naive.vote(value, field, voters, "median"))


@pytest.mark.parametrize("mode", ["median", "mean", "weighted"])
@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("name", slow_but(QUICK, ["several-runs", "four-channels", "one-pixel"]))
def test_nothing_is_read_or_written_beyond_the_arrays(name, kind, mode, monkeypatch):
    """The value, the field and the result end where the memory of the process ends."""
    value, field, voters = case(name, kind)
    monkeypatch.setattr(cpu, "empty", lambda shape, kind: guarded(torch.empty(shape, dtype=kind)))
    copies = voters.corners()
    last = torch.tensor(grid(value.shape[:3], voters.patch)) - 1
    quality = random_quality(field)
    for matches in (field, last.expand_as(field), copies.minimum(last)):
        arguments = guarded(value), guarded(matches.short()), voters, mode, guarded(quality)
        result = cpu.vote(*arguments, lambda: None)
        assert torch.equal(result, naive.vote(value, matches.short(), voters, mode, quality))


def test_a_band_writes_its_rows_alone():
    """Vectors reach over the end of a row, where another thread may be writing."""
    value, field, voters = case("several-runs")
    whole = vote(value, field, voters)
    result = torch.full_like(whole, 7)
    compiled(voters.patch, 3)(value.numpy(), field.numpy(), result.numpy(), 1, 0, 1, 2, 5)
    assert torch.equal(result[1, 2:5], whole[1, 2:5])
    result[1, 2:5] = 7
    assert (result == 7).all()
