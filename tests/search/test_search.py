"""Exact and approximate search against brute force, each other and themselves."""

import pytest
import torch
from helpers.clips import codes, drifting_texture

from vgpnn import patches, search
from vgpnn.patches import corners, flat_index, grid, unfold
from vgpnn.search import cpu, naive

CLIPS = {
    "odd": ((5, 13, 17), (4, 11, 23), (3, 7, 7)),
    "one-frame": ((1, 12, 15), (1, 19, 14), (1, 7, 7)),
    "small-patch": ((6, 14, 9), (7, 10, 21), (3, 5, 5)),
    "tiny": ((2, 4, 5), (3, 6, 4), (2, 3, 3)),
}


def patchmatch(query, key, patch=(3, 7, 7), slack=None, guesses=(), seed=0, sweeps=search.SWEEPS):
    return search.Match(*cpu.nearest(query, key, patch, slack, guesses, seed, lambda: None, sweeps))


def brute_force(query, key, patch, slack):
    q, k = unfold(query.double(), patch), unfold(key.double(), patch)
    distance = (q[:, None] - k[None]).square().sum(2)
    cost = distance if slack is None else distance / slack.reshape(-1)
    return distance, cost


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", CLIPS)
def test_naive_is_exact(name, weighted):
    q_shape, k_shape, patch = CLIPS[name]
    query, key = codes(q_shape, 0), codes(k_shape, 1)
    slack = random_slack(key, patch) if weighted else None
    field, distance = naive.nearest(query, key, patch, slack)
    table, cost = brute_force(query, key, patch, slack)
    found = flat_index(field, grid(k_shape, patch)).reshape(-1)
    rows = torch.arange(len(found))
    assert torch.equal(table[rows, found].long(), distance.reshape(-1))
    assert torch.allclose(cost[rows, found], cost.amin(1))


def test_naive_takes_noisy_guesses():
    query = torch.randint(-1900, 2100, (3, 9, 9, 3), dtype=torch.int16)
    key = codes((3, 9, 11), 0)
    _, distance = naive.nearest(query, key, (3, 7, 7))
    table, _ = brute_force(query, key, (3, 7, 7), None)
    assert torch.equal(table.amin(1).long(), distance.reshape(-1))


def random_slack(key, patch):
    shape = grid(tuple(key.shape[:3]), patch)
    return torch.rand(shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64) + 0.5


@pytest.mark.parametrize("name", CLIPS)
def test_patchmatch_states_the_true_distances(name):
    q_shape, k_shape, patch = CLIPS[name]
    query, key = codes(q_shape, 0), codes(k_shape, 1)
    match = patchmatch(query, key, patch)
    table, _ = brute_force(query, key, patch, None)
    found = flat_index(match.field, grid(k_shape, patch)).reshape(-1)
    assert torch.equal(table[torch.arange(len(found)), found].int(), match.distance.reshape(-1))


def test_patchmatch_finds_an_exact_copy():
    video = drifting_texture((6, 30, 40), 0)
    match = patchmatch(video, video)
    assert match.distance.sum() == 0


@pytest.mark.parametrize("level", ["coarse", "fine"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_patchmatch_is_near_exact(weighted, level, monkeypatch):
    """Mean cost at most 1.1 times exact, with the field carried over as the loop does it."""
    if level == "fine":
        monkeypatch.setattr(patches, "FINE_PATCHES", 0)
    query, key = drifting_texture((6, 40, 56), 0), drifting_texture((6, 36, 60), 1)
    slack = None
    if weighted:
        _, reverse = naive.nearest(key, query, (3, 7, 7))
        slack = reverse.double() + 0.1 * reverse.double().mean()
    weights = torch.ones(grid(key.shape[:3], (3, 7, 7))) if slack is None else slack

    def cost(field, distance):
        return (distance / weights.reshape(-1)[flat_index(field, weights.shape)]).mean()

    guesses = ()
    for number in range(3):
        match = patchmatch(query, key, (3, 7, 7), slack, guesses, number)
        guesses = (match.field,)
    exact = cost(*naive.nearest(query, key, (3, 7, 7), slack))
    assert exact <= cost(match.field, match.distance) <= 1.1 * exact


def test_a_fine_level_searches_near_what_was_carried_over(monkeypatch):
    """From 9 px beside the right match it comes back, from 200 px it does not."""
    video = torch.randint(0, 256, (3, 20, 410, 3), generator=torch.Generator().manual_seed(0))
    video = video.to(torch.uint8)
    right = corners((3, 20, 410), (3, 7, 7)).short()
    found = {}
    for far in (9, 200):
        for level, fine in (("coarse", 10**9), ("fine", 0)):
            monkeypatch.setattr(patches, "FINE_PATCHES", fine)
            guess = right.clone()
            guess[..., 2] = (guess[..., 2] + far) % 404
            match = patchmatch(video, video, guesses=(guess,), sweeps=6)
            found[far, level] = (match.distance == 0).double().mean().item()
    assert found[9, "fine"] > 0.9 and found[200, "coarse"] > 0.9
    assert found[200, "fine"] < 0.5


def test_a_better_guess_is_adopted():
    video = drifting_texture((5, 24, 24), 3)
    wrong = torch.zeros(*grid(video.shape[:3], (3, 7, 7)), 3, dtype=torch.int16)
    right = corners(tuple(video.shape[:3]), (3, 7, 7)).short()
    assert patchmatch(video, video, guesses=(wrong, right), sweeps=0).distance.sum() == 0
    missing = torch.full_like(right, -1)
    assert torch.equal(patchmatch(video, video, guesses=(right, missing), sweeps=0).field, right)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_do_not_change_the_result(threads, monkeypatch):
    query, key = drifting_texture((5, 60, 40), 0), drifting_texture((5, 48, 40), 1)
    expected = patchmatch(query, key, seed=4)
    monkeypatch.setenv("VGPNN_THREADS", threads)
    for _ in range(3):
        match = patchmatch(query, key, seed=4)
        assert torch.equal(match.field, expected.field)


def test_checkpoint_can_cancel():
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    query = codes((5, 40, 40), 0)[None]
    for backend in ("cpu", "naive"):
        with pytest.raises(Stop):
            search.nearest(query, query, (3, 7, 7), backend=backend, checkpoint=stop)


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_batch_is_its_samples(backend):
    """Each with its own query, slack, guess and seed; the key is shared."""
    queries = torch.stack([drifting_texture((4, 30, 24), k) for k in (0, 1)])
    key = drifting_texture((5, 28, 26), 2)
    slack = torch.stack([random_slack(key, (3, 7, 7)), 2 - random_slack(key, (3, 7, 7)) / 2])
    guess = torch.zeros(2, *grid((4, 30, 24), (3, 7, 7)), 3, dtype=torch.int16)
    guess[1] += 1
    keys = key.expand(2, *key.shape)
    both = search.nearest(queries, keys, (3, 7, 7), slack, (guess.clone(),), (5, 6), backend)
    for k, seed in enumerate((5, 6)):
        one = slice(k, k + 1)
        alone = search.nearest(
            queries[one], keys[one], (3, 7, 7), slack[one], (guess[one],), (seed,), backend
        )
        assert torch.equal(both.field[one], alone.field)
        assert torch.equal(both.distance[one], alone.distance)
