"""What the page shows before a run."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from helpers.jobs import clip_of, request_of
from PIL import Image

import vgpnn
from vgpnn.service import files, previews
from vgpnn.service.inputs import read_inputs
from vgpnn.tasks import cues
from vgpnn.tasks.marking import COLOURS
from vgpnn.tasks.paint import Paint
from vgpnn.tasks.structure import dynamic_structure, sketch_structure


def saved_at(url: str) -> files.Path:
    return files.Path(unquote(url).removeprefix("gradio_api/file="))


def test_the_working_clip_is_encoded_anew(clips, base):
    shown = previews.encode_working_clip(request_of(clips["slow"], frames=4, height=64))
    path = saved_at(shown["video"])
    assert path.parent.parent == base and path.read_bytes() != clips["slow"].read_bytes()
    assert (shown["frames"], shown["fps"]) == (4, 10.0)
    assert vgpnn.video.read(path).shape == (4, 64, 86)


def test_a_strip_has_pictures_of_the_whole_clip(clips, base):
    path = saved_at(previews.encode_strip(clip_of(clips["slow"])))
    with Image.open(path) as found:
        width, height = found.size
    count = round(previews.STRIP_ASPECT * 144 / 192)
    assert path.parent.parent == base and height == previews.STRIP_HEIGHT
    assert width == pytest.approx(count * height * 192 / 144, abs=2 * count)


def test_a_clip_that_cannot_be_decoded_leaves_no_folder(clips, base, tmp_path):
    request = request_of(clips["slow"], frames=4, height=64)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    request = replace(request, clip=replace(request.clip, path=broken))
    before = files.job_folders()
    with pytest.raises(ValueError, match=r"\.$"):
        previews.encode_working_clip(request)
    assert files.job_folders() == before


@pytest.mark.parametrize("task", ["analogy", "sketch"])
def test_motion_of_layout_and_style_is_what_the_run_compares(clips, base, task):
    request = request_of(clips["tiny"], task, {"style": clip_of(clips["slow"])})
    layout, style = previews.motion_videos(request, lambda: None).values()
    inputs, structure = read_inputs(request), dynamic_structure
    expected = structure(inputs.style.frames, request.settings)
    grey = expected[..., 0] * 255
    assert style.shape == request.style_shape and style.fps == inputs.style.fps
    assert (style.codes.float() - grey[..., None]).abs().max() <= 0.5 + 1e-3
    if task == "sketch":
        structure = sketch_structure
    grey = structure(inputs.video.frames, request.settings)[..., 0] * 255
    assert (layout.codes.float() - grey[..., None]).abs().max() <= 0.5 + 1e-3


def inpainting(clips):
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[20:30, 20:40] = 0, 0, 255, 255
    paint = {"pictures": Paint.of({0: picture}), "first": 1, "last": 3, "margin": 0.5}
    return request_of(clips["tiny"], "inpaint", paint | {"remove": (255, 0, 255)})


def test_paint_is_shown_where_the_run_fills(clips, base):
    request = inpainting(clips)
    inputs, shown = read_inputs(request), previews.paint_video(request, lambda: None)
    expected = cues.painted_over(inputs.video, inputs.region, inputs.cues)
    assert torch.equal(shown.codes, expected.codes)
    changed = (shown.codes != inputs.video.codes).any(-1)
    painted = inputs.region | (inputs.cues[..., 3] > 0)
    assert changed.any() and not (changed & ~painted).any()
    assert not changed[0].any() and not changed[4].any()


@pytest.mark.parametrize("preview", [previews.encode_motion, previews.encode_paint])
def test_a_preview_that_takes_too_long_is_one_sentence(clips, base, monkeypatch, preview):
    monkeypatch.setattr(previews, "PREVIEW_SECONDS", -1)
    request = inpainting(clips)
    if preview is previews.encode_motion:
        request = request_of(clips["tiny"], "analogy", {"style": clip_of(clips["slow"])})
    with pytest.raises(ValueError, match=r"^This preview takes too long: choose fewer frames\.$"):
        preview(request)


def test_marks_are_seen_over_the_clip(clips, base):
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[8:20, 8:20] = *COLOURS["more"], 255
    marks = {"offered": 4, "marks": Paint.of({0: picture}), "alike": False}
    (cell,) = previews.encode_marks(request_of(clips["tiny"], options=marks))
    shown = vgpnn.video.read(saved_at(cell["video"])).codes
    plain = read_inputs(request_of(clips["tiny"])).video.codes
    assert shown.shape == plain.shape
    assert shown[0, 30:, 30:].float().mean() < 0.6 * plain[0, 30:, 30:].float().mean()
    with pytest.raises(ValueError, match=r"\.$"):
        previews.encode_marks(request_of(clips["tiny"]))
