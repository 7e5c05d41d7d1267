"""What a run works on, and the problem that is made from it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.jobs import FAST, clip_of, request_of
from helpers.sounds import click_times
from PIL import Image

import vgpnn
from vgpnn.service.inputs import problem_of, read_inputs, sounds_of
from vgpnn.tasks import cues

MAGENTA = (255, 0, 255)


def paint(height: int = 48, width: int = 64) -> np.ndarray:
    """(height, width, 4) uint8 with a blue rectangle in the middle, the same at every size."""
    picture = np.zeros((height, width, 4), np.uint8)
    picture[height // 3 : height // 2, width // 4 : width // 2] = 0, 0, 255, 255
    return picture


def inpainting(clips, **options):
    known = {"first": 1, "last": 3, "margin": 0.5, "remove": MAGENTA}
    return request_of(clips["tiny"], "inpaint", known | options, settings=FAST)


def video_of(path) -> vgpnn.Video:
    return vgpnn.video.read(path, 0, 5, height=64)


def test_a_generation_has_the_working_clip_alone(clips):
    inputs = read_inputs(request_of(clips["tiny"]))
    assert torch.equal(inputs.video.codes, video_of(clips["tiny"]).codes)
    assert inputs.style is inputs.region is inputs.cues is None


def test_an_analogy_has_a_style_at_the_rate_of_the_clip(clips):
    request = request_of(clips["tiny"], "analogy", {"style": clip_of(clips["slow"])})
    inputs = read_inputs(request)
    assert inputs.style.shape == request.style_shape and inputs.style.fps == inputs.video.fps


def test_paint_of_the_page_becomes_region_and_cues(clips):
    inputs = read_inputs(inpainting(clips, pictures={0: paint()}))
    region, colours = cues.from_pictures({0: paint()}, (5, 48, 64), 1, 3, MAGENTA, 0.5)
    assert torch.equal(inputs.region, region) and torch.equal(inputs.cues, colours)
    assert inputs.region.any(dim=(1, 2)).tolist() == [False, True, True, True, False]


def test_paint_of_a_larger_canvas_is_reduced_to_the_clip(clips):
    inputs = read_inputs(inpainting(clips, pictures={0: paint(480, 640)}))
    expected = read_inputs(inpainting(clips, pictures={0: paint()}))
    assert torch.equal(inputs.region, expected.region)
    assert torch.equal(inputs.cues, expected.cues)


def test_paint_beyond_the_end_of_the_clip_is_left_out(clips):
    inputs = read_inputs(inpainting(clips, pictures={0: paint(), 99: paint()}, last=500))
    expected = read_inputs(inpainting(clips, pictures={0: paint()}, last=4))
    assert torch.equal(inputs.region, expected.region)


def test_cues_from_a_file_are_those_of_the_page(clips, tmp_path):
    Image.fromarray(paint()).save(tmp_path / "cues.png")
    from_file = read_inputs(inpainting(clips, cues_path=tmp_path / "cues.png", key=None))
    expected = read_inputs(inpainting(clips, pictures={0: paint()}))
    assert torch.equal(from_file.region, expected.region)
    assert torch.equal(from_file.cues, expected.cues)


@pytest.mark.parametrize("follow", [False, True])
def test_paint_follows_what_is_under_it_where_that_is_wanted(clips, tmp_path, follow):
    """The page's paint and that of a file alike, from the frame that it was painted on."""
    Image.fromarray(paint()).save(tmp_path / "cues.png")
    file = {"cues_path": tmp_path / "cues.png", "key": None, "painted_on": 2}
    inputs = read_inputs(inpainting(clips, pictures={2: paint()}, follow=follow))
    from_file = read_inputs(inpainting(clips, **file, follow=follow))
    video = video_of(clips["tiny"])
    held = (5, 48, 64), 1, 3, MAGENTA, 0.5
    region, colours = cues.from_pictures({2: paint()}, *held, clip=video.codes if follow else None)
    for each in (inputs, from_file):
        assert torch.equal(each.region, region) and torch.equal(each.cues, colours)
    stays, _ = cues.from_pictures({2: paint()}, *held)
    assert torch.equal(region, stays) != follow


def heard(request, result=None) -> bool:
    return sounds_of(request).of(0, result) is not None


def test_takes_have_the_sound_of_the_clip_unless_it_is_switched_off(clips):
    assert heard(request_of(clips["heard"], frames=12))
    assert not heard(request_of(clips["heard"], frames=12, sound=False))
    assert not heard(request_of(clips["tiny"]))
    style = {"style": clip_of(clips["tiny"])}
    assert heard(request_of(clips["heard"], "analogy", style))
    style = {"style": clip_of(clips["heard"])}
    assert not heard(request_of(clips["tiny"], "analogy", style))


def test_the_sound_is_that_of_the_part_in_use(clips):
    request = request_of(clips["heard"], frames=6, start=0.25)
    made = sounds_of(request).of(0).lasting(0.5)
    assert click_times(made.samples) == pytest.approx([0.25], abs=0.01)


def test_a_checkpoint_can_end_the_reading(clips):
    def stop():
        raise vgpnn.Cancelled

    with pytest.raises(vgpnn.Cancelled):
        read_inputs(inpainting(clips, pictures={0: paint()}), stop)


def library_result(task: str, video, style, region, colours) -> vgpnn.Result:
    """The same from the functions of the library."""
    if task == "resize":
        return vgpnn.retarget(video, 1.5, 0.5, seed=7, **FAST)
    if task == "retime":
        return vgpnn.retarget(video, duration_scale=2.0, loop=True, seed=7, **FAST)
    if task in ("analogy", "sketch"):
        settings = vgpnn.PRESETS[task]
        return vgpnn.analogy(video, style, task == "sketch", seed=7, settings=settings, **FAST)
    if task == "inpaint":
        return vgpnn.inpaint(video, region, colours, seed=7, **FAST)
    return vgpnn.generate(video, 7, **FAST)


@pytest.mark.parametrize("task", ["generate", "resize", "retime", "analogy", "sketch", "inpaint"])
def test_the_problem_of_each_task_is_that_of_the_library(clips, task):
    options = {
        "resize": {"width_scale": 1.5, "height_scale": 0.5},
        "retime": {"duration_scale": 2.0, "loop": True},
        "analogy": {"style": clip_of(clips["slow"])},
        "sketch": {"style": clip_of(clips["slow"])},
    }.get(task)
    request = request_of(clips["tiny"], task, options, settings=FAST)
    if task == "inpaint":
        request = inpainting(clips, pictures={0: paint()})
    inputs = read_inputs(request)
    before = inputs.video.codes.clone()
    (result,) = problem_of(request, inputs, (7,), lambda: None).solve()
    expected = library_result(task, inputs.video, inputs.style, inputs.region, inputs.cues)
    assert torch.equal(result.video.codes, expected.video.codes)
    assert torch.equal(result.source_map, expected.source_map)
    assert result.video.shape == request.output_shape
    assert torch.equal(inputs.video.codes, before)  # the cache hands the same clip to others
