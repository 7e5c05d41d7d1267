"""Retargeting: sizes, lengths, pace and loops."""

from fractions import Fraction

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.sentences import is_one_sentence

from vgpnn import tasks
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.tasks import retargeting
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


@pytest.mark.parametrize(
    "scale", [0.5, 2.0, pytest.param(3.0, marks=pytest.mark.slow)], ids=lambda s: f"times {s}"
)
def test_the_pace_of_motion_stays(clip, scale):
    result = tasks.retarget(clip, duration_scale=scale, settings=FAST).video.frames
    assert len(result) == len(clip) * scale
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


@pytest.mark.parametrize(
    ("loop", "result_frames", "frames"),
    [(False, 40, 3), (False, 60, retargeting.LONGER_FRAMES), (True, 40, retargeting.LOOP_FRAMES)],
    ids=["same length", "longer", "loop"],
)
def test_the_coarsest_level_is_long_enough(loop, result_frames, frames):
    settings = retargeting.with_enough_frames(FAST, 40, result_frames, loop)
    assert settings == FAST.with_changes(min_frames=frames)
    short = retargeting.with_enough_frames(FAST, 8, result_frames, loop)
    assert short.min_frames <= max(8, FAST.min_frames)


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


def test_a_longer_guess_plays_the_clip_from_start_to_end():
    frames = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 2, 2, 3)
    path = retargeting.frames_at_source_pace(frames, 20)
    assert len(path) == 20 and path[0] == 0 and path[-1] == 7
    assert sum(after == before + 1 for before, after in zip(path, path[1:])) >= 16
    assert retargeting.frames_at_source_pace(frames[:1], 4) == [0, 0, 0, 0]


def test_a_longer_guess_jumps_where_it_shows_least():
    """Two periods of a motion: the only jumps that do not show lead back by one period."""
    phase = torch.arange(12) % 6 * 2 * torch.pi / 6
    frames = torch.stack([phase.cos(), phase.sin(), phase * 0], -1).view(12, 1, 1, 3)
    path = retargeting.frames_at_source_pace(frames, 18)
    steps = {after - before for before, after in zip(path, path[1:])}
    assert steps == {1, -5}


def test_a_closed_loop_keeps_the_middle_and_leads_into_its_start():
    generator = torch.Generator().manual_seed(0)
    frames = torch.rand(14, 9, 10, 3, generator=generator)
    loop = retargeting.closed(frames, 4)
    assert len(loop) == 10
    assert torch.equal(loop[:6], frames[4:10])  # the first frames of the clip are in the joint
    on_end, on_start = (loop[6:] == frames[10:]).all(-1), (loop[6:] == frames[:4]).all(-1)
    assert (on_end ^ on_start).all()  # each voxel of the joint is one of the end or of the start
    assert on_end[0].all() and on_start[-1].all()
    assert (on_start[1:] >= on_start[:-1]).all()  # a pixel changes over once


@pytest.mark.parametrize("loop", [False, True], ids=["open", "loop"])
@pytest.mark.parametrize("count", [4, 8, 20])
def test_the_guess_gets_the_frames_it_needs(loop, count):
    source = decode(drifting_texture((8, 12, 14), 0))
    guess = retargeting.at_length(source, count, loop)
    assert guess.shape[1:] == source.shape[1:]
    assert len(guess) == (count if loop or count > 8 else 8)


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
