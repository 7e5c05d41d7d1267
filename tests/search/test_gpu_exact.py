"""The exact search on the GPU against plain torch; without a GPU in Triton's interpreter."""

import pytest
import torch
from helpers.clips import codes
from helpers.gpu import DEVICE, HAS_GPU
from helpers.searches import SHAPES, random_slack, true_distances

from vgpnn.query_grid import QueryGrid
from vgpnn.search import gpu_exact, naive

pytestmark = pytest.mark.slow
# In the interpreter every query patch takes half a second.
FEW = {"few": ((1, 8, 9), (1, 9, 14), (1, 7, 7)), "tiny": SHAPES["tiny"]}
CASES = SHAPES if HAS_GPU else FEW
PAIRS = [("few", True), ("tiny", False)]  # of a case, and whether it has weights
if HAS_GPU:
    PAIRS = [(name, weighted) for name in SHAPES for weighted in (False, True)]


def nearest(query, key, patch, slack=None, queries=None):
    """The field and the distances of a batch, back on the CPU."""
    slack = None if slack is None else slack.to(DEVICE)
    match = gpu_exact.nearest(query.to(DEVICE), key.to(DEVICE), patch, slack, lambda: None, queries)
    return tuple(part.cpu() for part in match)


@pytest.mark.parametrize(("name", "weighted"), PAIRS)
def test_it_equals_plain_torch(name, weighted):
    query_shape, key_shape, patch = CASES[name]
    query = torch.stack([codes(query_shape, seed) for seed in (0, 1)])
    key = codes(key_shape, 2)
    slack = random_slack(key, patch).expand(2, -1, -1, -1) if weighted else None
    field, distance = nearest(query, key.expand(2, *key.shape), patch, slack)
    for sample in range(2):
        of_sample = None if slack is None else slack[sample]
        expected = naive.nearest(query[sample], key, patch, of_sample)
        assert torch.equal(field[sample], expected[0])
        assert torch.equal(distance[sample].long(), expected[1])


def test_a_sparse_grid_searches_for_its_own_patches():
    query, key, patch = codes((2, 9, 10), 0), codes((2, 8, 9), 1), (1, 3, 3)
    queries = QueryGrid((2, 9, 10), patch, 2, 1)
    field, distance = nearest(query[None], key[None], patch, None, queries)
    expected = naive.nearest(query, key, patch, queries=queries)
    assert torch.equal(field[0], expected[0]) and torch.equal(distance[0].long(), expected[1])


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")  # a weight of infinity
def test_of_equal_keys_the_first_is_taken_and_those_without_slack_never():
    flat = torch.full((1, 6, 7, 3), 90, dtype=torch.uint8)
    field, distance = nearest(flat[None], flat[None], (1, 3, 3))
    assert not field.any() and not distance.any()
    slack = torch.ones(1, 1, 4, 5, dtype=torch.float64)
    slack[:, :, 0] = 0
    field, distance = nearest(flat[None], flat[None], (1, 3, 3), slack)
    assert torch.equal(field, torch.tensor([0, 1, 0], dtype=torch.int16).expand_as(field))
    assert not distance.any()


def test_distances_are_exact_where_they_are_largest():
    dark, bright = (torch.full((1, 15, 15, 4), code, dtype=torch.uint8) for code in (0, 255))
    field, distance = nearest(dark[None], bright[None], (1, 15, 15))
    assert torch.equal(distance[0], true_distances(dark, bright, (1, 15, 15), field[0]).int())
