"""The tab of generation."""

from __future__ import annotations

from helpers.page import choose, generate, opened, upload
from helpers.pages import built_page, tiny_clip, values_of


def test_a_request_for_takes(clips):
    page = built_page()
    values = values_of(page, tiny_clip(clips["tiny"])) | {page.workspace.run.samples: 2}
    request = page.request(values, seed=7)
    assert request.task == request.preset == "generate"
    assert request.seeds == [7, 8] and request.options == {}


def test_takes_have_seeds_one_after_the_other(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        page.click("#random")
        choose(page, "seed", 41)
        generate(page, 2)
        assert page.locator(".cell.take .meta").all_inner_texts() == ["seed 41", "seed 42"]
        page.click(".take >> nth=1 >> text=Use seed")
        assert page.input_value("#seed input") == "42"
        assert page.errors == []
