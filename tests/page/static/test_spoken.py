"""What was found in an upload is said to screen readers once, in the page's one polite region."""

from __future__ import annotations

import pytest
from helpers.page import choose, upload
from playwright.sync_api import expect

# Notes every change of the words in the polite region besides the result.
LISTEN = """() => {
  window.heard = [];
  const said = document.querySelector('#said');
  new MutationObserver(() => window.heard.push(said.textContent))
    .observe(said, {childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture(scope="module")
def page(visit):
    visit.wait_for_selector("#said", state="attached")
    visit.evaluate(LISTEN)
    yield visit
    assert visit.errors == []


def test_the_region_is_the_only_one(page):
    """Of the page: Gradio has one of its own beside it."""
    assert page.locator("[aria-live=polite]:not(.sr-only)").count() == 1
    assert page.locator("#live[aria-live=polite] #said").count() == 1
    box = page.locator("#said").bounding_box()
    assert box["width"] <= 1 and box["height"] <= 1  # the words stand below the player


def test_an_upload_is_said_once_whatever_part_is_used_then(page, clips):
    expect(page.locator("#said")).to_have_text("")  # an example was not brought
    upload(page, clips["tiny"])
    expect(page.locator("#said")).to_contain_text("tiny.mp4. Found: a wide picture of 64×48")
    expect(page.locator("#said")).to_contain_text("H.264 in MP4.")
    shown = page.locator("#working .spoken")
    before = page.locator("#working video").get_attribute("src")
    choose(page, "frames", 4)
    expect(page.locator("#working video")).not_to_have_attribute("src", before)
    expect(shown).to_contain_text("Found: a wide picture of 64×48")
    upload(page, clips["slow"])
    expect(page.locator("#said")).to_contain_text("slow.mp4. Found: a wide picture of 320×240")
    heard = page.evaluate("window.heard")
    assert [words.partition(".")[0] for words in heard] == ["tiny", "slow"]
