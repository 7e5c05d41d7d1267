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
    wait_for_board,
)
from helpers.pages import built_page, opened_at, tiny_clip

import vgpnn
from vgpnn.page.panels.paint import Pictures, part_of
from vgpnn.page.values import Unfinished, Unusable, UnusableValue
from vgpnn.service.queue import QUEUE
from vgpnn.tasks import cues
from vgpnn.tasks.paint import UNREADABLE, Paint


def paint(rows=4):
    """A black stroke on a frame of 48 x 64."""
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20 : 20 + rows, 30:38] = (0, 0, 0, 255)
    return layer


def painted(frames, part=None):
    """What a board sends: the numbers of rows by frame."""
    return Pictures(part or {}, Paint.of({frame: paint(rows) for frame, rows in frames.items()}))


def opened_with(page, clip, frames, **changes):
    """The values of a page whose board shows the clip, with paint on some frames."""
    values = opened_at(page, "inpaint", clip, **changes)
    sent = painted(frames, part(page, values))
    return values | {page.tabs["inpaint"].fields["pictures"]: sent}


@pytest.fixture(scope="module")
def page():
    return built_page()


@pytest.fixture(scope="module")
def clip(clips):
    return tiny_clip(clips["tiny"])


def test_a_request_becomes_the_values_that_made_it(page, clip, monkeypatch):
    """On the page frames are counted from 1."""
    tab = page.tabs["inpaint"]
    values = opened_with(page, clip, {1: 5, 2: 3}, first=2, last=4)
    request, sent = page.request(values), values[tab.fields["pictures"]]
    assert request.task == "inpaint" and request.options["remove"] == cues.REMOVE
    assert (request.options["first"], request.options["last"]) == (1, 3)
    assert request.options["pictures"] == sent.paint
    assert request.options["follow"] is True  # at first
    again = tab.restored_values(request)
    assert (again[tab.fields["first"]], again[tab.fields["last"]]) == (2, 4)
    board = tab.fields["pictures"]
    assert board not in again  # it comes with the clip that it is on
    monkeypatch.setattr(QUEUE, "find", lambda token: SimpleNamespace(request=request))
    shown = refreshed(page, opened_at(page, "inpaint", clip, pictures=Pictures()))
    assert board.preprocess(shown[board]).paint == sent.paint
    assert [shown[tab.fields[name]]["value"] for name in ("first", "last")] == [2, 4]


def test_the_frames_of_a_settings_file_are_counted_from_0(page):
    tab = page.tabs["inpaint"]
    saved = tab.saved_values("inpaint", {"first": 0, "last": 4, "margin": 1, "pictures": "x"})
    assert {tab.fields[name]: value for name, value in (("first", 1), ("last", 5))}.items() <= (
        saved.items()
    )
    for wrong in (None, "x", True, float("nan")):
        with pytest.raises(ValueError, match="First painted frame"):
            tab.saved_values("inpaint", {"first": wrong})


def test_paint_stays_where_that_is_chosen(page, clip):
    tab = page.tabs["inpaint"]
    request = page.request(opened_with(page, clip, {1: 5}, follow=False))
    assert request.options["follow"] is False
    assert tab.restored_values(request)[tab.fields["follow"]] is False
    assert tab.saved_values("inpaint", {"follow": False}) == {tab.fields["follow"]: False}
    assert tab.saved_values("inpaint", {"follow": "no"}) == {}


def test_without_paint_there_is_no_request(page, clip):
    values = opened_at(page, "inpaint", clip, pictures=Pictures())
    with pytest.raises(Unfinished, match="^Paint on the clip first"):
        page.request(values)


def test_paint_that_cannot_be_read_is_not_forgotten_silently(page, clip):
    values = opened_at(page, "inpaint", clip, pictures=Unusable(UNREADABLE))
    with pytest.raises(UnusableValue, match="cannot be read"):
        page.request(values)


def test_paint_does_not_go_to_other_moments(page, clip):
    values = opened_with(page, clip, {0: 4})
    assert page.request(values)
    for other in ({page.workspace.clip.start: 0.1}, {page.workspace.clip.fps: 5}):
        with pytest.raises(Unfinished, match="^The clip has changed since you painted"):
            page.request(values | other)


def test_paint_must_not_end_before_it_begins(page, clip):
    values = opened_with(page, clip, {0: 4}, first=3, last=1)
    with pytest.raises(ValueError, match="swap the two frames"):
        page.request(values)


def test_an_example_without_paint_leaves_the_board_alone(page):
    assert page.tabs["inpaint"].values_of("inpaint", {}) == {}


def refreshed(page, values):
    return page.tabs["inpaint"].refreshed(page.workspace, {page.workspace.token: None, **values})


def part(page, values):
    return part_of(page.workspace.clip.working_request(values), 5)


def test_the_board_shows_another_clip(page, clip):
    tab = page.tabs["inpaint"]
    sent = painted({0: 4, 1: 4}, {"moments": "others"})
    shown = refreshed(page, opened_at(page, "inpaint", clip, pictures=sent, last=2))
    assert "pictures" not in shown[tab.fields["pictures"]]
    assert shown[tab.fields["pictures"]]["frames"] == 5
    for name, value in (("first", 1), ("last", 5)):
        control = shown[tab.fields[name]]
        assert (control["value"], control["maximum"]) == (value, 5)


def test_the_same_clip_is_not_shown_again(page, clip):
    values = opened_at(page, "inpaint", clip)
    values[page.tabs["inpaint"].fields["pictures"]] = painted({}, part(page, values))
    assert refreshed(page, values)["__type__"] == "update"  # a skip: no component is named


@pytest.mark.parametrize(("frame", "held"), [(2, (2, 4)), (4, (1, 4))], ids=["kept", "gone"])
def test_another_length_keeps_how_long_the_paint_holds(page, clip, frame, held):
    tab, frames = page.tabs["inpaint"], page.workspace.clip.frames
    values = opened_at(page, "inpaint", clip, first=2, last=9)
    values[tab.fields["pictures"]] = painted({frame: 4}, part(page, values))
    shown = refreshed(page, values | {frames: 4})
    assert tuple(shown[tab.fields[name]]["value"] for name in ("first", "last")) == held
    assert shown[tab.fields["last"]]["maximum"] == 4


def test_a_new_page_shows_the_paint_of_the_last_run(page, clip, monkeypatch):
    """And no other page does, nor one with another clip."""
    tab = page.tabs["inpaint"]
    request = page.request(opened_with(page, clip, {0: 4}))
    monkeypatch.setattr(QUEUE, "find", lambda token: SimpleNamespace(request=request))
    board = tab.fields["pictures"]
    fresh = opened_at(page, "inpaint", clip, pictures=Pictures())
    assert [*refreshed(page, fresh)[board]["pictures"]] == ["0"]
    other = fresh | {page.workspace.clip.start: 0.1}
    assert "pictures" not in refreshed(page, other)[board]
    later = fresh | {board: painted({1: 4}, {"moments": "others"})}
    assert "pictures" not in refreshed(page, later)[board]


def test_after_a_reload_the_frames_end_with_the_clip(page, clip, monkeypatch):
    tab = page.tabs["inpaint"]
    request = page.request(opened_with(page, clip, {0: 4}, first=1, last=5))
    job = SimpleNamespace(request=request)
    monkeypatch.setattr(QUEUE, "find", lambda token: job)
    fresh = opened_at(page, "inpaint", clip, pictures=Pictures())
    assert refreshed(page, fresh | {page.workspace.clip.clip: None})["__type__"] == "update"
    shown = refreshed(page, fresh)
    assert [shown[tab.fields[name]]["maximum"] for name in ("first", "last")] == [5, 5]
    board = shown[tab.fields["pictures"]]
    assert board["frames"] == 5 and [*board["pictures"]] == ["0"]


def test_inpaint(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        page.click("#go:has-text('Fill in')")
        page.wait_for_selector(".toast-body:has-text('Paint on the clip first')")
        wait_for_board(page, 5)
        upload(page, clips["slow"])
        wait_for_board(page, 24)
        upload(page, clips["tiny"])
        wait_for_board(page, 5)
        stroke(page, "paint", [(0.48, 0.5), (0.54, 0.5)])
        choose(page, "frames", 4)  # another length keeps the paint
        wait_for_board(page, 4)
        choose(page, "frames", 5)
        wait_for_board(page, 5)
        assert page.is_checked("#follow input")
        page.uncheck("#follow input")
        page.click("#show-paint")
        page.wait_for_selector("#painted video", timeout=30_000)
        make_one(page, "Fill in", "With your paint")
        made, source = result_frames(page, tmp_path), vgpnn.video.read(clips["tiny"]).frames
        changed = (made - source).abs().mean(-1).mean(0)
        assert changed[:, :12].mean() < 0.03  # where nothing was painted
        reload(page, "Inpaint")
        page.wait_for_selector("#paint .marks button")  # the paint is still there
        page.wait_for_selector("#follow input:not(:checked)")  # and stays where it is
        page.click("#show-paint")
        page.wait_for_selector("#painted video", timeout=30_000)
        assert page.errors == []
