"""PatchMatch at a border in plain torch, which a GPU runs, against the exact search."""

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.searches import random_slack

from vgpnn.query_grid import QueryGrid
from vgpnn.search import naive as usual
from vgpnn.search.border import naive, plain
from vgpnn.search.border.straddling import straddlers


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_the_mean_cost_is_near_the_exact_one(weighted):
    query, key = drifting_texture((5, 30, 40), 0), drifting_texture((5, 28, 44), 1)
    queries, known = QueryGrid((5, 30, 40), (3, 7, 7), 2, 1), ((0, 0, 12), (5, 30, 28))
    slack = random_slack(key) if weighted else None
    if weighted:
        slack[:, :3] = 0
    start = usual.nearest(query, key, (3, 7, 7), slack, queries=queries)
    case = query, key, queries, known, slack
    exact = naive.rematched(*case, *(each.clone() for each in start))
    fast = plain.rematched(*case, *(each.clone() for each in start), lambda: None, 0, 4, 44)
    again = plain.rematched(*case, *(each.clone() for each in start), lambda: None, 0, 4, 44)
    assert all(torch.equal(*pair) for pair in zip(fast, again))
    at = tuple(straddlers(queries, known).T)
    costs = []
    for field, distance in (exact, fast):
        divisor = torch.ones(1) if slack is None else slack[tuple(field[at].long().T)]
        assert (divisor > 0).all()
        costs.append((distance[at] / divisor).mean())
    assert costs[0] <= costs[1] <= 1.15 * costs[0]
