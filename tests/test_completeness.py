"""Completeness weights: 1 / (alpha + distance to the nearest query)."""

import torch

from vgpnn.codes import squares_per_mse
from vgpnn.completeness import inverse, slack
from vgpnn.patches import corners, flat_index, grid
from vgpnn.search import naive

PATCH = (3, 5, 5)


def codes(shape, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (*shape, 3), generator=generator, dtype=torch.uint8)


def test_slack_is_alpha_plus_the_reverse_distance():
    query, key = codes((4, 10, 11), 0), codes((4, 9, 13), 1)
    value, reverse = slack(query[None], key[None], PATCH, 0.01, (), (0,), "naive", lambda: None, 0)
    field, distance = naive.nearest(key, query, PATCH)
    unit = squares_per_mse(PATCH, 3)
    assert torch.allclose(value[0] / unit, 0.01 + distance.double() / unit)
    assert torch.equal(reverse[0], field)


def test_unit_is_the_mean_squared_error_per_element():
    black, white = torch.zeros(1, *PATCH, 3), torch.full((1, *PATCH, 3), 255.0)
    mse_of_values = ((black / 127.5 - white / 127.5) ** 2).mean()
    squares = (black - white).square().sum()
    assert torch.isclose(squares / squares_per_mse(PATCH, 3), mse_of_values)


def test_a_patch_that_is_missing_becomes_cheaper():
    """The query holds the left half of the key only: the right half gets the larger slack."""
    key = codes((3, 9, 24), 2)
    half = key[None, :, :, :12]
    value, _ = slack(half, key[None], PATCH, 0.001, (), (0,), "naive", lambda: None, 0)
    assert value[..., :8].max() < value[..., 13:].min()


def test_alpha_weighs_repetition_against_completeness():
    """With a small alpha more of the source's patches are used than without weights."""
    key = codes((3, 12, 12), 3)
    query = (key.float() * 0.2 + codes((3, 12, 12), 4).float() * 0.8).to(torch.uint8)
    used = {}
    for alpha in (None, 1e-3):
        weights = None
        if alpha is not None:
            (weights,), _ = slack(
                query[None], key[None], PATCH, alpha, (), (0,), "naive", lambda: None, 0
            )
        field, _ = naive.nearest(query, key, PATCH, weights)
        used[alpha] = len(flat_index(field, grid((3, 12, 12), PATCH)).unique())
    assert used[1e-3] > used[None]


def test_inverse_of_a_permutation():
    shape = (4, 8, 9)
    at = corners(shape, PATCH)
    flipped = at.flip(0, 1, 2).short()
    assert torch.equal(inverse(flipped[None], shape, PATCH)[0], flipped)


def test_inverse_marks_what_no_query_points_at():
    shape = (3, 6, 7)
    field = torch.zeros(*grid(shape, PATCH), 3, dtype=torch.int16)
    (back,) = inverse(field[None], shape, PATCH)
    assert back[0, 0, 0].tolist() == [0, 1, 2]  # the last query in row-major order
    assert (back.reshape(-1, 3)[1:] == -1).all()
