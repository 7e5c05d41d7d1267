"""The tab of inpainting."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.page import (
    choose,
    make_one,
    open_tab,
    opened,
    reload,
    result_frames,
    stroke,
    upload,
    wait_for_editor,
)
from helpers.pages import built_page, opened_at, tiny_clip

import vgpnn
from vgpnn.page.panels.paint import LOST
from vgpnn.page.tabs import inpaint
from vgpnn.page.tabs.inpaint import LAST_FRAME, Painted
from vgpnn.page.values import Unfinished, Unusable, UnusableValue
from vgpnn.service import paint as kept_paint
from vgpnn.service.paint import LOST as LOST_PAINT
from vgpnn.service.paint import Paint
from vgpnn.tasks import cues


def paint(rows=4):
    """A black stroke on a frame of 48 x 64."""
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20 : 20 + rows, 30:38] = (0, 0, 0, 255)
    return layer


def editor(layer):
    return {"background": None, "layers": [layer], "composite": None}


@pytest.fixture(scope="module")
def page():
    return built_page()


@pytest.fixture(scope="module")
def clip(clips):
    return tiny_clip(clips["tiny"])


def test_a_request_becomes_the_values_that_made_it(page, clip):
    tab = page.tabs["inpaint"]
    values = opened_at(
        page,
        "inpaint",
        clip,
        editor=editor(paint(5)),
        paint=Paint.of({2: paint(3)}),
        frame=1,
        first=1,
        last=3,
    )
    request = page.request(values)
    assert request.task == "inpaint" and request.options["remove"] == cues.REMOVE
    assert (request.options["first"], request.options["last"]) == (1, 3)
    assert {k: cues.painted(v).sum() for k, v in request.options["pictures"].items()} == {
        1: 5 * 8,
        2: 3 * 8,
    }
    again = tab.restored_values(request)
    assert again[tab.fields["paint"]] is request.options["pictures"]
    assert again[tab.fields["frame"]] == 0 and again[tab.fields["last"]] == 3
    assert again[tab.painted] == Painted.of(request)


def test_without_paint_there_is_no_request(page, clip):
    for shown in (None, editor(paint(0)), {"layers": []}):
        values = opened_at(page, "inpaint", clip, editor=shown, paint=Paint())
        with pytest.raises(Unfinished, match="^Paint on the clip first"):
            page.request(values)


def test_paint_that_did_not_arrive_is_not_forgotten_silently(page, clip):
    values = opened_at(page, "inpaint", clip, editor=Unusable(LOST), paint=Paint.of({2: paint()}))
    with pytest.raises(UnusableValue, match="did not arrive"):
        page.request(values)


def test_paint_that_had_to_go_is_said(page, clip):
    values = opened_at(page, "inpaint", clip, editor=editor(paint()), paint=LOST_PAINT)
    with pytest.raises(UnusableValue, match="press Clear all"):
        page.request(values)
    tab = page.tabs["inpaint"]
    cleared = refreshed(page, values, None)  # what the button does
    assert cleared[tab.fields["paint"]] == Paint()


def test_more_paint_than_is_kept_is_said(page, clip, monkeypatch):
    monkeypatch.setattr(kept_paint, "PAINT_BYTES", 10)
    tab = page.tabs["inpaint"]
    values = opened_at(page, "inpaint", clip, editor=editor(paint()), frame=1)
    with pytest.raises(ValueError, match="more paint than is kept"):
        page.request(values)
    with pytest.raises(ValueError, match="more paint than is kept"):
        tab.turned(page.workspace, values | {tab.frame_slider: 3})


def test_paint_must_not_end_before_it_begins(page, clip):
    values = opened_at(
        page, "inpaint", clip, editor=editor(paint()), paint=Paint(), first=3, last=1
    )
    with pytest.raises(ValueError, match="swap the two frames"):
        page.request(values)


def test_an_example_without_paint_leaves_the_editor_alone(page):
    assert page.tabs["inpaint"].values_of("inpaint", {}) == {}


def refreshed(page, values, known):
    return page.tabs["inpaint"].refreshed(page.workspace, values, known)


def test_the_editor_shows_another_clip_without_paint(page, clip):
    tab = page.tabs["inpaint"]
    values = opened_at(
        page, "inpaint", clip, editor=editor(paint()), paint=Paint.of({1: paint()}), last=2
    )
    shown = refreshed(page, values, None)
    assert shown[tab.fields["paint"]] == Paint() and shown[tab.fields["frame"]] == 0
    assert shown[tab.frame_slider]["maximum"] == shown[tab.fields["last"]]["maximum"] == 4
    assert (shown[tab.fields["first"]]["value"], shown[tab.fields["last"]]["value"]) == (0, 4)


def test_the_same_clip_is_not_drawn_again(page, clip):
    values = opened_at(page, "inpaint", clip)
    known = Painted.of(page.workspace.clip.working_request(values))
    assert refreshed(page, values, known)["__type__"] == "update"  # a skip: no component is named


def test_another_length_keeps_the_paint_that_fits(page, clip):
    tab, frames = page.tabs["inpaint"], page.workspace.clip.frames
    values = opened_at(
        page,
        "inpaint",
        clip,
        editor=editor(paint()),
        frame=0,
        paint=Paint.of({2: paint(), 4: paint()}),
        last=9,
    )
    known = Painted.of(page.workspace.clip.working_request(values))
    shown = refreshed(page, values | {frames: 4}, known)
    assert sorted(shown[tab.fields["paint"]]) == [0, 2]
    assert shown[tab.fields["last"]]["value"] == 3


def test_another_start_or_rate_means_other_moments():
    known = Painted("a.mp4", 0.0, None, 24, 144)
    assert Painted("a.mp4", 0.0, None, 12, 96).has_same_moments(known)
    assert not Painted("a.mp4", 0.5, None, 24, 144).has_same_moments(known)
    assert not Painted("a.mp4", 0.0, 10.0, 24, 144).has_same_moments(known)
    assert not Painted("b.mp4", 0.0, None, 24, 144).has_same_moments(known)
    assert not known.has_same_moments(None)


def test_another_frame_keeps_what_was_painted_on_the_one_before(page, clip):
    tab = page.tabs["inpaint"]
    values = opened_at(
        page, "inpaint", clip, editor=editor(paint()), paint=Paint.of({3: paint(2)}), frame=1
    )
    shown = tab.turned(page.workspace, values | {tab.frame_slider: 3})
    assert shown[tab.fields["frame"]] == 3 and sorted(shown[tab.fields["paint"]]) == [1, 3]
    (layer,) = shown[tab.fields["editor"]]["layers"]
    background = shown[tab.fields["editor"]]["background"]
    assert layer.shape[:2] == background.shape[:2] and background.shape[0] >= 432 - 48
    assert cues.painted(layer).any()


def test_after_a_reload_the_frames_end_with_the_clip(page, clip, monkeypatch):
    tab = page.tabs["inpaint"]
    values = opened_at(page, "inpaint", clip, editor=editor(paint()), first=0, last=4)
    request = page.request(values)
    job = SimpleNamespace(request=request)
    monkeypatch.setattr(inpaint.QUEUE, "find", lambda token: job)
    shown = tab.repainted("token")
    last = request.working_shape[0] - 1
    assert last < LAST_FRAME
    for control in (tab.frame_slider, tab.fields["first"], tab.fields["last"]):
        assert shown[control]["maximum"] == last


def test_inpaint(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        page.click("#go:has-text('Fill in')")
        page.wait_for_selector(".toast-body:has-text('Paint on the clip first')")
        wait_for_editor(page, 5)
        upload(page, clips["slow"])
        wait_for_editor(page, 24)
        upload(page, clips["tiny"])
        wait_for_editor(page, 5)
        stroke(page, "paint", [(0.48, 0.5), (0.54, 0.5)])
        choose(page, "frames", 4)  # another length keeps the paint
        wait_for_editor(page, 4)
        choose(page, "frames", 5)
        wait_for_editor(page, 5)
        page.click("#show-paint")
        page.wait_for_selector("#painted video", timeout=30_000)
        make_one(page, "Fill in", "With your paint")
        made, source = result_frames(page, tmp_path), vgpnn.video.read(clips["tiny"]).frames
        changed = (made - source).abs().mean(-1).mean(0)
        assert changed[:, :12].mean() < 0.03  # where nothing was painted
        reload(page, "Inpaint")
        wait_for_editor(page, 5)
        page.wait_for_timeout(1500)
        page.click("#show-paint")  # the paint is still there
        page.wait_for_selector("#painted video", timeout=30_000)
        assert page.errors == []
