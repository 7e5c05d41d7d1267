"""The board to paint on: strokes, colours, frames and keys, as a hand uses them."""

from __future__ import annotations

from helpers.page import open_tab, opened, stroke, upload, wait_for_board

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


def paint(page, board="paint"):
    return page.evaluate(PAINT, board)


def choose_colour(page, label):
    page.check(f"#paint input[aria-label='{label}']", force=True)


def test_strokes(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        wait_for_board(page, 5)
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
        assert page.errors == []


def test_frames_keys_and_picked_colours(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        wait_for_board(page, 5)
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
        assert page.errors == []


def test_drawings_follow_each_other(browser, server):
    with opened(browser, server) as page:
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
