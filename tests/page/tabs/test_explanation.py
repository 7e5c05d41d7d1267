"""The tab that explains the last run."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers.page import generate, open_tab, opened, upload, wait_until_playing
from helpers.server import ROOT, Server


def test_it_shows_the_run_traces_a_click_and_keeps_the_task_of_the_tab_before(
    browser, server, clips
):
    with opened(browser, server) as page:
        upload(page, clips["tiny"])
        open_tab(page, "How it works")
        page.wait_for_selector("#explanation >> text=Press the main button")
        generate(page, 1)
        wait_until_playing(page, 2)
        page.wait_for_selector("#explanation .costs circle")
        levels = page.locator("#explanation .level").count()
        assert page.locator("#explanation .costs polyline:not(.all)").count() == levels > 2
        page.click("#explanation .level >> nth=0")
        assert page.locator("#explanation .shots img").count() == 6  # the coarsest has weights
        page.wait_for_function(
            "() => [...document.querySelectorAll('#explanation img')].every(i => i.naturalWidth)"
        )
        page.click(".play")
        page.click(".cell.take .gate", position={"x": 60, "y": 40})
        sentence = page.wait_for_selector(".traced").inner_text()
        numbers = [int(n) - 1 for n in re.findall(r"(?:frame|column|row) (\d+)", sentence)]
        size = page.eval_on_selector(".cell.take .gate", "g => [g.clientWidth, g.clientHeight]")
        assert numbers[1:3] == [int(60 / size[0] * 64), int(40 / size[1] * 48)]
        seed = page.input_value("#seed input")
        (path,) = server.found(f"tiny-*seed{seed}-places.bin")
        places = np.fromfile(path, "<i2").reshape(5, 48, 64, 3)
        t, y, x = places[numbers[0], numbers[2], numbers[1]].tolist()
        assert numbers[3:] == [t, x, y] and sentence.endswith("of the source.")
        assert page.locator(".gate .box").count() == 2  # in the source, too
        page.click(".play")
        assert page.locator(".gate .box").count() == 0
        open_tab(page, "Generate")
        assert not page.is_visible("#explanation")
        assert page.errors == []
        open_tab(page, "Retime")
        page.wait_for_selector("#go:has-text('Retime')")
        open_tab(page, "How it works")
        page.wait_for_timeout(500)
        assert page.inner_text("#go") == "Retime"


@pytest.fixture(scope="module")
def real_server(tmp_path_factory):
    """The page with the bundled examples."""
    server = Server(
        tmp_path_factory.mktemp("real"), environment={"VGPNN_EXAMPLES": str(ROOT / "examples")}
    )
    yield server
    server.stop()


def test_it_opens_with_an_example_until_there_is_a_run(browser, real_server, clips):
    with opened(browser, real_server) as page:
        open_tab(page, "How it works")
        page.wait_for_selector("#explanation >> text=An example: Campfire")
        page.wait_for_function(
            "() => [...document.querySelectorAll('#explanation img')].every(i => i.naturalWidth)"
        )
        levels = page.locator("#explanation .level")
        assert levels.count() > 5
        page.click("#explanation .level >> nth=0")
        assert page.locator("#explanation .shots img").count() == 6
        assert page.locator("#explanation .origin").count() == 0  # of the result that is shown
        upload(page, clips["tiny"])
        generate(page, 1)
        page.wait_for_selector("#explanation .origin")
        assert page.locator("#explanation >> text=An example").count() == 0
        assert page.errors == []
