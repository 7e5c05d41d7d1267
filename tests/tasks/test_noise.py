"""Noise on the coarsest level, the layout of the paper."""

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.schedule import plan_levels
from vgpnn.settings import Settings
from vgpnn.tasks import generation, noise

SHAPE = (5, 30, 40)
FAST = Settings(passes=2, coarsest_passes=2, last_levels=2, layout="noise")


@pytest.fixture(scope="module")
def clip():
    return decode(drifting_texture(SHAPE, 0))


@pytest.fixture(scope="module")
def result(clip):
    return vgpnn.generate(clip, 3, FAST)


@pytest.mark.parametrize("alpha", [None, 0.005], ids=["weights off", "weights on"])
def test_without_noise_the_input_comes_back(clip, alpha):
    result = vgpnn.generate(clip, 0, FAST, alpha=alpha, sigma=0.0)
    assert torch.equal(result.video.codes, encode(clip))


def test_without_noise_the_input_comes_back_from_the_oracle():
    video = drifting_texture((3, 20, 24), 0)
    result = vgpnn.generate(video, 0, FAST, backend="naive", sigma=0.0)
    assert torch.equal(result.video.codes, video)


def test_noise_is_replicated_along_time():
    coarsest = torch.full((3, 15, 20, 3), 128, dtype=torch.uint8)
    guess = noise.initial_guess(coarsest, 3.0, 0)
    assert guess.dtype == torch.int16 and guess.shape == coarsest.shape
    assert torch.equal(guess[0], guess[1]) and torch.equal(guess[0], guess[2])
    values = decode(guess)
    assert values.std().item() == pytest.approx(3.0, rel=0.1)
    assert values.mean().item() == pytest.approx(0.0, abs=0.3)


def test_the_thumb_rule_is_the_mean_distance_to_the_nearest_other_patch():
    generator = torch.Generator().manual_seed(0)
    coarsest = torch.randint(0, 256, (3, 9, 8, 3), generator=generator, dtype=torch.uint8)
    patches = decode(coarsest).unfold(1, 7, 1).unfold(2, 7, 1).unfold(0, 3, 1).reshape(6, -1)
    distance = (patches[:, None] - patches[None]).norm(dim=2) + 1e9 * torch.eye(6)
    expected = distance.amin(1).mean().item()
    measured = noise.patch_distance(coarsest, PRESETS["generate"])
    assert measured == pytest.approx(expected, rel=0.01)
    assert noise.patch_distance(coarsest[:, :7, :7], PRESETS["generate"]) == 0.0


def test_the_first_sigma_is_a_share_of_the_thumb_rule():
    low, high = noise.SIGMA_RANGE
    assert noise.starting_sigma(5.0) == pytest.approx(noise.SIGMA_SHARE * 5.0)
    assert noise.starting_sigma(0.0) == low and noise.starting_sigma(100.0) == high


def test_sigma_grows_only_where_the_result_is_a_copy():
    assert noise.least_sigma(1.5, lambda sigma: noise.COPY_SHARE) == 1.5
    sigma = noise.least_sigma(1.5, lambda sigma: float(sigma >= 2.7))
    assert 2.7 <= sigma < 2.7 * noise.SIGMA_GROWTH + 0.01
    assert noise.least_sigma(1.5, lambda sigma: 0.0) == noise.SIGMA_RANGE[1]


@pytest.mark.slow
def test_no_seed_gives_a_copy(clip):
    """The automatic noise changes the layout, or is the most there is."""
    clean = generation.problem(clip, (0, 1), FAST.with_changes(sigma=0.0))
    sigmas = noise.automatic_sigmas(clean)
    for sample, sigma in zip(clean.samples(), sigmas, strict=True):
        moved = noise.share_moved_by(sample, sigma)
        assert moved >= noise.COPY_SHARE or sigma == noise.SIGMA_RANGE[1]
        assert noise.share_moved_by(sample, 0.0) == 0


@pytest.mark.slow
def test_only_the_levels_of_the_layout_are_run_to_choose_the_noise(clip):
    problem = generation.problem(clip, 0, FAST.with_changes(sigma=2.0))
    plans = plan_levels([(level.source_shape, level.shape) for level in problem.levels], FAST)
    count = sum(plan.passes for plan in plans[: noise.LAYOUT_LEVELS])
    states = problem.passes()
    for _ in range(count):
        state = next(states)
    assert (state.level, state.number) == (noise.LAYOUT_LEVELS, state.passes)
    expected = noise.share_of_moved_patches(state)
    assert noise.share_moved_by(problem, 2.0) == expected


@pytest.mark.slow
def test_the_setting_noise_multiplies_the_automatic_sigma(clip, result):
    automatic = result.settings.sigma
    for factor in (0.0, 0.5, 2.0):
        problem = generation.problem(clip, 3, FAST.with_changes(noise=factor))
        assert problem.settings[0].sigma == pytest.approx(factor * automatic, abs=0.01)
    problem = generation.problem(clip, 3, FAST.with_changes(noise=2.0, sigma=0.7))
    assert problem.settings[0].sigma == 0.7
