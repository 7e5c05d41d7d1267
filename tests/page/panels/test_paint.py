"""Boards send what is painted as PNG files, and nothing of it is opened before a run needs it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from helpers.page import choose, open_tab, opened, stroke, upload, wait_for_board
from helpers.pages import tiny_clip

from vgpnn.page.panels import paint
from vgpnn.page.panels.paint import PaintBoard, Pictures, board_of, board_size, part_of
from vgpnn.page.values import Unusable
from vgpnn.service import clips as decoded_clips
from vgpnn.service.guard import BODY_BYTES
from vgpnn.service.request import new_request
from vgpnn.tasks.paint import PAINT_PIXELS, UNREADABLE, Paint


def layer(rows=4):
    """A red stroke of so many rows on 48 x 64 pixels."""
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[10 : 10 + rows, 10:20] = (255, 0, 0, 255)
    return picture


def text_of(picture) -> str:
    (file,) = Paint.of({0: picture}).files.values()
    return b64encode(file).decode()


@pytest.fixture
def board():
    with gr.Blocks():
        return PaintBoard(script="paint.js")


@pytest.fixture
def request_(clips):
    return new_request(tiny_clip(clips["tiny"]), frames=5, height=64)


def test_what_is_painted_comes_by_number(board):
    sent = {"moments": "x", "frames": 5, "size": [48, 64], "fps": 10, "remove": "#ff00ff"}
    pictures = {"3": text_of(layer(2)), "0": text_of(layer(4))}
    found = board.preprocess({**sent, "pictures": pictures})
    assert found.part == {"moments": "x", "frames": 5, "size": [48, 64]}
    assert sorted(found.paint) == [0, 3]
    assert (found.paint[3] == layer(2)).all() and (found.paint[0] == layer(4)).all()


NOTHING = [None, {}, [], "x", {"pictures": None}, {"pictures": {}}]


@pytest.mark.parametrize("value", NOTHING, ids=str)
def test_a_board_that_was_not_painted_on_has_no_paint(board, value):
    assert board.preprocess(value).paint == Paint()


@pytest.mark.parametrize(
    "pictures",
    [7, [1], {"x": ""}, {"-1": ""}, {"999999": ""}, {"0": 7}, {"0": None}, {"0": "abc"}],
    ids=str,
)
def test_what_no_board_sends_is_unusable(board, pictures):
    assert board.preprocess({"pictures": pictures}) == Unusable(UNREADABLE)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(48, 64, [432, 576]), (240, 426, [480, 852]), (720, 720, [720, 720])],
)
def test_a_board_is_a_whole_number_of_times_as_large(height, width, expected):
    assert board_size(height, width) == expected


@pytest.mark.parametrize(("height", "width"), [(720, 5000), (10, 4000), (5000, 720)])
def test_a_board_is_never_larger_than_paint_may_be(height, width):
    tall, wide = board_size(height, width)
    assert tall * wide <= PAINT_PIXELS
    assert tall / wide == pytest.approx(height / width, rel=0.1)


def test_moments_are_those_of_a_file_from_a_start_at_a_rate(request_):
    part = part_of(request_, 5)
    assert part["frames"] == 5 and part["size"] == [432, 576]
    same = (replace(request_, frames=4), replace(request_, height=96))
    assert {part_of(each, 5)["moments"] for each in same} == {part["moments"]}
    for change in ({"start": 0.1}, {"fps": 5.0}):
        assert part_of(replace(request_, **change), 5)["moments"] != part["moments"]
    assert str(request_.clip.path) not in repr(part)


def test_a_board_shows_the_clip_and_its_colours(request_, board):
    frames = decoded_clips.working_clip(request_).frames
    value = board_of(request_, frames, 10.0)
    assert board.preprocess(value) == Pictures(part_of(request_, 5))
    assert value["colours"][:2] == ["#000000", "#ffffff"] and len(value["colours"]) > 2
    assert value["fps"] == 10.0 and value["remove"] == "#ff00ff"
    assert "pictures" not in value  # the browser keeps what it has


def test_a_board_shows_the_paint_of_a_request(request_, board):
    kept = Paint.of({2: layer(), 0: layer(1)})
    frames = decoded_clips.working_clip(request_).frames
    assert board.preprocess(board_of(request_, frames, 10.0, kept)).paint == kept


def test_a_request_may_be_as_large_as_what_a_board_sends():
    assert paint.MOST_CHARACTERS < 0.8 * BODY_BYTES


def test_events_that_need_no_paint_carry_none(browser, server, clips):
    """Whatever is changed, the sizes are asked for anew: with 700 kB of paint each time."""
    sent = []
    with opened(browser, server) as page:
        page.on("request", lambda each: sent.append(each.post_data or ""))
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        wait_for_board(page, 5)
        stroke(page, "paint", [(0.4, 0.5), (0.6, 0.5)])
        page.wait_for_selector("#sizes dd:has-text('1 take')")  # which frames are painted is known
        choose(page, "frames", 4)
        page.wait_for_selector("#sizes dd:has-text('4 frames')")
        wait_for_board(page, 4)
        assert not any("iVBORw0KGgo" in each for each in sent)  # how a PNG file begins
        page.click("#show-paint")
        page.wait_for_selector("#painted video")
        assert any("iVBORw0KGgo" in each for each in sent)
        assert page.errors == []
