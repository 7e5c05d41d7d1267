"""Retargeting: sizes, lengths, pace and loops."""

import pytest
import torch
from helpers.clips import drifting_texture

from vgpnn import tasks
from vgpnn.codes import decode, encode
from vgpnn.presets import PRESETS
from vgpnn.tasks import retargeting

FAST = PRESETS["retarget"].with_changes(passes=2)


@pytest.fixture(scope="module")
def clip():
    return decode(drifting_texture((12, 34, 46), 0))


def steps(frames):
    return (frames[1:] - frames[:-1]).abs().mean((1, 2, 3))


def test_scale_one_gives_the_input_back(clip):
    result = tasks.retarget(clip, settings=FAST)
    assert torch.equal(encode(result.video.frames), encode(clip))


@pytest.mark.parametrize(
    ("scales", "shape"),
    [
        ((0.4, 1, 1), (12, 34, 18)),
        ((2.0, 1.5, 1), (12, 52, 92)),
        ((1, 0.5, 1), (12, 16, 46)),
        ((1, 1, 0.4), (5, 34, 46)),
        ((1, 1, 3), (36, 34, 46)),
        ((1.3, 1, 0.5), (6, 34, 60)),
    ],
    ids=str,
)
def test_the_size_is_what_was_asked_for(clip, scales, shape):
    result = tasks.retarget(clip, *scales, settings=FAST)
    assert result.video.frames.shape == (*shape, 3) and result.source_map.shape == (*shape, 3)
    for axis in range(3):
        assert result.source_map[..., axis].min() >= 0
        assert result.source_map[..., axis].max() < clip.shape[axis]


@pytest.mark.parametrize("scale", [0.5, 2.0, 3.0])
def test_the_pace_of_motion_stays(clip, scale):
    result = tasks.retarget(clip, duration_scale=scale, settings=FAST).video.frames
    assert steps(result).mean() / steps(clip).mean() == pytest.approx(1, abs=0.15)


def test_a_loop_has_no_seam(clip):
    frames = tasks.retarget(clip, loop=True, settings=FAST).video.frames
    inside = steps(frames)
    seam = (frames[0] - frames[-1]).abs().mean()
    assert len(frames) == len(clip) and inside.mean() > 0.2 * steps(clip).mean()
    assert seam <= inside.quantile(0.95)
    plain = (clip[0] - clip[-1]).abs().mean()
    assert seam < plain


def test_things_keep_their_size():
    """Stripes of one width stay that wide when the picture gets wider."""
    stripes = (torch.arange(48) // 6 % 2).float().view(1, 1, 48, 1).expand(4, 30, 48, 3) * 2 - 1
    wide = tasks.retarget(stripes.contiguous(), 1.5, settings=FAST).video.frames
    edges = (wide[1, 15, 1:, 0] - wide[1, 15, :-1, 0]).abs() > 1
    gaps = edges.nonzero()[:, 0].diff()
    assert len(gaps) and gaps.median() == 6


def test_the_longer_guess_plays_the_clip_from_start_to_end():
    frames = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 2, 2, 3)
    path = retargeting.at_own_pace(frames, 20)
    assert len(path) == 20 and path[0] == 0 and path[-1] == 7
    following = sum(b == a + 1 for a, b in zip(path, path[1:]))
    assert following >= 16
    assert retargeting.at_own_pace(frames[:1], 4) == [0, 0, 0, 0]


@pytest.mark.parametrize("scale", [0.1, 5, float("nan"), "wide"])
def test_bad_scales_are_one_sentence(clip, scale):
    with pytest.raises(ValueError, match="width_scale must be a number from 0.4 to 3"):
        tasks.retarget(clip, scale)


def test_several_seeds_are_not_quietly_one():
    with pytest.raises(ValueError, match="seed"):
        tasks.retarget(drifting_texture((3, 16, 20), 0), 0.8, seed=(1, 2))
