"""The exact search at a border against plain arithmetic."""

import pytest
import torch
from helpers.clips import codes
from helpers.searches import SHAPES, random_slack

from vgpnn.patches import unfold
from vgpnn.query_grid import QueryGrid
from vgpnn.search import naive as usual
from vgpnn.search.border import naive
from vgpnn.search.border.straddling import straddlers, voxel_weights


def border_of(shape, patch):
    """A box whose right border patches straddle."""
    return (0, 0, 0), (*shape[:2], shape[2] // 2)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", SHAPES)
def test_known_voxels_count_more_and_other_patches_keep_their_matches(name, weighted):
    query_shape, key_shape, patch = SHAPES[name]
    query, key, queries = codes(query_shape, 0), codes(key_shape, 1), QueryGrid(query_shape, patch)
    slack = random_slack(key, patch) if weighted else None
    known = border_of(query_shape, patch)
    before = usual.nearest(query, key, patch, slack)
    field, distance = naive.rematched(
        query, key, queries, known, slack, before[0].clone(), before[1].clone()
    )
    at = straddlers(queries, known)
    keys = unfold(key.double(), patch)
    straddles = torch.zeros(queries.counts, dtype=torch.bool)
    for t, y, x in at.tolist():
        straddles[t, y, x] = True
        weights = voxel_weights(torch.tensor([[t, y, x]]), patch, known).flatten().repeat(3)
        mine = query[t : t + patch[0], y : y + patch[1], x : x + patch[2]].double()
        apart = ((keys - mine.permute(3, 0, 1, 2).flatten()).square() * weights).sum(1)
        cost = apart if slack is None else apart / slack.flatten()
        a, b, c = field[t, y, x].tolist()
        _, grid_y, grid_x = (n - p + 1 for n, p in zip(key_shape, patch))
        found = (a * grid_y + b) * grid_x + c
        assert cost[found] == pytest.approx(cost.min().item(), rel=1e-12)
        mean = apart[found] / weights.sum() * len(weights)
        assert distance[t, y, x] == pytest.approx(mean.item(), abs=0.51)
    assert torch.equal(field[~straddles], before[0][~straddles])
    assert torch.equal(distance[~straddles], before[1][~straddles])
    assert name == "tiny" or (field != before[0]).any()
