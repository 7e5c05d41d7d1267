"""Space that goes round: turning a guess or a field changes nothing but where the result begins."""

import pytest
import torch
from helpers.clips import codes

from vgpnn import fields, wrapping
from vgpnn.fields import FieldShape
from vgpnn.looping import CIRCULAR, OPEN
from vgpnn.source_map import source_map
from vgpnn.wrapping import Wrapping, lying

PATCH = (3, 5, 5)
WRAPS = {"rows": (True, False), "columns": (False, True), "both": (True, True)}


def turned(video, turn, wraps):
    """Turned by so many rows and columns, where these go round. video: (S, T, H, W, C)."""
    return video.roll([turn * on for on in wraps], (2, 3))


def test_what_goes_round_nowhere_lies_as_before():
    assert lying(False) is OPEN and lying(True) is CIRCULAR


@pytest.mark.parametrize("wraps", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize("circular", [False, True], ids=["open", "loop"])
def test_the_query_has_the_shape_that_is_announced_and_a_patch_for_every_seam(wraps, circular):
    guess, made = codes((6, 9, 10), 0)[None], lying(circular, wraps)
    query, queries = made.query(guess, PATCH), made.queries((6, 9, 10), PATCH, 1)
    assert tuple(query.shape[1:4]) == queries.shape
    assert torch.equal(wrapping.without_margins(query, queries)[:, :6], guess)
    for axis, on in enumerate(wraps, start=2):
        seam = query.movedim(axis, 0)[:4].movedim(0, axis)
        end = guess.movedim(axis, 0)[-4:].movedim(0, axis)
        if on:
            both = seam[:, :6].movedim(axis, 0), end.movedim(axis, 0)
            inner = slice(4, -4) if wraps[3 - axis] else slice(None)
            assert torch.equal(both[0][:, :, :, inner], both[1])


@pytest.mark.parametrize("wraps", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize("shape", [(6, 18, 30), (6, 13, 17), (9, 7, 10)], ids=str)
def test_a_turned_guess_is_resized_to_a_turned_guess(wraps, shape):
    made = Wrapping(OPEN, wraps)
    guess = codes((6, 9, 10), 0)[None]
    large = made.enlarged(guess, shape)
    assert tuple(large.shape) == (1, *shape, 3)
    if shape[1] == 18:  # whole pixels: a row is two, and a column three
        again = made.enlarged(turned(guess, 3, wraps), shape)
        moves = [6 * wraps[0], 9 * wraps[1]]
        assert torch.equal(again, large.roll(moves, (2, 3)))
    inside = OPEN.enlarged(guess, shape)
    middle = (slice(None), slice(None), slice(3, -3), slice(3, -3))
    # Where nothing of the seam is read the result is that of any other guess.
    assert (large[middle].int() - inside[middle].int()).abs().float().mean() < 6


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("wraps", WRAPS.values(), ids=WRAPS)
@pytest.mark.parametrize("size", [(12, 14), (11, 13)], ids=["even", "odd"])
def test_the_identity_votes_for_the_guess_across_its_seams(wraps, stride, size):
    """A source with margins of its own, in which every patch is matched with itself."""
    guess, made = codes((4, *size), 3)[None], Wrapping(OPEN, wraps)
    queries = made.queries((4, *size), PATCH, stride)
    value = made.query(guess, PATCH)[0]
    field = queries.corners()[None]
    for backend in ("cpu", "naive"):
        voted = made.voted(value, field, queries, backend=backend)
        assert torch.equal(voted, guess)


def test_twins_agree_so_that_both_sides_of_the_seam_are_of_one_piece():
    made, size = Wrapping(OPEN, (False, True)), (4, 9, 12)
    queries = made.queries(size, PATCH, 1)
    generator = torch.Generator().manual_seed(1)
    field = torch.randint(0, 4, (1, *queries.counts, 3), generator=generator).to(torch.int16)
    value = codes((6, 8, 9), 2)
    voters = made.voters(field, queries)
    assert torch.equal(voters[..., :4, :], field[..., 12 - 0 - 0 : 16, :][..., :4, :])
    assert torch.equal(voters[..., 4:, :], field[..., 4:, :])
    # Other matches in the margin in front change nothing.
    other = field.clone()
    other[..., :4, :] = 0
    assert torch.equal(made.voted(value, field, queries), made.voted(value, other, queries))


@pytest.mark.parametrize("stride", [1, 2])
def test_fields_are_carried_over_without_their_margins(stride):
    """A shift of a level becomes twice that shift at the next, at the seam as elsewhere."""
    made = Wrapping(OPEN, (True, True))
    coarse = made.queries((4, 16, 20), PATCH, 1)
    fine = made.queries((4, 32, 40), PATCH, stride)
    before, after = FieldShape(coarse, (4, 30, 34)), FieldShape(fine, (4, 60, 68))
    shift = torch.tensor([0, 3, 1], dtype=torch.int16)
    carried = fields.upscale((coarse.corners() + shift)[None], before, after)[0]
    # A voxel of the guess that is k px from its beginning is 2 k px from that of the next one.
    wanted = (fine.corners() - torch.tensor([0, 4, 4]) + 2 * torch.tensor([0, 7, 5])).float()
    assert (carried - wanted)[..., 1:].abs().max() <= 1


def test_a_reverse_field_is_carried_over_without_the_margins_of_what_it_points_at():
    made = Wrapping(OPEN, (True, True))
    coarse, fine = (made.queries(size, PATCH, 1) for size in ((4, 16, 20), (4, 32, 40)))
    before, after = (
        FieldShape(q, k).reversed for q, k in ((coarse, (4, 8, 10)), (fine, (4, 16, 20)))
    )
    assert before.key_margin == (0, 4, 4)
    field = torch.full((1, *before.queries.counts, 3), 4, dtype=torch.int16)
    field[..., 0] = 0
    carried = fields.upscale(field, before, after)[0]
    # What pointed at the first voxel of the guess still does, within the offset of its patch.
    apart = carried[..., 1:] - 4
    assert apart.abs().max() <= 6


def test_the_source_map_of_a_tile_has_no_margins():
    made = Wrapping(OPEN, (True, True))
    queries = made.queries((4, 10, 12), PATCH, 1)
    places = source_map(queries.corners(), queries)[None]
    inner = wrapping.without_margins(places, queries)[0]
    assert tuple(inner.shape) == (4, 10, 12, 3)
    assert inner[0, 0, 0].tolist() == [0, 4, 4]
