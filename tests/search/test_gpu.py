"""The Triton kernels against the oracles, in Triton's interpreter, or on a GPU where there is one.

The interpreter runs one program after another: it hides races. The last test is for a real GPU.
"""

import os

import pytest
import torch

GPU = torch.cuda.is_available()
if not GPU:
    os.environ["TRITON_INTERPRET"] = "1"  # read when the kernels are defined
pytest.importorskip("triton")

from helpers.clips import drifting_texture  # noqa: E402
from helpers.votes import MODES, SHAPES, random_case, random_quality  # noqa: E402

import vgpnn  # noqa: E402
from vgpnn.patches import flat_index, grid, unfold  # noqa: E402
from vgpnn.search import gpu as search_gpu  # noqa: E402
from vgpnn.search import naive  # noqa: E402
from vgpnn.settings import Settings  # noqa: E402
from vgpnn.vote import gpu as vote_gpu  # noqa: E402
from vgpnn.vote import naive as vote_naive  # noqa: E402

DEVICE = torch.device("cuda" if GPU else "cpu")
SEARCHES = {  # query, key, patch, channels, weighted
    "3x7x7-plain": ((4, 13, 17), (5, 14, 15), (3, 7, 7), 3, False),
    "2x5x3-weighted": ((3, 9, 12), (4, 10, 13), (2, 5, 3), 3, True),
    "1x5x5-guide": ((1, 15, 12), (1, 13, 19), (1, 5, 5), 4, True),
}


@pytest.fixture(autouse=True)
def wide_programs(monkeypatch):
    """The interpreter takes its time for every program, hardly for what is in it."""
    if not GPU:
        monkeypatch.setattr(search_gpu, "BLOCK", 256)
        monkeypatch.setattr(vote_gpu, "BLOCK", 1024)


def nearest(query, key, patch, slack=None, guesses=(), seeds=(0, 1), sweeps=1):
    """Field and distance of a batch, back on the CPU."""
    query, key = query.to(DEVICE), key.to(DEVICE)
    slack = None if slack is None else slack.to(DEVICE)
    guesses = tuple(guess.to(DEVICE) for guess in guesses)
    found = search_gpu.nearest(query, key, patch, slack, guesses, seeds, lambda: None, sweeps)
    return tuple(x.cpu() for x in found)


def clip(shape, channels, seed):
    video = drifting_texture(shape, seed)
    return torch.cat([video, video.flip(3)], 3)[..., :channels]


def true_distances(query, key, patch, field):
    """Of one sample, in plain arithmetic."""
    there = flat_index(field, grid(key.shape[:3], patch)).reshape(-1)
    pairs = unfold(query.int(), patch) - unfold(key.int(), patch)[there]
    return pairs.square().sum(1).reshape(field.shape[:3])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SHAPES)
def test_vote_equals_the_oracle(name, mode):
    value, (field, _), patch = random_case(name, channels=4 if name == "one-frame" else 3)
    # Where a field is coherent, the patches agree, and there is nothing to rank.
    batch = torch.stack([field, field[:1, :1, :1].expand_as(field)])
    quality = random_quality(batch)
    on_device = value.to(DEVICE), batch.to(DEVICE), patch, mode, quality.to(DEVICE)
    found = vote_gpu.vote(*on_device).cpu()
    for sample, *case in zip(found, batch, quality):
        assert torch.equal(sample, vote_naive.vote(value, case[0], patch, mode, case[1]))


@pytest.mark.parametrize("name", SEARCHES)
def test_search_is_near_exact_and_states_true_distances(name):
    q_shape, k_shape, patch, channels, weighted = SEARCHES[name]
    query = torch.stack([clip(q_shape, channels, seed) for seed in (0, 1)])
    key = clip(k_shape, channels, 2)
    slack = None
    if weighted:
        reverse = torch.stack([naive.nearest(key, q, patch)[1] for q in query]).double()
        slack = reverse + 0.1 * reverse.mean()
    keys = key.expand(2, *key.shape)
    first = nearest(query, keys, patch, slack)
    # Once more, from there: what was found is kept where nothing better is.
    field, distance = nearest(query, keys, patch, slack, (first[0],), (2, 3))
    size = grid(k_shape, patch)
    for s in range(2):
        weights = torch.ones(size).double() if slack is None else slack[s]

        def cost(found, weights=weights):
            return found[1] / weights.reshape(-1)[flat_index(found[0], size)]

        exact = cost(naive.nearest(query[s], key, patch, None if slack is None else slack[s]))
        assert torch.equal(distance[s], true_distances(query[s], key, patch, field[s]))
        assert exact.mean() * 0.9999 <= cost((field[s], distance[s])).mean() <= 1.1 * exact.mean()
        before = cost((first[0][s], first[1][s]))
        assert (cost((field[s], distance[s])) <= before * 1.0001).all()


@pytest.mark.parametrize("shared", ["query", "key", "neither"])
def test_a_batch_equals_its_samples_alone(shared):
    query = torch.stack([clip((2, 8, 9), 3, seed) for seed in (0, 1)])
    key = torch.stack([clip((3, 9, 8), 3, seed) for seed in (2, 3)])
    patch = (2, 3, 3)
    if shared == "query":
        query = query[:1].expand_as(query)
    if shared == "key":
        key = key[:1].expand_as(key)
    slack = torch.rand(2, *grid((3, 9, 8), patch), generator=torch.Generator().manual_seed(0)) + 0.1
    together = nearest(query, key, patch, slack.double(), seeds=(7, -8))
    for s, seed in enumerate((7, -8)):
        one = slice(s, s + 1)
        alone = nearest(query[one], key[one], patch, slack[one].double(), seeds=(seed,))
        assert torch.equal(together[0][s], alone[0][0])
        assert torch.equal(together[1][s], alone[1][0])


@pytest.mark.filterwarnings("ignore:invalid value")  # 0 times infinity, on purpose
def test_keys_without_slack_are_never_chosen():
    video = clip((2, 9, 11), 3, 4)[None]
    patch = (2, 3, 3)
    size = grid((2, 9, 11), patch)
    slack = torch.ones(1, *size).double()
    slack[:, :, 2:5] = 0  # whose distance to themselves is 0
    guess = torch.zeros(1, *size, 3, dtype=torch.int16)
    wrong = torch.full_like(guess, 2)  # in rows that may not be used
    wrong[..., 0] = 0
    field, distance = nearest(video, video, patch, slack, (guess, wrong), (5,))
    assert (slack[0].reshape(-1)[flat_index(field, size)] > 0).all()
    assert torch.equal(distance[0], true_distances(video[0], video[0], patch, field[0]))


def test_a_better_guess_is_adopted_a_wrong_one_refused_and_none_ignored():
    video = clip((4, 9, 10), 3, 3)
    patch = (3, 7, 7)
    size = grid((4, 9, 10), patch)
    wrong = torch.zeros(1, *size, 3, dtype=torch.int16)
    right = naive.nearest(video, video, patch)[0][None]
    part, nothing = right.clone(), torch.full_like(wrong, -1)
    part[:, 0] = -1
    arguments = video[None], video[None], patch, None
    assert nearest(*arguments, (wrong, right, nothing), (0,), 0)[1].sum() == 0
    field, distance = nearest(*arguments, (wrong, part), (0,), 0)
    assert (field[:, 0] == 0).all() and distance[:, 1].sum() == 0
    with pytest.raises(ValueError, match="shape"):
        nearest(*arguments, (wrong[:, :1, :1],), (0,), 0)
    with pytest.raises(ValueError, match="shape"):
        nearest(*arguments, (wrong[0],), (0,), 0)


def test_the_seed_decides():
    query = clip((3, 12, 14), 3, 0).expand(3, -1, -1, -1, -1)
    key = clip((3, 13, 15), 3, 1).expand(3, -1, -1, -1, -1)
    one, same, other = nearest(query, key, (2, 3, 3), seeds=(1, 1, 2))[0]
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_candidates_counts_the_launches(monkeypatch):
    """The figure for the roofline is that of the launches: matches tried in each, summed."""
    tried = []

    class Kernel:
        def __getitem__(self, _):
            return lambda *arguments, **options: tried.append(arguments)

    names = search_gpu._improve.arg_names
    monkeypatch.setattr(search_gpu, "_improve", Kernel())
    video = clip((2, 6, 6), 3, 0)[None]
    guess = torch.zeros(1, *grid((2, 6, 6), (2, 3, 3)), 3, dtype=torch.int16)
    for guesses in ((), (guess,), (guess, guess)):
        tried.clear()
        nearest(video, video, (2, 3, 3), None, guesses, (0,), 3)
        counts = [a[names.index("neighbours")] + a[names.index("randoms")] for a in tried]
        assert sum(counts) == search_gpu.candidates(3, len(guesses))


@pytest.mark.skipif(not GPU, reason="the interpreter has no races")
def test_ten_searches_give_equal_bytes():
    query, key = (drifting_texture((8, 90, 160), k).expand(3, -1, -1, -1, -1) for k in (0, 1))
    first = nearest(query, key, (3, 7, 7), seeds=(3, 4, 5), sweeps=2)
    for _ in range(10):
        again = nearest(query, key, (3, 7, 7), seeds=(3, 4, 5), sweeps=2)
        assert torch.equal(first[0], again[0])
        assert torch.equal(first[1], again[1])


def test_a_task_runs_on_them_and_a_batch_is_its_samples():
    """The whole loop on the GPU's kernels: levels, weights, votes."""
    clip = drifting_texture((3, 16, 20), 0)
    settings = Settings(passes=1, coarsest_passes=1, min_side=12, space_factor=0.75, sigma=5.0)
    changes = {"backend": "gpu", "device": "cuda" if GPU else "cpu"}
    batch = vgpnn.generate_batch(clip, (1, 2), settings, **changes)
    alone = vgpnn.generate(clip, 2, settings, **changes)
    assert torch.equal(batch[1].video.codes, alone.video.codes)
    assert torch.equal(batch[1].source_map, alone.source_map)
    assert not torch.equal(batch[0].video.codes, batch[1].video.codes)
    # Every voxel is one that the source has, up to medians of different votes.
    assert batch[0].video.codes.amin() >= clip.amin() and batch[0].video.codes.amax() <= clip.amax()
