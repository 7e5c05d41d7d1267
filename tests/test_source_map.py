"""The index field as coordinates and colours."""

import numpy as np
import torch

from vgpnn import source_map
from vgpnn.patches import corners
from vgpnn.query_grid import QueryGrid

PATCH = (3, 5, 5)


def test_identity_field_gives_identity_map():
    shape = (5, 12, 14)
    field = corners(shape, PATCH).short()
    result = source_map.source_map(field, QueryGrid(shape, PATCH))
    assert torch.equal(result, source_map.identity(shape))


def test_voxels_of_a_shifted_copy_point_at_their_origin():
    """A result that copies the source 4 px to the right is mapped to exactly those voxels."""
    out = (4, 10, 12)
    field = corners(out, PATCH).short() + torch.tensor([0, 0, 4], dtype=torch.int16)
    result = source_map.source_map(field, QueryGrid(out, PATCH))
    expected = source_map.identity(out) + torch.tensor([0, 0, 4], dtype=torch.int16)
    assert torch.equal(result, expected)


def test_colours_differ_in_every_direction():
    shape = (4, 9, 16)
    colours = source_map.colours(source_map.identity(shape), shape).astype(int)
    assert colours.shape == (*shape, 3)
    for axis in range(3):
        assert np.abs(np.diff(colours, axis=axis)).sum(axis=3).min() > 0


def test_saved_map_loads(tmp_path):
    coordinates = source_map.identity((3, 4, 5))
    source_map.save(tmp_path / "map.npy", coordinates)
    assert np.array_equal(np.load(tmp_path / "map.npy"), coordinates.numpy())
