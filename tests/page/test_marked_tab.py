"""Marking pieces of a clip on the page: more of this, less of this, none of this."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.page import DONE, opened, stroke, upload, wait_until_quiet
from helpers.pages import built_page, opened_at, tiny_clip

from vgpnn.page.panels.marks import OTHER_PART, marks_part
from vgpnn.page.panels.paint import Pictures
from vgpnn.page.values import Unfinished
from vgpnn.tasks.drafts import COUNT
from vgpnn.tasks.marking import COLOURS
from vgpnn.tasks.paint import Paint


def marks():
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[20:30, 30:38] = *COLOURS["more"], 255
    return Paint.of({1: picture})


@pytest.fixture
def page():
    return built_page()


def values_on(page, tab, clip, part=None, **changes):
    """The values of the page with marks on the source of a tab."""
    values = opened_at(page, tab, clip, **changes)
    part = part or page.tabs[tab].part_to_mark(page.workspace, values)
    known = {name: part.get(name) for name in ("moments", "frames", "size")}
    return values | {page.tabs[tab].panel.board: Pictures(known, marks())}


@pytest.mark.parametrize("tab", ["generate", "retime", "analogy"])
def test_marks_are_options_of_the_request(page, clips, tab):
    clip = tiny_clip(clips["tiny"])
    changes = {"style": tiny_clip(clips["slow"])} if tab == "analogy" else {}
    request = page.request(values_on(page, tab, clip, **changes))
    assert request.options["marks"] == marks() and request.options["alike"] is True
    assert (
        page.request(opened_at(page, tab, clip, **changes))
        .options.keys()
        .isdisjoint({"marks", "alike"})
    )
    if tab == "generate":
        assert request.options["offered"] == COUNT


@pytest.mark.parametrize("tab", ["generate", "retime"])
def test_only_generate_has_a_brush_that_keeps(page, clips, tab):
    values = opened_at(page, tab, tiny_clip(clips["tiny"]))
    part = page.tabs[tab].part_to_mark(page.workspace, values)
    kinds = [paint["kind"] for paint in part["paints"]]
    assert kinds == ["more", "less", "none"] + ["keep"] * (tab == "generate")


def test_the_board_of_an_analogy_shows_the_style(page, clips):
    clip, style = tiny_clip(clips["tiny"]), tiny_clip(clips["slow"])
    values = opened_at(page, "analogy", clip, style=style)
    part = page.tabs["analogy"].part_to_mark(page.workspace, values)
    assert part["player"] == "#style video"
    assert part["moments"] != page.tabs["retime"].part_to_mark(page.workspace, values)["moments"]


def test_marks_on_another_clip_are_not_used(page, clips):
    clip = tiny_clip(clips["tiny"])
    values = values_on(page, "generate", clip, {"moments": "other"})
    with pytest.raises(Unfinished, match=OTHER_PART):
        page.request(values)


def test_the_last_run_gives_a_new_page_its_marks(page, clips):
    clip = tiny_clip(clips["tiny"])
    values, panel = values_on(page, "generate", clip), page.tabs["generate"].panel
    request = page.request(values)
    part = marks_part(request)
    assert panel.refreshed(values, part, request) is None
    fresh = values | {panel.board: Pictures()}
    assert panel.refreshed(fresh, part, request)[panel.board]["pictures"] == marks().texts
    other = replace(request, options={})
    assert panel.refreshed(fresh, part, other)[panel.board]["pictures"] == {}
    assert "pictures" not in panel.refreshed(values, {**part, "frames": 4}, request)[panel.board]


def test_marks_are_painted_shown_and_used(browser, server, clips):
    """A stroke is sent once, the marks play over the clip, and the run has them."""
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        page.click("#marking-generate > button")
        page.wait_for_selector("#marks-generate .turn output:has-text('of 5')")
        wait_until_quiet(page)
        page.check("#marks-generate .swatch.less input")
        stroke(page, "marks-generate", [(0.2, 0.3), (0.4, 0.5)])
        assert page.is_enabled("#marks-generate .clear-marks")
        page.click("#show-marks-generate")
        page.wait_for_selector("#marked-generate video", timeout=60_000)
        page.click("#go")
        page.wait_for_selector(".reel[data-phase=done]", timeout=120_000)
        page.wait_for_selector(DONE, timeout=120_000)
        page.reload()  # the marks of the last run come back
        page.wait_for_selector(DONE)
        page.click("#marking-generate > button")
        page.wait_for_selector("#marks-generate .clear-marks:enabled")
        assert page.errors == []
