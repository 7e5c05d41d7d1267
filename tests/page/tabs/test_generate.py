"""The tab of generation."""

from __future__ import annotations

from fractions import Fraction

from helpers import cameras
from helpers.page import choose, generate, open_settings, upload
from helpers.pages import built_page, tiny_clip, values_of
from playwright.sync_api import expect

import vgpnn
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


def test_takes_are_drafts_of_one_seed(desk, clips):
    page = desk
    upload(page, clips["tiny"])
    page.click("#random")
    choose(page, "seed", 41)
    generate(page, 2)
    assert page.locator(".cell.take .meta").all_inner_texts() == ["seed 41"] * 2
    page.click(".take >> nth=1 >> .meta")
    assert page.input_value("#seed input") == "41"
    assert page.errors == []


def test_a_camera_that_is_taken_out_is_said(desk, tmp_path):
    page = desk
    path = tmp_path / "shaken.mp4"
    vgpnn.video.write(path, vgpnn.Video(cameras.shaken(), Fraction(10)))
    upload(page, path)
    said = page.locator(".reel .notices li", has_text="The camera moves")
    open_settings(page)
    page.locator("#setting-camera label", has_text="Off").click()
    generate(page, 1)
    expect(said).to_have_count(0)
    page.locator("#setting-camera label", has_text="Auto").click()
    page.click("#go")
    expect(said).to_have_count(1)
    assert page.errors == []
