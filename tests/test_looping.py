"""Time with ends, and circular time, in which turning a video changes nothing but its beginning."""

import pytest
import torch
from helpers.clips import codes

from vgpnn.looping import CIRCULAR, OPEN
from vgpnn.query_grid import QueryGrid
from vgpnn.vote import vote

PATCH = (3, 5, 5)


@pytest.mark.parametrize(("time", "frames"), [(OPEN, 6), (CIRCULAR, 8)], ids=["open", "circular"])
def test_the_query_has_the_shape_that_is_announced(time, frames):
    guess = codes((6, 9, 10), 0)[None]
    query = time.query(guess, PATCH)
    assert tuple(query.shape[1:4]) == time.queries((6, 9, 10), PATCH, 1).shape == (frames, 9, 10)
    assert torch.equal(query[:, :6], guess) and torch.equal(query[:, 6:], guess[:, : frames - 6])


def test_circular_time_has_a_patch_for_every_frame():
    assert CIRCULAR.queries((6, 9, 10), PATCH, 1).counts[0] == 6


@pytest.mark.parametrize("turn", [1, 4])
def test_a_turned_loop_is_enlarged_to_a_turned_loop(turn):
    guess = codes((6, 9, 10), 0)[None]
    enlarged = CIRCULAR.enlarged(guess, (12, 14, 15))
    turned = CIRCULAR.enlarged(guess.roll(turn, 1), (12, 14, 15))
    assert torch.equal(turned, enlarged.roll(2 * turn, 1))


@pytest.mark.parametrize(
    ("frames", "stride", "turn"), [(6, 1, 1), (6, 1, 4), (6, 2, 2), (6, 2, 4), (7, 2, 3)]
)
@pytest.mark.parametrize("mode", ["median", "weighted"])
@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_turned_field_votes_for_a_turned_loop(backend, mode, frames, stride, turn):
    """Of a sparse grid with an even number of frames by even turns, which keep odd frames odd."""
    generator = torch.Generator().manual_seed(0)
    value = codes((5, 9, 10), 0)
    queries = CIRCULAR.queries((frames, 9, 10), (3, 3, 3), stride)
    field = torch.randint(0, 3, (1, *queries.counts, 3), generator=generator).to(torch.int16)
    quality = torch.randint(1, 256, field.shape[:-1], generator=generator).to(torch.uint8)

    def voted(turn):
        turned = quality.roll(turn, 1) if mode == "weighted" else None
        return CIRCULAR.voted(value, field.roll(turn, 1), queries, mode, turned, backend=backend)

    assert voted(0).shape == (1, frames, 9, 10, 3)
    assert torch.equal(voted(turn), voted(0).roll(turn, 1))


def test_open_time_votes_as_the_vote_does():
    value = codes((5, 9, 10), 0)
    field = torch.zeros(1, 3, 5, 6, 3, dtype=torch.int16)
    queries = QueryGrid((5, 9, 10), PATCH)
    assert torch.equal(OPEN.voted(value, field, queries), vote(value, field, queries))


def test_frames_of_one_kind_do_not_meet_at_the_seam_where_a_sparse_grid_is_shifted():
    assert OPEN.queries((7, 9, 10), PATCH, 2).shift == 1
    assert CIRCULAR.queries((6, 9, 10), PATCH, 2).shift == 1
    assert CIRCULAR.queries((7, 9, 10), PATCH, 2).shift == 0
    assert CIRCULAR.queries((6, 9, 10), (2, 5, 5), 2).shift == 0
