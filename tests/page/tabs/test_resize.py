"""The tab of resizing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.page import (
    make_one,
    number,
    open_tab,
    reload,
    result_frames,
    upload,
)
from helpers.pages import tiny_clip

from vgpnn.page.tabs.resize import ASPECTS, FREE, SCALES, scales_for


def clip_of(path, width, height):
    clip = tiny_clip(path)
    return replace(clip, info=replace(clip.info, width=width, height=height))


@pytest.mark.parametrize("aspect", [aspect for aspect in ASPECTS if aspect != FREE])
@pytest.mark.parametrize("size", [(640, 360), (360, 640), (100, 100)])
def test_scales_give_a_clip_the_shape(clips, aspect, size):
    width, height = scales_for(clip_of(clips["tiny"], *size), aspect)
    wide, tall = map(int, aspect.split(":"))
    assert width * size[0] / (height * size[1]) == pytest.approx(wide / tall, rel=0.01)
    assert all(SCALES[0] <= scale <= SCALES[1] for scale in (width, height))


@pytest.mark.parametrize(("aspect", "height"), [("1:1", 1.0), ("21:9", 1.0), ("9:16", 1.264)])
def test_the_height_is_kept_if_it_can_be(clips, aspect, height):
    _, scale = scales_for(clip_of(clips["tiny"], 640, 360), aspect)
    assert scale == pytest.approx(height, abs=0.001)


def test_resize(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Resize")
    page.click("#aspect >> text=1:1")
    page.wait_for_selector("#sizes dd:has-text('48×48')")
    make_one(page, "Resize", "Plain stretch")
    assert result_frames(page, tmp_path).shape == (5, 48, 48, 3)
    assert number(page, "width") == 0.75
    reload(page, "Resize")
    page.wait_for_function(
        "() => document.querySelector('#width input[type=number]')?.value === '0.75'"
    )
    assert page.errors == []


def test_a_scale_of_ones_own_frees_the_shape(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Resize")
    page.click("#aspect >> text=16:9")
    page.wait_for_function(
        "() => document.querySelector('#width input[type=number]')?.value === '1.333'"
    )
    page.wait_for_timeout(1500)  # [ms]; the shape is also set for the clip, when it plays
    page.fill("#width input[type=number]", "1.5")
    page.press("#width input[type=number]", "Tab")
    page.wait_for_selector("#aspect label.selected:has-text('Free')")
    upload(page, clips["slow"])
    page.wait_for_timeout(1000)
    assert number(page, "width") == 1.5
