"""The timeline: handles and numbers stand for the same part."""

from __future__ import annotations

import pytest
from helpers.page import choose, number, upload
from helpers.pages import connected_page, event, tiny_clip
from helpers.videos import counter, encode

from vgpnn.limits import LIMITS
from vgpnn.page.panels import timeline
from vgpnn.page.panels.timeline import value_of
from vgpnn.page.values import word_for

TRIM = "#timeline .hint"
PICTURES = "document.querySelector('#timeline img[src]')?.src"


def upload_and_draw(page, path):
    """Upload a clip, and wait until the timeline shows its pictures, and not those before."""
    before = page.evaluate(PICTURES)
    upload(page, path)
    page.wait_for_function(f"before => {PICTURES} && {PICTURES} !== before", arg=before)


def test_the_timeline_knows_how_long_a_part_may_be(clips):
    clip = tiny_clip(clips["tiny"])
    value = value_of(clip)
    assert (value["seconds"], value["rate"]) == (clip.info.seconds, 10.0)
    assert (value["least"], value["most"]) == (LIMITS.min_frames, LIMITS.max_frames)
    assert str(clip.path) not in repr(value) and "pictures" not in value


def test_a_clip_is_drawn_once(clips, monkeypatch):
    page, demo = connected_page()
    panel, clip = page.workspace.clip, tiny_clip(clips["tiny"])
    made = []
    monkeypatch.setattr(
        timeline.previews, "encode_strip", lambda clip: made.append(clip) or "strip.jpg"
    )
    strip, draw = panel.timeline.strip, event(demo, "timeline_drawn").fn
    shown = draw({panel.clip: clip, strip: value_of(clip)})
    assert shown["pictures"] == "strip.jpg" and shown["clip"] == word_for(clip.path)
    again = draw({panel.clip: clip, strip: shown})
    assert again["__type__"] == "update" and len(made) == 1
    other = tiny_clip(clips["slow"])
    assert draw({panel.clip: other, strip: shown})["clip"] == word_for(other.path)


@pytest.mark.parametrize("known", [{}, None, "x", {"clip": 7}], ids=repr)
def test_without_a_clip_the_timeline_is_empty(known):
    page, demo = connected_page()
    panel = page.workspace.clip
    for clip in (None, "/etc/passwd"):
        values = {panel.clip: clip, panel.timeline.strip: known}
        assert event(demo, "timeline_drawn").fn(values) == {}


def test_a_clip_without_pictures_has_its_handles(clips, monkeypatch):
    page, demo = connected_page()
    panel, clip = page.workspace.clip, tiny_clip(clips["tiny"])

    def fail(clip):
        raise ValueError("There is no room.")

    monkeypatch.setattr(timeline.previews, "encode_strip", fail)
    strip, draw = panel.timeline.strip, event(demo, "timeline_drawn").fn
    shown = draw({panel.clip: clip, strip: value_of(clip)})
    assert shown == {**value_of(clip), "pictures": ""}
    again = draw({panel.clip: clip, strip: shown})  # it is not tried again after every change
    assert again["__type__"] == "update"


def drag(page, handle, share):
    """Drag a part of the timeline to a share of its width."""
    box = page.locator(f"#timeline {handle}").bounding_box()
    track = page.locator("#timeline .track").bounding_box()
    y = track["y"] + track["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"] + share * track["width"], y, steps=4)
    page.mouse.up()


def test_trim(desk, clips):
    """The clip has 24 frames at 10 per second."""
    page = desk
    upload_and_draw(page, clips["slow"])
    page.wait_for_selector(f"{TRIM}:has-text('2.40 s of 0:02.40, from 0:00.00 to 0:02.40')")
    drag(page, ".end", 0.5)
    page.wait_for_selector(f"{TRIM}:has-text('1.20 s of 0:02.40, from 0:00.00 to 0:01.20')")
    page.wait_for_selector("#sizes .sentence:has-text('Uses 1.2 s of 2.4 s, from 0.0 s on')")
    assert (number(page, "start"), number(page, "frames")) == (0, 12)
    drag(page, ".used", 0.5)
    page.wait_for_selector(f"{TRIM}:has-text('1.20 s of 0:02.40, from 0:00.60 to 0:01.80')")
    page.wait_for_selector("#sizes .sentence:has-text('from 0.6 s on')")
    page.focus("#timeline .start")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    page.wait_for_selector(f"{TRIM}:has-text('from 0:00.20 to 0:01.80')")
    page.wait_for_function("document.querySelector('#frames input').value === '16'")
    page.wait_for_function(
        "Math.abs(document.querySelector('#working video')?.duration - 1.6) < 0.05"
    )
    assert number(page, "start") == 0.2
    choose(page, "frames", 5)  # the handles follow the numbers
    page.wait_for_selector(f"{TRIM}:has-text('0.50 s of 0:02.40, from 0:00.20 to 0:00.70')")
    drag(page, ".start", 0.9)  # a part has three frames at least
    page.wait_for_selector(f"{TRIM}:has-text('0.30 s of 0:02.40, from 0:00.40 to 0:00.70')")
    assert page.errors == []


def test_a_part_of_a_long_clip(desk, tmp_path):
    """25 frames at 12 per second, of which the last tenth of a second is no whole number."""
    path = encode(tmp_path / "long.mp4", counter(25), 12)
    page = desk
    upload_and_draw(page, path)
    page.focus("#timeline .start")
    page.keyboard.press("End")  # three frames are left
    page.wait_for_selector(f"{TRIM}:has-text('0.25 s of 0:02.08, from 0:01.83 to 0:02.08')")
    page.wait_for_selector("#sizes .sentence:has-text('Uses 0.2 s of 2.1 s, from 1.8 s on')")
    track = page.locator("#timeline .track").bounding_box()
    page.mouse.click(track["x"] + 0.25 * track["width"], track["y"] + 20)  # the part comes here
    page.wait_for_selector(f"{TRIM}:has-text('0.25 s of 0:02.08, from 0:00.42 to 0:00.67')")
    page.keyboard.press("Tab")
    page.focus("#timeline .end")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_selector(f"{TRIM}:has-text('0.25 s of 0:02.08, from 0:00.50 to 0:00.75')")
    assert page.errors == []


def test_a_move_is_not_undone_by_the_answer_to_the_one_before(desk, tmp_path):
    """A key is pressed at the very moment at which a number box gets what a pointer chose."""
    page = desk
    path = encode(tmp_path / "long.mp4", counter(24), 10)
    upload_and_draw(page, path)
    choose(page, "frames", 5)
    page.wait_for_selector(f"{TRIM}:has-text('0.50 s of 0:02.40, from 0:00.00 to 0:00.50')")
    page.evaluate(
        """() => {
          const box = document.querySelector('#start input');
          const kind = HTMLInputElement.prototype;
          const {get, set} = Object.getOwnPropertyDescriptor(kind, 'value');
          Object.defineProperty(box, 'value', {configurable: true, get, set(value) {
            delete box.value;
            set.call(box, value);
            document.querySelector('#timeline .end').dispatchEvent(
              new KeyboardEvent('keydown', {key: 'ArrowRight', shiftKey: true}));
          }});
        }"""
    )
    track = page.locator("#timeline .track").bounding_box()
    page.mouse.click(track["x"] + 0.5 * track["width"], track["y"] + 20)
    moved = "0.50 s of 0:02.40, from 0:01.00 to 0:01.50"  # one frame on from the pointer
    page.wait_for_selector(f"{TRIM}:has-text('{moved}')")
    page.wait_for_function("document.querySelector('#start input').value === '1'")
    page.wait_for_selector("#sizes .sentence:has-text('from 1.0 s on')")
    assert page.locator(TRIM).inner_text() == moved
    assert page.errors == []


def test_numbers_that_are_typed_count_more_than_a_key_that_was_just_pressed(desk, tmp_path):
    """And a press of another button of the mouse moves nothing."""
    page = desk
    path = encode(tmp_path / "long.mp4", counter(24), 10)
    upload_and_draw(page, path)
    choose(page, "frames", 5)
    page.wait_for_selector(f"{TRIM}:has-text('0.50 s of 0:02.40, from 0:00.00 to 0:00.50')")
    track = page.locator("#timeline .track").bounding_box()
    page.mouse.click(track["x"] + 0.8 * track["width"], track["y"] + 20, button="right")
    page.evaluate(
        """() => {
          document.querySelector('#timeline .end').dispatchEvent(
            new KeyboardEvent('keydown', {key: 'ArrowRight', shiftKey: true}));
          const box = document.querySelector('#frames input');
          box.value = '8';
          box.dispatchEvent(new Event('input', {bubbles: true}));
        }"""
    )
    page.wait_for_selector(f"{TRIM}:has-text('0.80 s of 0:02.40, from 0:00.00 to 0:00.80')")
    page.wait_for_timeout(600)  # [ms]; by then the key would have been sent
    assert number(page, "frames") == 8
    assert page.errors == []
