"""Fields that are carried over levels, and inverted."""

import pytest
import torch

from vgpnn import fields
from vgpnn.fields import FieldShape
from vgpnn.patches import corners, grid
from vgpnn.query_grid import QueryGrid

PATCH = (3, 5, 5)


def test_identity_matches_every_patch_with_itself():
    field = fields.identity(2, (4, 8, 9), PATCH, torch.device("cpu"))
    assert field.shape == (2, 2, 4, 5, 3) and field.dtype == torch.int16
    assert torch.equal(field[1], corners((4, 8, 9), PATCH).short())


def test_there_is_a_field_to_begin_with_where_some_keys_may_not_be_used():
    shape = FieldShape(QueryGrid((4, 8, 9), PATCH), (4, 8, 9))
    assert fields.initial(2, None, shape) is None
    usable = torch.ones(grid((4, 8, 9), PATCH), dtype=torch.bool)
    begun = fields.initial(2, usable, shape)
    assert torch.equal(begun, fields.identity(2, (4, 8, 9), PATCH, usable.device))
    wider = FieldShape(QueryGrid((4, 8, 18), PATCH), (4, 8, 9))
    begun = fields.initial(2, usable, wider)
    assert begun.shape == (2, 2, 4, 14, 3)
    assert begun[0, 0, 0, :, 2].tolist() == sorted(begun[0, 0, 0, :, 2].tolist())
    assert begun[..., 2].min() == 0 and begun[..., 2].max() == 4


@pytest.mark.parametrize("fine_patch", [(3, 7, 7), (3, 5, 5)], ids=str)
def test_upscaled_identity_is_the_identity(fine_patch):
    small, large, patch = (3, 16, 20), (4, 20, 25), (3, 7, 7)
    identity = corners(small, patch).short()[None]
    coarse = FieldShape(QueryGrid(small, patch), small)
    (carried,) = fields.upscale(identity, coarse, FieldShape(QueryGrid(large, fine_patch), large))
    assert torch.equal(carried, corners(large, fine_patch).short())


def test_an_upscaled_shift_is_as_many_times_larger():
    """Where every match lies 4 px to the right, it lies 8 px to the right at twice the size."""
    small, large = (3, 16, 24), (3, 32, 48)
    shifted = corners(small, PATCH).short()[None, :, :, :16]
    shifted = shifted + torch.tensor([0, 0, 4], dtype=torch.int16)
    coarse = FieldShape(QueryGrid((3, 16, 20), PATCH), small)
    (carried,) = fields.upscale(shifted, coarse, FieldShape(QueryGrid((3, 32, 40), PATCH), large))
    step = carried.float() - corners((3, 32, 40), PATCH).float()
    inside = step[:, 4:-4, 4:-8]
    assert torch.equal(inside, torch.tensor([0.0, 0.0, 8.0]).expand_as(inside))


def test_a_carried_field_stays_within_the_keys():
    generator = torch.Generator().manual_seed(0)
    coarse = FieldShape(QueryGrid((4, 12, 13), PATCH), (5, 10, 17))
    fine = FieldShape(QueryGrid((6, 17, 15), (2, 6, 4)), (5, 14, 22))
    most = torch.tensor(grid(coarse.key, PATCH))
    shape = (2, *coarse.queries.counts, 3)
    field = (torch.rand(shape, generator=generator) * most).to(torch.int16)
    carried = fields.upscale(field, coarse, fine)
    assert carried.shape == (2, *fine.queries.counts, 3)
    limits = torch.tensor(grid(fine.key, fine.patch))
    assert (carried >= 0).all() and (carried < limits).all()


def test_reversed_swaps_query_and_key():
    shape = FieldShape(QueryGrid((4, 12, 13), PATCH), (5, 10, 17))
    assert shape.reversed == FieldShape(QueryGrid((5, 10, 17), PATCH), (4, 12, 13))


def test_inverse_of_a_permutation():
    shape = FieldShape(QueryGrid((4, 8, 9), PATCH), (4, 8, 9))
    flipped = shape.queries.corners().flip(0, 1, 2)
    assert torch.equal(fields.inverse(flipped[None], shape)[0], flipped)


def test_inverse_marks_what_no_query_points_at():
    shape = FieldShape(QueryGrid((3, 6, 7), PATCH), (3, 6, 7))
    field = torch.zeros(*shape.queries.counts, 3, dtype=torch.int16)
    (back,) = fields.inverse(field[None], shape)
    assert back[0, 0, 0].tolist() == [0, 1, 2]  # the last query in row-major order
    assert (back.reshape(-1, 3)[1:] == -1).all()


@pytest.mark.parametrize("factor", [1.5, 2.25, 2.5, 4, 4.5, 7.5])
@pytest.mark.parametrize("moved", [1, 3, 6])
def test_a_piece_stays_a_piece_where_its_new_place_lies_between_two_pixels(factor, moved):
    """Moved by 3 px at a factor of 1.5 it is moved by 4 or by 5 px, and the same everywhere."""
    small, large = (4, 24, 40), (4, round(24 * factor), round(40 * factor))
    places = QueryGrid((4, 24, 30), (1, 1, 1)).corners() + torch.tensor([0, 0, moved]).short()
    coarse = FieldShape(QueryGrid((4, 24, 30), (1, 1, 1)), small)
    queries = QueryGrid((4, large[1], round(30 * factor)), (3, 7, 7), 2, 1)
    (carried,) = fields.upscale(places[None], coarse, FieldShape(queries, large), first=(0, 0))
    shifts = (carried.int() - queries.corners().int())[:, 4:-4, 4:-4].reshape(-1, 3).unique(dim=0)
    assert len(shifts) == 1
    assert (shifts[0] - torch.tensor([0, 0, factor * moved])).abs().max() <= 0.51


def test_a_coarse_query_may_lie_beside_the_fine_one():
    """It begins 4 px before it, and ends 2 px before its end."""
    small, large = (3, 24, 40), (3, 72, 120)
    places = QueryGrid(small, (1, 1, 1)).corners()[None]
    queries = QueryGrid((3, 72, 118), (3, 7, 7), 2, 1)
    shapes = FieldShape(QueryGrid(small, (1, 1, 1)), small), FieldShape(queries, large)
    (carried,) = fields.upscale(places, *shapes, first=(0, -4))
    shifts = carried.int() - queries.corners().int()
    assert (shifts[..., 2] == 4)[:, :, :-4].all() and (shifts[..., 1] == 0).all()
