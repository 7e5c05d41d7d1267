"""What the loop tells of a level: true of the pass it was taken from."""

from __future__ import annotations

import pytest
import torch
from helpers.clips import clip

import vgpnn
from vgpnn.codes import decode
from vgpnn.explain import view
from vgpnn.tasks import analogies, generation, inpainting, retargeting

SIZE = 9, 48, 64


def passes(**changes):
    settings = vgpnn.PRESETS["generate"].with_changes(**changes)
    return generation.problem(clip(*SIZE), 3, settings).passes()


def patch_of(video, corner, size):
    t, y, x = corner
    return decode(video[t : t + size[0], y : y + size[1], x : x + size[2]])


def test_error_is_the_mean_distance_of_matches():
    one = next(passes(alpha=None))
    query, key = one.query[0], one.key[0]
    told = []
    for corner in torch.cartesian_prod(*map(torch.arange, one.field.shape[1:4])).tolist():
        match = one.field[0][tuple(corner)].tolist()
        told.append((patch_of(query, corner, one.patch) - patch_of(key, match, one.patch)) ** 2)
    assert one.error[0] == pytest.approx(torch.stack(told).mean().item(), rel=1e-4)


def test_error_falls_from_pass_to_pass_once_the_blurred_key_is_gone():
    errors = {}
    for one in passes(alpha=None, last_levels=0):
        errors.setdefault(one.level, []).append(one.error[0])
    finest = errors[max(errors)]
    assert finest[1] > finest[2] > finest[4] and len(finest) == 5


@pytest.mark.parametrize("alpha", [None, 0.001])
def test_a_view_is_of_one_patch_and_its_match(alpha):
    settings = vgpnn.PRESETS["generate"].with_changes(alpha=alpha)
    for one in passes(alpha=alpha):
        seen = view(one, settings)
        assert seen.match == tuple(one.field[0][seen.at].tolist())
        t, y, x = seen.match
        own = seen.at[0] + seen.patch[0] // 2
        assert seen.query.equal(one.query[0, own].clamp(0, 255).to(torch.uint8))
        assert seen.key.equal(one.key[0, t + seen.patch[0] // 2])
        assert seen.guess.equal(one.guess[0, own])
        assert seen.value.dtype == torch.uint8 and seen.value.shape == (*seen.source[1:], 3)
        assert seen.value.equal(one.value[t + seen.patch[0] // 2])
        assert seen.query.shape == seen.guess.shape == (*seen.shape[1:], 3)
        assert (seen.missing is not None) == (one.slack is not None)
        if seen.missing is not None:
            assert seen.missing.shape == one.slack.shape[2:]
            assert seen.missing.min() >= 0 and seen.missing.max() < 1
    assert (alpha is None) or one.slack is None  # on the finest level weights do not act


def test_missing_is_high_where_the_guess_has_nothing_like_it():
    first = next(passes(alpha=0.001, sigma=0.0))
    same = view(first, vgpnn.Settings(alpha=0.001))
    assert same.missing.max() < 0.01  # without noise the guess is the source
    noisy = view(next(passes(alpha=0.001, sigma=3.0)), vgpnn.Settings(alpha=0.001))
    assert noisy.missing.mean() > 0.3


def test_every_task_yields_a_view_per_level():
    video = clip(*SIZE)
    region = torch.zeros(SIZE, dtype=torch.bool)
    region[:, 20:28, 30:38] = True
    weighted = vgpnn.PRESETS["inpaint"].with_changes(alpha=0.01)
    for problem in (
        generation.problem(video, 3),
        inpainting.problem(video, region),
        inpainting.problem(video, region, settings=weighted),
        retargeting.problem(video, 0.6),
        retargeting.problem(video, loop=True),
        analogies.problem(video, clip(7, 48, 64, seed=2)),
    ):
        seen = [step.view for step in problem.steps() if step.view is not None]
        assert [one.level for one in seen] == list(range(1, len(problem.levels) + 1))
        for one in seen:
            assert one.value.shape == (*one.source[1:], 3) == one.key.shape
            assert one.guess.shape == (*one.shape[1:], 3) == one.query.shape
            assert one.query.max() > one.query.min() and one.key.max() > one.key.min()
        assert seen[-1].missing is None


def test_of_inpainting_a_patch_that_is_made_is_shown():
    region = torch.zeros(SIZE, dtype=torch.bool)
    region[3:, 4:9, 30:] = True  # far from the middle, up to the border
    problem = inpainting.problem(clip(*SIZE), region)
    for step in problem.steps():
        if step.view is not None:
            made = problem.levels[step.level - 1].region
            corner, patch = step.view.at, step.view.patch
            assert made[tuple(slice(c, c + p) for c, p in zip(corner, patch))].any()
