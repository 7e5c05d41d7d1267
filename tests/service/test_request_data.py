"""Requests come back from plain data as they were, and other data make none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.jobs import clip_of, request_of

from vgpnn.service import request_data
from vgpnn.tasks.paint import Paint

PAINT = {"first": 0, "last": 4, "margin": 0.5, "remove": (255, 0, 255)}
TASKS = ["generate", "resize", "retime", "analogy", "sketch", "paint", "cues"]


def request_for(clips, task: str):
    tiny = clips["tiny"]
    if task == "resize":
        return request_of(tiny, task, {"width_scale": 1.5, "height_scale": 0.75})
    if task == "retime":
        return request_of(tiny, task, {"duration_scale": 2.0, "loop": True})
    if task in ("analogy", "sketch"):
        return request_of(tiny, task, {"style": clip_of(clips["slow"])}, fps=7.5)
    if task == "paint":
        random = np.random.default_rng(0)
        pictures = {k: random.integers(0, 256, (9, 7, 4), np.uint8) for k in (3, 0)}
        return request_of(tiny, "inpaint", {"pictures": Paint.of(pictures), **PAINT})
    if task == "cues":
        cues = {"cues_path": Path("/tmp/cues.png"), "key": None}
        return request_of(tiny, "inpaint", {**cues, **PAINT})
    return request_of(tiny, task, settings={"patch": (3, 5, 9), "alpha": None}, samples=3)


def through_json(request):
    plain, arrays = request_data.to_plain(request)
    return request_data.from_plain(json.loads(json.dumps(plain)), arrays)


@pytest.mark.parametrize("task", TASKS)
def test_a_request_comes_back(clips, task):
    request = request_for(clips, task)
    again = through_json(request)
    assert again == request
    for frame, picture in request.options.get("pictures", {}).items():
        assert picture.shape == (9, 7, 4)
        assert (again.options["pictures"][frame] == picture).all()


def test_a_size_comes_back_and_an_earlier_version_had_none(clips):
    request = replace(request_for(clips, "generate"), size="full")
    assert through_json(request) == request
    plain, arrays = request_data.to_plain(request)
    del plain["size"]
    assert request_data.from_plain(plain, arrays).size == "working"
    with pytest.raises(ValueError, match="unknown size"):
        request_data.from_plain({**plain, "size": "huge"}, arrays)


def test_the_switch_of_sound_comes_back_and_takes_of_an_earlier_version_had_none(clips):
    request = replace(request_for(clips, "generate"), sound=False)
    assert through_json(request) == request
    plain, arrays = request_data.to_plain(replace(request, sound=True))
    assert request_data.from_plain(plain, arrays).sound is True
    del plain["sound"]
    assert request_data.from_plain(plain, arrays).sound is False


def test_what_was_said_of_a_file_comes_back(clips):
    request = request_for(clips, "generate")
    info = replace(request.clip.info, motion=(0.5, 1.25), notes=("It is interlaced.",))
    info = replace(info, sound=True, turn=270, hdr="HLG")
    request = replace(request, clip=replace(request.clip, info=info))
    assert through_json(request) == request


def test_a_clip_that_an_earlier_version_recorded_is_read(clips):
    plain, arrays = request_data.to_plain(request_for(clips, "generate"))
    for name in ("motion", "notes", "sound", "turn", "hdr"):
        del plain["clip"]["info"][name]
    info = request_data.from_plain(plain, arrays).clip.info
    assert (info.notes, info.sound, info.turn, info.hdr) == ((), False, 0, "")


def test_paint_stays_out_of_the_json(clips):
    plain, arrays = request_data.to_plain(request_for(clips, "paint"))
    assert [*arrays] == ["pictures-3", "pictures-0"]
    assert {array.ndim for array in arrays.values()} == {1}  # files, as they are kept
    assert len(json.dumps(plain)) < 3000


def test_an_option_of_an_unknown_type_is_an_error(clips):
    with pytest.raises(TypeError, match="strange"):
        request_data.to_plain(request_of(clips["tiny"], options={"strange": object()}))


def without(name):
    return lambda plain: plain.pop(name)


def put(value, *names):
    def change(plain):
        for name in names[:-1]:
            plain = plain[name]
        plain[names[-1]] = value

    return change


FORGERIES = {
    "no clip": without("clip"),
    "more": put(1, "more"),
    "task": put("rm -rf", "task"),
    "task of another type": put(["inpaint"], "task"),
    "frames as text": put("5", "frames"),
    "start as text": put("0", "start"),
    "fps as list": put([10], "fps"),
    "settings missing": put({}, "settings"),
    "setting out of range": put(10**9, "settings", "passes"),
    "another setting": put(1, "settings", "colour"),
    "settings as list": put([], "settings"),
    "options as list": put([], "options"),
    "path as number": put(7, "clip", "path"),
    "info missing": put({}, "clip", "info"),
    "width as text": put("64", "clip", "info", "width"),
    "rate without value": put("1/0", "clip", "info", "fps"),
    "unknown tag": put({"call": "os.system"}, "options", "x"),
    "two tags": put({"path": "a", "tuple": []}, "options", "x"),
    "no array": put({"paint": [0]}, "options", "x"),
    "clip as path": put({"clip": "/etc/passwd"}, "options", "style"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_other_data_make_no_request(clips, forgery):
    plain, arrays = request_data.to_plain(request_for(clips, "generate"))
    plain = json.loads(json.dumps(plain))
    FORGERIES[forgery](plain)
    with pytest.raises(Exception):  # noqa: B017  which error it is does not matter
        request_data.from_plain(plain, arrays)


@pytest.mark.parametrize("content", [b"no picture", b""], ids=["text", "empty"])
def test_damaged_paint_makes_no_request(clips, content):
    plain, arrays = request_data.to_plain(request_for(clips, "paint"))
    with pytest.raises(ValueError, match="painted picture"):
        request_data.from_plain(plain, arrays | {"pictures-0": np.frombuffer(content, np.uint8)})


def test_an_earlier_version_took_no_camera_out(clips):
    request = request_for(clips, "generate")
    plain, arrays = request_data.to_plain(request)
    for name in ("camera", "camera_path"):
        del plain["settings"][name]
    assert request_data.from_plain(plain, arrays).settings.camera == "off"
