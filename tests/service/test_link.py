"""The link of a result: what it says is what the page reads from it."""

from __future__ import annotations

import pytest
from helpers.pages import tiny_clip

from vgpnn import examples
from vgpnn.page import links
from vgpnn.presets import preset
from vgpnn.service.examples import clip_of, style_clip_of, view_of
from vgpnn.service.link import link_of
from vgpnn.service.request import TASK_PRESETS, new_request
from vgpnn.service.working_size import whole_request

BUNDLED = {example.name: example for example in examples.load()}


def read(request):
    """What the page makes of the link of a request, and the example that it opens with."""
    words = links.read(link_of(request)["query"])
    example = links.example_of(words, [*BUNDLED.values()])
    whole = whole_request(clip_of(example))
    usual = {name: getattr(whole, name) for name in ("start", "frames", "height", "fps")}
    return links.settings_in(words, {**usual, "task": "generate", "seed": 0}), example


def request_for(name, **changes):
    whole = whole_request(clip_of(BUNDLED[name]))
    part = {each: getattr(whole, each) for each in ("start", "frames", "height", "fps")}
    return new_request(whole.clip, **{**part, "seed": 7, **changes})


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("flock", {"samples": 2}),
        ("flock", {"sound": False}),
        ("sea", {"start": 0.4, "frames": 12, "height": 96, "fps": 10, "size": "full"}),
        ("pitch_narrow", {"task": "resize", "options": {"width_scale": 1.4, "height_scale": 0.5}}),
        ("campfire_longer", {"task": "retime", "options": {"duration_scale": 0.5, "loop": True}}),
    ],
)
def test_a_link_says_what_was_made(name, changes):
    request = request_for(name, **changes)
    saved, example = read(request)
    assert example.name == name and saved.task == request.task
    names = "start", "frames", "height", "size", "sound", "seed"
    part = {each: getattr(request, each) for each in names}
    assert saved.part.items() >= part.items() and saved.part["fps"] == (request.fps or 0)
    assert saved.part["takes"] == request.samples
    assert saved.options == request.options and saved.settings == request.settings
    assert link_of(request)["without"] == []


@pytest.mark.parametrize("follow", [True, False])
def test_a_link_says_whether_paint_follows(follow):
    options = {"first": 0, "last": 3, "margin": 0.5, "follow": follow}
    saved, _ = read(request_for("flock", task="inpaint", options=options))
    assert saved.options == options


@pytest.mark.parametrize("task", [*TASK_PRESETS])
@pytest.mark.parametrize("quality", ["fast", "balanced", "best"])
def test_settings_come_back_whatever_they_are(task, quality):
    name = TASK_PRESETS[task]
    chosen = [preset(name, quality), preset(name, quality, 0.85)]
    chosen += [chosen[0].with_changes(alpha=0.25, patch=(1, 5, 9), passes=3, vote="mean")]
    chosen += [chosen[0].with_changes(alpha=None, noise=0.123)]
    for settings in chosen:
        style = {"style": clip_of(BUNDLED["lava"])} if name in ("analogy", "sketch") else {}
        request = request_for("lava", task=task, options=style, settings=settings)
        assert read(request)[0].settings == settings


def test_a_link_as_usual_is_short():
    assert link_of(request_for("flock"))["query"] == "task=generate&example=flock&seed=7&takes=1"
    assert view_of(BUNDLED["flock"])["link"]["query"] == "example=flock&seed=4"


def test_what_a_link_cannot_hold_is_said(clips):
    link = link_of(new_request(tiny_clip(clips["tiny"]), seed=7, frames=4))
    assert link == {"query": "task=generate&seed=7&takes=1", "without": ["your clip"]}
    fire = BUNDLED["steam_of_fire"]
    for style, without in (
        (style_clip_of(fire), []),
        (tiny_clip(clips["tiny"]), ["the clip that it looks like"]),
    ):
        request = request_for("steam_of_fire", task="analogy", options={"style": style})
        assert link_of(request)["without"] == without
