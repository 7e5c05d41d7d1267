"""Seamless tiles: no step at their seams, at full size either, and the seed decides the bytes."""

import pytest
import torch
from helpers.clips import drifting_texture
from helpers.seams import seam_step

import vgpnn
from vgpnn.camera.stabilising import ON
from vgpnn.tasks import tiling

FAST = vgpnn.preset("tile", "fast")
SEAMS = {"x": (2,), "y": (1,), "both": (1, 2)}


def clip(shape=(8, 40, 52), seed=3) -> torch.Tensor:
    """Texture that is brighter at the right and at the bottom."""
    codes = drifting_texture(shape, seed).float() / 3
    codes += (
        torch.linspace(0, 90, shape[2])[:, None] + torch.linspace(0, 60, shape[1])[:, None, None]
    )
    return codes.to(torch.uint8)


@pytest.mark.parametrize("axes", SEAMS)
def test_a_tile_has_no_step_at_its_seams_and_the_clip_has(axes):
    codes = clip()
    result = vgpnn.tile(codes, axes, seed=1, settings=FAST)
    assert result.video.shape == tuple(codes.shape[:3]) == result.source
    for axis in SEAMS[axes]:
        assert seam_step(result.video.codes, axis) < 1.3 < seam_step(codes, axis)
    assert (result.source_map >= 0).all()
    assert (result.source_map < torch.tensor(result.source)).all()


def test_a_tile_that_is_a_loop_has_no_step_in_time_either():
    codes = clip()
    result = vgpnn.tile(codes, "x", time=True, seed=1, settings=FAST)
    assert result.circular and result.video.shape == tuple(codes.shape[:3])
    for axis in (0, 2):
        assert seam_step(result.video.codes, axis) < 1.3 < seam_step(codes, axis)


@pytest.mark.parametrize(("axes", "time"), [("both", False), ("x", True)])
def test_a_tile_in_full_has_no_step_either(axes, time):
    full = vgpnn.Video(clip((8, 80, 104)), 12)
    working = vgpnn.Video(vgpnn.video.as_video(full).codes[:, ::2, ::2].contiguous(), 12)
    result = vgpnn.tile(working, axes, time, settings=FAST)
    large = vgpnn.finish_in_full(result, full)
    assert large.shape == full.shape
    for axis in (*SEAMS[axes], *((0,) if time else ())):
        assert seam_step(large.codes, axis) < 1.3
    small = large.codes[:, ::2, ::2].float() - result.video.codes.float()
    assert small.abs().mean() < 20  # the same tile


@pytest.mark.parametrize("axes", ["y", "both"])
def test_a_side_that_cannot_be_closed_is_refused(axes):
    narrow = clip((4, 7, 52))
    with pytest.raises(ValueError, match="at least 8 px"):
        vgpnn.tile(narrow, axes, settings=FAST)
    vgpnn.tile(narrow, "x", settings=FAST)


def test_time_is_true_or_false():
    with pytest.raises(ValueError, match="time must be true or false"):
        vgpnn.tile(clip(), "x", time="yes", settings=FAST)


def test_most_of_the_clip_is_in_its_tile():
    codes = clip()
    result = vgpnn.tile(codes, "x", settings=FAST)
    assert result.source_map[0, :, :, 2].unique().numel() > 0.7 * 52


def test_the_same_seed_gives_the_same_bytes_alone_and_in_a_batch():
    codes = clip()
    known = {"axes": "both", "time": True, "settings": FAST}
    alone = vgpnn.tile(codes, seed=2, **known)
    *_, last = vgpnn.tile_steps(codes, seed=(1, 2), **known)
    assert torch.equal(last.results[1].video.codes, alone.video.codes)
    assert torch.equal(last.results[1].source_map, alone.source_map)


def test_small_clips_become_tiles_too():
    assert vgpnn.tile(clip((1, 9, 12)), settings=FAST).video.shape == (1, 9, 12)
    assert vgpnn.tile(clip((3, 6, 30)), "x", settings=FAST).video.shape == (3, 6, 30)


def test_other_axes_are_refused_in_one_sentence_and_the_camera_is_left_out():
    with pytest.raises(ValueError, match=r"^axes must be .*\.$"):
        vgpnn.tile(clip(), "z")
    task = tiling.problem(clip(), settings=FAST.with_changes(camera=ON))
    assert "camera" in " ".join(task.notices)


def test_stop_is_heard_while_a_clip_is_closed():
    calls = []

    def stop():
        calls.append(1)
        if len(calls) > 3:
            raise vgpnn.tasks.Cancelled

    with pytest.raises(vgpnn.tasks.Cancelled):
        tiling.problem(clip(), checkpoint=stop)
