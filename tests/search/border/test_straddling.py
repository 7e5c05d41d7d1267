"""Which patches straddle a box, against counting their voxels."""

import pytest
import torch

from vgpnn.query_grid import QueryGrid
from vgpnn.search.border.straddling import KNOWN_WEIGHT, straddlers, voxel_weights

SHAPE, PATCH = (5, 15, 18), (3, 7, 5)
BOXES = {
    "columns": ((0, 0, 4), (5, 15, 11)),
    "frames": ((0, 0, 0), (3, 15, 18)),
    "all sides": ((0, 4, 5), (5, 11, 13)),
    "smaller than a patch": ((2, 6, 8), (3, 8, 10)),
}


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", BOXES)
def test_a_patch_straddles_where_some_of_its_voxels_are_known(name, stride):
    queries = QueryGrid(SHAPE, PATCH, stride, stride // 2)
    first, past = BOXES[name]
    known = torch.zeros(SHAPE, dtype=torch.bool)
    known[first[0] : past[0], first[1] : past[1], first[2] : past[2]] = True
    expected = []
    for number, (t, y, x) in zip(
        torch.cartesian_prod(*map(torch.arange, queries.counts)),
        queries.corners().reshape(-1, 3).tolist(),
    ):
        inside = known[t : t + PATCH[0], y : y + PATCH[1], x : x + PATCH[2]]
        if inside.any() and not inside.all():
            expected.append(number)
    found = straddlers(queries, (first, past))
    assert torch.equal(found, torch.stack(expected))
    corners = queries.corners()[tuple(found.T)].long()
    weights = voxel_weights(corners, PATCH, (first, past))
    for (t, y, x), of_patch in zip(corners.tolist(), weights):
        inside = known[t : t + PATCH[0], y : y + PATCH[1], x : x + PATCH[2]]
        assert torch.equal(of_patch, 1 + (KNOWN_WEIGHT - 1) * inside.double())


def test_no_patch_straddles_where_all_is_known():
    assert not len(straddlers(QueryGrid(SHAPE, PATCH), ((0, 0, 0), SHAPE)))
