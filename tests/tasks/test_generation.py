"""Diverse generation end to end, on clips small enough for every machine."""

import pytest
import torch
from helpers.clips import clip as moving_blobs
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence
from helpers.slow import slow_but

import vgpnn
from vgpnn.codes import decode, encode
from vgpnn.machine.recent import Recent
from vgpnn.settings import SETTINGS, Settings
from vgpnn.tasks import generation, pool

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
@pytest.mark.parametrize("layout", ["pieces", "noise"])
def test_several_samples_are_those_of_their_seeds_and_drafts(clip, layout, at_once):
    """The samples of a batch share the pyramid of the source and nothing else."""
    settings = FAST.with_changes(layout=layout)
    if at_once:
        *_, step = vgpnn.generate_steps(clip, (3, 4), settings)
        samples = step.results
    else:
        samples = vgpnn.generate_batch(clip, (3, 4), settings)
    assert [sample.seed for sample in samples] == [3, 4]
    for sample in samples:
        assert (sample.draft is None) == (layout == "noise")
        alone = vgpnn.generate(clip, sample.seed, settings, draft=sample.draft)
        assert torch.equal(sample.video.codes, alone.video.codes)
        assert torch.equal(sample.source_map, alone.source_map)
        assert sample.settings == alone.settings and sample.draft == alone.draft


def test_the_first_sample_of_a_set_is_that_of_its_seed_and_further_seeds_change_none(clip, result):
    three = vgpnn.generate_batch(clip, (3, 4, 5), FAST)
    two = vgpnn.generate_batch(clip, (3, 4), FAST)
    assert torch.equal(three[0].video.codes, result.video.codes)
    for one, other in zip(two, three):
        assert one.draft == other.draft and torch.equal(one.video.codes, other.video.codes)


def test_what_is_known_of_a_clip_changes_no_byte(clip, result, monkeypatch):
    """A take whose drafts are judged anew is the one whose scores are remembered."""
    monkeypatch.setattr(pool, "_known", Recent(pool.KNOWN_SCORES))
    again = vgpnn.generate(clip, 3, FAST)
    assert torch.equal(again.video.codes, result.video.codes) and again.draft == result.draft


def test_noise_by_hand_is_that_of_the_paper(clip):
    by_hand = vgpnn.generate(clip, 3, FAST, sigma=2.0)
    noise = vgpnn.generate(clip, 3, FAST, sigma=2.0, layout="noise")
    assert by_hand.draft is None and torch.equal(by_hand.video.codes, noise.video.codes)


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


SMALL = (1, 20, 30), (2, 24, 24), (3, 7, 7), (5, 9, 40), (1, 1, 1)


# Each of them has patches of its own size.
@pytest.mark.parametrize("shape", slow_but(((1, 20, 30), (1, 1, 1)), SMALL), ids=str)
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


@pytest.mark.parametrize("layout", ["pieces", "noise"])
def test_bars_stay_to_the_code_and_nothing_of_them_gets_into_the_picture(layout):
    video = torch.zeros(5, 50, 60, 3, dtype=torch.uint8)
    video[:, 10:40] = 60 + drifting_texture((5, 30, 60), 0) // 2
    result = vgpnn.generate(video, 1, FAST, layout=layout)
    codes = result.video.codes
    assert codes.shape == video.shape and result.source == (5, 50, 60)
    assert torch.equal(codes[:, :12], video[:, :12]) and torch.equal(codes[:, 38:], video[:, 38:])
    assert not torch.equal(codes, video) and codes[:, 12:38].min() >= 40
    rows = result.source_map[:, 12:38, :, 1]
    assert rows.min() >= 12 and rows.max() < 38
    assert generation.BARS_NOTICE in result.notices and is_one_sentence(generation.BARS_NOTICE)
