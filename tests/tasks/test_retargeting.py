"""Retargeting: sizes, lengths, pace and loops."""

from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.marked import discs
from helpers.sentences import is_one_sentence

from vgpnn import marks, tasks
from vgpnn.codes import decode, encode
from vgpnn.level import Level
from vgpnn.marks import Marks
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.tasks import retargeting, video_texture
from vgpnn.tasks.preference import Preference
from vgpnn.video import Video

SHAPE = (12, 34, 46)
FAST = PRESETS["retarget"].with_changes(passes=2)
FASTEST = FAST.with_changes(passes=1, coarsest_passes=1, space_factor=0.7, time_factor=0.7)


@pytest.fixture(scope="module")
def clip():
    return decode(drifting_texture(SHAPE, 0))


def changes(frames):
    """The mean difference of each frame from the next."""
    return (frames[1:] - frames[:-1]).abs().mean((1, 2, 3))


def test_a_scale_of_one_gives_the_input_back(clip):
    result = tasks.retarget(clip, settings=FASTEST)
    assert torch.equal(result.video.codes, encode(clip))


@pytest.mark.parametrize(
    ("scales", "shape"),
    [
        ((1, 1, 1), (12, 34, 46)),
        ((0.4, 1, 1), (12, 34, 18)),
        ((2.0, 1.5, 1), (12, 52, 92)),
        ((1, 0.5, 1), (12, 16, 46)),
        ((1, 1, 0.4), (5, 34, 46)),
        ((1, 1, 3), (36, 34, 46)),
        ((1.3, 1, 0.5), (6, 34, 60)),
    ],
    ids=str,
)
def test_the_shape_follows_the_scales_and_new_sides_are_even(scales, shape):
    assert retargeting.output_shape(SHAPE, *scales) == shape


@pytest.mark.parametrize("scales", [(2.0, 1.5, 1), (1.3, 0.6, 0.5), (1, 1, 2)], ids=str)
def test_results_have_the_shape_and_come_from_the_source(clip, scales):
    result = tasks.retarget(clip, *scales, settings=FASTEST)
    shape = retargeting.output_shape(SHAPE, *scales)
    assert result.video.shape == shape and result.source_map.shape == (*shape, 3)
    assert result.source == SHAPE and (result.source_map >= 0).all()
    assert (result.source_map < torch.tensor(SHAPE)).all()


@pytest.fixture(scope="module")
def longer(clip):
    """The frames of a result of twice the length."""
    return tasks.retarget(clip, duration_scale=2, settings=FAST).video.frames


def test_the_pace_of_motion_stays(clip, longer):
    shorter = tasks.retarget(clip, duration_scale=0.5, settings=FAST).video.frames
    assert len(shorter) * 2 == len(clip) and len(longer) == len(clip) * 2
    for result in (shorter, longer):
        assert changes(result).mean() / changes(clip).mean() == pytest.approx(1, abs=0.15)


def test_a_loop_has_no_seam(clip):
    frames = tasks.retarget(clip, loop=True, settings=FAST).video.frames
    inside = changes(frames)
    assert len(frames) == len(clip) and inside.mean() > 0.2 * changes(clip).mean()
    seam = (frames[0] - frames[-1]).abs().mean()
    assert seam <= inside.quantile(0.95)
    assert seam < (clip[0] - clip[-1]).abs().mean()


def test_things_keep_their_size():
    """Stripes of one width stay that wide when the picture gets wider."""
    stripes = (torch.arange(48) // 6 % 2).float().view(1, 1, 48, 1).expand(4, 30, 48, 3) * 2 - 1
    wide = tasks.retarget(stripes.contiguous(), 1.5, settings=FAST).video.frames
    edges = (wide[1, 15, 1:, 0] - wide[1, 15, :-1, 0]).abs() > 1
    gaps = edges.nonzero()[:, 0].diff()
    assert len(gaps) >= 6 and gaps.median() == 6


@pytest.mark.parametrize(("loop", "frames"), [(False, 120), (True, 60)], ids=["longer", "loop"])
def test_played_time_has_a_long_and_large_coarsest_level_without_weights(loop, frames):
    size, shape = (60, 90, 120), (frames, 90, 120)
    settings, notices = retargeting.adapted_settings(FAST, size, shape, loop)
    assert settings == FAST.with_changes(min_frames=60, min_side=30, alpha=None)
    assert notices == ()
    longer, _ = retargeting.adapted_settings(FAST, (100, 90, 120), (200, 90, 120), loop)
    assert longer.min_frames == retargeting.MOST_FRAMES
    small, _ = retargeting.adapted_settings(FAST, (8, 22, 30), (16, 22, 30), loop)
    assert (small.min_frames, small.min_side) == (8, 22)


@pytest.mark.parametrize("frames", [60, 30], ids=["same length", "shorter"])
def test_other_lengths_keep_their_settings(frames):
    settings, _ = retargeting.adapted_settings(FAST, (60, 90, 120), (frames, 90, 120), False)
    assert settings == FAST


@pytest.mark.parametrize(
    ("start", "target"),
    [((3, 15, 20), (3, 15, 60)), ((9, 30, 20), (4, 15, 20)), ((5, 20, 20), (5, 21, 20))],
    ids=["wider", "smaller", "nearly equal"],
)
def test_steps_between_two_shapes_are_small(start, target):
    shapes = retargeting.shapes_between(start, target)
    assert shapes[-1] == target
    for before, after in zip([start, *shapes], shapes):
        for sides in zip(before, after):
            assert max(sides) <= retargeting.LARGEST_STEP * min(sides) + 1  # [voxels] of rounding
    factor = max(max(sides) / min(sides) for sides in zip(start, target))
    fewer = len(shapes) - 1
    assert fewer == 0 or factor > retargeting.LARGEST_STEP**fewer


@pytest.mark.parametrize("loop", [False, True], ids=["open", "loop"])
@pytest.mark.parametrize("count", [4, 8, 20])
def test_a_guess_starts_from_as_many_frames_as_are_played(loop, count):
    source = drifting_texture((8, 12, 14), 0)
    level, shape = Level(source, (count, 12, 14)), (count, 24, 28)
    frames, notice = retargeting.first_frames(level, (8, 24, 28), shape, loop, 0)
    assert frames.shape[1:] == (12, 14, 3) and notice == ()
    assert len(frames) == (count if loop or count > 8 else 8)


@pytest.mark.parametrize("options", [{"duration_scale": 2}, {"loop": True}], ids=str)
def test_seeds_give_other_longer_results_and_loops(clip, options):
    """Alone and in a batch a seed gives the same bytes."""
    *_, last = tasks.retarget_steps(clip, **options, seed=(1, 2), settings=FASTEST)
    one, other = (result.video.codes for result in last.results)
    assert (one != other).float().mean() > 0.2
    alone = tasks.retarget(clip, **options, seed=2, settings=FASTEST)
    assert torch.equal(other, alone.video.codes)


def test_a_longer_result_seldom_repeats_frames_of_the_clip(clip, longer):
    """Few of its frames are much nearer to a frame of the clip than frames beside each other."""
    apart = (longer[:, None] - clip).abs().mean((2, 3, 4)).amin(1)
    assert (apart < 0.35 * changes(clip).median()).float().mean() < 0.5


def test_where_all_regions_would_show_it_is_said(clip, monkeypatch):
    monkeypatch.setattr(video_texture, "WORST_CHANGE", 0.0)
    result = tasks.retarget(clip, loop=True, settings=FASTEST)
    assert result.notices[-1] == retargeting.AT_ONCE
    assert is_one_sentence(retargeting.AT_ONCE, "jumps at once")


def test_a_plainly_resized_video_is_stretched_and_sped_up():
    codes = drifting_texture((12, 34, 46), 0)
    video = Video(codes, Fraction(25))
    faster = retargeting.plainly_resized(video, (6, 34, 46))
    assert faster.fps == 25 and torch.equal(faster.codes, codes[[0, 2, 4, 7, 9, 11]])
    slower = retargeting.plainly_resized(video, (23, 34, 46))
    assert torch.equal(slower.codes[::2], codes)
    wider = retargeting.plainly_resized(video, (12, 34, 92))
    assert wider.shape == (12, 34, 92)
    halved = wider.codes.float().unflatten(2, (46, 2)).mean(3)
    assert (halved - codes).abs().mean() < 4  # [codes]
    assert torch.equal(retargeting.plainly_resized(video, (12, 34, 46)).codes, codes)


@pytest.mark.parametrize("scale", [0.1, 5, float("nan"), "wide"])
@pytest.mark.parametrize("name", ["width_scale", "height_scale", "duration_scale"])
def test_a_bad_scale_is_one_sentence(clip, name, scale):
    with pytest.raises(ValueError, match=f"^{name} must be a number from 0.4 to 3") as error:
        tasks.retarget(clip, **{name: scale})
    assert is_one_sentence(error.value, name)


def test_several_seeds_are_refused_where_one_result_is_returned(clip):
    with pytest.raises(ValueError) as error:
        tasks.retarget(clip, 0.8, seed=(1, 2))
    assert is_one_sentence(error.value, "seed must be a whole number")


def test_several_seeds_give_several_results_as_steps(clip):
    short = clip[:4]
    *_, last = tasks.retarget_steps(short, 0.6, seed=(1, 2), settings=FASTEST)
    assert [result.seed for result in last.results] == [1, 2]
    alone = tasks.retarget(short, 0.6, seed=2, settings=FASTEST)
    assert torch.equal(last.results[1].video.codes, alone.video.codes)


def test_what_is_forbidden_or_unknown_is_so_in_the_steps_between(monkeypatch):
    """A first guess that is resized in steps shows nothing of it either."""
    clip, red = discs()
    seen, solve = [], retargeting.synthesize

    def synthesize(levels, *arguments):
        for state in solve(levels, *arguments):
            forbidden = marks.forbidden_keys(levels[0].marks, state.patch)
            seen.append((forbidden[state.field[0].long().unbind(-1)].any().item(), levels[0]))
            yield state

    monkeypatch.setattr(retargeting, "synthesize", synthesize)
    monkeypatch.setattr(retargeting, "steered", lambda problem: problem)
    preference = Preference(none=red)
    retargeting.problem(Video(clip, 12), 2.0, preference=preference)
    assert seen and not any(is_forbidden for is_forbidden, _ in seen)

    source = clip[:, ::4, ::4].contiguous()
    unknown = torch.zeros(source.shape[:3])
    unknown[:, 2:4, 2:4] = 1
    shape = 6, 18, 60
    coarsest = Level(source, shape, unknown=unknown, marks=Marks(unknown[None][:0], unknown))
    start, settings = decode(source), Settings(patch=(3, 5, 5))
    guess = retargeting.first_guess(coarsest, start, settings, 0, "auto", lambda: None, False)
    assert guess.shape == (*shape, 3) and all(seen[-1][1].unknown is unknown for _ in seen)
