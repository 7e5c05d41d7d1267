"""Takes are silent until somebody wants to hear them, and then one of them is heard."""

from __future__ import annotations

from helpers.page import DONE, generate, open_tab, upload, wait_until_playing

UNMUTED = """() => [...document.querySelectorAll('#result video')].filter(video => !video.muted)
  .map(video => video.closest('.viewer') ? 'viewer' : video.closest('figure').className)"""
SOUND = "#result .reel > footer button.sound"


def test_one_take_is_heard_after_a_button_is_pressed(desk, clips):
    page = desk
    assert page.locator(SOUND).is_hidden()  # the example is silent
    assert page.locator("#sound input").count() == 0
    upload(page, clips["heard"])
    page.wait_for_selector("#sound input:checked")
    page.wait_for_selector("#working >> text=with sound")
    generate(page, 2)
    wait_until_playing(page, 3)
    assert page.evaluate(UNMUTED) == []
    button = page.get_by_role("button", name="Unmute")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SOUND}[aria-label=Mute]")
    assert page.evaluate(UNMUTED) == ["cell take done"]
    wait_until_playing(page, 3)
    page.click(".cell.take .look >> nth=1")
    page.wait_for_selector(".viewer video")
    assert page.evaluate(UNMUTED) == ["viewer"]
    page.click(".viewer button.sound")
    assert page.evaluate(UNMUTED) == []
    page.click(".viewer button.sound")
    page.keyboard.press("Escape")
    page.wait_for_selector(".viewer", state="detached")
    assert page.evaluate(UNMUTED) == ["cell take done"]
    page.click("button[data-view=map]")  # a picture that has no sound
    page.wait_for_function(f"!({UNMUTED})().length")
    page.click("button[data-view=result]")
    page.wait_for_function(f"({UNMUTED})().length === 1")
    assert page.errors == []


def test_takes_are_silent_where_sound_is_switched_off(desk, clips):
    page = desk
    upload(page, clips["heard"])
    open_tab(page, "Resize")
    page.uncheck("#sound input")
    page.click("#go")
    page.wait_for_selector(DONE)
    assert page.locator(SOUND).is_hidden()
    page.reload()  # the run is shown again, with all that it was made from
    page.wait_for_selector(DONE)
    page.wait_for_selector("#sound input:not(:checked)")
    upload(page, clips["tiny"])
    page.wait_for_selector("#sound", state="detached")
    assert page.errors == []
