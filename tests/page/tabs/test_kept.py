"""The choice between a clip that is made new and one that stays, without and with a browser."""

from __future__ import annotations

import pytest
from helpers.page import choose, make_one, number, open_tab, reload, result_frames, upload
from helpers.pages import built_page, opened_at, tiny_clip
from playwright.sync_api import expect

from vgpnn.page.values import Unfinished

KEPT = {
    "resize": ("extend", {"left": 0.25, "right": 0.5, "top": 0.0, "bottom": 0.1}),
    "retime": ("go_on", {"longer": 0.6}),
}


@pytest.fixture(scope="module")
def page():
    return built_page()


def kept_values(page, name, clip, **changes):
    tab = page.tabs[name]
    values = opened_at(page, name, clip) | {tab.kind: tab.kept_task}
    return values | {tab.kept_fields[option]: value for option, value in changes.items()}


@pytest.mark.parametrize("name", KEPT)
def test_a_request_becomes_the_values_that_made_it(page, clips, name):
    tab, (task, options) = page.tabs[name], KEPT[name]
    values = kept_values(page, name, tiny_clip(clips["tiny"]), **options)
    request = page.request(values, seed=5)
    above = {"from_above": False} if task == "extend" else {}
    assert request.task == task and request.options == options | above
    expected = {tab.kind: task} | {f: values[f] for f in tab.kept_fields.values()}
    assert tab.values_of(task, request.options) == expected
    assert tab.saved_values(task, request.options | {"style": "/etc/passwd"}) == expected
    assert (request.samples > 1) == (task == "extend")
    label = next(iter(tab.kept_fields.values())).label
    with pytest.raises(ValueError, match=f"^{label} "):
        tab.saved_values(task, dict.fromkeys(options, 9.0))


def test_a_clip_to_which_nothing_is_added_is_no_request_yet(page, clips):
    sides = dict.fromkeys(("left", "right", "top", "bottom"), 0.0)
    with pytest.raises(Unfinished, match=r"^Choose another shape .*\.$"):
        page.request(kept_values(page, "resize", tiny_clip(clips["tiny"]), **sides))


def test_a_tile_becomes_the_values_that_made_it(page, clips):
    tab = page.tabs["resize"]
    values = opened_at(page, "resize", tiny_clip(clips["tiny"])) | {tab.kind: "tile"}
    values |= {tab.other_fields["axes"]: "y", tab.other_fields["time"]: True}
    request = page.request(values, seed=5)
    assert (request.task, request.samples) == ("tile", 1)
    assert request.options == {"axes": "y", "time": True}
    expected = {tab.kind: "tile"} | {f: values[f] for f in tab.other_fields.values()}
    assert tab.values_of("tile", request.options) == expected
    assert tab.saved_values("tile", request.options) == expected
    with pytest.raises(ValueError, match=r"^Repeats .*\.$"):
        tab.saved_values("tile", {"axes": "z"})


def test_a_tile_is_shown_as_a_wall(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Resize")
    page.click("#resize-kind label >> nth=0")
    expect(page.locator("#axes")).to_be_hidden()
    page.click("#resize-kind >> text=seamless tile")
    expect(page.locator("#aspect")).to_be_hidden()
    expect(page.locator("#go")).to_have_text("Make a tile")
    page.click("#axes >> text=side by side")
    page.click("#go")
    page.wait_for_selector(".reel[data-phase=done] .take.done .send", timeout=120_000)
    wall = page.locator(".take .gate canvas.wall")
    expect(wall).to_be_visible()
    assert wall.evaluate("canvas => [canvas.width, canvas.height]") == [128, 48]
    halves = """canvas => {
      const {width, height} = canvas, context = canvas.getContext('2d');
      const part = x => [...context.getImageData(x, 0, width / 2, height).data];
      const [left, right] = [part(0), part(width / 2)];
      return [left.every((value, k) => value === right[k]), Math.max(...left)];
    }"""
    is_twice, brightest = wall.evaluate(halves)
    assert is_twice and brightest > 0
    page.click(".switch >> text=Result")
    expect(wall).to_be_hidden()
    assert result_frames(page, tmp_path).shape == (5, 48, 64, 3)
    page.click(".switch >> text=Wall")
    page.click(".take .look")
    expect(page.locator(".viewer canvas.wall")).to_be_visible()
    page.click(".viewer .modes >> text=Both")
    expect(page.locator(".viewer canvas.wall")).to_be_hidden()
    page.click(".viewer >> text=Close")
    assert page.errors == []


def test_extend(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Resize")
    page.click("#resize-kind label >> nth=0")
    expect(page.locator("#side-left")).to_be_hidden()
    expect(page.locator("#samples")).to_be_hidden()
    page.click("#resize-kind >> text=extended")
    expect(page.locator("#width")).to_be_hidden()
    expect(page.locator("#go")).to_have_text("Extend")
    page.click("#aspect >> text=16:9")
    page.wait_for_selector("#sizes dd:has-text('86×48')")
    choose(page, "samples", 1)
    make_one(page, "Extend", "Blurred sides")
    assert result_frames(page, tmp_path).shape == (5, 48, 86, 3)
    reload(page, "Resize")
    expect(page.locator("#side-left")).to_be_visible()
    assert number(page, "side-left") == pytest.approx(0.167, abs=0.001)
    assert page.errors == []


def test_go_on(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Retime")
    page.click("#retime-kind >> text=goes on")
    expect(page.locator("#duration")).to_be_hidden()
    choose(page, "longer", 0.6)
    page.click("#go")
    page.wait_for_selector(".reel[data-phase=done] .take.done .send", timeout=120_000)
    assert result_frames(page, tmp_path).shape == (8, 48, 64, 3)
    assert page.errors == []
