"""The search at a border: one function for all devices."""

import pytest
import torch
from helpers.clips import drifting_texture

from vgpnn.query_grid import QueryGrid
from vgpnn.search import border, nearest
from vgpnn.search.border.straddling import straddlers

PATCH, KNOWN = (3, 7, 7), ((0, 0, 10), (5, 24, 20))


def search(backend="auto", samples=1, known=KNOWN):
    query = torch.stack([drifting_texture((5, 24, 30), seed) for seed in range(samples)])
    key = drifting_texture((5, 22, 26), 9).expand(samples, 5, 22, 26, 3)
    common = {"seeds": tuple(range(samples)), "backend": backend}
    before = nearest(query, key, PATCH, **common).field
    return before, border.nearest(query, key, PATCH, known=known, **common)


def test_nothing_changes_where_nothing_is_known():
    before, match = search(known=None)
    assert torch.equal(before, match.field)


def test_a_sample_does_not_depend_on_the_others():
    _, together = search(samples=2)
    _, alone = search()
    assert torch.equal(together.field[:1], alone.field)
    assert torch.equal(together.distance[:1], alone.distance)


def test_few_pairs_are_searched_exactly(monkeypatch):
    before, exact = search("naive")
    monkeypatch.setattr(border, "EXACT_PAIRS", 10**9)
    _, fast = search("cpu")
    straddles = (exact.distance == fast.distance) & (exact.field == fast.field).all(-1)
    places = straddlers(QueryGrid((5, 24, 30), PATCH), KNOWN)
    assert straddles[0][tuple(places.T)].all() and (exact.field != before).any()


def test_a_device_without_kernels_has_plain_torch(monkeypatch):
    monkeypatch.setattr(border, "EXACT_PAIRS", 0)
    before, match = search("torch")
    assert (match.field != before).any()


def test_another_backend_is_refused():
    with pytest.raises(ValueError):
        search("tpu")
