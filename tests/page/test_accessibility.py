"""What axe finds on the page, in both themes and at both sizes: nothing."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers.page import (
    choose,
    generate,
    open_settings,
    open_tab,
    opened,
    stroke,
    upload,
    wait_for_board,
    wait_until_quiet,
)

from vgpnn.page.page import TABS

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
TITLES = [tab.title for tab in TABS]


# Whether nothing changes for a moment, such as the colour of a button that can be used from now on.
STILL = """() => document.getAnimations().every(
  each => each.playState !== "running" || each.effect.getTiming().iterations === Infinity)"""


def violations(page) -> list[str]:
    """What axe finds: the rule, and the elements that break it."""
    page.wait_for_function(STILL)  # text that fades has less contrast
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{each['id']}: {[node['html'][:90] for node in each['nodes'][:3]]}" for each in found]


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1280, 800, "light"), (390, 844, "dark")], ids=["wide", "phone"]
)
def test_axe_finds_nothing(browser, server, clips, tmp_path, width, height, scheme):
    notes = tmp_path / "notes.mp4"
    notes.write_text("not a video")
    with opened(browser, server, width, height, scheme) as page:
        page.wait_for_selector("#timeline img[src]")
        for title in TITLES:
            open_tab(page, title)
            assert violations(page) == [], title
        open_tab(page, "Generate")
        upload(page, clips["tiny"])
        open_settings(page)
        choose(page, "height", 9)  # a sentence below the number
        generate(page, 1)
        assert violations(page) == [], "a take and its drafts"
        open_tab(page, "Inpaint")
        wait_until_quiet(page, 1.0)  # the clip before has as many frames
        wait_for_board(page, 5)
        stroke(page, "paint", [(0.4, 0.5), (0.6, 0.5)])
        page.wait_for_selector("#paint .marks button")
        page.click("#show-paint")
        page.wait_for_selector("#painted video")
        assert violations(page) == [], "paint"
        open_tab(page, "How it works")
        page.wait_for_selector("#explanation")
        assert violations(page) == [], "how a take was made"
        page.set_input_files("#upload input[type=file]", str(notes))
        page.wait_for_selector("#working .problem")
        assert violations(page) == [], "a file that is refused"
        assert page.errors == []
