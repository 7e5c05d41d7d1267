"""PatchMatch at a border on the CPU against the exact search and itself."""

import pytest
import torch
from helpers.clips import codes, drifting_texture
from helpers.searches import SHAPES, random_slack

from vgpnn.machine import threads
from vgpnn.query_grid import QueryGrid
from vgpnn.search import naive as usual
from vgpnn.search.border import cpu, naive
from vgpnn.search.border.straddling import straddlers


def both(query, key, queries, known, slack, start, effort):
    """The exact search and the one on the CPU, from one start."""
    exact = naive.rematched(query, key, queries, known, slack, *(each.clone() for each in start))
    field, distance = (each.clone() for each in start)
    fast = cpu.rematched(
        query, key, queries, known, slack, field, distance.int(), lambda: None, *effort
    )
    return exact, fast


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_exact_kernel_gives_the_bytes_of_the_oracle(name, weighted, stride):
    query_shape, key_shape, patch = SHAPES[name]
    query, key = codes(query_shape, 0), codes(key_shape, 1)
    slack = random_slack(key, patch) if weighted else None
    if weighted:
        slack[:, 0] = 0
    known = (0, 1, 1), (*query_shape[:2], query_shape[2] // 2)
    queries = QueryGrid(query_shape, patch, stride, stride // 2)
    start = usual.nearest(query, key, patch, slack, queries=queries)
    exact, fast = both(query, key, queries, known, slack, start, (0, 0, 0))
    assert torch.equal(exact[0], fast[0]) and torch.equal(exact[1], fast[1].long())


def texture_case():
    """Videos of four channels, as those with structure have them."""
    query, key = drifting_texture((6, 40, 56), 0), drifting_texture((6, 36, 60), 1)
    query, key = (torch.cat([each, each[..., :1]], 3) for each in (query, key))
    queries, known = QueryGrid((6, 40, 56), (3, 7, 7)), ((0, 6, 20), (6, 30, 40))
    return query, key, queries, known


def test_the_mean_distance_is_near_the_exact_one():
    query, key, queries, known = texture_case()
    start = usual.nearest(query, key, (3, 7, 7))
    exact, fast = both(query, key, queries, known, None, start, (0, 4, 60))
    at = tuple(straddlers(queries, known).T)
    least, mean = (d[at].double().mean() for d in (exact[1], fast[1]))
    assert least <= mean <= 1.15 * least


def test_the_result_does_not_depend_on_the_number_of_threads(monkeypatch):
    query, key, queries, known = texture_case()
    start = usual.nearest(query, key, (3, 7, 7))
    results = []
    for count in (1, 2):
        monkeypatch.setattr(threads, "thread_count", lambda count=count: count)
        _, fast = both(query, key, queries, known, None, start, (3, 4, 60))
        results.append(fast)
    assert all(torch.equal(*pair) for pair in zip(*results))


def test_stop_is_heard():
    query, key, queries, known = texture_case()

    def stop():
        raise KeyboardInterrupt

    start = usual.nearest(query, key, (3, 7, 7))
    with pytest.raises(KeyboardInterrupt):
        cpu.rematched(query, key, queries, known, None, *start, stop, 0, 4, 60)
