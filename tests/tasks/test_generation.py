"""Diverse generation end to end, on clips small enough for every machine."""

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

import vgpnn
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.schedule import plan_levels
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks import generation

SHAPE = (5, 30, 40)
FAST = Settings(passes=2, coarsest_passes=2, last_levels=2)


@pytest.fixture(scope="module")
def clip():
    return decode(drifting_texture(SHAPE, 0))


@pytest.fixture(scope="module")
def result(clip):
    return vgpnn.generate(clip, 3, FAST)


@pytest.fixture(scope="module")
def other(clip):
    """The result of another seed."""
    return vgpnn.generate(clip, 4, FAST)


def test_the_same_seed_gives_the_same_bytes(clip, result):
    again = vgpnn.generate(clip, 3, FAST)
    assert torch.equal(result.video.codes, again.video.codes)
    assert torch.equal(result.source_map, again.source_map)
    assert result.settings == again.settings


def test_another_seed_gives_another_video(result, other):
    assert (result.video.codes != other.video.codes).any(-1).float().mean() > 0.1


def test_every_voxel_of_a_result_lies_in_the_range_of_the_source(clip, result):
    assert result.video.frames.min() >= clip.min() - 1e-6
    assert result.video.frames.max() <= clip.max() + 1e-6


def test_the_map_points_to_where_the_voxels_come_from(clip, result):
    """Most voxels nearly equal the one that the map names; the others lie between patches."""
    t, y, x = result.source_map.long().unbind(-1)
    difference = (encode(clip)[t, y, x].int() - result.video.codes.int()).abs().amax(-1)
    assert difference.median() <= 2 and (difference <= 8).float().mean() > 0.6  # [codes]


@pytest.mark.parametrize("at_once", [True, False], ids=["as one batch", "one by one"])
def test_several_samples_are_those_of_their_seeds(clip, result, other, at_once):
    """Each sample has noise of its own; they share the pyramid of the source and nothing else."""
    if at_once:
        *_, step = vgpnn.generate_steps(clip, (3, 4), FAST)
        samples = step.results
    else:
        samples = vgpnn.generate_batch(clip, (3, 4), FAST)
    assert [sample.seed for sample in samples] == [3, 4]
    for sample, alone in zip(samples, (result, other), strict=True):
        assert torch.equal(sample.video.codes, alone.video.codes)
        assert torch.equal(sample.source_map, alone.source_map)
        assert sample.settings == alone.settings


def test_the_progress_of_a_batch_is_that_of_all_samples(clip):
    fractions = []
    settings = FAST.with_changes(sigma=2.0)
    vgpnn.generate_batch(clip, (1, 2), settings, lambda step: fractions.append(step.fraction))
    assert fractions == sorted(set(fractions)) and fractions[-1] == pytest.approx(1)
    assert fractions[len(fractions) // 2 - 1] == pytest.approx(0.5)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_do_not_change_the_bytes(clip, result, threads, monkeypatch):
    monkeypatch.setenv("VGPNN_THREADS", threads)
    before = torch.get_num_threads()
    torch.set_num_threads(int(threads))
    try:
        again = vgpnn.generate(clip, 3, FAST)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(again.video.codes, result.video.codes)


@pytest.mark.parametrize("alpha", [None, 0.005], ids=["weights off", "weights on"])
def test_without_noise_the_input_comes_back(clip, alpha):
    result = vgpnn.generate(clip, 0, FAST, alpha=alpha, sigma=0.0)
    assert torch.equal(result.video.codes, encode(clip))


def test_without_noise_the_input_comes_back_from_the_oracle():
    video = drifting_texture((3, 20, 24), 0)
    result = vgpnn.generate(video, 0, FAST, backend="naive", sigma=0.0)
    assert torch.equal(result.video.codes, video)


@pytest.mark.parametrize("vote", SETTINGS["vote"].words)
def test_a_clip_of_one_colour_comes_back(vote):
    video = torch.full((4, 20, 24, 3), 0.2)
    result = vgpnn.generate(video, 0, FAST, vote=vote)
    assert torch.equal(result.video.codes, encode(video))


def test_the_weighted_vote_uses_how_good_matches_are():
    weighted, mean = (
        vgpnn.generate(moving_blobs(*SHAPE), 1, FAST, sigma=4.0, vote=vote).video.codes
        for vote in ("weighted", "mean")
    )
    assert not torch.equal(weighted, mean)


def test_noise_is_replicated_along_time():
    coarsest = torch.full((3, 15, 20, 3), 128, dtype=torch.uint8)
    guess = generation.initial_guess(coarsest, 3.0, 0)
    assert guess.dtype == torch.int16 and guess.shape == coarsest.shape
    assert torch.equal(guess[0], guess[1]) and torch.equal(guess[0], guess[2])
    noise = decode(guess)
    assert noise.std().item() == pytest.approx(3.0, rel=0.1)
    assert noise.mean().item() == pytest.approx(0.0, abs=0.3)


def test_the_thumb_rule_is_the_mean_distance_to_the_nearest_other_patch():
    generator = torch.Generator().manual_seed(0)
    coarsest = torch.randint(0, 256, (3, 9, 8, 3), generator=generator, dtype=torch.uint8)
    patches = decode(coarsest).unfold(1, 7, 1).unfold(2, 7, 1).unfold(0, 3, 1).reshape(6, -1)
    distance = (patches[:, None] - patches[None]).norm(dim=2) + 1e9 * torch.eye(6)
    expected = distance.amin(1).mean().item()
    measured = generation.patch_distance(coarsest, PRESETS["generate"])
    assert measured == pytest.approx(expected, rel=0.01)
    assert generation.patch_distance(coarsest[:, :7, :7], PRESETS["generate"]) == 0.0


def test_the_first_sigma_is_a_share_of_the_thumb_rule():
    low, high = generation.SIGMA_RANGE
    assert generation.starting_sigma(5.0) == pytest.approx(generation.SIGMA_SHARE * 5.0)
    assert generation.starting_sigma(0.0) == low and generation.starting_sigma(100.0) == high


def test_sigma_grows_only_where_the_result_is_a_copy():
    assert generation.least_sigma(1.5, lambda sigma: generation.COPY_SHARE) == 1.5
    sigma = generation.least_sigma(1.5, lambda sigma: float(sigma >= 2.7))
    assert 2.7 <= sigma < 2.7 * generation.SIGMA_GROWTH + 0.01
    assert generation.least_sigma(1.5, lambda sigma: 0.0) == generation.SIGMA_RANGE[1]


@pytest.mark.slow
def test_no_seed_gives_a_copy(clip):
    """The automatic noise changes the layout, or is the most there is."""
    clean = generation.problem(clip, (0, 1), FAST.with_changes(sigma=0.0))
    sigmas = generation.automatic_sigmas(clean)
    for sample, sigma in zip(clean.samples(), sigmas, strict=True):
        moved = generation.share_moved_by(sample, sigma)
        assert moved >= generation.COPY_SHARE or sigma == generation.SIGMA_RANGE[1]
        assert generation.share_moved_by(sample, 0.0) == 0


@pytest.mark.slow
def test_only_the_levels_of_the_layout_are_run_to_choose_the_noise(clip):
    problem = generation.problem(clip, 0, FAST.with_changes(sigma=2.0))
    plans = plan_levels([(level.source_shape, level.shape) for level in problem.levels], FAST)
    count = sum(plan.passes for plan in plans[: generation.LAYOUT_LEVELS])
    states = problem.passes()
    for _ in range(count):
        state = next(states)
    assert (state.level, state.number) == (generation.LAYOUT_LEVELS, state.passes)
    expected = generation.share_of_moved_patches(state)
    assert generation.share_moved_by(problem, 2.0) == expected


@pytest.mark.slow
def test_the_setting_noise_multiplies_the_automatic_sigma(clip, result):
    automatic = result.settings.sigma
    for noise in (0.0, 0.5, 2.0):
        problem = generation.problem(clip, 3, FAST.with_changes(noise=noise))
        assert problem.settings[0].sigma == pytest.approx(noise * automatic, abs=0.01)
    problem = generation.problem(clip, 3, FAST.with_changes(noise=2.0, sigma=0.7))
    assert problem.settings[0].sigma == 0.7


@pytest.mark.parametrize(
    "shape", [(1, 20, 30), (2, 24, 24), (3, 7, 7), (5, 9, 40), (1, 1, 1)], ids=str
)
def test_clips_too_small_for_the_defaults_work_with_a_notice(shape):
    generator = torch.Generator().manual_seed(0)
    video = torch.rand(*shape, 3, generator=generator) * 2 - 1
    result = vgpnn.generate(video, 0)
    assert result.video.frames.shape == result.source_map.shape == video.shape
    assert result.notices and all(is_one_sentence(notice) for notice in result.notices)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"alpha": float("nan")}, "alpha must be a number from 0.000001 to 100, not nan."),
        ({"alpha": -1.0}, "alpha must be a number from 0.000001 to 100, not -1.0."),
        ({"sigma": -0.5}, "sigma must be a number from 0 to 20, not -0.5."),
        ({"passes": 0}, "passes must be a whole number from 1 to 20, not 0."),
        ({"vote": "loudest"}, "vote must be one of 'median', 'mean', 'weighted', not 'loudest'."),
        ({"patch": (3, 7)}, "patch must be three whole numbers from 1 to 15, not (3, 7)."),
        ({"space_factor": 1.0}, "space_factor must be a number from 0.5 to 0.95, not 1.0."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bad_setting_is_one_sentence(clip, changes, says):
    with pytest.raises(ValueError) as error:
        vgpnn.generate(clip, 0, **changes)
    assert str(error.value) == says
