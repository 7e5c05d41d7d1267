"""Time with ends, and circular time, in which turning a video changes nothing but its beginning."""

import pytest
import torch
from helpers.clips import codes

from vgpnn.looping import CIRCULAR, OPEN
from vgpnn.patches import grid
from vgpnn.vote import vote

PATCH = (3, 5, 5)


@pytest.mark.parametrize(("time", "frames"), [(OPEN, 6), (CIRCULAR, 8)], ids=["open", "circular"])
def test_the_query_has_the_shape_that_is_announced(time, frames):
    guess = codes((6, 9, 10), 0)[None]
    query = time.query(guess, PATCH)
    assert tuple(query.shape[1:4]) == time.query_shape((6, 9, 10), PATCH) == (frames, 9, 10)
    assert torch.equal(query[:, :6], guess) and torch.equal(query[:, 6:], guess[:, : frames - 6])


def test_circular_time_has_a_patch_for_every_frame():
    assert grid(CIRCULAR.query_shape((6, 9, 10), PATCH), PATCH)[0] == 6


@pytest.mark.parametrize("turn", [1, 4])
def test_a_turned_loop_is_enlarged_to_a_turned_loop(turn):
    guess = codes((6, 9, 10), 0)[None]
    enlarged = CIRCULAR.enlarged(guess, (12, 14, 15))
    turned = CIRCULAR.enlarged(guess.roll(turn, 1), (12, 14, 15))
    assert torch.equal(turned, enlarged.roll(2 * turn, 1))


@pytest.mark.parametrize("turn", [1, 4])
@pytest.mark.parametrize("mode", ["median", "weighted"])
@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_turned_field_votes_for_a_turned_loop(backend, mode, turn):
    generator = torch.Generator().manual_seed(0)
    value = codes((5, 9, 10), 0)
    field = torch.randint(0, 3, (1, 6, 7, 8, 3), generator=generator).to(torch.int16)
    quality = torch.randint(1, 256, field.shape[:-1], generator=generator).to(torch.uint8)

    def voted(turn):
        turned = quality.roll(turn, 1) if mode == "weighted" else None
        return CIRCULAR.voted(value, field.roll(turn, 1), (3, 3, 3), mode, turned, backend=backend)

    assert voted(0).shape == (1, 6, 9, 10, 3)
    assert torch.equal(voted(turn), voted(0).roll(turn, 1))


def test_open_time_votes_as_the_vote_does():
    value = codes((5, 9, 10), 0)
    field = torch.zeros(1, 3, 5, 6, 3, dtype=torch.int16)
    assert torch.equal(OPEN.voted(value, field, PATCH), vote(value, field, PATCH))
