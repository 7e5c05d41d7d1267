"""The panel of a run: the buttons start, watch and stop jobs."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from types import SimpleNamespace

import pytest
from helpers import coroutines
from helpers.clips import clip
from helpers.page import DONE, choose, generate, upload
from helpers.pages import built_page, connected_page, event

import vgpnn
from vgpnn.page.panels import run as panel
from vgpnn.page.panels.watching import NOT_SHOWN
from vgpnn.page.values import Unusable


def test_one_of_the_two_buttons_is_visible():
    run = built_page().workspace.run
    for is_running in (True, False):
        buttons = run.buttons(is_running)
        assert buttons[run.stop]["visible"] is is_running
        assert buttons[run.go]["visible"] is not is_running


@pytest.mark.parametrize("random", [True, False])
def test_a_seed_out_of_range_counts_only_where_it_is_used(random):
    page, demo = connected_page()
    run = page.workspace.run
    values = {component: None for component in page.inputs}
    values |= {run.random: random, run.seed: Unusable("Seed is wrong.")}
    values[page.workspace.open_tab] = "generate"
    sentence = "Choose an example" if random else "Seed is wrong."
    with pytest.raises(Exception, match=sentence):
        event(demo, "pressed").fn(values, None)


def test_a_page_that_newer_ones_have_replaced_says_so(clips, monkeypatch):
    """It shows no more progress; the job goes on, and can still be stopped there."""
    page, demo = connected_page()
    run, result = page.workspace.run, page.workspace.result
    (watch, *_) = [fn.fn for fn in demo.fns.values() if fn.name == "watch"]
    shown = {"phase": "running"}
    finished = threading.Event()

    async def ended(is_heard):
        yield shown

    job = SimpleNamespace(watch=ended, finished=finished, shown=shown, is_followed=False)
    monkeypatch.setattr(panel.QUEUE, "find", lambda token: job)

    async def views():
        return [view async for view in watch("token", SimpleNamespace(session_hash="x"))]

    every = coroutines.run(views())
    note = {"phase": "running", "note": NOT_SHOWN}
    assert every[-1] == {result.data: note, **run.buttons(is_running=True)}
    finished.set()
    every += coroutines.run(views())
    assert every[-1] == {result.data: shown, **run.buttons(is_running=False)}
    # A slow page shows one answer when the next one has been written over it already.
    assert all(view.keys() == {result.data, run.go, run.stop} for view in every)


def test_takes_are_finished_in_full(desk, tmp_path):
    page, path = desk, tmp_path / "large.mp4"
    vgpnn.video.write(path, clip(5, 120, 160))
    upload(page, path)
    choose(page, "height", 64)
    page.check("#full input")
    page.wait_for_selector("#sizes:has-text('then 160×120, 10 fps')")
    generate(page, 2)
    links = page.locator(".take.done .actions a:has-text('MP4 160×120')")
    assert links.count() == 2
    with page.expect_download() as download:
        links.first.click()
    info = vgpnn.video.probe(download.value.path())
    assert (info.width, info.height, info.frames) == (160, 120, 5)
    page.uncheck("#full input")
    assert page.errors == []


def test_a_run_goes_on_while_the_page_is_loaded_again_and_stop_frees_the_machine(desk, clips):
    page = desk
    upload(page, clips["slow"])
    choose(page, "height", 480)  # a take that lasts longer than it takes to look at the page
    choose(page, "samples", 3)
    page.click("#go")
    page.wait_for_selector(".take.active canvas", timeout=60_000)
    assert page.inner_text(".message") == "Take 1 of 3"
    page.reload()
    page.errors.clear()  # the connection that was cut off is reported as an error
    page.wait_for_selector("#stop", state="visible")
    page.wait_for_selector(".take.active canvas", timeout=60_000)
    # Playwright would wait before it presses, until nothing moves, and the run would be over.
    page.evaluate("document.getElementById('stop').click()")
    began = time.monotonic()
    page.wait_for_selector(".reel[data-phase=stopped]", timeout=10_000)
    assert time.monotonic() - began < 2
    upload(page, clips["tiny"])
    generate(page, 1)
    assert page.errors == []


def test_another_page_of_the_browser_goes_on_with_the_run_that_follows(desk, server, clips):
    """It showed the run before for ever, whose drafts had become takes in the other page."""
    page = desk
    upload(page, clips["slow"])
    choose(page, "height", 128)
    choose(page, "samples", 3)
    with closing(page.context.new_page()) as other:
        page.click("#go")
        page.wait_for_selector(".draft[data-name] >> nth=3", timeout=60_000)
        other.goto(server.url)
        other.wait_for_selector(".draft[data-name] >> nth=3", timeout=60_000)
        assert page.locator("#stop").is_visible()  # it goes on, in both
        for _ in range(2):  # the last ones: the first become takes meanwhile
            page.click(".draft[aria-disabled=false][aria-selected=false] >> nth=-1")
        page.click("[data-ask=finish]")
        for each in (page, other):
            each.wait_for_selector(".take.done >> nth=1", timeout=120_000)
            each.wait_for_selector(DONE, timeout=120_000)
            each.wait_for_selector("#go", state="visible")
        assert page.errors == []
