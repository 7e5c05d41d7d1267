"""How long requests are expected to take: by their samples, files, decoding and drafts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from helpers.jobs import request_of
from helpers.marked import paint_on

import vgpnn
from vgpnn import cost
from vgpnn.level import shapes_of
from vgpnn.limits import LIMITS
from vgpnn.machine import speed
from vgpnn.machine.speed import slowness
from vgpnn.schedule import plan_levels
from vgpnn.service import drafting
from vgpnn.service.clips import probed_clip
from vgpnn.service.expected_time import CLOSING_SECONDS, LEAST_OFFERED, LOOK_SECONDS
from vgpnn.service.inputs import problem_of, read_inputs
from vgpnn.service.request import new_request
from vgpnn.tasks import generation, retargeting
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
    files_seconds = 0.2 + (0.16 + 3 * 0.13) * 5 * 48 * 64 * 1e-6
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


def painted(side: int, kind: str = "more", frames=1) -> Paint:
    """A square of a side [px] that is painted on the first frames of a clip of 48 x 64."""
    mask = np.zeros((48, 64), bool)
    mask[20 : 20 + side, 20 : 20 + side] = True
    return Paint.of(dict.fromkeys(range(frames), paint_on(mask, kind)))


def marked(clip, side: int, kind: str = "more", **options):
    return request_of(clip, options={"marks": painted(side, kind), **options})


def test_the_coarsest_level_of_the_promise_follows_how_large_is_what_is_marked(clips):
    plain = request_of(clips["slow"])
    small, medium, large = (marked(clips["slow"], side) for side in (3, 8, 20))
    least = plain.used_settings.min_side
    assert large.used_settings.min_side == least < medium.used_settings.min_side
    assert medium.used_settings.min_side < small.used_settings.min_side <= MOST_SIDE
    assert large.expected_seconds() > plain.expected_seconds()  # gains have to be found
    # What a run has found in the whole clip goes before what is painted on a frame of it.
    found = marked(clips["slow"], 3, piece=20.0)
    assert found.used_settings == large.used_settings


@pytest.mark.parametrize(
    ("task", "options"),
    [("generate", {}), ("resize", {"width_scale": 0.6}), ("retime", {"loop": True})],
    ids=["generate", "resize", "loop"],
)
@pytest.mark.parametrize("kind", ["more", "none"])
def test_the_schedule_of_the_promise_is_that_of_the_run(clips, monkeypatch, task, options, kind):
    for module in (generation, retargeting):
        monkeypatch.setattr(module, "steered", lambda problem: problem)
    monkeypatch.setattr(generation.pool, "with_chosen_drafts", lambda problem: problem)
    marks = {"marks": painted(8, kind), "alike": False}
    request = request_of(clips["slow"], task, options=marks | options)
    inputs = read_inputs(request)
    problem = problem_of(request, inputs, [7], lambda: None)
    request = drafting.with_marks_found(request, inputs.preference)
    promised = cost._plans(
        request.searched_shape, request.output_shape, request.used_settings, request.plays_time
    )
    assert promised == plan_levels(shapes_of(problem.levels), problem.settings[0])


def test_gains_are_promised_where_more_or_less_is_wanted_alone(clips):
    wanted = {kind: marked(clips["tiny"], 20, kind) for kind in ("more", "less", "none", "keep")}
    assert [each.steered for each in wanted.values()] == [True, True, False, False]
    seconds = {kind: each.expected_seconds() for kind, each in wanted.items()}
    assert seconds["more"] == pytest.approx(seconds["less"])
    # What is kept stays where it is: nothing is followed.
    assert seconds["more"] > seconds["none"] > seconds["keep"]


def test_the_camera_of_what_is_marked_is_not_looked_at(clips):
    for kind, camera in (("keep", "off"), ("more", "off")):
        assert marked(clips["tiny"], 20, kind).used_settings.camera == camera
    assert request_of(clips["tiny"]).used_settings.camera == "auto"
    kept = {"overlays": "keep"}
    assert request_of(clips["tiny"], settings=kept).used_settings.overlays == "keep"
    resized = request_of(clips["tiny"], "resize", {"width_scale": 0.6}, kept)
    assert resized.used_settings.overlays == "new"


def test_as_many_steered_drafts_are_offered_as_are_there_soon(clips, monkeypatch):
    monkeypatch.setattr(
        vgpnn.cost, "draft_seconds", lambda shape, s, count, steered: 0.5 * count * bool(steered)
    )
    plain = request_of(clips["tiny"], options={"offered": 12})
    steered, forbidden = (marked(clips["tiny"], 20, kind, offered=12) for kind in ("more", "none"))
    assert [each.offered_soon for each in (plain, steered, forbidden)] == [12, 6, 12]
    assert steered.draft_seconds() == LOOK_SECONDS
    asked = marked(clips["tiny"], 20, offered=12, videos=True)
    assert asked.offered_soon == 12 and asked.draft_seconds() == 6.0
    monkeypatch.setattr(vgpnn.cost, "draft_seconds", lambda shape, s, count, steered: 9.0 * count)
    assert steered.offered_soon == LEAST_OFFERED


def test_the_expected_time_has_every_painted_frame_in_which_things_are_looked_for(clips):
    def seconds(frames, alike=True):
        marks = painted(20, frames=frames)
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
