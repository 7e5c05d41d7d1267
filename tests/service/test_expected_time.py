"""How long requests are expected to take: by their samples, files, decoding and drafts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from helpers.jobs import request_of

import vgpnn
from vgpnn.limits import LIMITS
from vgpnn.machine import speed
from vgpnn.machine.speed import slowness
from vgpnn.service.clips import probed_clip
from vgpnn.service.expected_time import CLOSING_SECONDS
from vgpnn.service.request import new_request
from vgpnn.tasks.paint import Paint
from vgpnn.tasks.preference import MOST_SIDE

pytestmark = pytest.mark.usefixtures("usual_machine")


@pytest.mark.parametrize(
    ("seconds", "gpu_seconds"),
    [(0.1, LIMITS.gpu_min_seconds), (20, 60), (999, LIMITS.gpu_max_seconds)],
)
def test_a_gpu_is_borrowed_for_the_expected_time_within_limits(
    clips, monkeypatch, seconds, gpu_seconds
):
    request = request_of(clips["tiny"], samples=2)
    monkeypatch.setattr(vgpnn.cost, "expected_seconds", lambda shape, s, n, *_: n * seconds)
    assert request.gpu_seconds() == gpu_seconds


def test_the_expected_time_has_the_files_of_all_samples(clips, monkeypatch):
    monkeypatch.setattr(vgpnn.cost, "expected_seconds", lambda shape, s, n, *_: 10.0 * n)
    request = request_of(clips["tiny"], samples=3)
    files_seconds = 0.3 + 3 * 5 * 48 * 64 * 0.22e-6
    assert request.expected_seconds() == pytest.approx(30 + files_seconds, abs=1e-3)


def test_on_a_slower_machine_everything_takes_longer(clips, monkeypatch):
    paint = {"first": 0, "last": 4, "margin": 0.5, "remove": (255, 0, 255), "follow": True}
    requests = [
        request_of(clips["tiny"], "inpaint", paint),
        request_of(clips["slow"], options={"offered": 12}, size="full"),
    ]
    before = [request.expected_seconds() for request in requests]
    monkeypatch.setattr(speed, "_slowness", 3.0)
    assert [request.expected_seconds() for request in requests] == pytest.approx(
        [3 * seconds for seconds in before]
    )


def test_the_expected_time_has_the_decoding_of_large_frames(clips, monkeypatch):
    """Every stored frame is decoded, also those between two that are used."""
    monkeypatch.setattr(vgpnn.cost, "expected_seconds", lambda *_: 0.0)
    small = probed_clip(clips["tiny"], "tiny.mp4")
    info = replace(small.info, width=3840, height=2160, frames=240, seconds=8.0, fps=Fraction(30))
    large = replace(small, info=info)
    plan = {"frames": 30, "height": 64, "samples": 1}
    seconds = [new_request(large, **plan, fps=fps).expected_seconds() for fps in (30, 10)]
    style = replace(new_request(large, **plan, fps=30), task="analogy", options={"style": large})
    of_a_second = (seconds[1] - seconds[0]) / 2  # 3 seconds of the file are decoded, not 1
    assert of_a_second > 30 * 3840 * 2160 * 1e-9 and seconds[0] > of_a_second
    assert style.expected_seconds() - seconds[0] == pytest.approx(of_a_second)


def test_the_expected_time_has_the_paint_that_follows(clips):
    paint = {"first": 0, "last": 4, "margin": 0.5, "remove": (255, 0, 255)}
    stays, follows = (
        request_of(clips["tiny"], "inpaint", paint | {"follow": is_on}).expected_seconds()
        for is_on in (False, True)
    )
    assert 0 < follows - stays < 5 * 48 * 64 * 1e-6


def test_the_expected_time_has_the_fine_coarsest_level_that_marks_ask_for(clips):
    options = {"marks": Paint({0: b""})}
    plain, marked = (request_of(clips["slow"], options=each) for each in ({}, options))
    assert plain.used_settings == plain.settings
    assert marked.settings.min_side < marked.used_settings.min_side <= MOST_SIDE
    drafts = {"offered": 12}
    times = [request_of(clips["slow"], options=each | drafts) for each in ({}, options)]
    assert times[1].draft_seconds() > 2 * times[0].draft_seconds()


def test_the_expected_time_has_every_painted_frame_in_which_things_are_looked_for(clips):
    def seconds(frames, alike=True):
        marks = Paint(dict.fromkeys(range(frames), b""))
        options = {"marks": marks, "alike": alike}
        return request_of(clips["tiny"], options=options).expected_seconds()

    assert seconds(1, False) < seconds(1) < seconds(2) < seconds(5) == seconds(9)


def test_drafts_take_their_time_before_the_samples(clips):
    plain, offered = request_of(clips["tiny"]), request_of(clips["tiny"], options={"offered": 12})
    assert plain.draft_seconds() == 0 == plain.draft_share
    assert 0 < offered.draft_seconds() < offered.expected_seconds()
    assert 0 < offered.draft_share < 1
    later = request_of(clips["tiny"], options={"offered": 12, "skip": 12})
    assert later.draft_seconds() > offered.draft_seconds()


def test_noise_has_no_drafts(clips):
    options, settings = {"offered": 12}, {"layout": "noise"}
    assert request_of(clips["tiny"], options=options, settings=settings).draft_seconds() == 0


def test_only_samples_that_are_still_to_be_made_take_time(clips):
    names = ("0", "1", "2")
    request = request_of(clips["tiny"], samples=3, options={"drafts": names})
    rest = request_of(clips["tiny"], samples=3, options={"drafts": names, "finished": 2})
    assert rest.new_samples == 1 and rest.expected_seconds() < request.expected_seconds()
    offer = request_of(clips["tiny"], samples=0, options={"offered": 12})
    assert offer.draft_share == 1 and offer.gpu_seconds() == LIMITS.gpu_min_seconds


def test_the_expected_time_has_the_closing_of_a_tile(clips):
    def seconds(axes, size="working"):
        options = {"axes": axes, "time": False}
        request = request_of(clips["tiny"], "tile", options)
        return replace(request, size=size).expected_seconds()

    assert seconds("both") - seconds("x") >= CLOSING_SECONDS * slowness()
