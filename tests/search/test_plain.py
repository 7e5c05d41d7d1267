"""PatchMatch in plain torch against the exact search.

Triton's kernel gives the same bytes (`test_gpu`), so what holds here holds for it.
"""

import pytest
import torch
from helpers.clips import codes, drifting_texture
from helpers.searches import costs, true_distances

import vgpnn
from vgpnn.patches import corners, flat_index, grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search import flooding, naive, plain
from vgpnn.settings import Settings

# Shapes of the query, the key and the patches, channels, whether there are weights, and the stride.
CASES = {
    "3x7x7-plain": ((4, 13, 17), (5, 14, 15), (3, 7, 7), 3, False, 1),
    "2x5x3-weighted": ((3, 9, 12), (4, 10, 13), (2, 5, 3), 3, True, 1),
    "1x5x5-structure": ((1, 15, 12), (1, 13, 19), (1, 5, 5), 4, True, 1),
    "3x7x7-sparse": ((4, 16, 19), (5, 14, 15), (3, 7, 7), 3, True, 2),
}


def texture(shape, channels, seed):
    """A drifting texture of up to six channels."""
    video = drifting_texture(shape, seed)
    return torch.cat([video, video.flip(3)], 3)[..., :channels]


def nearest(query, key, patch, slack=None, guesses=(), seeds=(0, 1), sweeps=1, queries=None):
    options = seeds, lambda: None, sweeps, None, queries
    return plain.nearest(query, key, patch, slack, guesses, *options)


@pytest.mark.parametrize("name", CASES)
def test_it_is_near_exact_and_states_true_distances(name):
    query_shape, key_shape, patch, channels, weighted, stride = CASES[name]
    query = torch.stack([texture(query_shape, channels, seed) for seed in (0, 1)])
    key, queries = texture(key_shape, channels, 2), QueryGrid(query_shape, patch, stride)
    slack = None
    if weighted:
        reverse = torch.stack([naive.nearest(key, q, patch)[1] for q in query]).double()
        slack = reverse + 0.1 * reverse.mean()
    keys = key.expand(2, *key.shape)
    first = nearest(query, keys, patch, slack, queries=queries)
    # Another search from there keeps what it does not improve.
    again = nearest(query, keys, patch, slack, (first[0],), (2, 3), queries=queries)
    for sample in range(2):
        sample_slack = None if slack is None else slack[sample]
        before = costs(first[0][sample], first[1][sample], sample_slack)
        field, distance = again[0][sample], again[1][sample]
        after = costs(field, distance, sample_slack)
        exact = naive.nearest(query[sample], key, patch, sample_slack, queries=queries)
        exact = costs(*exact, sample_slack)
        assert torch.equal(distance, true_distances(query[sample], key, patch, field, queries))
        # Costs are float32.
        assert exact.mean() * 0.9999 <= after.mean() <= 1.1 * exact.mean()
        assert (after <= before * 1.0001).all()


def test_keys_without_slack_are_never_matched():
    video = texture((2, 9, 11), 3, 4)[None]
    patch = (2, 3, 3)
    size = grid((2, 9, 11), patch)
    slack = torch.ones(1, *size).double()
    slack[:, :, 2:5] = 0  # among them are the copies of the query patches themselves
    guess = torch.zeros(1, *size, 3, dtype=torch.int16)
    unusable = torch.full_like(guess, 2)  # in rows that may not be used
    unusable[..., 0] = 0
    field, distance = nearest(video, video, patch, slack, (guess, unusable), (5,))
    assert (slack[0].reshape(-1)[flat_index(field, size)] > 0).all()
    assert torch.equal(distance[0], true_distances(video[0], video[0], patch, field[0]))


def test_a_better_guess_is_adopted_a_worse_one_is_not_and_a_missing_one_ignored():
    video = texture((4, 9, 10), 3, 3)
    patch = (3, 7, 7)
    wrong = torch.zeros(1, *grid((4, 9, 10), patch), 3, dtype=torch.int16)
    right = naive.nearest(video, video, patch)[0][None]
    part, missing = right.clone(), torch.full_like(wrong, -1)
    part[:, 0] = -1
    arguments = video[None], video[None], patch, None
    field, distance = nearest(*arguments, (wrong, right, missing, wrong), (0,), 0)
    assert torch.equal(field, right) and not distance.any()
    field, distance = nearest(*arguments, (wrong, part), (0,), 0)
    assert (field[:, 0] == 0).all() and not distance[:, 1].any()


def test_a_launch_spreads_a_match_to_the_six_neighbours(monkeypatch):
    monkeypatch.setattr(flooding, "JUMPS", ((1, 1),))
    monkeypatch.setattr(flooding, "RANDOM", 0)
    patch, shape = (1, 3, 3), (4, 8, 9)
    video = codes(shape, 0)[None]
    size = grid(shape, patch)
    guess = torch.zeros(1, *size, 3, dtype=torch.int16)  # right at the first patch
    centre = 2, 3, 4
    guess[(0, *centre)] = torch.tensor(centre).short()
    _, distance = nearest(video, video, patch, None, (guess,), (0,), 1)
    steps = (corners(shape, patch) - torch.tensor(centre)).abs().sum(3)
    steps_from_first = corners(shape, patch).sum(3)
    assert torch.equal(distance[0] == 0, (steps <= 1) | (steps_from_first <= 1))


def test_the_seed_decides():
    query = texture((2, 8, 9), 3, 0).expand(3, -1, -1, -1, -1)
    key = texture((3, 9, 8), 3, 1).expand(3, -1, -1, -1, -1)
    first, same, other = nearest(query, key, (2, 3, 3), seeds=(1, 1, 2))[0]
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_parts_that_fit_the_memory_change_nothing(monkeypatch):
    query, key = (texture((3, 12, 14), 3, seed)[None] for seed in (0, 1))
    whole = nearest(query, key, (2, 5, 5), seeds=(4,))
    monkeypatch.setattr(plain, "CHUNK_ELEMENTS", 7 * 2 * 5 * 5 * 3)
    parts = nearest(query, key, (2, 5, 5), seeds=(4,))
    assert torch.equal(whole[0], parts[0]) and torch.equal(whole[1], parts[1])


def test_philox_gives_the_words_of_its_authors():
    """The known answers that come with Random123 (kat_vectors, philox4x32 of 10 rounds)."""
    ones = 2**32 - 1
    zero = plain.philox(0, torch.tensor([0]), 0, 0, 0)
    assert [word.item() for word in zero] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    full = plain.philox(2**64 - 1, torch.tensor([ones]), ones, ones, ones)
    assert [word.item() for word in full] == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]


def test_a_task_runs_in_plain_torch():
    """The whole loop: levels, weights, votes; as good as with the kernels, and the same again."""
    clip = drifting_texture((5, 24, 36), 0)
    settings = Settings(layout="noise", passes=1, coarsest_passes=1, sigma=5.0)
    first, again = (vgpnn.generate(clip, 2, settings, backend="torch") for _ in range(2))
    kernels = vgpnn.generate(clip, 2, settings, backend="cpu")
    assert torch.equal(first.video.codes, again.video.codes)
    errors = [
        naive.nearest(each.video.codes, clip, (3, 7, 7))[1].double().mean()
        for each in (first, kernels)
    ]
    assert errors[0] <= 1.2 * errors[1]
