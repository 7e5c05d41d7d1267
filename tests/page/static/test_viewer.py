"""A take is looked at large: in step with the source, under a wipe, and frame by frame."""

from __future__ import annotations

from helpers.page import choose, generate, opened, upload, wait_until_playing

TIMES = "() => [...document.querySelectorAll('.viewer video')].map(v => v.currentTime)"


def test_viewer(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])  # 5 frames at 10 per second
        choose(page, "samples", 2)
        generate(page, 2)
        page.click(".cell.take .look >> nth=1")
        page.wait_for_selector(".viewer:has-text('Take 2')")
        wait_until_playing(page, 5)
        assert page.locator(".viewer figure:visible").count() == 2
        page.click(".viewer >> text=Full screen")
        page.wait_for_function("document.fullscreenElement?.classList.contains('inside')")
        page.click(".viewer >> text=Full screen")
        page.wait_for_function("!document.fullscreenElement")
        page.click(".viewer .toggle")
        page.focus(".viewer .place")
        page.fill(".viewer .place", "0")
        page.click(".viewer [aria-label='Next frame']")
        page.wait_for_function(f"({TIMES})().every(time => Math.abs(time - 0.15) < 0.02)")
        page.click(".viewer [aria-label='Frame before']")
        page.click(".viewer [aria-label='Frame before']")  # the last one comes before the first
        page.wait_for_function(f"({TIMES})().every(time => Math.abs(time - 0.45) < 0.02)")
        page.wait_for_selector(".viewer .frame:has-text('5 / 5')")
        page.click(".viewer >> text=Wipe")
        page.fill(".viewer .divider", "30")
        clip = "getComputedStyle(document.querySelector('.viewer .take .gate')).clipPath"
        assert page.evaluate(clip) == "inset(0px 0px 0px 30%)"
        boxes = [
            page.locator(f".viewer .{name} video").bounding_box() for name in ("source", "take")
        ]
        assert boxes[0] == boxes[1]
        page.click(".viewer >> text=Take only")
        assert page.locator(".viewer figure:visible").count() == 1
        page.keyboard.press("Escape")
        page.wait_for_selector(".viewer", state="detached")
        page.click(".cell.take .look >> nth=0")
        assert page.get_attribute(".viewer", "data-mode") == "take"  # as it was left
        page.click(".viewer >> text=Close")
        assert page.errors == []
