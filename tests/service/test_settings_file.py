"""Settings files hold the arguments of an endpoint, and come back as what was chosen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.jobs import clip_of, request_of

from vgpnn.presets import PRESETS
from vgpnn.service import settings_file
from vgpnn.settings import SETTINGS
from vgpnn.tasks.paint import Paint

SENTENCE = "These are not settings of this page: load a file saved here."


def test_a_file_holds_the_arguments_of_the_endpoint(clips):
    request = request_of(clips["tiny"], samples=3, fps=5, settings={"alpha": None})
    saved = settings_file.arguments(request, seed=8, takes=2)
    settings = PRESETS["generate"].with_changes(alpha=None)
    assert saved == {
        "task": "generate",
        "start": 0.0,
        "frames": 5,
        "fps": 5.0,
        "height": 64,
        "takes": 2,
        "seed": 8,
        "settings": {name: getattr(settings, name) for name in SETTINGS},
    }


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("resize", {"width_scale": 1.5, "height_scale": 0.8}),
        ("retime", {"duration_scale": 2.0, "loop": True}),
        ("inpaint", {"first": 1, "last": 3, "margin": 0.25, "follow": True}),
        ("tile", {"axes": "y", "time": True}),
    ],
)
def test_a_file_comes_back(clips, task, options):
    paint = {"pictures": Paint.of({0: np.zeros((4, 4, 4), np.uint8)}), "remove": (255, 0, 255)}
    hidden = paint if task == "inpaint" else {}
    settings = {"patch": (3, 5, 9), "passes": 2}
    request = request_of(
        clips["tiny"], task, {**options, **hidden}, settings=settings, start=0.1, fps=None
    )
    saved = settings_file.parsed(json.dumps(settings_file.arguments(request, request.seed, 1)))
    colours = {"remove": "#ff00ff"} if task == "inpaint" else {}
    assert saved.options == options | colours
    assert (saved.task, saved.settings) == (task, request.settings)
    assert saved.part == {
        "start": 0.1,
        "frames": 5,
        "height": 64,
        "takes": 1,
        "seed": 7,
        "fps": 0.0,
        "size": "working",
        "sound": True,
    }


def test_the_full_size_comes_back(clips):
    request = request_of(clips["slow"], size="full")
    saved = settings_file.parsed(json.dumps(settings_file.arguments(request, 7, 1)))
    assert saved.part["size"] == "full" and saved.options == {}


def test_the_switch_of_sound_comes_back_and_is_left_out_as_long_as_it_is_on(clips):
    silent = settings_file.arguments(request_of(clips["tiny"], sound=False), 7, 1)
    assert silent["sound"] is False
    assert settings_file.parsed(json.dumps(silent)).part["sound"] is False
    usual = settings_file.arguments(request_of(clips["tiny"]), 7, 1)
    assert "sound" not in usual
    assert settings_file.parsed(json.dumps(usual)).part["sound"] is True
    with pytest.raises(ValueError, match=SENTENCE):
        settings_file.parsed(json.dumps({**usual, "sound": "yes"}))


def test_a_style_is_not_in_a_file(clips):
    request = request_of(clips["tiny"], "analogy", {"style": clip_of(clips["slow"])})
    saved = settings_file.arguments(request, 7, 1)
    assert "style" not in saved and "slow" not in json.dumps(saved)


@pytest.mark.parametrize(("scale", "task"), [(1.0, "resize"), (2.0, "retime")])
def test_settings_of_the_endpoint_retarget_belong_to_one_of_two_tasks(clips, scale, task):
    options = {"width_scale": 1.0, "height_scale": 1.0, "duration_scale": scale, "loop": False}
    request = request_of(clips["tiny"], "retarget", options)
    saved = settings_file.parsed(json.dumps(settings_file.arguments(request, 7, 1)))
    assert saved.task == task and saved.settings == PRESETS["retarget"]


@pytest.mark.parametrize("count", ["samples", "takes"])
def test_a_file_of_an_earlier_version_is_flat(count):
    old = {"start": 0, "frames": 8, "height": 96, "seed": 3, "passes": 2, count: 4}
    saved = settings_file.parsed(json.dumps(old))
    # Earlier versions knew no camera, so they made the frames as they are.
    expected = PRESETS["generate"].with_changes(passes=2, camera="off", seams="leave")
    assert saved.task == "generate" and saved.settings == expected
    assert saved.part["takes"] == 4 and saved.options == {}


def test_a_file_without_some_entries_gets_the_defaults():
    old = {"start": 0, "frames": 8, "height": 96, "seed": 3, "settings": {"passes": 2}}
    saved = settings_file.parsed(json.dumps(old))
    # Earlier versions knew no camera, so they made the frames as they are.
    expected = PRESETS["generate"].with_changes(passes=2, camera="off", seams="leave")
    assert saved.task == "generate" and saved.settings == expected
    assert saved.part["takes"] == 1 and saved.part["fps"] == 0 and saved.options == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        "null",
        "{}",
        "[" * 100_000,
        '{"start": 0, "frames": 5, "height": 64}',
        '{"start": 0, "frames": 5, "height": 64, "seed": 1, "task": "mine"}',
        '{"start": 0, "frames": 5, "height": 64, "seed": 1, "task": []}',
        '{"start": 0, "frames": 5, "height": 64, "seed": 1, "size": "huge"}',
        '{"start": 0, "frames": 5, "height": 64, "seed": 1, "settings": [1]}',
        '{"start": 0, "frames": 5, "height": 64, "seed": 1, "settings": null}',
    ],
    ids=lambda text: text[:20],
)
def test_other_texts_are_refused_with_one_sentence(text):
    with pytest.raises(ValueError) as caught:
        settings_file.parsed(text)
    assert str(caught.value) == SENTENCE


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": "0"}, "start must be a number from 0 to 3600, not '0'."),
        ({"start": float("nan")}, "start must be a number from 0 to 3600, not nan."),
        ({"frames": 10**400}, r"frames must be a whole number from 1 to 120, not 10+"),
        ({"frames": 1.5}, "frames must be a whole number from 1 to 120, not 1.5."),
        ({"takes": 99}, "takes must be a whole number from 1 to 6, not 99."),
        ({"fps": -1}, "fps must be a number from 0 to 240, not -1."),
        ({"seed": -1}, "seed must be a whole number from 0 to 2147483647, not -1."),
        ({"settings": {"passes": 99}}, "passes must be a whole number from 1 to 20, not 99."),
        ({"passes": 99}, "passes must be a whole number from 1 to 20, not 99."),
        ({"settings": {"pases": 9}}, "There is no setting 'pases': the nearest is passes."),
        ({"vote": {}}, "vote must be one of 'median', 'mean', 'weighted', not {}."),
        ({"patch": [3, 7]}, "patch must be three whole numbers from 1 to 15, not "),
    ],
    ids=str,
)
def test_values_out_of_range_are_refused_with_one_sentence(change, sentence):
    good = {"start": 0, "frames": 5, "height": 64, "seed": 1}
    with pytest.raises(ValueError, match="^" + sentence) as caught:
        settings_file.parsed(json.dumps(good | change))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
