"""The pictures that explain a pass are cut out of its state, without changing it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers.clips import clip, codes

import vgpnn
from vgpnn import completeness
from vgpnn.codes import MeanError, squares_per_mse
from vgpnn.explain import View, view
from vgpnn.level import Level, Pass
from vgpnn.patches import grid
from vgpnn.query_grid import QueryGrid
from vgpnn.tasks import analogies, generation, inpainting, retargeting, tiling

SOURCE, SHAPE, PATCH = (5, 14, 18), (4, 12, 16), (3, 5, 5)
SAMPLES = 2
ALPHA = 0.002  # [MSE per element]
SETTINGS = vgpnn.Settings(alpha=ALPHA)


def made_up_pass(frames=SHAPE[0], channels=3, slack=None, region=None) -> Pass:
    """The state after a pass, of random codes; frames is the length of the query."""
    generator = torch.Generator().manual_seed(0)
    source = SHAPE if region is not None else SOURCE
    query_shape = (frames, *SHAPE[1:])
    corners = torch.rand(SAMPLES, *grid(query_shape, PATCH), 3, generator=generator)
    field = (corners * torch.tensor(grid(source, PATCH))).to(torch.int16)

    def random_codes(*shape):
        return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)

    return Pass(
        level=2,
        levels=4,
        number=1,
        passes=3,
        guess=random_codes(SAMPLES, *SHAPE, 3),
        mean_error=MeanError(torch.full((SAMPLES,), 0.1), 1, 1.0),
        field=field,
        queries=QueryGrid(query_shape, PATCH),
        query=random_codes(SAMPLES, *query_shape, channels),
        key=random_codes(SAMPLES, *source, channels),
        slack=slack,
        level_input=Level(codes(source, 1), SHAPE, region=region),
    )


def test_a_view_is_of_the_patch_in_the_middle_and_its_match():
    state = made_up_pass()
    seen = view(state, SETTINGS)
    assert seen.at == tuple(count // 2 for count in grid(SHAPE, PATCH))
    assert seen.match == tuple(state.field[0][seen.at].tolist())
    assert (seen.level, seen.patch) == (2, PATCH)
    assert (seen.source, seen.shape) == (SOURCE, SHAPE)


def test_its_pictures_are_the_frames_in_the_middle_of_the_patches():
    state = made_up_pass()
    seen = view(state, SETTINGS)
    query_frame, key_frame = seen.at[0] + PATCH[0] // 2, seen.match[0] + PATCH[0] // 2
    assert torch.equal(seen.query, state.query[0, query_frame])
    assert torch.equal(seen.guess, state.guess[0, query_frame])
    assert torch.equal(seen.key, state.key[0, key_frame])
    assert torch.equal(seen.value, state.level_input.source[key_frame])
    for picture in (seen.query, seen.guess, seen.key, seen.value):
        assert picture.dtype == torch.uint8


def test_the_next_pass_does_not_change_a_view():
    state = made_up_pass()
    seen = view(state, SETTINGS)
    kept = [picture.clone() for picture in (seen.value, seen.key, seen.query, seen.guess)]
    for tensor in (state.level_input.source, state.key, state.query, state.guess):
        tensor.zero_()
    assert all(map(torch.equal, kept, (seen.value, seen.key, seen.query, seen.guess)))


def test_noise_beyond_the_range_of_codes_is_clamped():
    state = made_up_pass()
    noisy = (state.query.to(torch.int16) - 128) * 4
    seen = view(replace(state, query=noisy), SETTINGS)
    frame = noisy[0, seen.at[0] + PATCH[0] // 2]
    assert torch.equal(seen.query, frame.clamp(0, 255).to(torch.uint8))


def test_the_query_of_a_loop_goes_on_with_its_first_frames():
    """The last patches of a loop reach over the seam, to the first frames of the guess."""
    state = made_up_pass(frames=4)
    guess = state.guess[:, :2]
    loop = replace(state, guess=guess, query=torch.cat([guess, guess], 1))
    seen = view(loop, SETTINGS)
    assert seen.at[0] + PATCH[0] // 2 == 2  # behind the last frame of the guess
    assert torch.equal(seen.guess, guess[0, 0]) and torch.equal(seen.query, guess[0, 0])


def test_structure_alone_is_shown_in_grey():
    state = made_up_pass(channels=4)
    together = view(state, SETTINGS)
    assert torch.equal(together.query, state.query[0, together.at[0] + 1, ..., :3])
    state.query[..., :3], state.key[..., :3] = 0, 0
    alone = view(state, SETTINGS)
    for picture, compared, frame in (
        (alone.query, state.query, alone.at[0] + 1),
        (alone.key, state.key, alone.match[0] + 1),
    ):
        assert torch.equal(picture, compared[0, frame, ..., 3:].expand(-1, -1, 3))


@pytest.mark.parametrize("channels", [3, 4])
def test_missing_is_the_share_of_the_distance_in_the_inverse_weight(channels):
    """1 / w = alpha + D: a patch that is there already has 0, one that is far away nearly 1."""
    unit = squares_per_mse(PATCH, channels)
    distance = torch.zeros(SAMPLES, *grid(SOURCE, PATCH))  # [MSE per element]
    distance[:, :, 1], distance[:, :, 2], distance[:, :, 3] = ALPHA, 9 * ALPHA, 1e6
    slack = completeness.slack(distance * unit, ALPHA, PATCH, channels)
    seen = view(made_up_pass(channels=channels, slack=slack), SETTINGS)
    assert seen.missing.shape == grid(SOURCE, PATCH)[1:]
    assert seen.missing[:4, 0].tolist() == pytest.approx([0, 0.5, 0.9, 1], abs=1e-6)


def test_without_weights_nothing_is_missing():
    assert view(made_up_pass(), SETTINGS).missing is None
    slack = torch.ones(SAMPLES, 1, 1, 1, dtype=torch.double)
    restricted = made_up_pass(slack=slack)
    assert view(restricted, SETTINGS.with_changes(alpha=None)).missing is None


def test_a_patch_that_touches_the_region_is_shown():
    region = torch.zeros(SHAPE, dtype=torch.bool)
    region[3:, :2, 11:] = True  # far from the middle, up to the border
    seen = view(made_up_pass(region=region), SETTINGS)
    assert region[tuple(slice(c, c + side) for c, side in zip(seen.at, PATCH))].any()
    empty = view(made_up_pass(region=region & False), SETTINGS)
    assert empty.at == tuple(count // 2 for count in grid(SHAPE, PATCH))


FAST = {"passes": 1, "coarsest_passes": 1, "space_factor": 0.7, "time_factor": 0.7}
SIZE = (7, 36, 48)


def fast(task: str, **changes) -> vgpnn.Settings:
    return vgpnn.PRESETS[task].with_changes(**FAST, **changes)


def box() -> torch.Tensor:
    region = torch.zeros(SIZE, dtype=torch.bool)
    region[:, 16:22, 22:28] = True
    return region


def views_of(problem) -> list[View]:
    """What is shown of the last pass of each level."""
    views = []

    def observe(state):
        if state.number == state.passes:
            views.append(view(state, problem.settings[0]))

    *_, last = problem.steps(observe)
    assert last.result is not None
    return views


@pytest.mark.parametrize(
    "make",
    [
        lambda: generation.problem(clip(*SIZE), 3, fast("generate", sigma=2.0)),
        lambda: inpainting.problem(clip(*SIZE), box(), settings=fast("inpaint")),
        lambda: inpainting.problem(clip(*SIZE), box(), settings=fast("inpaint", alpha=0.01)),
        lambda: retargeting.problem(clip(*SIZE), 0.6, settings=fast("retarget")),
        lambda: retargeting.problem(clip(*SIZE), loop=True, settings=fast("retarget")),
        lambda: analogies.problem(
            clip(*SIZE), clip(5, 40, 52, seed=2), settings=fast("analogy", min_side=15)
        ),
    ],
    ids=["generate", "inpaint", "inpaint with weights", "retarget", "loop", "analogy"],
)
def test_every_task_has_a_view_of_each_level(make):
    problem = make()
    views = views_of(problem)
    assert [seen.level for seen in views] == list(range(1, len(problem.levels) + 1))
    for seen, level in zip(views, problem.levels):
        assert (seen.source, seen.shape) == (level.source_shape, level.shape)
        assert seen.value.shape == seen.key.shape == (*seen.source[1:], 3)
        assert seen.guess.shape == seen.query.shape == (*seen.shape[1:], 3)
        for picture in (seen.value, seen.key, seen.query, seen.guess):
            assert picture.max() > picture.min()
        if level.region is not None:
            patch = tuple(slice(c, c + side) for c, side in zip(seen.at, seen.patch))
            assert level.region[patch].any()
    has_weights = [seen.missing is not None for seen in views]
    assert not has_weights[-1]  # weights act on coarser levels only
    assert has_weights[0] == (problem.settings[0].alpha is not None)


def test_more_is_missing_where_noise_has_changed_the_guess():
    missing = {}
    for sigma in (0.0, 3.0):
        problem = generation.problem(clip(*SIZE), 3, fast("generate", sigma=sigma))
        missing[sigma] = view(next(problem.passes()), problem.settings[0]).missing
    assert missing[0.0].max() < 0.01  # without noise the guess is the source
    assert missing[3.0].mean() > 0.3


def test_a_patch_of_a_tile_lies_in_the_picture_without_margins():
    task = tiling.problem(clip(4, 24, 30), "both")
    state = next(task.passes())
    seen = view(state, task.settings[0])
    assert tuple(seen.query.shape[:2]) == state.level_input.shape[1:] == tuple(seen.guess.shape[:2])
    _, y, x = seen.at
    assert 0 <= y <= seen.shape[1] - seen.patch[1] and 0 <= x <= seen.shape[2] - seen.patch[2]
    assert torch.equal(seen.query, state.query[0, seen.at[0] + 1][6:-6, 6:-6].to(torch.uint8))
