"""Times of the kernels alone: `python -m pytest tests/bench/kernels.py` (not part of the tests).

At a real level of a bundled clip: what the loop gives to search and vote there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from vgpnn import fields, pyramid, search, vote, warm_up
from vgpnn.evaluation import benchmark as bench
from vgpnn.settings import SETTINGS
from vgpnn.tasks import generation

PATCH = (3, 7, 7)


@pytest.fixture(scope="module")
def level():
    """Query, key and carried field of the first pass of the finest level, and its source."""
    warm_up()
    problem = generation.problem(bench.sample_clip((13, 144, 256)), 0)
    coarse, fine = problem.levels[-2:]
    for step in problem.passes():
        if (step.level, step.number) == (step.levels - 1, step.passes):
            break
    query = pyramid.resize(step.guess[0], fine.shape)[None]
    key = pyramid.resize(coarse.source, fine.shape)[None]
    shapes = (fields.FieldShape(level.shape, level.shape, PATCH) for level in (coarse, fine))
    return query, key, fields.upscale(step.field, *shapes), fine.source


@pytest.mark.parametrize("sweeps", [0, 1, 2, 4])
def test_search(level, sweeps, benchmark):
    query, key, carried, _ = level

    def fresh():
        return (query, key, PATCH, None, (carried.clone(),), (0,)), {"sweeps": sweeps}

    benchmark.pedantic(search.nearest, setup=fresh, rounds=7)


@pytest.mark.parametrize("mode", SETTINGS["vote"].words)
def test_vote(level, mode, benchmark):
    query, key, carried, value = level
    found = search.nearest(query, key, PATCH, None, (carried.clone(),))
    quality = vote.match_quality(found.distance)
    benchmark(vote.vote, value, found.field, PATCH, mode, quality)


@pytest.mark.parametrize("factor", [0.5, 0.82, 1.22])
def test_resize(level, factor, benchmark):
    t, h, w = level[3].shape[:3]
    shape = round(t * factor), round(h * factor), round(w * factor)
    benchmark(pyramid.resize, level[3], shape)
