"""Diverse generation end to end, on clips small enough for every machine."""

import pytest
import torch
from helpers.clips import drifting_texture

import vgpnn
from vgpnn import pyramid
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.settings import SETTINGS, Settings
from vgpnn.synthesis import synthesize
from vgpnn.tasks import generation
from vgpnn.tasks.problem import as_video, source_levels

FAST = Settings(passes=2, min_side=15)


@pytest.fixture(scope="module")
def clip():
    return decode(drifting_texture((6, 34, 46), 0))


def test_same_seed_same_bytes_and_other_seed_other_video(clip):
    first, again, other = (vgpnn.generate(clip, seed, FAST) for seed in (3, 3, 4))
    assert torch.equal(first.video.frames, again.video.frames)
    assert torch.equal(first.source_map, again.source_map)
    assert not torch.equal(first.video.frames, other.video.frames)


def test_a_batch_is_its_samples(clip):
    """Each with noise of its own; one batch shares the pyramid and nothing else."""
    batch = vgpnn.generate_batch(clip, (3, 4), FAST)
    for seed, result in zip((3, 4), batch, strict=True):
        alone = vgpnn.generate(clip, seed, FAST)
        assert torch.equal(result.video.codes, alone.video.codes)
        assert torch.equal(result.source_map, alone.source_map)
        assert result.settings == alone.settings and result.seed == seed


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_do_not_change_the_bytes(clip, threads, monkeypatch):
    expected = vgpnn.generate(clip, 1, FAST).video.frames
    monkeypatch.setenv("VGPNN_THREADS", threads)
    before = torch.get_num_threads()
    torch.set_num_threads(int(threads))
    try:
        assert torch.equal(vgpnn.generate(clip, 1, FAST).video.frames, expected)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("alpha", [None, 0.005], ids=["off", "on"])
def test_without_noise_the_input_comes_back(clip, alpha):
    settings = FAST.with_changes(alpha=alpha, sigma=0.0)
    result = vgpnn.generate(clip, 0, settings)
    assert torch.equal(encode(result.video.frames), encode(clip))


def test_without_noise_the_input_comes_back_from_the_oracle():
    video = decode(drifting_texture((3, 20, 24), 0))
    result = vgpnn.generate(video, 0, FAST, backend="naive", sigma=0.0)
    assert torch.equal(encode(result.video.frames), encode(video))


@pytest.mark.parametrize("vote", SETTINGS["vote"].words)
def test_constant_in_constant_out(vote):
    video = torch.full((4, 20, 24, 3), 0.2)
    result = vgpnn.generate(video, 0, FAST, vote=vote)
    assert torch.equal(encode(result.video.frames), encode(video))


def test_every_voxel_of_a_result_lies_in_the_source_range(clip):
    result = vgpnn.generate(clip, 0, FAST).video.frames
    assert result.min() >= clip.min() - 1e-6 and result.max() <= clip.max() + 1e-6


def test_steps_tell_how_far_they_are(clip):
    steps = list(vgpnn.generate_steps(clip, 0, FAST))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert [s.level for s in steps if s.number == 1] == list(range(1, steps[-1].levels + 1))
    assert all(step.result is None for step in steps[:-1]) and steps[-1].result is not None
    assert steps[0].guess.shape[2] < steps[-1].guess.shape[2] == clip.shape[1]


def test_checkpoint_cancels_inside_a_pass(clip):
    calls = 0

    def checkpoint():
        nonlocal calls
        calls += 1
        if calls == 20:
            raise vgpnn.Cancelled

    steps = 0
    with pytest.raises(vgpnn.Cancelled):
        for _ in vgpnn.generate_steps(clip, 0, FAST, checkpoint=checkpoint):
            steps += 1
    assert calls == 20 and steps < 20


def test_progress_may_cancel(clip):
    def stop(step):
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        vgpnn.generate(clip, 0, FAST, progress=stop)


def test_noise_is_replicated_along_time():
    coarsest = torch.zeros(3, 15, 20, 3)
    guess = generation.initial_guess(coarsest, 3.0, 0)
    assert torch.equal(guess[0], guess[2])
    noise = decode(guess)
    assert noise.std().item() == pytest.approx(3.0, rel=0.1)


def test_thumb_rule_is_the_mean_distance_to_the_nearest_other_patch():
    generator = torch.Generator().manual_seed(0)
    coarsest = torch.randint(0, 256, (3, 9, 8, 3), generator=generator, dtype=torch.uint8)
    patches = decode(coarsest).unfold(1, 7, 1).unfold(2, 7, 1).unfold(0, 3, 1).reshape(6, -1)
    distance = (patches[:, None] - patches[None]).norm(dim=2) + 1e9 * torch.eye(6)
    expected = distance.amin(1).mean().item()
    measured = generation.patch_distance(coarsest, PRESETS["generate"])
    assert measured == pytest.approx(expected, rel=0.01)


def test_automatic_sigma_is_a_share_of_the_thumb_rule():
    low, high = generation.SIGMA_RANGE
    assert generation.automatic_sigma(5.0) == pytest.approx(generation.SIGMA_SHARE * 5.0)
    assert generation.automatic_sigma(0.0) == low and generation.automatic_sigma(100.0) == high


def test_no_seed_gives_a_copy(clip):
    """The noise chosen changes the layout; with none, nothing moves."""
    for seed in range(3):
        sigma = vgpnn.generate(clip, seed, FAST).settings.sigma
        layout = layout_of(clip, seed, sigma)
        assert layout >= generation.COPY or sigma >= generation.SIGMA_RANGE[1]
        assert layout_of(clip, seed, 0.0) == 0


def test_noise_grows_only_where_the_result_is_a_copy():
    assert generation.least_sigma(1.5, lambda sigma: generation.COPY) == 1.5
    found = generation.least_sigma(1.5, lambda sigma: float(sigma >= 2.7))
    assert 2.7 <= found < 2.7 * generation.SIGMA_STEP + 0.01
    assert generation.least_sigma(1.5, lambda sigma: 0.0) == generation.SIGMA_RANGE[1]


def test_the_weighted_vote_is_told_how_good_matches_are(clip):
    weighted, mean = (
        vgpnn.generate(clip, 1, FAST, sigma=4.0, vote=vote).video.codes
        for vote in ("weighted", "mean")
    )
    assert not torch.equal(weighted, mean)


def test_noise_multiplies_what_is_chosen(clip):
    chosen = vgpnn.generate(clip, 1, FAST).settings.sigma
    for noise in (0.0, 0.5, 2.0):
        more = vgpnn.generate(clip, 1, FAST, noise=noise)
        assert more.settings.sigma == pytest.approx(noise * chosen, abs=0.01)
    assert vgpnn.generate(clip, 1, FAST, noise=2.0, sigma=0.7).settings.sigma == 0.7


def layout_of(clip, seed, sigma):
    """Share of the patches that moved, at the last of the levels that decide the layout."""
    for step in generation.problem(clip, seed, FAST.with_changes(sigma=sigma)).passes():
        if step.level == generation.LAYOUT_LEVELS and step.number == step.passes:
            return generation.rearranged(step)


@pytest.mark.parametrize(
    "shape", [(1, 20, 30), (2, 24, 24), (3, 7, 7), (5, 9, 40), (1, 1, 1)], ids=str
)
def test_clips_too_small_for_the_defaults_work_with_a_notice(shape):
    generator = torch.Generator().manual_seed(0)
    video = torch.rand(*shape, 3, generator=generator) * 2 - 1
    result = vgpnn.generate(video, 0)
    assert result.video.frames.shape == video.shape and result.notices
    assert result.source_map.shape == video.shape


def test_output_size_is_free(clip):
    """Queries and sources need not have the same size: the later tasks rely on it."""
    settings = FAST
    video = as_video(clip)
    levels = source_levels(video, (9, 34, 70), settings, torch.device("cpu"), lambda: None)
    guess = pyramid.resize(levels[0].source, levels[0].shape)[None]
    *_, last = synthesize(levels, guess, settings)
    assert last.guess.shape == (1, 9, 34, 70, 3)


@pytest.mark.parametrize(
    "bad",
    [
        {"alpha": float("nan")},
        {"alpha": -1.0},
        {"sigma": -0.5},
        {"passes": 0},
        {"vote": "loudest"},
        {"patch": (3, 7)},
        {"space_factor": 1.0},
    ],
    ids=str,
)
def test_bad_settings_are_one_sentence(clip, bad):
    with pytest.raises(ValueError, match="must be") as error:
        vgpnn.generate(clip, 0, **bad)
    assert str(error.value).count(".") >= 1 and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "video",
    [torch.zeros(3, 9, 9), torch.full((3, 9, 9, 3), 7.0), torch.full((3, 9, 9, 3), torch.nan)],
)
def test_bad_tensors_are_refused(video):
    with pytest.raises(ValueError):
        vgpnn.generate(video)


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.int16], ids=str)
def test_a_video_of_other_numbers_is_one_sentence(dtype):
    with pytest.raises(ValueError, match="uint8 codes"):
        vgpnn.generate(torch.zeros(3, 16, 20, 3, dtype=dtype))
