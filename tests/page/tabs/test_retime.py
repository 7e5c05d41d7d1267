"""The tab of retiming."""

from __future__ import annotations

from helpers.page import choose, make_one, open_tab, opened, result_frames, upload


def test_retime(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Retime")
        choose(page, "duration", 2)
        make_one(page, "Retime", "Plain slow-down")
        assert result_frames(page, tmp_path).shape == (10, 48, 64, 3)
        assert page.errors == []


def test_a_loop_of_the_same_length_has_nothing_beside_it(browser, server, clips, tmp_path):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "Retime")
        choose(page, "duration", 1)
        page.check("#loop input")
        page.click("#go")
        page.wait_for_selector(".reel[data-phase=done] .take.done .send", timeout=120_000)
        assert page.locator(".cell.beside").count() == 0
        assert result_frames(page, tmp_path).shape == (5, 48, 64, 3)
        assert page.errors == []
