"""Times of the kernels alone, not part of the tests: `python -m pytest tests/bench/kernels.py`.

The kernels get what the loop gives them at the first pass of the finest level of a bundled clip.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from vgpnn import fields, pyramid, search, vote, warm_up
from vgpnn.evaluation import benchmark as bench
from vgpnn.query_grid import QueryGrid
from vgpnn.settings import SETTINGS
from vgpnn.tasks import generation

PATCH = (3, 7, 7)


@pytest.fixture(scope="module")
def level():
    """The query, the key and the field that is carried over, of one sample, and the value."""
    warm_up()
    problem = generation.problem(bench.sample_clip((13, 144, 256)), 0)
    coarse, fine = problem.levels[-2:]
    for step in problem.passes():
        if (step.level, step.number) == (step.levels - 1, step.passes):
            break
    query = pyramid.resize(step.guess[0], fine.shape)[None]
    key = pyramid.resize(coarse.source, fine.shape)[None]
    queries = QueryGrid(fine.shape, PATCH)
    shapes = fields.FieldShape(step.queries, coarse.shape), fields.FieldShape(queries, fine.shape)
    return query, key, fields.upscale(step.field, *shapes), fine.source


@pytest.mark.parametrize("sweeps", [0, 1, 2, 4])
def test_search(level, sweeps, benchmark):
    query, key, carried, _ = level

    def arguments():
        """The search overwrites the field that it starts from, so every run gets a copy."""
        return (query, key, PATCH, None, (carried.clone(),), (0,)), {"sweeps": sweeps}

    benchmark.pedantic(search.nearest, setup=arguments, rounds=7)


@pytest.mark.parametrize("mode", SETTINGS["vote"].words)
def test_vote(level, mode, benchmark):
    query, key, carried, value = level
    match = search.nearest(query, key, PATCH, None, (carried.clone(),))
    quality = vote.match_quality(match.distance)
    queries = QueryGrid.of_all(match.field.shape[1:4], PATCH)
    benchmark(vote.vote, value, match.field, queries, mode, quality)


@pytest.mark.parametrize("factor", [0.5, 0.82, 1.22])
def test_resize(level, factor, benchmark):
    frames, height, width = level[3].shape[:3]
    shape = round(frames * factor), round(height * factor), round(width * factor)
    benchmark(pyramid.resize, level[3], shape)
