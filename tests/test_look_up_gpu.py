"""Fields that are looked up on a GPU, against those that are carried over by plain torch."""

import pytest
import torch
from helpers.gpu import DEVICE, use_gpu_kernels

from vgpnn import fields, source_map
from vgpnn.fields import FieldShape
from vgpnn.looping import OPEN
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.wrapping import Wrapping

# Shapes of the query and of the key, and patch, stride and shift: of the coarse and the fine level.
CASES = {
    "all to all": (((3, 9, 12), (4, 8, 13), (3, 5, 5), 1, 0), ((4, 11, 15), (5, 10, 17))),
    "sparse": (((4, 14, 13), (4, 14, 13), (3, 5, 5), 2, 1), ((5, 17, 19), (5, 17, 19))),
    "sparse, not shifted": (((3, 12, 13), (3, 9, 9), (2, 4, 4), 2, 0), ((6, 15, 16), (4, 12, 11))),
    "all of one frame": (((1, 9, 9), (1, 9, 9), (1, 3, 3), 1, 0), ((1, 18, 13), (1, 18, 13))),
}


def random_field(shape: FieldShape) -> torch.Tensor:
    """Two random fields: (2,) + query grid + (3,) int16."""
    most = torch.tensor(grid(shape.key, shape.patch))
    generator = torch.Generator().manual_seed(0)
    places = torch.rand(2, *shape.queries.counts, 3, generator=generator) * most
    return places.to(torch.int16)


@pytest.mark.parametrize("rate", [None, 2.5])
@pytest.mark.parametrize("name", CASES)
def test_upscaled_fields_equal_those_of_plain_torch(name, rate, monkeypatch):
    (query, key, patch, stride, shift), (fine_query, fine_key) = CASES[name]
    coarse = FieldShape(QueryGrid(query, patch, stride, shift), key)
    fine = FieldShape(QueryGrid(fine_query, patch, 2, 1), fine_key)
    field = random_field(coarse)
    expected = fields.upscale(field, coarse, fine, rate=rate)
    use_gpu_kernels(monkeypatch)
    found = fields.upscale(field.to(DEVICE), coarse, fine, rate=rate)
    assert torch.equal(found.cpu(), expected)


@pytest.mark.parametrize("is_reversed", [False, True], ids=["forward", "reverse"])
def test_margins_of_tiles_are_carried_over_as_by_plain_torch(is_reversed, monkeypatch):
    made = Wrapping(OPEN, (True, True))
    coarse = FieldShape(made.queries((3, 10, 13), (3, 5, 5), 1), (3, 14, 19))
    fine = FieldShape(made.queries((4, 12, 16), (3, 5, 5), 2), (4, 18, 24))
    if is_reversed:
        coarse, fine = coarse.reversed, fine.reversed
    field = random_field(coarse)
    expected = fields.upscale(field, coarse, fine)
    use_gpu_kernels(monkeypatch)
    assert torch.equal(fields.upscale(field.to(DEVICE), coarse, fine).cpu(), expected)


@pytest.mark.parametrize(("stride", "shift"), [(1, 0), (2, 0), (2, 1)])
def test_source_maps_equal_those_of_plain_torch(stride, shift, monkeypatch):
    shape = FieldShape(QueryGrid((5, 12, 15), (3, 5, 4), stride, shift), (6, 11, 13))
    field = random_field(shape)[0]
    expected = source_map.source_map(field, shape.queries)
    use_gpu_kernels(monkeypatch)
    assert torch.equal(source_map.source_map(field.to(DEVICE), shape.queries), expected)
