"""PatchMatch on the GPU against its twin in plain torch, to the byte.

Without a GPU Triton's interpreter runs the kernels. It runs one program after another, so it hides
races: the test of equal bytes needs a GPU.
"""

import dataclasses

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.gpu import DEVICE, HAS_GPU

import vgpnn
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.search import flooding, gpu, gpu_kernels, plain
from vgpnn.settings import Settings
from vgpnn.vote import gpu as vote_gpu

pytestmark = pytest.mark.slow
# Shapes of the query, the key and the patches, channels, whether there are weights and a guess,
# stride and shift of the queries, and how many pixels the interpreter compares at once: always
# fewer than a patch has, and no divisor of them.
CASES = {
    "3x7x7-plain": ((4, 13, 17), (5, 14, 15), (3, 7, 7), 3, False, 1, 0, 32),
    "2x5x3-weighted": ((3, 9, 12), (4, 10, 13), (2, 5, 3), 3, True, 1, 0, gpu.LANES),
    "1x5x5-structure": ((2, 13, 12), (1, 13, 19), (1, 5, 5), 4, True, 2, 1, 16),
}


@pytest.fixture(autouse=True)
def wide_programs(monkeypatch):
    """In the interpreter, time goes by the number of steps more than by what they do."""
    if not HAS_GPU:
        monkeypatch.setattr(gpu, "BLOCK", 256)
        monkeypatch.setattr(gpu, "LANES", 32)
        monkeypatch.setattr(vote_gpu, "BLOCK", 1024)
        monkeypatch.setattr(vote_gpu, "VOTES", 2**18)
        monkeypatch.setattr(gpu, "MOST_WORDS", 2**10)


@pytest.fixture
def quick_launches(monkeypatch):
    """Fewer launches, and no checks that nothing overflows, which the other tests make.

    In the interpreter such checks, at every sum and product, take half of the time.
    """
    monkeypatch.setattr(flooding, "JUMPS", ((2, 1),))
    if not HAS_GPU:
        from triton.runtime.interpreter import interpreter_builder

        options = dataclasses.replace(interpreter_builder.options, sanitize_overflow=False)
        monkeypatch.setattr(interpreter_builder, "options", options)


def nearest(query, key, patch, slack=None, guesses=(), seeds=(0, 1), sweeps=1, queries=None):
    """The field and the distances of a batch, back on the CPU."""
    query, key = query.to(DEVICE), key.to(DEVICE)
    slack = None if slack is None else slack.to(DEVICE)
    guesses = tuple(guess.to(DEVICE) for guess in guesses)
    options = seeds, lambda: None, sweeps, None, queries
    match = gpu.nearest(query, key, patch, slack, guesses, *options)
    return tuple(part.cpu() for part in match)


def texture(shape, channels, seed):
    """A drifting texture of up to six channels."""
    video = drifting_texture(shape, seed)
    return torch.cat([video, video.flip(3)], 3)[..., :channels]


@pytest.mark.filterwarnings(
    "ignore:invalid value", "ignore:divide by zero"
)  # 0 times infinity, which the kernel expects of keys that may not be used
@pytest.mark.parametrize("name", CASES)
def test_it_equals_plain_torch(name, monkeypatch, quick_launches):
    query_shape, key_shape, patch, channels, weighted, stride, shift, lanes = CASES[name]
    if not HAS_GPU:
        monkeypatch.setattr(gpu, "LANES", lanes)
    query = torch.stack([texture(query_shape, channels, seed) for seed in (0, 1)])
    key = texture(key_shape, channels, 2).expand(2, -1, -1, -1, -1)
    queries, key_grid = QueryGrid(query_shape, patch, stride, shift), grid(key_shape, patch)
    slack, guesses = None, ()
    if weighted:
        generator = torch.Generator().manual_seed(4)
        slack = torch.rand(2, *key_grid, generator=generator, dtype=torch.float64) * 10**4
        slack[:, :, 1:3] = 0  # keys that may not be used
        near = torch.zeros(2, *queries.counts, 3, dtype=torch.int16)
        other = torch.full_like(near, 1)
        other[:, 0] = -1  # no match
        guesses = near, other
    # Seeds of more than 32 bits, and a negative one.
    options = slack, guesses, (2**40 + 7, -3), 2, queries
    field, distance = nearest(query, key, patch, *options)
    of_plain = plain.nearest(
        query, key, patch, *options[:3], lambda: None, options[3], None, queries
    )
    assert torch.equal(field, of_plain[0]) and torch.equal(distance, of_plain[1])


def test_large_patches_that_are_read_again_and_again_give_the_same(monkeypatch, quick_launches):
    query, key = (
        texture(shape, 3, seed)[None] for shape, seed in (((2, 9, 12), 0), ((3, 8, 9), 1))
    )
    held = nearest(query, key, (2, 5, 5), seeds=(1,))
    monkeypatch.setattr(gpu, "HELD_WORDS", 0)
    again = nearest(query, key, (2, 5, 5), seeds=(1,))
    assert torch.equal(held[0], again[0]) and torch.equal(held[1], again[1])


@pytest.mark.parametrize("shared", ["query", "neither"])
def test_a_batch_equals_its_samples_alone(shared, quick_launches):
    query = torch.stack([texture((2, 8, 9), 3, seed) for seed in (0, 1)])
    key = torch.stack([texture((3, 9, 8), 3, seed) for seed in (2, 3)])
    patch = (2, 3, 3)
    if shared == "query":
        query = query[:1].expand_as(query)
    slack = torch.rand(2, *grid((3, 9, 8), patch), generator=torch.Generator().manual_seed(0)) + 0.1
    seeds = 2**40 + 7, 2**33 - 8  # of more than 32 bits, the larger one first
    together = nearest(query, key, patch, slack.double(), seeds=seeds)
    for number, seed in enumerate(seeds):
        sample = slice(number, number + 1)
        alone = nearest(query[sample], key[sample], patch, slack[sample].double(), seeds=(seed,))
        assert torch.equal(together[0][sample], alone[0])
        assert torch.equal(together[1][sample], alone[1])


@pytest.mark.parametrize("case", ["smaller", "no batch"])
def test_a_guess_of_another_shape_is_refused(case):
    video = texture((4, 9, 10), 3, 3)[None]
    guess = torch.zeros(1, *grid((4, 9, 10), (3, 7, 7)), 3, dtype=torch.int16)
    wrong = guess[:, :1, :1] if case == "smaller" else guess[0]
    with pytest.raises(ValueError, match="shape"):
        nearest(video, video, (3, 7, 7), None, (guess, wrong), (0,), 0)


def test_candidates_are_those_of_the_launches(monkeypatch):
    """The number that the roofline uses is the sum of what the launches are told to try."""
    launches = []

    class Kernel:
        def __getitem__(self, _):
            return lambda *arguments, **options: launches.append(dict(zip(names, arguments)))

    names = gpu_kernels.improve.arg_names
    monkeypatch.setattr(gpu_kernels, "improve", Kernel())
    video = texture((2, 6, 6), 3, 0)[None]
    guess = torch.zeros(1, *grid((2, 6, 6), (2, 3, 3)), 3, dtype=torch.int16)
    for guesses in ((), (guess,), (guess, guess)):
        launches.clear()
        nearest(video, video, (2, 3, 3), None, guesses, (0,), 3)
        tried = sum(launch["neighbours"] + launch["randoms"] for launch in launches)
        assert tried == gpu.candidates(3, len(guesses))


@pytest.mark.skipif(not HAS_GPU, reason="the interpreter has no races")
def test_ten_searches_give_equal_bytes():
    query, key = (drifting_texture((8, 90, 160), k).expand(3, -1, -1, -1, -1) for k in (0, 1))
    first = nearest(query, key, (3, 7, 7), seeds=(3, 4, 5), sweeps=2)
    for _ in range(10):
        again = nearest(query, key, (3, 7, 7), seeds=(3, 4, 5), sweeps=2)
        assert torch.equal(first[0], again[0])
        assert torch.equal(first[1], again[1])


def test_a_task_runs_on_the_gpu_kernels_and_a_batch_is_its_samples(quick_launches):
    """The whole loop: levels, weights, votes."""
    clip = drifting_texture((3, 12, 15), 0)
    settings = Settings(passes=1, coarsest_passes=1, min_side=9, space_factor=0.75, sigma=5.0)
    where = {"backend": "gpu", "device": DEVICE.type}
    batch = vgpnn.generate_batch(clip, (1, 2), settings, **where)
    alone = vgpnn.generate(clip, 2, settings, **where)
    assert torch.equal(batch[1].video.codes, alone.video.codes)
    assert torch.equal(batch[1].source_map, alone.source_map)
    assert not torch.equal(batch[0].video.codes, batch[1].video.codes)
    # A median is one of the votes, so no code is outside of the source's range.
    assert batch[0].video.codes.amin() >= clip.amin() and batch[0].video.codes.amax() <= clip.amax()
