"""The board to paint on: strokes, colours, frames and keys, as a hand uses them."""

from __future__ import annotations

import pytest
from helpers.page import choose, open_tab, stroke, upload, wait_for_board

# Of the layer that is shown: how many pixels have paint, and the colours of it.
PAINT = """board => {
  const canvas = document.querySelector(`#${board} .paper canvas.layer`);
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  let painted = 0;
  for (let k = 0; k < data.length; k += 4) {
    if (!data[k + 3]) continue;
    painted += 1;
    colours.add([...data.slice(k, k + 4)].join(' '));
  }
  return {painted, colours: [...colours], first: data[4 * canvas.width * (canvas.height / 2) + 3]};
}"""


# Where its paint begins and ends, from left to right and from top to bottom, as shares.
ENDS = """() => {
  const canvas = document.querySelector('#paint .paper canvas.layer'), {width, height} = canvas;
  const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
  const ends = [1, 0, 1, 0];
  for (let k = 0; k < width * height; k++) {
    if (!data[4 * k + 3]) continue;
    const [x, y] = [(k % width) / width, Math.floor(k / width) / height];
    ends.splice(0, 2, Math.min(ends[0], x), Math.max(ends[1], x));
    ends.splice(2, 2, Math.min(ends[2], y), Math.max(ends[3], y));
  }
  return ends;
}"""


def paint(page, name="paint"):
    return page.evaluate(PAINT, name)


@pytest.fixture
def page(desk, clips):
    """The page with the board of a clip of five frames."""
    upload(desk, clips["tiny"])
    open_tab(desk, "Inpaint")
    wait_for_board(desk, 5)
    desk.check("#paint .swatch input >> nth=0", force=True)  # black, as it is at first
    yield desk
    assert desk.errors == []
    choose(desk, "frames", 4)
    wait_for_board(desk, 4)  # so that the next test sees when its own clip is shown


def choose_colour(page, label):
    page.check(f"#paint input[aria-label='{label}']", force=True)


def test_strokes(page):
    assert paint(page)["painted"] == 0 and page.is_disabled("#paint .undo")
    stroke(page, "paint", [(0.3, 0.5), (0.6, 0.5)])
    black = paint(page)
    assert black["colours"] == ["0 0 0 255"]  # edges are hard: no other colour, no half tone
    choose_colour(page, "Remove")
    stroke(page, "paint", [(-0.01, 0.5), (0.2, 0.5)])  # it begins outside
    both = paint(page)
    assert sorted(both["colours"]) == ["0 0 0 255", "255 0 255 255"] and both["first"] == 255
    choose_colour(page, "Eraser")
    stroke(page, "paint", [(0.3, 0.5), (0.7, 0.5)])
    assert paint(page)["painted"] < both["painted"]
    assert paint(page)["colours"] == ["255 0 255 255"]
    page.click("#paint .undo")
    assert paint(page) == both
    page.click("#paint .undo")
    assert paint(page) == black
    page.click("#paint .undo")
    assert paint(page)["painted"] == 0 and page.is_disabled("#paint .undo")


def test_frames_keys_and_picked_colours(page):
    page.focus("#paint .stage")
    page.keyboard.down("Space")  # a line by keys alone
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.up("Space")
    line = paint(page)["painted"]
    assert line > 0
    page.keyboard.press("Control+z")
    assert paint(page)["painted"] == 0
    page.keyboard.press("Space")
    assert 0 < paint(page)["painted"] < line
    for _ in range(9):  # the last frame is the last one
        page.click("#paint-frame [aria-label='Next frame']")
    page.wait_for_selector("#paint-frame output:has-text('Frame 5 of 5')")
    assert paint(page)["painted"] == 0
    page.click("#paint .pick")
    page.click("#paint .paper", position={"x": 40, "y": 40})
    picked = page.get_attribute("#paint .picked input", "value")
    assert page.is_checked("#paint .picked input")
    stroke(page, "paint", [(0.4, 0.4), (0.6, 0.4)])
    red, green, blue = (int(picked[k : k + 2], 16) for k in (1, 3, 5))
    assert paint(page)["colours"] == [f"{red} {green} {blue} 255"]
    assert page.locator("#paint .marks button").count() == 2
    page.click("#paint .marks button >> nth=0")
    page.wait_for_selector("#paint-frame output:has-text('Frame 1 of 5')")
    assert paint(page)["colours"] == ["0 0 0 255"]
    page.click("#paint button:has-text('Clear frame')")
    assert page.locator("#paint .marks button").count() == 1
    page.click("#clear-paint")
    assert page.locator("#paint .marks button").count() == 0
    page.click("#paint .undo")
    assert page.locator("#paint .marks button").count() == 1


def test_paint_comes_back_with_its_frame_and_its_part(page):
    for _ in range(4):
        page.click("#paint-frame [aria-label='Next frame']")
    stroke(page, "paint", [(0.3, 0.5), (0.6, 0.5)])
    black = paint(page)
    for frames, marks in ((4, 0), (5, 1)):
        choose(page, "frames", frames)
        wait_for_board(page, frames)
        assert page.locator("#paint .marks button").count() == marks
    for start, marks in ((0.1, 0), (0, 1)):  # other moments, and the same again
        choose(page, "start", start)
        page.wait_for_function(
            "count => document.querySelectorAll('#paint .marks button').length === count",
            arg=marks,
        )
    page.click("#paint .marks button")
    assert paint(page) == black
    page.click("#paint-frame [aria-label='Frame before']")
    page.focus("#paint .stage")
    page.keyboard.press("Control+z")  # the frame whose stroke goes is shown
    page.wait_for_selector("#paint-frame output:has-text('Frame 5 of 5')")
    assert paint(page)["painted"] == 0


def test_two_fingers_paint_one_line(page):
    box = page.locator("#paint .paper").bounding_box()
    touch = page.context.new_cdp_session(page)

    def at(number, x, y):
        place = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        return {"id": number, **place}

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [*points]})

    send("touchStart", at(1, 0.2, 0.2))
    send("touchMove", at(1, 0.3, 0.2))
    send("touchStart", at(1, 0.3, 0.2), at(2, 0.8, 0.9))
    send("touchMove", at(1, 0.4, 0.2), at(2, 0.7, 0.9))
    send("touchEnd")
    ends = page.evaluate(ENDS)
    assert ends[0] < 0.2 and 0.4 < ends[1] < 0.5 and ends[3] < 0.35


def test_drawings_follow_each_other(desk):
    page = desk
    open_tab(page, "Analogy")
    page.click("#draw button")
    assert page.is_disabled("#next-drawing")
    stroke(page, "sketch", [(0.3, 0.3), (0.4, 0.6)])
    first = paint(page, "sketch")
    page.click("#next-drawing")
    assert paint(page, "sketch")["painted"] == 0  # a new sheet, with the one before faintly
    stroke(page, "sketch", [(0.6, 0.3), (0.7, 0.6)])
    page.click("#sketch .drawing >> nth=0")
    assert paint(page, "sketch") == first
    page.click("#clear-sketch")
    assert page.locator("#sketch .drawing").count() == 1
    page.click("#use-sketch")
    page.wait_for_selector(".toast-body:has-text('A sketch needs two drawings')")
    assert page.errors == []
