"""The one function for all votes, and the quality of matches."""

import pytest
import torch
from helpers.votes import MODES, SAMPLES, random_case, random_quality

from vgpnn import vote as vote_room
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import cpu, match_quality, naive, third_quartile, vote


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_batch_is_its_samples(backend, mode):
    """Each with its own field and quality; the value is shared."""
    value, field, voters = random_case("other-size")
    quality = random_quality(field)
    both = vote(value, field, voters, mode, quality, backend)
    assert len(both) == SAMPLES
    for number in range(SAMPLES):
        alone = naive.vote(value, field[number], voters, mode, quality[number])
        assert torch.equal(both[number], alone)


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_quality_is_needed_by_the_weighted_vote_alone(backend):
    value, field, voters = random_case("same-size")
    for mode in ("median", "mean"):
        with_quality = vote(value, field, voters, mode, random_quality(field), backend)
        assert torch.equal(vote(value, field, voters, mode, None, backend), with_quality)


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_weighted_vote_is_a_mean_in_which_good_matches_count_more(backend):
    value = torch.tensor([10, 200, 30, 250, 0], dtype=torch.uint8).view(1, 1, 5, 1)
    field = torch.tensor([[0, 0, 0], [0, 0, 2], [0, 0, 1]], dtype=torch.int16).view(1, 1, 1, 3, 3)
    quality = torch.tensor([4, 1, 5], dtype=torch.uint8).view(1, 1, 1, 3)
    voters = QueryGrid((1, 1, 5), (1, 1, 3))
    voted = vote(value, field, voters, "weighted", quality, backend)[0, 0, 0, :, 0]
    # The third voxel has the votes 30, 250 and 200, with weights of 4, 1 and 5; the first has one.
    assert voted[2] == (4 * 30 + 250 + 5 * 200) // 10 and voted[0] == 10
    even = torch.full_like(quality, 7)
    mean = vote(value, field, voters, "mean", None, backend)
    assert torch.equal(vote(value, field, voters, "weighted", even, backend), mean)


@pytest.mark.parametrize(("backend", "module"), [("auto", cpu), ("cpu", cpu), ("naive", naive)])
def test_the_backend_that_is_named_votes(backend, module, monkeypatch):
    value, field, voters = random_case("same-size")
    calls = []
    for other in (cpu, naive):
        monkeypatch.setattr(
            other, "vote", lambda value, *_, other=other: calls.append(other) or value
        )
    vote(value, field, voters, backend=backend)
    assert calls == [module] * SAMPLES


def test_an_unknown_backend_is_refused():
    with pytest.raises(ValueError, match="backend must be one of"):
        vote(*random_case("same-size"), backend="fast")


def test_a_checkpoint_can_cancel():
    class Cancelled(Exception):
        pass

    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        vote(*random_case("same-size"), backend="cpu", checkpoint=cancel)


def test_quality_falls_with_the_distance_in_units_of_the_third_quartile():
    distance = torch.tensor([0, 1, 2, 400, 10**7]).view(1, 1, 1, 5)
    # The third of the four that are not 0 is the third quartile: there, exp(-1/2).
    assert match_quality(distance)[0, 0, 0].tolist() == [255, 255, 254, 155, 1]
    copied = torch.cat([torch.zeros(1, 1, 9, 5, dtype=torch.long), distance], dim=2)
    assert match_quality(copied)[0, 0, 9].tolist() == [255, 255, 254, 155, 1]
    assert match_quality(100 * distance).equal(match_quality(distance))
    assert (match_quality(torch.zeros(2, 1, 3, 4, dtype=torch.int32)) == 255).all()


def test_every_sample_has_a_quality_of_its_own_scale():
    distance = torch.randint(0, 10**6, (1, 2, 5, 6), generator=torch.Generator().manual_seed(0))
    both = match_quality(torch.cat([distance, 1000 * distance]))
    assert torch.equal(both[0], both[1]) and both[0].unique().numel() > 10


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 60])
def test_the_third_quartile_is_that_of_a_sort(count):
    generator = torch.Generator().manual_seed(count)
    positive = torch.randint(1, 1000, (count,), generator=generator)
    distance = torch.cat([positive, torch.zeros(60 - count, dtype=torch.long)])
    distance = distance[torch.randperm(60, generator=generator)].view(3, 4, 5)
    expected = positive.sort().values[-(-3 * count // 4) - 1]
    assert third_quartile(distance) == expected


def test_without_distances_above_0_the_quartile_is_1():
    assert third_quartile(torch.zeros(2, 3, 4, dtype=torch.int32)) == 1


def test_a_perfect_match_has_the_best_quality():
    assert match_quality(torch.zeros(1, 1, 1, 1)).item() == vote_room.BEST_QUALITY == 255
