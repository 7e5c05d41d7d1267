"""The part and the size that a page starts with."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.jobs import clip_of

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.service import expected_time, working_size
from vgpnn.service.working_size import FIRST_SECONDS, PLANS, first_request, whole_request

pytestmark = pytest.mark.usefixtures("usual_machine")


@pytest.fixture
def slow(clips):
    """24 frames of 240 x 320 at 10 per second."""
    return clip_of(clips["slow"])


def phone(clip, width=1080, height=1920, fps=30, seconds=40.0):
    """A clip of a phone, of which only the facts are used."""
    frames = round(fps * seconds)
    shape = {"width": width, "height": height, "fps": Fraction(fps)}
    return replace(clip, info=replace(clip.info, **shape, seconds=seconds, frames=frames))


@pytest.fixture
def speed(monkeypatch):
    """A function that says how many seconds a voxel of a result takes."""

    def set_speed(seconds_per_voxel):
        def expected(shape, settings, samples, *_):
            length, height, width = shape
            return samples * length * height * width * seconds_per_voxel

        monkeypatch.setattr(vgpnn.cost, "expected_seconds", expected)
        monkeypatch.setattr(vgpnn.cost, "draft_seconds", lambda *_: 0.0)
        for name in ("FILE_SECONDS_PER_VOXEL", "DECODING_SECONDS_PER_PIXEL"):
            monkeypatch.setattr(expected_time, name, 0.0)

    return set_speed


def test_a_whole_clip_keeps_its_size(clips, slow):
    assert (whole_request(slow).frames, whole_request(slow).height) == (24, 240)
    short = whole_request(clip_of(clips["tiny"]))
    assert (short.frames, short.height) == (5, LIMITS.min_height)


@pytest.mark.parametrize("seconds_per_voxel", [1e-9, 1e-6, 1e-5])
def test_a_page_never_starts_with_less_than_two_seconds_and_240_px(slow, speed, seconds_per_voxel):
    speed(seconds_per_voxel)
    request = first_request(phone(slow))
    length, height, width = request.working_shape
    assert min(height, width) >= 240 and height > width
    assert length / request.frame_rate >= 2 and request.frame_rate >= 12
    assert (request.samples, request.options) == (1, {})


def test_a_fast_machine_starts_with_more(slow, speed):
    speed(1e-5)
    least = first_request(phone(slow))
    speed(1e-9)
    most = first_request(phone(slow))
    assert least.working_shape[2] == PLANS[-2].side < most.working_shape[2]
    assert (least.frame_rate, most.frame_rate) == (15, 30)
    assert most.expected_seconds() <= FIRST_SECONDS


def test_small_and_short_clips_are_used_as_they_are(clips, slow):
    tiny = first_request(clip_of(clips["tiny"]))
    assert tiny.working_shape == (5, 48, 64) and tiny.fps is None
    assert first_request(slow).working_shape[1:] == (240, 320)


def test_a_picture_of_an_extreme_shape_can_be_used(slow):
    wide = first_request(phone(slow, 9000, 256))
    assert wide.working_shape[1] >= LIMITS.min_height
    tall = first_request(phone(slow, 256, 4000))
    assert tall.height <= LIMITS.max_height


def test_where_most_of_a_clip_stands_still_its_moving_part_is_chosen(slow):
    assert first_request(slow).start == 0
    for begin, end in ((0.456, 1.4), (0.0, 0.6), (1.0, 1.9), (0.31, 0.42)):
        moves = replace(slow, info=replace(slow.info, motion=(begin, end)))
        request = first_request(moves)
        after = request.start + request.frames / slow.info.fps
        assert request.frames >= LIMITS.min_frames
        assert request.start >= begin and after <= end + 1e-6 or request.frames == 3


def test_the_plans_go_from_more_to_less():
    voxels = [plan.side**2 * plan.seconds * (plan.fps or 30) for plan in working_size.PLANS]
    assert voxels[-2] == min(voxels[:-1]) and voxels[0] == max(voxels)
