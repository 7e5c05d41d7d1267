"""Samples come one after the other, with progress, previews and reports in between."""

from __future__ import annotations

import base64
import io
from fractions import Fraction

import pytest
import torch
from helpers import cameras
from helpers.jobs import FAST, request_of
from PIL import Image

import vgpnn
from vgpnn.service import sampling
from vgpnn.service.inputs import problem_of, read_inputs

SETTINGS = FAST | {"passes": 2}


def three_samples(clips):
    return request_of(clips["tiny"], samples=3, settings=SETTINGS)


def updates_of(request, first: int = 0) -> list[sampling.SampleProgress]:
    return list(sampling.samples(request, read_inputs(request), first, checkpoint=lambda: None))


@pytest.fixture(scope="module")
def updates(clips) -> list[sampling.SampleProgress]:
    """All updates of three samples, one for every pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "PREVIEW_SECONDS", 0.0)
        return updates_of(three_samples(clips))


@pytest.fixture(scope="module")
def steps(clips) -> list[vgpnn.Step]:
    """The passes of the first sample alone."""
    request = three_samples(clips)
    return list(problem_of(request, read_inputs(request), (7,), lambda: None).steps())


def test_every_sample_is_that_of_its_seed(clips, updates):
    """In the set that the library makes of these seeds."""
    results = {update.index: update.result for update in updates if update.result is not None}
    assert list(results) == [0, 1, 2]
    settings = three_samples(clips).settings
    batch = vgpnn.generate_batch(read_inputs(three_samples(clips)).video, (7, 8, 9), settings)
    for (index, result), expected in zip(results.items(), batch, strict=True):
        assert result.seed == 7 + index
        assert torch.equal(result.video.codes, expected.video.codes)


def test_the_rest_of_the_samples_can_be_made_alone(clips, updates):
    """As after a worker was lost."""
    results = [update.result for update in updates if update.result is not None]
    rest = [update for update in updates_of(three_samples(clips), first=1) if update.result]
    assert [update.index for update in rest] == [1, 2]
    for update, expected in zip(rest, results[1:], strict=True):
        assert torch.equal(update.result.video.codes, expected.video.codes)
        assert not update.passes  # only the first sample is explained


def test_progress_grows_to_one(updates):
    fractions = [update.fraction for update in updates]
    assert fractions == sorted(fractions) and fractions[0] > 0
    ends = [update.fraction for update in updates if update.result is not None]
    assert ends == pytest.approx([1 / 3, 2 / 3, 1])
    assert all(update.progress["fraction"] == update.fraction for update in updates)
    assert {update.progress["takes"] for update in updates} == {3}
    assert [u.progress["take"] for u in updates] == [u.index + 1 for u in updates]


def test_a_preview_is_the_guess_frame_below_frame(updates):
    last = updates[-1]
    head, _, jpeg = last.preview["strip"].partition(",")
    assert head == "data:image/jpeg;base64" and last.preview["take"] == 3
    assert (last.preview["count"], last.preview["size"]) == (5, [64, 48])
    strip = torch.tensor(bytearray(Image.open(io.BytesIO(base64.b64decode(jpeg))).tobytes()))
    difference = strip.view(5, 48, 64, 3).float() - last.result.video.codes.float()
    assert difference.abs().mean() < 5  # JPEG loses a little


def test_every_pass_of_the_first_sample_is_reported_once(updates, steps):
    reports = [report for update in updates for report in update.passes]
    assert [(r.level, r.number, r.error) for r in reports] == [
        (step.level, step.number, step.error[0]) for step in steps
    ]
    has_view = [step.number == step.passes for step in steps]
    assert [report.view is not None for report in reports] == has_view
    assert not any(update.passes for update in updates if update.index > 0)


def test_reports_of_passes_that_are_not_shown_come_with_the_next(clips, steps, monkeypatch):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 1000.0)
    first, last = updates_of(request_of(clips["tiny"], settings=SETTINGS))
    assert len(first.passes) == 1 and len(last.passes) == len(steps) - 1


def test_a_checkpoint_ends_the_samples(clips):
    count = [0]

    def checkpoint():
        count[0] += 1
        if count[0] == 5:
            raise vgpnn.Cancelled

    request = three_samples(clips)
    inputs = read_inputs(request)
    with pytest.raises(vgpnn.Cancelled):
        list(sampling.samples(request, inputs, 0, checkpoint=checkpoint))
    assert count[0] == 5


def test_a_camera_that_is_taken_out_is_seen_in_previews_and_its_canvas_stays_here(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 0.0)
    path = tmp_path / "shaken.mp4"
    vgpnn.video.write(path, vgpnn.Video(cameras.shaken(), Fraction(10)))
    noise = SETTINGS | {"layout": "noise"}
    request = request_of(path, frames=13, height=64, size="full", settings=noise)
    updates = updates_of(request)
    (result,) = [update.result for update in updates if update.result is not None]
    assert result.notices[0].startswith("The camera moves")
    assert result.view is None and result.canvas_map is None
    assert updates[-1].full.shape == (13, 96, 136)
    for update in updates:
        if update.preview is not None:
            width, height = update.preview["size"]
            assert abs(width / height - 136 / 96) < 0.1
