"""The loop: its keys and values, its levels, and how near its searches are to exact ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import vgpnn
from vgpnn import pyramid, search, synthesis
from vgpnn.presets import PRESETS
from vgpnn.search import FIRST_SWEEPS
from vgpnn.synthesis import upscale
from vgpnn.tasks import generation

EXAMPLES = Path(__file__).parents[1] / "examples"
PATCH = PRESETS["generate"].patch


@pytest.mark.parametrize("name", ["flock", "balloons", "campfire", "steam"])
def test_search_at_a_level_is_near_exact(name):
    """Mean distance at most 1.1 times exact, at the first pass of a level of a real clip."""
    clip = vgpnn.video.read(EXAMPLES / f"{name}.mp4", frames=13, height=144)
    shapes = [s.apply(clip.shape) for s in pyramid.scales(clip.shape, PRESETS["generate"])]
    for step in generation.problem(clip, 0).passes():
        if step.level == 5 and step.number == step.passes:
            break
    coarse, fine = shapes[4], shapes[5]
    query = pyramid.resize(step.guess[0], fine)[None]
    key = pyramid.resize(pyramid.resize(clip.codes, coarse), fine)[None]
    carried = upscale(step.field, coarse, coarse, PATCH, fine, fine, PATCH)
    match = search.nearest(query, key, PATCH, None, (carried,), (0,), "cpu", sweeps=FIRST_SWEEPS)
    exact = search.nearest(query, key, PATCH, backend="naive")
    assert 1 <= match.distance.double().mean() / exact.distance.double().mean() <= 1.1


def test_keys_are_blurred_first_and_values_afterwards(monkeypatch):
    """The QKV scheme: at the first pass of a level K is the coarser source upscaled, then V."""
    generator = torch.Generator().manual_seed(0)
    clip = torch.randint(0, 256, (4, 24, 26, 3), generator=generator, dtype=torch.uint8)
    keys = []

    def spy(query, key, patch, slack, *rest):
        keys.append((key[0], slack is None))
        return search.nearest(query, key, patch, slack, *rest)

    monkeypatch.setattr(synthesis, "nearest", spy)
    settings = PRESETS["generate"].with_changes(passes=3, coarsest_passes=2, sigma=2.0)
    steps = list(vgpnn.generate_steps(clip, 0, settings))
    shapes = [s.apply((4, 24, 26)) for s in pyramid.scales((4, 24, 26), settings)]
    for step, (key, unweighted) in zip(steps, keys, strict=True):
        level = step.level - 1
        value = pyramid.resize(clip, shapes[level])
        if level > 0 and step.number == 1:
            coarser = pyramid.resize(clip, shapes[level - 1])
            assert torch.equal(key, pyramid.resize(coarser, shapes[level]))
            assert not torch.equal(key, value)
        else:
            assert torch.equal(key, value)
        assert unweighted == (level >= settings.complete_levels * len(shapes))


def test_large_levels_use_their_own_patch_and_passes():
    clip = torch.rand(4, 30, 34, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    changes = {"passes": 2, "coarsest_passes": 4, "last_levels": 0, "sigma": 2.0}
    settings = PRESETS["generate"].with_changes(large_voxels=2000, **changes)
    for step in generation.problem(clip, 0, settings).passes():
        large = step.guess[..., 0].numel() > 2000
        assert step.patch == ((3, 5, 5) if large else (3, 7, 7))
        assert step.passes == (1 if large else 4 if step.level == 1 else 2)


LOADED = """
import sys, torch
from vgpnn import search
from vgpnn.search import cpu
for patch in eval(sys.argv[1]):
    query, key = torch.randint(0, 256, (2, 5, 12, 14, 3), dtype=torch.uint8)
    field, distance = cpu.nearest(query, key, patch, None, (), 0, lambda: None, 2)
    exact = search.naive.nearest(query, key, patch)[1]
    again = search.cpu.nearest(query, key, patch, None, (field,), 0, lambda: None, 0)[1]
    t, y, x = 1, 2, 3
    j = field[t, y, x].tolist()
    cut = [slice(a, a + n) for a, n in zip((t, y, x), patch)]
    other = [slice(a, a + n) for a, n in zip(j, patch)]
    true = (query[tuple(cut)].int() - key[tuple(other)].int()).square().sum()
    assert distance[t, y, x] == true and torch.equal(again, distance), (patch, distance[t, y, x])
    assert (distance >= exact).all()
"""


def test_kernels_are_found_again_and_not_mixed_up(tmp_path):
    """Cached by two processes and loaded together by a third, which compiles nothing: else every
    start of the page would wait for it."""
    environment = dict(os.environ, NUMBA_CACHE_DIR=str(tmp_path))
    counts = []
    for patches in ("[(3, 7, 7)]", "[(3, 5, 5)]", "[(3, 5, 5), (3, 7, 7)]"):
        subprocess.run([sys.executable, "-c", LOADED, patches], check=True, env=environment)
        counts.append(len(list(tmp_path.rglob("*.nbc"))))
    assert counts[0] < counts[1] == counts[2]


@pytest.mark.parametrize("backend", ["cpu", "naive"])
def test_a_weighted_vote_of_a_loop_goes_round(backend):
    """Turned in time, field and quality together, the result is turned as much."""
    generator = torch.Generator().manual_seed(0)
    value = torch.randint(0, 256, (5, 9, 10, 3), generator=generator, dtype=torch.uint8)
    field = torch.randint(0, 3, (1, 6, 7, 8, 3), generator=generator).to(torch.int16)
    quality = torch.randint(1, 256, field.shape[:-1], generator=generator).to(torch.uint8)

    def voted(turn):
        turned = quality.roll(turn, 1)
        case = (3, 3, 3), True, "weighted", turned, backend, lambda: None
        return synthesis.voted(value, field.roll(turn, 1), *case)

    assert voted(0).shape == (1, 6, 9, 10, 3)
    for turn in (1, 4):
        assert torch.equal(voted(turn), voted(0).roll(turn, 1))
