"""Completeness weights: 1 / (alpha + distance to the nearest query)."""

import torch
from helpers.clips import codes

from vgpnn.codes import squares_per_mse
from vgpnn.completeness import slack
from vgpnn.patches import flat_index, grid, unfold
from vgpnn.search import naive

PATCH = (3, 5, 5)


def slack_of(query, key, alpha):
    """The slack of a key for a query, from an exact reverse search."""
    _, distance = naive.nearest(key, query, PATCH)
    return slack(distance[None], alpha, PATCH, channels=3)[0]


def test_slack_is_alpha_plus_the_reverse_distance():
    query, key = codes((4, 10, 11), 0), codes((4, 9, 13), 1)
    queries, keys = (unfold(video.double() / 127.5, PATCH) for video in (query, key))
    mse = (keys[:, None] - queries[None]).square().mean(2).amin(1)
    found = slack_of(query, key, 0.01).flatten() / squares_per_mse(PATCH, 3)
    assert torch.allclose(found, 0.01 + mse)


def test_unit_is_the_mean_squared_error_per_element():
    black, white = torch.zeros(1, *PATCH, 3), torch.full((1, *PATCH, 3), 255.0)
    mse_of_values = ((black / 127.5 - white / 127.5) ** 2).mean()
    squares = (black - white).square().sum()
    assert torch.isclose(squares / squares_per_mse(PATCH, 3), mse_of_values)


def test_a_patch_that_is_missing_becomes_cheaper():
    """The query holds the left half of the key only: the right half gets the larger slack."""
    key = codes((3, 9, 24), 2)
    value = slack_of(key[:, :, :12], key, 0.001)
    assert value[..., :8].max() < value[..., 13:].min()


def test_alpha_weighs_repetition_against_completeness():
    """With a small alpha more of the source's patches are used than without weights."""
    key = codes((3, 12, 12), 3)
    query = (key.float() * 0.2 + codes((3, 12, 12), 4).float() * 0.8).to(torch.uint8)
    used = {}
    for alpha in (None, 1e-3):
        weights = None if alpha is None else slack_of(query, key, alpha)
        field, _ = naive.nearest(query, key, PATCH, weights)
        used[alpha] = len(flat_index(field, grid((3, 12, 12), PATCH)).unique())
    assert used[1e-3] > used[None]
