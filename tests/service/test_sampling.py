"""Samples come one after the other, with progress, previews and reports in between."""

from __future__ import annotations

import base64
import io

import pytest
import torch
from helpers.jobs import request_of
from PIL import Image

import vgpnn
from vgpnn.service import sampling
from vgpnn.service.inputs import problem_of, read_inputs

SETTINGS = {"passes": 2, "coarsest_passes": 2}


@pytest.fixture(autouse=True)
def every_pass_is_shown(monkeypatch):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 0.0)


def updates_of(request, first: int = 0) -> list[sampling.SampleProgress]:
    return list(sampling.samples(request, read_inputs(request), first, checkpoint=lambda: None))


def test_every_sample_is_that_of_its_seed(clips):
    request = request_of(clips["tiny"], samples=3, settings=SETTINGS)
    results = {u.index: u.result for u in updates_of(request) if u.result is not None}
    assert list(results) == [0, 1, 2]
    for index, result in results.items():
        expected = vgpnn.generate(read_inputs(request).video, 7 + index, **SETTINGS)
        assert result.seed == 7 + index
        assert torch.equal(result.video.codes, expected.video.codes)


def test_the_rest_of_the_samples_can_be_made_alone(clips):
    """As after a worker was lost."""
    request = request_of(clips["tiny"], samples=3, settings=SETTINGS)
    all_results = [u.result for u in updates_of(request) if u.result is not None]
    rest = [u for u in updates_of(request, first=1) if u.result is not None]
    assert [update.index for update in rest] == [1, 2]
    for update, expected in zip(rest, all_results[1:], strict=True):
        assert torch.equal(update.result.video.codes, expected.video.codes)


def test_progress_grows_to_one(clips):
    request = request_of(clips["tiny"], samples=2, settings=SETTINGS)
    updates = updates_of(request)
    fractions = [update.fraction for update in updates]
    assert fractions == sorted(fractions) and fractions[0] > 0
    assert fractions[-1] == pytest.approx(1)
    halfway = next(update for update in updates if update.result is not None)
    assert halfway.fraction == pytest.approx(0.5)
    assert all(update.progress["fraction"] == update.fraction for update in updates)
    assert {update.progress["takes"] for update in updates} == {2}
    assert [u.progress["take"] for u in updates] == [u.index + 1 for u in updates]


def test_a_preview_is_the_guess_frame_below_frame(clips):
    request = request_of(clips["tiny"], settings=SETTINGS)
    last = updates_of(request)[-1]
    head, _, jpeg = last.preview["strip"].partition(",")
    assert head == "data:image/jpeg;base64" and last.preview["take"] == 1
    assert (last.preview["count"], last.preview["size"]) == (5, [64, 48])
    strip = torch.tensor(bytearray(Image.open(io.BytesIO(base64.b64decode(jpeg))).tobytes()))
    difference = strip.view(5, 48, 64, 3).float() - last.result.video.codes.float()
    assert difference.abs().mean() < 5  # JPEG loses a little


def test_every_pass_of_the_first_sample_is_reported_once(clips):
    request = request_of(clips["tiny"], samples=2, settings=SETTINGS)
    updates = updates_of(request)
    reports = [report for update in updates for report in update.passes]
    problem = problem_of(request, read_inputs(request), (7,), lambda: None)
    steps = list(problem.steps())
    assert [(r.level, r.number, r.error) for r in reports] == [
        (step.level, step.number, step.error[0]) for step in steps
    ]
    with_view = [step.number == step.passes for step in steps]
    assert [report.view is not None for report in reports] == with_view
    assert not any(update.passes for update in updates if update.index == 1)


def test_reports_of_passes_that_are_not_shown_come_with_the_next(clips, monkeypatch):
    monkeypatch.setattr(sampling, "PREVIEW_SECONDS", 1000.0)
    request = request_of(clips["tiny"], settings=SETTINGS)
    first, last = updates_of(request)
    steps = list(problem_of(request, read_inputs(request), (7,), lambda: None).steps())
    assert len(first.passes) == 1 and len(last.passes) == len(steps) - 1


def test_a_checkpoint_ends_the_samples(clips):
    count = [0]

    def checkpoint():
        count[0] += 1
        if count[0] == 5:
            raise vgpnn.Cancelled

    request = request_of(clips["tiny"], samples=3, settings=SETTINGS)
    inputs = read_inputs(request)
    with pytest.raises(vgpnn.Cancelled):
        list(sampling.samples(request, inputs, 0, checkpoint=checkpoint))
    assert count[0] == 5


def test_a_later_sample_without_the_first_has_no_reports(clips):
    request = request_of(clips["tiny"], samples=2, settings=SETTINGS)
    assert not any(update.passes for update in updates_of(request, first=1))
