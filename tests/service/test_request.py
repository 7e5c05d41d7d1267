"""Requests: what is refused and with which sentence, sizes of results, and expected times."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.jobs import clip_of, request_of

from vgpnn.limits import LIMITS
from vgpnn.presets import PRESETS
from vgpnn.service import request as requests
from vgpnn.service.request import Request, new_request


@pytest.fixture
def tiny(clips) -> requests.Clip:
    """5 frames of 48 x 64 at 10 per second."""
    return clip_of(clips["tiny"])


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"start": -1}, "The start [s] must be a number from 0 to 3600, not -1."),
        (
            {"start": 0.5},
            "The start is 0.5 s, but the clip ends at 0.5 s: choose an earlier start.",
        ),
        ({"frames": 0}, "The number of frames must be a whole number from 1 to 120, not 0."),
        ({"frames": 2.5}, "The number of frames must be a whole number from 1 to 120, not 2.5."),
        ({"fps": 0}, "The frame rate must be a number from 1 to 240, not 0."),
        ({"height": 20}, "The working height [px] must be a whole number from 64 to 720, not 20."),
        ({"samples": 7}, "The number of takes must be a whole number from 1 to 6, not 7."),
        ({"seed": None}, "The seed must be a whole number from 0 to 2147483647, not None."),
        ({"seed": True}, "The seed must be a whole number from 0 to 2147483647, not True."),
    ],
    ids=str,
)
def test_a_number_out_of_range_is_one_sentence(tiny, numbers, sentence):
    with pytest.raises(ValueError) as caught:
        new_request(tiny, **numbers)
    assert str(caught.value) == sentence


def test_what_is_not_given_is_the_default(tiny):
    assert new_request(tiny) == Request(
        clip=tiny,
        start=0.0,
        frames=24,
        fps=None,
        height=144,
        samples=1,
        seed=0,
        settings=PRESETS["generate"],
        task="generate",
        options={},
    )
    assert new_request(tiny, task="retime").settings == PRESETS["retarget"]


def test_results_that_are_too_large_are_refused(clips):
    large = replace(clip_of(clips["slow"]), info=replace(clip_of(clips["slow"]).info, height=720))
    options = {"width_scale": 3.0, "height_scale": 3.0}
    with pytest.raises(ValueError, match=r"^24 frames of \d+x\d+ are more than this page makes: "):
        new_request(large, height=720, task="resize", options=options)


def test_results_that_take_too_long_are_refused(tiny, monkeypatch):
    monkeypatch.setattr(Request, "expected_seconds", lambda self: LIMITS.expected_seconds + 60)
    with pytest.raises(ValueError, match=r"^This would take about 31 minutes: choose fewer "):
        new_request(tiny)


@pytest.mark.parametrize(
    ("task", "options", "output"),
    [
        ("generate", {}, (5, 48, 64)),
        ("resize", {"width_scale": 1.5}, (5, 48, 96)),
        ("retime", {"duration_scale": 2.0}, (10, 48, 64)),
        ("retarget", {"height_scale": 0.5, "duration_scale": 0.4}, (2, 24, 64)),
    ],
)
def test_the_size_of_a_result_is_that_of_the_task(clips, task, options, output):
    request = request_of(clips["tiny"], task, options)
    assert request.working_shape == request.source_shape == (5, 48, 64)
    assert request.output_shape == output
    assert request.flow_shapes == ()


@pytest.mark.parametrize(
    ("task", "options", "fps", "full"),
    [
        ("generate", {}, None, (5, 240, 320)),
        ("generate", {}, 5, (10, 240, 320)),
        ("resize", {"width_scale": 1.5, "height_scale": 0.5}, None, (5, 120, 480)),
        ("retime", {"duration_scale": 2.0}, 5, (20, 240, 320)),
        ("retime", {"duration_scale": 0.7}, 5, (7, 240, 320)),
        ("loop", {"duration_scale": 0.7}, 5, (8, 240, 320)),
        ("extend", {"left": 0.3, "top": 0.2}, None, (5, 288, 416)),
        ("go_on", {"longer": 0.5}, 5, (15, 240, 320)),
    ],
)
def test_the_full_size_is_that_of_the_file_times_what_was_asked_for(
    clips, task, options, fps, full
):
    """The width of the working clip is rounded: to 86 px of 85.3. A loop of 4 frames has 8."""
    options = {**options, "loop": True} if task == "loop" else options
    task = "retime" if task == "loop" else task
    request = request_of(clips["slow"], task, options, fps=fps, size="full")
    assert request.full_shape == full and request.grows
    assert request.full_part == ((5 if fps is None else 10, 240, 320), 10)
    working = request_of(clips["slow"], task, options, fps=fps)
    assert not working.grows
    assert request.expected_seconds() > working.expected_seconds()
    assert 0 < request.work_share < working.work_share == 1


def test_a_clip_at_its_own_size_is_finished_already(clips):
    request = request_of(clips["tiny"], size="full")
    assert not request.grows and request.work_share == 1


def test_an_analogy_is_finished_from_its_style(clips):
    request = request_of(clips["tiny"], "analogy", {"style": clip_of(clips["slow"])}, size="full")
    # The layout is smaller than the working height, so the result grows with the style alone, and
    # keeps the shape of the layout, 4:3.
    assert request.style_shape == (5, 64, 86) and request.full_part[0] == (5, 240, 320)
    assert request.full_shape == (5, 180, 240)


def test_what_is_too_large_in_full_is_refused(clips, monkeypatch):
    assert request_of(clips["slow"], size="full").grows
    monkeypatch.setattr(requests, "LIMITS", replace(LIMITS, decoded_voxels=5 * 240 * 319))
    with pytest.raises(ValueError, match="more than this page finishes in full: choose fewer"):
        request_of(clips["slow"], size="full")
    with pytest.raises(ValueError, match=r"^size must be one of 'working', 'full', not 'huge'.$"):
        request_of(clips["slow"], size="huge")


def test_the_rate_changes_how_many_frames_there_are(clips):
    request = request_of(clips["tiny"], fps=4, frames=24)
    assert request.frame_rate == Fraction(4) and request.working_shape == (2, 48, 64)
    assert request_of(clips["tiny"], frames=24).working_shape == (5, 48, 64)


def test_patches_of_an_analogy_come_from_its_style(clips):
    style = {"style": clip_of(clips["slow"])}
    request = request_of(clips["tiny"], "analogy", style)
    assert request.output_shape == (5, 48, 64)
    assert request.source_shape == request.style_shape == (5, 64, 86)
    assert request.flow_shapes == ((5, 64, 86), (5, 48, 64))
    assert request_of(clips["tiny"], "sketch", style).flow_shapes == ((5, 64, 86),)
    plain = request_of(clips["tiny"], "analogy", style, settings={"structure": "colours"})
    assert plain.flow_shapes == ()


def test_each_sample_has_a_seed_of_its_own(clips):
    assert request_of(clips["tiny"], samples=3, seed=7).seeds == [7, 8, 9]


def test_input_files_are_the_clip_the_style_and_the_cues(clips):
    tiny, slow = clips["tiny"], clips["slow"]
    assert request_of(tiny).input_paths == [tiny]
    style = {"style": clip_of(slow)}
    assert request_of(tiny, "analogy", style).input_paths == [tiny, slow]
    assert request_of(tiny, "inpaint", {"cues_path": slow}).input_paths == [tiny, slow]


def test_random_seeds_differ_and_have_at_most_six_digits():
    seeds = {requests.random_seed() for _ in range(50)}
    assert len(seeds) > 40 and all(0 <= seed < 10**6 for seed in seeds)


def test_a_clip_that_stays_has_a_larger_or_a_longer_result(tiny):
    wide = new_request(tiny, task="extend", options={"left": 0.25, "top": 0.5})
    frames, height, width = wide.working_shape
    assert wide.output_shape == (frames, 1.5 * height, 1.25 * width)
    assert wide.source_shape == wide.working_shape
    assert wide.tries and wide.used_settings.alpha is None
    longer = new_request(tiny, task="go_on", options={"longer": 0.6})
    assert longer.output_shape == (8, height, width) and longer.used_settings.min_frames == 5


def test_a_tile_has_the_size_of_its_clip_and_is_searched_beyond_its_edges(tiny):
    request = new_request(tiny, task="tile", options={"axes": "x", "time": False})
    frames, height, width = request.working_shape
    assert request.output_shape == request.source_shape == request.working_shape
    assert request.searched_shape == (frames, height, width + 2 * (width // 4))
    assert request.used_settings.min_side == 30 and not request.makes_takes
    loop = new_request(tiny, task="tile", options={"axes": "both", "time": True})
    assert loop.plays_time and not loop.makes_takes
    assert loop.expected_seconds() > request.expected_seconds()


@pytest.mark.parametrize(
    "task", ["generate", "resize", "retime", "inpaint", "extend", "go_on", "tile"]
)
def test_only_tasks_that_take_a_camera_out_are_expected_to_look_at_it(clips, task):
    options = {"extend": {"left": 0.25}, "go_on": {"longer": 0.5}}.get(task, {})
    request = request_of(clips["tiny"], task, options, {"camera": "on"})
    looks = task in ("generate", "resize", "retime")
    assert request.used_settings.camera == ("on" if looks else "off")
