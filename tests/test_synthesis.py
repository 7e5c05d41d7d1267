"""The loop: its keys and values, its levels, and how near its searches are to exact ones."""

from pathlib import Path

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.clips import codes

import vgpnn
from vgpnn import fields, pyramid, search, synthesis
from vgpnn.codes import decode
from vgpnn.fields import FieldShape
from vgpnn.patches import flat_index, grid, unfold
from vgpnn.presets import PRESETS
from vgpnn.query_grid import QueryGrid
from vgpnn.schedule import FIRST_SWEEPS
from vgpnn.search import border
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
    shapes = FieldShape(step.queries, coarse), FieldShape(QueryGrid(fine, PATCH), fine)
    carried = fields.upscale(step.field, *shapes)
    match = search.nearest(query, key, PATCH, None, (carried,), (0,), "cpu", sweeps=FIRST_SWEEPS)
    exact = search.nearest(query, key, PATCH, backend="naive")
    assert 1 <= match.distance.double().mean() / exact.distance.double().mean() <= 1.1


def test_keys_are_blurred_first_and_values_afterwards(monkeypatch):
    """The QKV scheme: at the first pass of a level K is the coarser source upscaled, then V.

    The reverse search of the weights has the roles swapped and comes before the search.
    """
    clip, searches = codes((4, 24, 26), 0), []

    def spy(query, key, slack=None, **options):
        searches.append((query[0], key[0], slack))
        return border.nearest(query, key, slack=slack, **options)

    monkeypatch.setattr(synthesis, "nearest", spy)
    settings = PRESETS["generate"].with_changes(passes=3, coarsest_passes=2, sigma=2.0)
    passes = generation.problem(clip, 0, settings).passes()
    shapes = [source for source, _ in pyramid.level_shapes((4, 24, 26), (4, 24, 26), settings)]
    before = clip
    for state in passes:
        level = state.level - 1
        value = pyramid.resize(clip, shapes[level])
        key = value
        if level > 0 and state.number == 1:
            key = pyramid.resize(pyramid.resize(clip, shapes[level - 1]), shapes[level])
            assert not torch.equal(key, value)
        *reverse, (query, key_searched, slack) = searches
        assert torch.equal(key_searched, key) and torch.equal(state.level_input.source, value)
        if level < settings.complete_levels * len(shapes):
            ((reverse_query, reverse_key, reverse_slack),) = reverse
            assert torch.equal(reverse_query, key) and torch.equal(reverse_key, query)
            assert reverse_slack is None and slack is state.slack and slack is not None
        else:
            assert not reverse and slack is None
        if state.number > 1:
            assert torch.equal(query, before)  # the query is the guess of the pass before
        before = state.guess[0].clone()
        searches.clear()
    assert (state.level, state.number) == (len(shapes), state.passes)


def test_the_error_is_the_mean_distance_of_the_matches():
    problem = generation.problem(codes((5, 22, 26), 0), 3, PRESETS["generate"], device="cpu")
    state = next(problem.passes())
    query, key = (decode(video[0]) for video in (state.query, state.key))
    matched = flat_index(
        state.field[0], grid(state.level_input.source_shape, state.patch)
    ).flatten()
    difference = unfold(query, state.patch) - unfold(key, state.patch)[matched]
    assert state.error[0] == pytest.approx(difference.square().mean().item(), rel=1e-4)


def test_the_error_falls_from_pass_to_pass_once_the_blurred_key_is_gone():
    settings = PRESETS["generate"].with_changes(alpha=None, last_levels=0, sigma=3.0)
    problem = generation.problem(moving_blobs(5, 30, 40), 3, settings)
    finest = len(problem.levels)
    errors = [state.error[0] for state in problem.passes() if state.level == finest]
    assert len(errors) == settings.passes
    assert errors[1] > errors[2] > errors[3] > errors[4]
