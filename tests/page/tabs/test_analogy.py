"""The tab of analogies and sketches."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.page import (
    DONE,
    choose,
    make_one,
    number,
    open_settings,
    open_tab,
    opened,
    reload,
    result_frames,
    stroke,
    upload,
    wait_until_playing,
)
from helpers.pages import built_page, connected_page, event, opened_at, tiny_clip
from playwright.sync_api import expect

from vgpnn.page.panels.paint import LOST
from vgpnn.page.tabs.analogy import MOST_DRAWINGS, PAPER, stroke_of
from vgpnn.page.values import Unfinished, Unusable, UnusableValue
from vgpnn.service.paint import LOST as LOST_PAINT
from vgpnn.service.paint import Paint


def drawing(rows):
    """An editor with a black bar of so many rows from row 20 on."""
    paint = np.zeros((*PAPER, 4), np.uint8)
    paint[20 : 20 + rows, 50:80] = (0, 0, 0, 255)
    return {"background": None, "layers": [paint], "composite": None}


@pytest.mark.parametrize("kind", ["analogy", "sketch"])
def test_a_request_becomes_the_values_that_made_it(clips, kind):
    page = built_page()
    tab, style = page.tabs["analogy"], tiny_clip(clips["slow"], "gradio_api/file=x.mp4")
    values = opened_at(page, "analogy", tiny_clip(clips["tiny"]), kind=kind, style=style)
    request = page.request(values)
    assert (request.task, request.preset, request.options) == (kind, kind, {"style": style})
    again = tab.restored_values(request)
    assert again[tab.fields["kind"]] == kind and again[tab.fields["style"]] == style
    assert "slow.mp4" in again[tab.style_preview] and "file=x.mp4" in again[tab.style_preview]


@pytest.mark.parametrize("style", [None, "/etc/passwd", {"path": "/etc/passwd"}], ids=repr)
def test_without_a_style_there_is_no_request(clips, style):
    page = built_page()
    values = opened_at(page, "analogy", tiny_clip(clips["tiny"]), style=style)
    with pytest.raises(Unfinished, match="^Choose a style first"):
        page.request(values)


def test_a_settings_file_names_no_style():
    tab = built_page().tabs["analogy"]
    assert tab.saved_values("analogy", {"style": "/etc/passwd", "kind": "sketch"}) == {}


def test_a_stroke_is_where_the_editor_is_painted():
    found = stroke_of(drawing(10))
    assert found.shape == PAPER and found.sum() == 10 * 30
    assert stroke_of(drawing(0)) is None and stroke_of(None) is None
    with pytest.raises(UnusableValue):
        stroke_of(Unusable(LOST))


def test_drawings_are_kept_until_they_are_too_many():
    page, demo = connected_page()
    tab, add = page.tabs["analogy"], event(demo, "drawing_added").fn
    values = {tab.editor: drawing(3), tab.drawings: Paint()}
    for count in range(1, MOST_DRAWINGS + 1):
        shown = add(values)
        values[tab.drawings] = shown[tab.drawings]
        assert len(shown[tab.drawings]) == len(shown[tab.thumbnails]) == count
    for editor, sentence in ((drawing(3), "Six drawings"), (drawing(0), "Draw something first.")):
        with pytest.raises(Exception, match=sentence):
            add(values | {tab.editor: editor})


def test_drawings_that_had_to_go_are_said():
    page, demo = connected_page()
    tab = page.tabs["analogy"]
    values = {tab.editor: drawing(3), tab.drawings: LOST_PAINT}
    for name in ("drawing_added", "sketched"):
        with pytest.raises(Exception, match="press Start again"):
            event(demo, name).fn(values)
    assert event(demo, "drawings_cleared").fn()[tab.drawings] == Paint()


def test_a_sketch_needs_two_drawings():
    page, demo = connected_page()
    tab = page.tabs["analogy"]
    values = {tab.editor: drawing(3), tab.drawings: Paint.of({0: stroke_of(drawing(3))})}
    with pytest.raises(Exception, match="A sketch needs two drawings"):
        event(demo, "sketched").fn(values)


def check_explanation(page):
    """What the tab "How it works" says of an analogy: in words, as colours, and of a click."""
    open_tab(page, "How it works")
    page.wait_for_selector("#explanation >> text=of which only the motion counts")
    assert "noise" not in page.inner_text("#explanation")
    page.click("#explanation >> text=Show it as colours")
    page.wait_for_selector(".reel[data-view=map] .cell.beside video[src$='source-map.mp4']")
    page.click("#explanation >> text=Show the result again")
    wait_until_playing(page, 3)
    page.click(".play")
    page.click(".cell.take .gate", position={"x": 30, "y": 30})
    assert page.wait_for_selector(".traced").inner_text().endswith("of the style.")
    assert page.locator(".cell.beside .box").count() == 1
    assert page.locator(".cell.source .box").count() == 0


def test_analogy(browser, server, clips, tmp_path):
    no_video = tmp_path / "notes.mp4"
    no_video.write_text("not a video")
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Analogy")
        page.click("#go:has-text('Transfer')")
        page.wait_for_selector(".toast-body:has-text('Choose a style first')")
        page.set_input_files("#style-upload input[type=file]", str(no_video))
        page.wait_for_selector("#style .problem")  # a sentence
        page.set_input_files("#style-upload input[type=file]", str(clips["slow"]))
        page.wait_for_selector("#style video")
        page.click("#show-motion")
        page.wait_for_function("() => document.querySelectorAll('#structure video').length === 2")
        open_settings(page)
        bins = page.locator("#setting-bins input")
        bins.fill("5")
        bins.press("Tab")
        page.click("#kind >> text=The clip is a sketch")
        expect(bins).to_have_value("3")
        page.click("#kind >> text=Motion of the clip")
        expect(bins).to_have_value("5")
        make_one(page, "Transfer", "Style")
        assert result_frames(page, tmp_path).shape == (5, 48, 64, 3)
        check_explanation(page)
        reload(page, "Analogy")
        page.wait_for_selector("#style b:has-text('slow.mp4')")
        open_settings(page)
        expect(bins).to_have_value("5")
        page.click("#go")  # the style is still there
        page.wait_for_selector(".reel[data-phase=queued], .reel[data-phase=running]")
        page.wait_for_selector(DONE, timeout=120_000)
        assert page.errors == []


def test_a_drawn_sketch_becomes_the_clip(browser, server):
    with opened(browser, server) as page:
        open_tab(page, "Analogy")
        page.click("#draw button")
        page.wait_for_timeout(500)
        stroke(page, "sketch-editor", [(0.35, 0.35), (0.4, 0.6)])
        page.click("#add-drawing")
        page.wait_for_selector("#drawings img")
        stroke(page, "sketch-editor", [(0.6, 0.35), (0.65, 0.6)])
        choose(page, "frames", 40)
        page.click("#use-sketch")
        page.wait_for_selector("#working b:has-text('Sketch')", timeout=30_000)
        assert number(page, "frames") == 40
        assert page.is_checked("#kind >> text=The clip is a sketch")
        assert page.errors == []
