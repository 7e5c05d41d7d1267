"""The frames on which paint holds, on the track of the board."""

from __future__ import annotations

from helpers.page import number, open_tab, opened, upload, wait_for_board, wait_until_quiet
from playwright.sync_api import expect

PLACES = """() => {
  const {style} = document.querySelector('#paint .band');
  return ['--from', '--to'].map(name => Number(style.getPropertyValue(name)));
}"""


def test_the_ends_are_set_to_the_frame_that_is_shown(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Inpaint")
        wait_for_board(page, 5)
        wait_until_quiet(page)  # a late answer would set the ends again
        said = page.locator("#paint .held output")
        expect(said).to_have_text("Painted frames: 1 to 5.")
        page.click("#paint-frame .step >> nth=1")
        page.get_by_role("button", name="From this frame on").press("Enter")
        expect(said).to_have_text("Painted frames: 2 to 5.")
        assert page.evaluate(PLACES) == [0.25, 1]
        page.fill("#last-frame input", "4")
        expect(said).to_have_text("Painted frames: 2 to 4.")
        page.click("#paint-frame .step >> nth=0")
        page.click("text=Up to this frame")  # before the first one, which goes along
        expect(said).to_have_text("Painted frames: 1 to 1.")
        assert [number_of(page, end) for end in ("first", "last")] == [1, 1]
        assert page.errors == []


def number_of(page, end: str) -> float:
    return number(page, f"{end}-frame")
