"""The inverse of fields on a GPU against that of plain torch."""

import pytest
import torch
from helpers.gpu import DEVICE

from vgpnn import fields, fields_gpu
from vgpnn.fields import FieldShape
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid


@pytest.mark.parametrize(("stride", "shift"), [(1, 0), (2, 0), (2, 1)])
def test_it_equals_plain_torch(stride, shift):
    shape = FieldShape(QueryGrid((5, 12, 15), (3, 5, 4), stride, shift), (6, 11, 13))
    key_grid = grid(shape.key, shape.patch)
    generator = torch.Generator().manual_seed(0)
    # Only a part of the keys, so that several queries point at one, and none at others.
    places = torch.rand(2, *shape.queries.counts, 3, generator=generator) * torch.tensor(key_grid)
    field = (places * 0.7).to(torch.int16)
    found = fields_gpu.inverse(field.to(DEVICE), shape.queries, key_grid)
    assert torch.equal(found.cpu(), fields.inverse(field, shape))
