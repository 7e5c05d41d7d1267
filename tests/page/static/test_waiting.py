"""The words for somebody whose run waits: how many are before it, how long, and what follows."""

from __future__ import annotations

import re

from helpers.page import choose, opened, upload
from playwright.sync_api import expect

TIME = r"\d+ (s|min)"


def begin(page, clips):
    """Press the button for a run that takes long."""
    upload(page, clips["slow"])
    choose(page, "height", 240)
    choose(page, "samples", 6)
    page.click("#go")


def test_who_waits_is_told_for_how_many_and_how_long(browser, server, clips):
    with opened(browser, server) as first, opened(browser, server) as second:
        begin(first, clips)
        first.wait_for_selector(".reel[data-phase=running]")
        begin(second, clips)
        message = second.locator(".reel .status .message")
        expect(message).to_have_text(re.compile(f"^Waiting for 1 other job, about {TIME}$"))
        expect(second.locator(".status .left")).to_have_text(re.compile(f"^then {TIME} of work$"))
        first.click("#stop")  # then it is the other one's turn
        second.wait_for_selector(".reel[data-phase=running]")
        expect(message).not_to_have_text(re.compile("Waiting"))
        second.click("#stop")
        second.wait_for_selector("#go", state="visible")
        assert first.errors == second.errors == []
