"""PatchMatch on the CPU against the exact search and itself."""

import pytest
import torch
from helpers.clips import codes, drifting_texture
from helpers.searches import PATCH, SHAPES, costs, random_slack, true_distances
from helpers.slow import slow_but

from vgpnn.machine.threads import ROWS_PER_BAND
from vgpnn.patches import corners, flat_index, grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu, naive
from vgpnn.search.counting import counted

REACHES = {"coarse": None, "fine": 4}  # [px] of the first random match


def patchmatch(
    query, key, patch=PATCH, slack=None, guesses=(), seed=0, sweeps=2, reach=None, queries=None
):
    return cpu.nearest(
        query, key, patch, slack, guesses, seed, lambda: None, sweeps, reach, queries
    )


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("name", SHAPES)
def test_the_distances_are_true(name, weighted):
    query_shape, key_shape, patch = SHAPES[name]
    query, key = codes(query_shape, 0), codes(key_shape, 1)
    slack = random_slack(key, patch) if weighted else None
    field, distance = patchmatch(query, key, patch, slack)
    assert torch.equal(distance.long(), true_distances(query, key, patch, field))


def test_an_exact_copy_is_found():
    video = drifting_texture((6, 30, 40), 0)
    assert not patchmatch(video, video)[1].any()


@pytest.mark.parametrize("level", ["coarse", "fine"])
@pytest.mark.parametrize(
    "weighted", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["plain", "weighted"]
)
def test_the_mean_cost_is_near_the_exact_one(weighted, level):
    """At most 1.1 times the exact cost, with the field carried over as the loop does it."""
    query, key = drifting_texture((6, 40, 56), 0), drifting_texture((6, 36, 60), 1)
    slack = None
    if weighted:
        reverse = naive.nearest(key, query, PATCH)[1].double()
        slack = reverse + 0.1 * reverse.mean()
    guesses = ()
    for seed in range(4):
        reach = REACHES[level] if seed > 0 else None
        field, distance = patchmatch(query, key, PATCH, slack, guesses, seed, reach=reach)
        guesses = (field,)
    exact = costs(*naive.nearest(query, key, PATCH, slack), slack).mean()
    assert exact <= costs(field, distance, slack).mean() <= 1.1 * exact


def test_a_search_with_a_reach_stays_near_the_field_that_was_carried_over():
    """It finds the right match from 9 px beside it, but not from 200 px; another search does."""
    video = codes((3, 20, 410), 0)
    right = corners((3, 20, 410), PATCH).short()
    shares = {}
    for offset in (9, 200):
        for level, reach in REACHES.items():
            guess = right.clone()
            guess[..., 2] = (guess[..., 2] + offset) % 404
            _, distance = patchmatch(video, video, guesses=(guess,), sweeps=6, reach=reach)
            shares[offset, level] = (distance == 0).double().mean().item()
    assert shares[9, "fine"] > 0.9 and shares[200, "coarse"] > 0.9
    assert shares[200, "fine"] < 0.5


def test_a_better_guess_is_adopted_and_a_worse_one_is_not():
    video = codes((5, 24, 24), 3)
    right = corners(tuple(video.shape[:3]), PATCH).short()
    wrong, missing = torch.zeros_like(right), torch.full_like(right, -1)
    field, distance = patchmatch(video, video, guesses=(wrong, right.clone()), sweeps=0)
    assert torch.equal(field, right) and not distance.any()
    for other in (wrong, missing):
        field, distance = patchmatch(video, video, guesses=(right.clone(), other), sweeps=0)
        assert torch.equal(field, right) and not distance.any()


def test_a_guess_is_compared_only_where_it_has_another_match(monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", "1")
    video = codes((5, 24, 24), 3)
    right = corners(tuple(video.shape[:3]), PATCH).short()
    guess = right.clone()
    guess[0] = -1  # no match
    guess[1] = 0  # other matches
    with counted() as tally:
        patchmatch(video, video, guesses=(right.clone(), guess), sweeps=0)
    per_frame = right[0, ..., 0].numel()
    assert tally.distances == 3 * per_frame + per_frame


@pytest.mark.parametrize(
    ("level", "sweeps", "candidates"),
    [("coarse", 1, 5), ("coarse", 2, 5), ("coarse", 3, 10), ("fine", 1, 3), ("fine", 3, 6)],
)
def test_forward_sweeps_try_random_candidates(level, sweeps, candidates, monkeypatch):
    """From 20 px on, or from the reach on; each one within half of it."""
    monkeypatch.setenv("VGPNN_THREADS", "1")
    query, key = codes(PATCH, 0), codes((3, 7, 26), 1)  # one query patch and 20 key patches
    with counted() as tally:
        guess = torch.zeros(1, 1, 1, 3).short()
        patchmatch(query, key, guesses=(guess,), sweeps=sweeps, reach=REACHES[level])
    assert tally.distances == 1 + candidates


def test_a_guess_of_another_shape_is_refused():
    video = codes((3, 20, 20), 0)
    guess = torch.zeros(*grid((3, 20, 19), PATCH), 3, dtype=torch.int16)
    for guesses in ((guess,), (torch.zeros(*grid((3, 20, 20), PATCH), 3).short(), guess)):
        with pytest.raises(ValueError, match="shape"):
            patchmatch(video, video, guesses=guesses)


@pytest.mark.parametrize("wide", ["query", "key"])
def test_codes_of_more_than_8_bits_are_refused(wide):
    query, key = codes((3, 20, 20), 0), codes((3, 20, 20), 1)
    with pytest.raises(TypeError, match="int16"):
        patchmatch(
            query.short() if wide == "query" else query, key.short() if wide == "key" else key
        )


def test_keys_without_slack_are_never_matched():
    video = codes((3, 30, 24), 4)
    patch = (2, 3, 3)
    slack = random_slack(video, patch)
    slack[:, 10:20] = 0  # among them are the copies of the query patches themselves
    guess = torch.zeros(*slack.shape, 3, dtype=torch.int16)
    unusable = torch.full_like(guess, 1)
    unusable[..., 1] = 12
    field, distance = patchmatch(video, video, patch, slack, (guess, unusable), sweeps=4)
    assert (slack.reshape(-1)[flat_index(field, slack.shape)] > 0).all()
    assert not distance[:, :10].any()  # the first patch matches itself, and so the rows that follow


def test_a_sweep_spreads_a_match_over_its_band_and_the_frames_that_come_after():
    """What is read of another band, or of a frame of the same parity, is from before the sweep."""
    patch, shape = (2, 3, 3), (5, ROWS_PER_BAND + 12, 20)
    video = codes(shape, 0)
    guess = torch.zeros(*grid(shape, patch), 3, dtype=torch.int16)  # right at the first patch
    _, distance = patchmatch(video, video, patch, guesses=(guess.clone(),), sweeps=1, reach=0)
    right = distance == 0
    # The first frame and the odd one after it; the third frame was swept before the second.
    assert right[:2, :ROWS_PER_BAND].all()
    assert not right[2:].any() and not right[:, ROWS_PER_BAND:].any()
    # The next forward sweep crosses the border and both frames that are left.
    _, distance = patchmatch(video, video, patch, guesses=(guess,), sweeps=3, reach=0)
    right = distance == 0
    assert right[:4, :ROWS_PER_BAND].all() and right[:2, ROWS_PER_BAND:].all()


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_do_not_change_the_result(threads, monkeypatch):
    query, key = drifting_texture((5, 60, 40), 0), drifting_texture((5, 48, 40), 1)
    field, distance = patchmatch(query, key, seed=4)
    monkeypatch.setenv("VGPNN_THREADS", threads)
    for _ in range(3):
        again = patchmatch(query, key, seed=4)
        assert torch.equal(again[0], field) and torch.equal(again[1], distance)


def test_the_order_of_the_bands_does_not_change_the_result(monkeypatch):
    query, key = drifting_texture((5, 60, 40), 0), drifting_texture((5, 48, 40), 1)
    field, _ = patchmatch(query, key, seed=4)
    run_bands = cpu.run_bands
    monkeypatch.setattr(
        cpu,
        "run_bands",
        lambda kernel, bands, checkpoint: run_bands(kernel, bands[::-1], checkpoint),
    )
    assert torch.equal(patchmatch(query, key, seed=4)[0], field)


def test_the_seed_decides():
    query, key = drifting_texture((4, 30, 24), 0), drifting_texture((5, 28, 26), 1)
    fields = [patchmatch(query, key, seed=seed)[0] for seed in (-3, -3, 2**70, 5)]
    assert torch.equal(fields[0], fields[1])
    assert not torch.equal(fields[0], fields[2]) and not torch.equal(fields[2], fields[3])


def test_the_first_guess_is_overwritten_only_if_it_is_contiguous():
    """The loop gives its field away, so that no second one is in memory."""
    video = drifting_texture((4, 24, 24), 0)
    guess = torch.zeros(*grid((4, 24, 24), PATCH), 3, dtype=torch.int16)
    field, _ = patchmatch(video, video, guesses=(guess,))
    assert field.data_ptr() == guess.data_ptr() and field.any()
    turned = torch.zeros(3, *field.shape[:3], dtype=torch.int16).permute(1, 2, 3, 0)
    assert torch.equal(patchmatch(video, video, guesses=(turned,))[0], field)
    assert not turned.any()


# Patches, channels, and shapes of the query and of the key.
ODD_SIZES = {
    "one-frame": ((1, 5, 5), 3, (1, 13, 9), (1, 12, 11)),
    "narrow": ((2, 5, 3), 5, (3, 9, 11), (3, 14, 12)),
    "common": ((3, 7, 7), 3, (5, 13, 17), (4, 14, 20)),
    "six-channels": ((2, 2, 6), 6, (3, 10, 12), (4, 7, 13)),
    "one-pixel": ((1, 1, 1), 3, (2, 9, 9), (3, 5, 20)),
    "sums-beyond-float32": ((5, 9, 11), 3, (6, 12, 15), (6, 12, 16)),
}
# What the codes of the query and of the key are made from random codes.
CONTENTS = {
    "random": (lambda q: q, lambda k: k),
    "ties": (lambda q: q // 64, lambda k: k // 64),
    "one-key": (lambda q: q, lambda k: k.clamp(77, 77)),
    # Further from each other than float32 counts exactly.
    "black-and-white": (lambda q: q // 128, lambda k: 255 - k // 128),
}


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_a_sparse_grid_searches_for_its_patches(weighted, shift):
    """The exact search and PatchMatch find for them what they find for them among all patches."""
    query, key = drifting_texture((5, 23, 28), 0), drifting_texture((4, 20, 31), 1)
    slack = random_slack(key) if weighted else None
    queries = QueryGrid((5, 23, 28), PATCH, 2, shift)
    chosen = tuple(queries.corners().long().unbind(-1))
    for found in (
        cpu.exact(query, key, PATCH, slack, lambda: None, queries),
        naive.nearest(query, key, PATCH, slack, queries=queries),
    ):
        for part, of_all in zip(found, naive.nearest(query, key, PATCH, slack)):
            assert torch.equal(part.long(), of_all[chosen].long())
    field, distance = patchmatch(query, key, PATCH, slack, sweeps=6, queries=queries)
    of_field = true_distances(query, key, PATCH, field, queries)
    assert torch.equal(distance.long(), of_field)
    exact = costs(*naive.nearest(query, key, PATCH, slack, queries=queries), slack).mean()
    # Random slacks do not guide a search; those of the loop are smooth.
    assert exact <= costs(field, distance, slack).mean() <= (1.4 if weighted else 1.1) * exact


def test_a_sparse_grid_propagates_by_the_places_of_its_patches():
    """Along x, y and t, and over the unequal steps at the ends of a shifted grid."""
    shape, patch = (4, 12, 15), (2, 3, 3)
    video = codes(shape, 0)
    for queries in (QueryGrid(shape, patch, 2, 0), QueryGrid(shape, patch, 2, 1)):
        guess = torch.zeros(*queries.counts, 3, dtype=torch.int16)  # right at the first patch
        arguments = video, video, patch, None, (guess,)
        field, distance = patchmatch(*arguments, sweeps=3, reach=0, queries=queries)
        assert torch.equal(field, queries.corners()) and not distance.any()


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("weights", ["plain", "weighted", "some-unusable", "nearly-one"])
@pytest.mark.parametrize("name", slow_but(["common", "one-frame", "six-channels"], ODD_SIZES))
def test_the_exact_search_equals_plain_torch(name, weights, content):
    """Also which of several equally good keys it takes, and where floats are rounded."""
    patch, channels, query_shape, key_shape = ODD_SIZES[name]
    generator = torch.Generator().manual_seed(0)
    query, key = (
        change(torch.randint(0, 256, (*shape, channels), generator=generator).byte())
        for change, shape in zip(CONTENTS[content], (query_shape, key_shape))
    )
    slack = None if weights == "plain" else 20_000 * random_slack(key, patch)
    if weights == "some-unusable":
        slack.view(-1)[::3] = 0
    if weights == "nearly-one":  # differences that float32 cannot hold
        slack = 1e6 + slack * 1e-8
    field, distance = cpu.exact(query, key, patch, slack, lambda: None)
    expected = naive.nearest(query, key, patch, slack)
    assert torch.equal(field, expected[0]) and torch.equal(distance.long(), expected[1])
