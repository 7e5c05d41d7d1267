"""Tasks whose camera is taken out: rigid results, and maps that point into the clip."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from helpers import cameras
from helpers.clips import codes

import vgpnn
from vgpnn import tasks
from vgpnn.camera import still
from vgpnn.presets import PRESETS
from vgpnn.settings import Settings
from vgpnn.tasks import analogies, extending, generation, going_on, playing, retargeting, tiling
from vgpnn.tasks.source import UNUSED, UNUSED_OVERLAYS, source_of, unused_camera
from vgpnn.video import Video, as_video

FAST = Settings(passes=1, coarsest_passes=1, last_levels=9)
RETARGET = PRESETS["retarget"].with_changes(passes=1, coarsest_passes=1, last_levels=9)
VIDEO = Video(cameras.shaken(), Fraction(10))


@cache
def taken(camera: str) -> tasks.Result:
    return tasks.generate(VIDEO, 1, FAST, camera=camera)


def rigid_share(result: tasks.Result, path: np.ndarray) -> float:
    return still.stack(cameras.greys(result.video.codes.numpy()), path).share()


def test_a_result_is_as_rigid_as_its_source_and_a_plain_one_is_not():
    path = cameras.shake()
    source = still.stack(cameras.greys(VIDEO.codes.numpy()), path).share()
    plain, rigid = (rigid_share(taken(camera), path) for camera in ("off", "auto"))
    assert rigid > source - 0.1 and rigid > plain + 0.2


def test_the_result_has_the_shape_of_the_clip_and_its_map_points_into_it():
    result = taken("auto")
    assert result.video.shape == VIDEO.shape == result.source
    t, y, x = result.source_map.long().unbind(-1)
    off = (VIDEO.codes[t, y, x].int() - result.video.codes.int()).abs().float().mean()
    assert off < 6  # half a pixel at most lies between a voxel and its source
    assert result.notices[0].startswith("The camera moves")
    assert result.canvas_map.shape[1] > VIDEO.shape[1]


def test_with_the_camera_off_nothing_is_looked_at(monkeypatch):
    monkeypatch.setattr("vgpnn.camera.gate.looked_at", lambda *_: pytest.fail("looked at"))
    result = tasks.generate(codes((5, 60, 72), 0), 0, FAST, camera="off")
    assert result.view is None and result.canvas_map is None


def test_a_result_is_the_same_alone_and_in_a_batch():
    batch = tasks.generate_batch(VIDEO, (1, 2), FAST)
    assert torch.equal(batch[0].video.codes, taken("auto").video.codes)
    assert torch.equal(batch[0].source_map, taken("auto").source_map)


def test_no_key_is_a_guess_at_the_finest_level():
    problem = generation.problem(VIDEO, 1, FAST)
    finest = problem.levels[-1]
    assert finest.tolerance == 0 and (finest.unknown > 0).any()
    states = [replace(state, field=state.field.clone()) for state in problem.passes()]
    for state in states[-2:]:
        level = state.level_input
        usable = level.usable_keys(state.patch)
        t, y, x = state.field[0].long().unbind(-1)
        assert usable[t, y, x].all() and not usable.all()


def test_a_camera_that_is_held_stands_still():
    result = tasks.generate(VIDEO, 1, FAST, camera_path="still")
    assert torch.equal(result.canvas_map, taken("auto").canvas_map)
    at_rest = cameras.shake(0)
    assert rigid_share(result, at_rest) > rigid_share(taken("auto"), at_rest) + 0.3


@pytest.mark.parametrize(
    ("scales", "loop", "shape"),
    [
        ((1.5, 1.0, 1.0), False, (13, 96, 204)),
        ((1.0, 1.0, 2.0), False, (26, 96, 136)),
        ((1.0, 1.0, 1.0), True, (13, 96, 136)),
    ],
    ids=["wider", "longer", "loop"],
)
def test_results_of_another_size_and_length_are_rigid_as_well(scales, loop, shape):
    result = retargeting.retarget(VIDEO, *scales, loop, settings=RETARGET)
    assert result.video.shape == shape and result.source == VIDEO.shape
    assert rigid_share(result, result.view.path) > 0.4
    t, y, x = result.source_map.flatten(0, 2).long().amax(0)
    assert t < 13 and y < 96 and x < 136


def test_drafts_are_shown_as_the_camera_sees_them():
    first = next(iter(tasks.drafts(VIDEO, 1, settings=FAST)))
    height, width = first.video.shape[1:]
    assert abs(width / height - 136 / 96) < 0.05
    done = tasks.finish(first)
    again = tasks.generate(VIDEO, 0, FAST, draft=first.name)
    assert torch.equal(done.video.codes, again.video.codes)


def test_full_size_is_fetched_from_the_clip_in_full():
    full = Video(VIDEO.codes.repeat_interleave(2, 1).repeat_interleave(2, 2), VIDEO.fps)
    video = tasks.finish_in_full(taken("auto"), full)
    assert video.shape == (13, 192, 272)
    shrunk = vgpnn.video.Video(video.codes, VIDEO.fps).codes.float()
    shrunk = shrunk.reshape(13, 96, 2, 136, 2, 3).mean((2, 4))
    assert (shrunk - taken("auto").video.codes).abs().mean() < 8


def test_the_source_is_the_clip_itself_where_the_camera_stands_still():
    clip = Video(torch.from_numpy(cameras.filmed(cameras.shake(0))), Fraction(10))
    source = source_of(clip, FAST)
    assert source.video is clip and source.notices == ()
    assert source.view(clip.shape, (96, 136)) is None


def test_tasks_that_cannot_take_a_camera_out_say_so():
    assert unused_camera(PRESETS["analogy"]) == unused_camera(PRESETS["inpaint"]) == ()
    assert unused_camera(FAST.with_changes(camera="on")) == (UNUSED,)
    changed = PRESETS["analogy"].with_changes(camera="on", structure="colours")
    problem = analogies.problem(codes((4, 30, 40), 0), codes((4, 30, 40), 1), settings=changed)
    assert problem.notices[0] == UNUSED


@pytest.mark.parametrize("camera", ["on", "auto"])
def test_tasks_that_make_a_clip_go_on_leave_the_camera_and_say_so_where_it_is_on(camera):
    clip = as_video(codes((6, 30, 40), 0))
    extend, go_on, retarget = (
        PRESETS[name].with_changes(camera=camera) for name in ("extend", "go_on", "retarget")
    )
    said = [
        extending.problem(clip, left=0.25, settings=extend).notices,
        going_on.problem(clip, settings=go_on).notices,
        playing.play(clip, 12, settings=retarget).notices,
    ]
    assert [UNUSED in notices for notices in said] == [camera == "on"] * 3


def test_tasks_that_keep_no_overlays_say_so_where_they_are_to_be_kept():
    clip = as_video(codes((6, 30, 40), 0))
    extend, retarget, tile = (
        PRESETS[name].with_changes(overlays="keep") for name in ("extend", "retarget", "tile")
    )
    said = [
        extending.problem(clip, left=0.25, settings=extend).notices,
        retargeting.problem(clip, width_scale=0.8, settings=retarget).notices,
        tiling.problem(clip, settings=tile).notices,
    ]
    assert all(UNUSED_OVERLAYS in notices for notices in said)
