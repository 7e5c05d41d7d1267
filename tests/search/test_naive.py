"""The exact search against plain arithmetic."""

import pytest
import torch
from helpers.clips import codes
from helpers.searches import PATCH, SHAPES, all_distances, costs, random_slack, true_distances

from vgpnn.patches import flat_index
from vgpnn.search import naive


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", SHAPES)
def test_every_match_is_the_cheapest_and_its_distance_is_true(name, weighted):
    query_shape, key_shape, patch = SHAPES[name]
    query, key = codes(query_shape, 0), codes(key_shape, 1)
    slack = random_slack(key, patch) if weighted else None
    field, distance = naive.nearest(query, key, patch, slack)
    assert torch.equal(distance, true_distances(query, key, patch, field))
    table = all_distances(query, key, patch)
    if weighted:
        table /= slack.reshape(-1)
    assert torch.allclose(costs(field, distance, slack).reshape(-1), table.amin(1))


def test_codes_of_more_than_8_bits_are_compared_exactly():
    query = torch.randint(
        -1900, 2100, (3, 9, 9, 3), generator=torch.Generator().manual_seed(0), dtype=torch.int16
    )
    key = codes((3, 9, 11), 0)
    _, distance = naive.nearest(query, key, PATCH)
    assert torch.equal(
        distance.reshape(-1), all_distances(query, key, PATCH).amin(1).to(torch.int64)
    )


def test_distances_beyond_float32_are_exact():
    """Black against white, in patches that are too large for float32: a difference of 1 decides."""
    patch = (5, 15, 15)
    query, key = torch.zeros(5, 15, 15, 3).byte(), torch.full((5, 15, 17, 3), 255).byte()
    key[0, 0, 0, 0] = 1  # in the first key patch
    key[0, 0, 15, 0] = 0  # in the second and the third one
    field, distance = naive.nearest(query, key, patch)
    assert field.reshape(-1).tolist() == [0, 0, 1]
    assert distance.item() == (5 * 15 * 15 * 3 - 1) * 255**2


def test_the_first_of_equal_keys_is_taken():
    video = torch.zeros(4, 9, 9, 3, dtype=torch.uint8)
    field, _ = naive.nearest(video, video, (2, 3, 3))
    assert (field == 0).all()


def test_keys_without_slack_are_never_matched():
    video = codes((3, 9, 12), 4)
    patch = (2, 3, 3)
    slack = random_slack(video, patch)
    slack[:, 2:5] = 0  # among them are the copies of the query patches themselves
    field, _ = naive.nearest(video, video, patch, slack)
    assert (slack.reshape(-1)[flat_index(field, slack.shape)] > 0).all()


def test_chunks_do_not_change_the_result(monkeypatch):
    query, key = codes((3, 10, 11), 0), codes((3, 9, 12), 1)
    field, distance = naive.nearest(query, key, PATCH)
    checks = []
    monkeypatch.setattr(naive, "CHUNK_PAIRS", 100)
    chunked = naive.nearest(query, key, PATCH, checkpoint=lambda: checks.append(1))
    assert torch.equal(chunked[0], field) and torch.equal(chunked[1], distance)
    # 20 query patches against 18 keys: 5 at a time.
    assert len(checks) == 4
