"""The tab of generation."""

from __future__ import annotations

from helpers.page import choose, generate, opened, upload
from helpers.pages import built_page, tiny_clip, values_of

from vgpnn.tasks.drafts import COUNT


def test_a_request_for_takes(clips):
    page = built_page()
    values = values_of(page, tiny_clip(clips["tiny"])) | {page.workspace.run.samples: 2}
    request = page.request(values, seed=7)
    assert request.task == request.preset == "generate"
    assert request.seeds == [7, 7] and request.options == {"offered": COUNT}
    assert request.offers_drafts


def test_noise_has_takes_of_several_seeds(clips):
    page = built_page()
    values = values_of(page, tiny_clip(clips["tiny"])) | {page.workspace.run.samples: 2}
    layout = page.workspace.advanced.components["layout"]
    request = page.request(values | {layout: "noise"}, seed=7)
    assert request.seeds == [7, 8] and not request.offers_drafts


def test_takes_are_drafts_of_one_seed(browser, server, clips):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        page.click("#random")
        choose(page, "seed", 41)
        generate(page, 2)
        assert page.locator(".cell.take .meta").all_inner_texts() == ["seed 41"] * 2
        page.click(".take >> nth=1 >> .meta")
        assert page.input_value("#seed input") == "41"
        assert page.errors == []
