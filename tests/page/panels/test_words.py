"""Words on the page: they paint with the brush that is chosen, and sort drafts.

A server of its own has a stand-in for the model in the place of the real one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from helpers.marked import discs
from helpers.page import DONE, generate, opened, upload, wait_until_quiet
from helpers.pages import built_page
from helpers.server import Server

import vgpnn
from vgpnn.service import wording
from vgpnn.words import MOST_CHARACTERS

LOOK_SECONDS = 0.4  # [s] that the stand-in looks at a frame
BOARD = "#marks-generate"
READY = "#mark-words-generate:visible"
SAID = "#said-words-generate"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("words")
    vgpnn.video.write(folder / "discs.mp4", vgpnn.Video(discs(9)[0], 12))
    return folder


@pytest.fixture(scope="module")
def worded(folder):
    """A server that knows the discs of the clip by words."""
    program = Path(__file__).parents[2] / "helpers" / "words_app.py"
    environment = {"VGPNN_WORDS_MODEL": str(folder), "LOOK_SECONDS": str(LOOK_SECONDS)}
    (folder / "server").mkdir()
    server = Server(folder / "server", program, environment=environment)
    yield server
    server.stop()


def test_without_a_model_the_page_has_no_boxes_for_words():
    page = built_page()
    assert page.tabs["generate"].panel.words is None
    assert page.workspace.result.sorted is None


def test_with_a_model_it_has_them(monkeypatch):
    monkeypatch.setattr(wording, "is_offered", lambda: True)
    page = built_page()
    box = page.tabs["generate"].panel.words
    assert box.text.max_length == MOST_CHARACTERS and not box.stop.visible
    assert page.workspace.result.sorted is not None


def test_words_are_painted_stopped_taken_back_and_used_and_drafts_are_sorted(
    browser, worded, folder
):
    with opened(browser, worded) as page:
        upload(page, folder / "discs.mp4")
        page.click("#marking-generate > button")
        page.wait_for_selector(f"{BOARD} .turn output:has-text('of 9')")
        wait_until_quiet(page)
        dots = page.locator(f"{BOARD} .marks button")

        def mark(words, brush="none"):
            page.check(f"{BOARD} .swatch.{brush} input", force=True)
            page.fill("#words-generate input, #words-generate textarea", words)
            page.click("#mark-words-generate")

        mark("red discs", "eraser")
        page.wait_for_selector(f"{SAID} .problem:has-text('brush')")
        mark("zebras")
        page.wait_for_selector(f"{SAID} .problem:has-text('zebras')", timeout=60_000)
        mark("red discs")
        page.wait_for_selector(f"{SAID} :text('frame')")
        page.click("#stop-words-generate")
        page.wait_for_selector(READY)
        assert page.inner_text(SAID).strip() == ""
        page.wait_for_timeout(3000 * LOOK_SECONDS)
        assert dots.count() == 0
        mark("red discs")
        page.wait_for_selector(f"{BOARD} .clear-marks:enabled", timeout=60_000)
        page.wait_for_selector(READY)
        assert dots.count() == 3 and not page.is_checked("#alike-generate input")
        mark("green discs", "less")
        page.wait_for_selector(f"{SAID} :text('frame')")
        page.wait_for_selector(READY, timeout=60_000)
        page.click(f"{BOARD} .undo")  # what the last words painted goes, and nothing else
        assert dots.count() == 3
        generate(page, 1)
        page.wait_for_selector(DONE)
        page.wait_for_function("document.querySelectorAll('.draft[data-name]').length === 12")
        before = page.locator(".draft").evaluate_all("all => all.map(each => each.dataset.name)")
        page.fill(".sorting input", "green discs")
        page.click(".sorting button")
        page.wait_for_selector(".sorting p:has-text('draft')")
        page.click(".sorting button:has-text('Stop')")
        page.wait_for_selector(".sorting button:has-text('Sort')")
        page.click(".sorting button")
        page.wait_for_selector(".sorting p:has-text('come first')", timeout=90_000)
        after = page.locator(".draft").evaluate_all("all => all.map(each => each.dataset.name)")
        assert after != before and sorted(after) == sorted(before)
        page.locator(".draft:not([aria-disabled=true])").first.click()  # cells still can be chosen
        assert page.inner_text("[data-ask=finish]") == "Finish 1 take"
        assert page.errors == []


def test_endpoints_take_words(worded, folder, tmp_path):
    client = Client(worded.url, verbose=False, download_files=str(tmp_path))
    clip, part = handle_file(str(folder / "discs.mp4")), {"frames": 9, "height": 72}
    part |= {"settings": {"passes": 1}, "seed": 3}
    (file,), settings = client.predict(
        clip, words={"none": "red discs"}, api_name="/generate", **part
    )
    assert settings["words"] == {"none": "red discs"}
    take = vgpnn.video.read(file["path"] if isinstance(file, dict) else file).codes.int()
    red = (take[..., 0] > 150) & (take[..., 1] < 100)
    assert red.float().mean() < 0.01
    _, scores, _ = client.predict(clip, 4, sorted_by="red discs", api_name="/drafts", **part)
    _, unsorted, _ = client.predict(clip, 4, api_name="/drafts", **part)
    names = [[each["draft"] for each in found] for found in (scores, unsorted)]
    assert sorted(names[0]) == sorted(names[1])
    with pytest.raises(AppError, match="kind of words"):
        client.predict(clip, words={"much": "x"}, api_name="/generate", **part)
