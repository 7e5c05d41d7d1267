"""The tab of retiming."""

from __future__ import annotations

from helpers.page import DONE, choose, open_tab, result_frames, upload


def test_retime(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Retime")
    choose(page, "duration", 2)
    page.click("#go")
    page.wait_for_selector(DONE, timeout=120_000)
    # Takes differ, so there are several to choose from beside the plain slow-down.
    assert "Plain slow-down" in page.inner_text(".cell.beside")
    assert page.locator(".take.done").count() == 3
    assert result_frames(page, tmp_path).shape == (10, 48, 64, 3)
    assert page.errors == []


def test_a_shorter_result_is_one_take(desk, clips, tmp_path):
    """It follows the whole clip, whatever its seed."""
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Retime")
    choose(page, "duration", 0.6)
    page.click("#go")
    page.wait_for_selector(DONE, timeout=120_000)
    assert page.locator(".take.done").count() == 1
    assert result_frames(page, tmp_path).shape == (3, 48, 64, 3)
    assert page.errors == []


def test_a_loop_of_the_same_length_has_nothing_beside_it(desk, clips, tmp_path):
    page = desk
    upload(page, clips["tiny"])
    open_tab(page, "Retime")
    choose(page, "duration", 1)
    page.check("#loop input")
    page.click("#go")
    page.wait_for_selector(".reel[data-phase=done] .take.done .send", timeout=120_000)
    assert page.locator(".cell.beside").count() == 0
    assert result_frames(page, tmp_path).shape == (5, 48, 64, 3)
    assert page.errors == []
