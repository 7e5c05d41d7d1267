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
    reload,
    result_frames,
    stroke,
    upload,
    wait_until_playing,
)
from helpers.pages import built_page, connected_page, event, opened_at, tiny_clip
from playwright.sync_api import expect

from vgpnn.page.panels.paint import Pictures
from vgpnn.page.tabs.analogy import DRAWING_PIXELS, MOST_DRAWINGS, PAPER, drawings_of
from vgpnn.page.values import Unfinished, Unusable, UnusableValue
from vgpnn.tasks.paint import UNREADABLE, Paint


def drawn(*rows):
    """What a board sends: drawings with a black bar of so many rows from row 20 on."""
    drawings = {}
    for place, count in enumerate(rows):
        drawings[place] = np.zeros((*PAPER, 4), np.uint8)
        drawings[place][20 : 20 + count, 50:80] = (0, 0, 0, 255)
    return Pictures(paint=Paint.of(drawings))


@pytest.mark.parametrize("kind", ["analogy", "sketch"])
def test_a_request_becomes_the_values_that_made_it(clips, kind):
    page = built_page()
    tab, style = page.tabs["analogy"], tiny_clip(clips["slow"], "gradio_api/file=x.mp4")
    values = opened_at(page, "analogy", tiny_clip(clips["tiny"]), kind=kind, style=style)
    request = page.request(values)
    assert (request.task, request.preset, request.options) == (kind, kind, {"style": style})
    again = tab.restored_values(request)
    assert again[tab.fields["kind"]] == kind and again[tab.fields["style"]] == style
    assert again[tab.board] == {"size": [240, 320]}  # strokes fit the style
    assert "slow.mp4" in again[tab.style_preview] and "file=x.mp4" in again[tab.style_preview]


@pytest.mark.parametrize("style", [None, "/etc/passwd", {"path": "/etc/passwd"}], ids=repr)
def test_without_a_style_there_is_no_request(clips, style):
    page = built_page()
    values = opened_at(page, "analogy", tiny_clip(clips["tiny"]), style=style)
    with pytest.raises(Unfinished, match="^Choose what it looks like first"):
        page.request(values)


def test_a_settings_file_names_no_style():
    tab = built_page().tabs["analogy"]
    assert tab.saved_values("analogy", {"style": "/etc/passwd", "kind": "sketch"}) == {}


def test_a_drawing_is_where_the_board_is_painted():
    first, second = drawings_of(drawn(10, 4))
    assert first.shape == tuple(PAPER) and (first.sum(), second.sum()) == (10 * 30, 4 * 30)
    assert drawings_of(Pictures()) == []
    with pytest.raises(UnusableValue):
        drawings_of(Unusable(UNREADABLE))


def test_no_more_drawings_are_opened_than_a_sketch_has():
    files = dict.fromkeys(range(MOST_DRAWINGS, 99), b"no picture")
    (file,) = drawn(3).paint.files.values()
    sent = Pictures(paint=Paint({**files, **dict.fromkeys(range(MOST_DRAWINGS), file)}))
    assert len(drawings_of(sent)) == MOST_DRAWINGS


def test_a_large_drawing_is_reduced():
    large = Paint.of({0: np.full((900, 1100, 4), 255, np.uint8)})
    (drawing,) = drawings_of(Pictures(paint=large))
    assert drawing.size <= DRAWING_PIXELS and drawing.all()


def test_a_sketch_needs_two_drawings():
    page, demo = connected_page()
    values = {page.tabs["analogy"].board: drawn(3)}
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


def test_analogy(desk, clips, tmp_path):
    page = desk
    no_video = tmp_path / "notes.mp4"
    no_video.write_text("not a video")
    upload(page, clips["tiny"])
    open_tab(page, "Analogy")
    page.click("#go:has-text('Transfer')")
    page.wait_for_selector(".toast-body:has-text('Choose what it looks like first')")
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
    page.click("#kind >> text=a sketch")
    expect(bins).to_have_value("3")
    page.click("#kind label >> nth=0")
    expect(bins).to_have_value("5")
    make_one(page, "Transfer", "Style")
    assert result_frames(page, tmp_path).shape == (5, 48, 64, 3)
    check_explanation(page)
    reload(page, "Analogy")
    page.wait_for_selector("#style b:has-text('slow.mp4')")
    open_settings(page)
    expect(bins).to_have_value("5")
    before = page.get_attribute(".take video", "src")
    page.click("#go")  # the style is still there; a short run may be over before it is seen
    page.wait_for_function(
        "before => ![undefined, before].includes("
        "document.querySelector('.take video')?.getAttribute('src'))",
        arg=before,
    )
    page.wait_for_selector(DONE, timeout=120_000)
    assert page.errors == []


def test_a_drawn_sketch_becomes_the_clip(desk):
    page = desk
    open_tab(page, "Analogy")
    page.click("#draw button")
    stroke(page, "sketch", [(0.35, 0.35), (0.4, 0.6)])
    page.click("#next-drawing")
    stroke(page, "sketch", [(0.6, 0.35), (0.65, 0.6)])
    choose(page, "frames", 40)
    page.click("#use-sketch")
    page.wait_for_selector("#working b:has-text('Sketch')", timeout=30_000)
    assert number(page, "frames") == 40
    assert page.is_checked("#kind >> text=a sketch")
    assert page.errors == []
