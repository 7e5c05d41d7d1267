"""What all tabs share: files and examples as the clip, and requests."""

from __future__ import annotations

import json
import shutil

import pytest
from helpers.clips import write_examples
from helpers.pages import built_page, tiny_clip, values_of

from vgpnn import examples
from vgpnn.page.values import plain_values
from vgpnn.presets import PRESETS, preset
from vgpnn.service.clips import probed_clip
from vgpnn.service.request import new_request
from vgpnn.service.settings_file import arguments, parsed
from vgpnn.service.working_size import first_request


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    return examples.load(write_examples(tmp_path_factory.mktemp("bundled") / "examples"))


@pytest.fixture(scope="module")
def page(bundled):
    return built_page(bundled)


def test_a_file_is_the_clip_at_the_size_that_the_page_starts_with(page, clips, tmp_path):
    shared = page.workspace
    path = tmp_path / "mine.mp4"
    shutil.copy(clips["slow"], path)
    shown = shared.show_file(path, path.name, None)
    first = first_request(probed_clip(path, path.name))
    assert (shown[shared.clip.frames], shown[shared.clip.height]) == (first.frames, first.height)
    assert shown.keys() == shared.clip_outputs
    view = shown[shared.result.data]
    assert view["phase"] == "ready" and view["title"] == "mine.mp4"
    assert view["source"]["video"] == shown[shared.clip.clip].working_url
    assert "mine.mp4" not in view["source"]["video"]  # the upload itself is never handed out


def test_all_of_a_file_keeps_its_size(page, clips):
    shared = page.workspace
    shown = shared.show_file(clips["slow"], "slow.mp4", None, whole=True)
    assert (shown[shared.clip.frames], shown[shared.clip.height]) == (24, 240)


def test_an_example_comes_with_its_result(page, bundled):
    shared = page.workspace
    shown = shared.show_example(bundled[1], None)
    assert shown[shared.clip.clip].path == bundled[1].video
    assert shown[shared.result.data]["phase"] == "done"


def test_a_request_becomes_the_values_that_made_it(page, clips):
    shared, clip = page.workspace, tiny_clip(clips["tiny"])
    settings = preset("retarget", "fast", 1.0).with_changes(sigma=1.5)
    request = new_request(clip, frames=4, samples=2, seed=9, settings=settings, task="resize")
    shown = shared.values_of(request, "", takes_samples=True)
    assert shown[shared.clip.start]["value"] == 0.0  # an update, with a new end of the slider
    values = values_of(page, clip) | plain_values(shown)
    again = shared.request(values, "resize", {}, True, 9)
    assert again.settings == settings and again.samples == 2
    assert again.frames == 4 and shown[shared.run.seed] == 9
    assert shown[shared.quality.preset] == "retarget"


def test_the_settings_start_from_the_preset_of_the_task(page, clips):
    values = values_of(page, tiny_clip(clips["tiny"]))
    values |= page.workspace.advanced.values_of(PRESETS["inpaint"])
    request = page.workspace.request(values, "inpaint", {}, False, 0)
    assert request.settings == PRESETS["inpaint"] and request.samples == 1


def test_a_settings_file_becomes_the_values_that_it_was_saved_from(page, clips):
    shared = page.workspace
    request = new_request(tiny_clip(clips["tiny"]), start=0.1, frames=4, height=66, samples=2)
    saved = parsed(json.dumps(arguments(request, 5, 2)))
    shown = shared.saved_values(saved)
    assert shown[shared.clip.start] == 0.1 and shown[shared.clip.frames] == 4
    assert shown[shared.clip.fps]["value"] == 0 and shown[shared.clip.height] == 66
    assert shown[shared.run.samples] == 2 and shown[shared.run.seed] == 5
    assert shown[shared.run.random] is False
    assert shared.advanced.settings(values_of(page) | shown, "generate") == request.settings
