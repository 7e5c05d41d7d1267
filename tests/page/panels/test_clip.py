"""The panel of the clip: uploads, the part in use, and the sizes."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.clips import clip
from helpers.page import choose, generate, number, upload, wait_until_playing
from helpers.pages import built_page, tiny_clip, values_of
from helpers.videos import counter, encode
from playwright.sync_api import expect

import vgpnn
from vgpnn.page.panels.clip import (
    latest_start,
    limits_sentence,
    player_of,
    sizes_of,
)
from vgpnn.page.values import Unfinished, Unusable, UnusableValue
from vgpnn.service.request import new_request


@pytest.fixture(scope="module")
def page():
    return built_page()


def test_the_part_in_use_becomes_a_request(page, clips):
    panel = page.workspace.clip
    values = values_of(page, tiny_clip(clips["tiny"]))
    values |= {panel.start: 0.2, panel.frames: 3, panel.height: 64, panel.fps: 15}
    request = panel.working_request(values)
    assert (request.start, request.frames, request.height, request.fps) == (0.2, 3, 64, 15)
    assert panel.working_request(values | {panel.fps: 0}).fps is None


def test_the_switch_of_sound_is_shown_where_there_is_some_and_is_part_of_a_request(page, clips):
    panel, silent = page.workspace.clip, tiny_clip(clips["tiny"])
    heard = replace(silent, info=replace(silent.info, sound=True))
    values = values_of(page, heard)
    assert panel.working_request(values).sound is True
    request = panel.working_request(values | {panel.sound: False})
    assert request.sound is False
    for clip_shown, is_shown in ((silent, False), (heard, True)):
        shown = panel.values_of(replace(request, clip=clip_shown), "a.mp4")[panel.sound]
        assert shown["visible"] is is_shown and "value" not in shown
    restored = page.workspace.values_of(request, "a.mp4", takes_samples=True)[panel.sound]
    assert (restored["value"], restored["visible"]) == (False, True)


def test_a_request_becomes_the_values_that_made_it(page, clips):
    panel, clip = page.workspace.clip, tiny_clip(clips["tiny"])
    request = new_request(clip, start=0.1, frames=4, height=72, fps=10)
    shown = panel.values_of(request, "gradio_api/file=a.mp4")
    assert shown[panel.clip] is clip and "file=a.mp4" in shown[panel.preview]
    assert shown[panel.start] == {"value": 0.1, "maximum": latest_start(clip), "__type__": "update"}
    assert (shown[panel.frames], shown[panel.height], shown[panel.fps]["value"]) == (4, 72, 10)
    assert shown.keys() == panel.outputs


@pytest.mark.parametrize("clip", [None, "/etc/passwd", {"path": "/etc/passwd"}], ids=repr)
def test_without_a_clip_there_is_no_request(page, clip):
    with pytest.raises(Unfinished):
        page.workspace.clip.working_request(values_of(page, clip))


def test_while_a_number_is_typed_the_player_stays(page, clips):
    panel = page.workspace.clip
    values = values_of(page, tiny_clip(clips["tiny"])) | {panel.height: Unusable("Too low.")}
    with pytest.raises(UnusableValue, match="Too low"):
        panel.working_request(values)
    assert panel.trimmed(values)["__type__"] == "update"  # a skip


def test_a_start_after_the_end_gets_a_sentence_in_place_of_the_player(page, clips):
    panel = page.workspace.clip
    values = values_of(page, tiny_clip(clips["tiny"])) | {panel.start: 9}
    assert "choose an earlier start" in panel.trimmed(values)


def test_sizes_name_input_working_clip_and_output(clips):
    request = new_request(
        tiny_clip(clips["tiny"]), frames=4, samples=2, task="retime", options={"duration_scale": 2}
    )
    text = sizes_of(request)
    for part in ("64×48, 10 fps, 0.5 s", "4 frames of 64×48", "2 takes of 64×48, 0.8 s", "about "):
        assert part in text


def test_the_limits_are_those_of_the_server():
    assert "up to 200 MB" in limits_sentence() and "3 to 120 frames" in limits_sentence()


def bad_upload(page, path):
    page.set_input_files("#upload input[type=file]", str(path))


def test_a_file_that_is_no_video_gets_one_sentence(desk, server, clips, tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("This is not a video.\n" * 50)
    page = desk
    bad_upload(page, path)
    problem = page.wait_for_selector("#working .problem")
    assert problem.inner_text().count(".") == 1 and problem.inner_text().endswith(".")
    assert not server.found("text.mp4")
    page.click("#go")
    page.wait_for_selector("text=Choose an example or upload a clip first.")
    upload(page, clips["tiny"])
    assert page.locator(".problem:visible").count() == 0
    assert page.errors == []
    assert server.tracebacks() == 0


def test_a_video_of_one_frame_makes_a_picture(desk, server, tmp_path):
    path = tmp_path / "short.mp4"
    vgpnn.video.write(path, clip(1, 48, 64))
    page = desk
    upload(page, path)
    page.wait_for_selector("#sizes dd:has-text('1 frame of 64×48')")
    generate(page, 1)  # one picture does not play
    assert page.errors == []
    assert server.tracebacks() == 0


def test_a_video_of_seven_pixels_makes_a_video(desk, server, tmp_path):
    path = tmp_path / "small.mp4"
    vgpnn.video.write(path, clip(5, 7, 7))
    page = desk
    upload(page, path)
    generate(page, 1)
    wait_until_playing(page, 2)
    assert page.errors == []
    assert server.tracebacks() == 0


def test_another_part_plays_again_and_changes_the_sizes(desk, clips):
    page = desk
    upload(page, clips["slow"])
    before = page.get_attribute("#working video", "src")
    choose(page, "frames", 12)
    page.wait_for_function(
        "before => document.querySelector('#working video').getAttribute('src') !== before",
        arg=before,
    )
    page.wait_for_selector("#sizes dd:has-text('12 frames')")
    assert number(page, "frames") == 12
    assert page.errors == []


def test_the_player_keeps_its_room_while_it_is_not_loaded(desk, clips):
    page = desk
    page.route("**/working.mp4", lambda route: route.abort())
    upload(page, clips["slow"])
    info = tiny_clip(clips["slow"]).info
    box = page.locator("#working video").bounding_box()
    assert abs(box["height"] - min(200, box["width"] * info.height / info.width)) < 1
    page.unroute_all()
    page.errors.clear()  # of the videos that were held back


def test_what_was_chosen_or_changed_is_said_below_the_player(clips):
    slow = tiny_clip(clips["slow"])
    said = replace(slow, info=replace(slow.info, notes=("Track <2> was read.",)))
    shown = player_of(said, "a.mp4", ("Track <2> was read.", "It is interlaced."))
    assert shown.count("Track &lt;2&gt; was read.") == shown.count("It is interlaced.") == 1
    assert "hint" not in player_of(slow, "a.mp4")


def test_a_recording_of_a_screen_says_what_moves(desk, tmp_path):
    times = [*range(0, 500, 40), 3000, *range(6000, 6500, 40)]
    path = encode(
        tmp_path / "screen.mp4",
        counter(len(times), 96, 64),
        25,
        times=times,
        unit=Fraction(1, 1000),
    )
    page = desk
    page.set_input_files("#upload input[type=file]", str(path))
    hint = page.locator("#working .hint").last
    expect(hint).to_have_text(re.compile("^Most of the video stands still: the part from .* moves"))
    assert page.errors == []
